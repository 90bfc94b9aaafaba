import { type ChildProcess, spawn } from 'node:child_process';
import { free, type Ledger } from './leftovers.ts';
import { portsOfGroup } from './listening.ts';
import { createPorts } from './ports.ts';
import { markOf } from './processIdentity.ts';
import { exitCodeOf, signalProcess } from './signals.ts';
import {
  type ContainerSpec,
  type OutputSink,
  type ProcessImage,
  type Runner,
  type RunningContainer,
  StartError,
} from './types.ts';

/** Variables of this machine that programs need to run at all. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ'];

const environment = (image: ProcessImage, spec: ContainerSpec, port: number | undefined) => ({
  ...Object.fromEntries(
    PASSED_ON.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  ),
  ...image.env,
  ...spec.environment,
  ...(port === undefined ? {} : { PORT: String(port) }),
});

const commandOf = (image: ProcessImage, spec: ContainerSpec): readonly [string, string[]] => {
  const own = [...(spec.entryPoint ?? []), ...(spec.command ?? [])];
  const [program, ...args] = own.length > 0 ? own : image.command;
  if (program === undefined) {
    throw new StartError(
      'CannotCreateContainerError: neither the stage nor the task names a command',
    );
  }
  return [program, args];
};

const CHECK_EVERY_MS = 500;
/** How long a group may listen elsewhere before it has to listen on its own port. */
const ELSEWHERE_MS_MAX = 3_000;
const ADDRESS_IN_USE = /EADDRINUSE|address already in use/i;

/**
 * Notices a program that does not listen where it was told: it would be reached by nobody, or the
 * next task would collide with it. Calls `onWrong` with an explanation, at most once.
 */
const watchPort = (group: number, port: number, onWrong: (reason: string) => void) => {
  let elsewhereMs = 0;
  const check = setInterval(() => {
    const ports = portsOfGroup(group);
    if (ports.has(port)) {
      clearInterval(check);
      return;
    }
    if (ports.size > 0) elsewhereMs += CHECK_EVERY_MS;
    if (elsewhereMs < ELSEWHERE_MS_MAX) return;
    clearInterval(check);
    onWrong(ignoresPort(port, ` but on ${[...ports].join(', ')}`));
  }, CHECK_EVERY_MS);
  return () => clearInterval(check);
};

const ignoresPort = (port: number, found: string): string =>
  `The process did not listen on PORT=${port}${found}: without containers each task needs a port of its own, so the program must listen on the port that the variable PORT names`;

const spawned = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', (error) =>
      reject(new StartError(`CannotStartContainerError: ${error.message}`)),
    );
  });

/**
 * Plain processes of this machine, for where no container engine is to be had. Tasks share the
 * network, so each one is told a free port in PORT and must listen there; no limit is enforced.
 */
export const createProcessRunner = (ledger: Ledger, reason: string): Runner => {
  const takePort = createPorts();
  const start = async (spec: ContainerSpec, output: OutputSink): Promise<RunningContainer> => {
    const { image, taskId, ports } = spec;
    if (image.kind !== 'process') {
      throw new StartError(
        'CannotCreateContainerError: a container image needs a container engine, and none works here',
      );
    }
    if (ports.length > 1) {
      throw new StartError(
        `CannotCreateContainerError: a task that runs as a plain process can have one port, not ${ports.length}`,
      );
    }
    const port = ports.length === 1 ? await takePort() : undefined;
    const [program, args] = commandOf(image, spec);
    const child = spawn(program, args, {
      cwd: spec.workingDirectory ?? image.cwd,
      env: environment(image, spec, port),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdout.on('data', (chunk: Buffer) => output('stdout', chunk));
    let reason: string | undefined;
    child.stderr.on('data', (chunk: Buffer) => {
      output('stderr', chunk);
      if (port !== undefined && ADDRESS_IN_USE.test(chunk.toString())) {
        reason = ignoresPort(port, '');
      }
    });
    const ended = new Promise<number>((resolve) => {
      child.once('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    const pid = await spawned(child);
    const holding = { process: markOf(pid) };
    ledger.write(taskId, holding);
    const unwatch =
      port === undefined
        ? () => {}
        : watchPort(pid, port, (wrong) => {
            reason = wrong;
            signalProcess(-pid, 'SIGKILL');
          });
    const exited = ended.then(async (exitCode) => {
      unwatch();
      // What it left running in its group ends with it, as in a container.
      signalProcess(-pid, 'SIGKILL');
      await closed;
      await free(holding);
      ledger.remove(taskId);
      return { exitCode, outOfMemory: false, ...(reason === undefined ? {} : { reason }) };
    });
    return {
      endpoint: () => ({ host: '127.0.0.1', port: port ?? 0 }),
      exited,
      stop: () => void signalProcess(-pid, 'SIGTERM'),
      kill: () => void signalProcess(-pid, 'SIGKILL'),
      notEnforced: ['cpu', 'memory', 'pids'],
    };
  };
  return { kind: 'process', reason, start, close: () => Promise.resolve() };
};
