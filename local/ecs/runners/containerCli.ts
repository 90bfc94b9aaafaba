import { spawn } from 'node:child_process';
import { runCommand } from '../../containers/command.ts';
import type { Ledger } from './leftovers.ts';
import {
  type ContainerSpec,
  type Endpoint,
  type OutputSink,
  type Runner,
  type RunnerKind,
  type RunningContainer,
  StartError,
} from './types.ts';

/** How a container engine's program is called. */
export type EngineProgram = {
  readonly kind: Extract<RunnerKind, 'docker' | 'podman'>;
  /** Arguments before the subcommand, such as the place of the storage. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
};

const CALL_TIMEOUT_MS = 60_000;

const flag = (name: string, value: string | undefined): string[] =>
  value === undefined ? [] : [name, value];

/** The arguments of `run` for a task, without the engine's own. */
export const runArguments = (spec: ContainerSpec, name: string, image: string): string[] => {
  const [first, ...entryRest] = spec.entryPoint ?? [];
  return [
    'run',
    '--detach',
    '--pull=never',
    '--name',
    name,
    '--hostname',
    spec.taskId.slice(0, 12),
    '--security-opt',
    'no-new-privileges',
    '--memory',
    `${spec.memoryMb}m`,
    '--memory-swap',
    `${spec.memoryMb}m`,
    '--cpus',
    String(spec.cpuUnits / 1024),
    '--pids-limit',
    '1024',
    ...(spec.readonlyRoot ? ['--read-only'] : []),
    ...flag('--workdir', spec.workingDirectory),
    ...flag('--user', spec.user),
    ...flag('--entrypoint', first),
    // Only the names stand on the command line: values may be secret and are passed in our environment.
    ...Object.keys(spec.environment).flatMap((key) => ['--env', key]),
    ...spec.ports.flatMap((port) => ['--publish', `127.0.0.1::${port}`]),
    image,
    ...entryRest,
    ...(spec.command ?? []),
  ];
};

/** Reads `8080/tcp -> 127.0.0.1:49153` lines. */
export const publishedPorts = (text: string): Map<number, Endpoint> => {
  const found = new Map<number, Endpoint>();
  for (const [, inside, host, outside] of text.matchAll(/^(\d+)\/tcp -> ([\d.]+):(\d+)$/gm)) {
    found.set(Number(inside), { host: host ?? '', port: Number(outside) });
  }
  return found;
};

/** Containers by the `run` command of docker or podman, reached through ports on 127.0.0.1. */
export const createCliRunner = (program: EngineProgram, ledger: Ledger, reason: string): Runner => {
  const call = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCommand(program.kind, [...program.args, ...args], {
      env: { ...program.env, ...env },
      timeoutMs: CALL_TIMEOUT_MS,
    });

  const followOutput = (name: string, output: OutputSink): Promise<void> => {
    const logs = spawn(program.kind, [...program.args, 'logs', '--follow', name], {
      env: program.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    logs.stdout.on('data', (chunk: Buffer) => output('stdout', chunk));
    logs.stderr.on('data', (chunk: Buffer) => output('stderr', chunk));
    return new Promise((resolve) => {
      logs.once('error', () => resolve());
      logs.once('close', () => resolve());
    });
  };

  const outOfMemory = async (name: string): Promise<boolean> => {
    const { stdout } = await call(['inspect', '--format', '{{.State.OOMKilled}}', name]);
    return stdout.trim() === 'true';
  };

  const waitForEnd = async (name: string): Promise<number> => {
    // `wait` may be interrupted, say by a daemon that restarts; the state then tells.
    const { stdout } = await runCommand(program.kind, [...program.args, 'wait', name], {
      env: program.env,
    });
    if (/^-?\d+\s*$/.test(stdout)) return Number(stdout);
    const state = await call(['inspect', '--format', '{{.State.ExitCode}}', name]);
    return Number(state.stdout.trim() || 137);
  };

  const start = async (spec: ContainerSpec, output: OutputSink): Promise<RunningContainer> => {
    const { image, taskId } = spec;
    if (image.kind !== 'container') {
      throw new StartError('CannotCreateContainerError: this image is no container image');
    }
    const name = `failover-drill-${taskId}`;
    const remove = [...program.args, 'rm', '--force', '--volumes', name];
    ledger.write(taskId, { remove: { program: program.kind, args: remove } });
    const finish = async () => {
      await call(['rm', '--force', '--volumes', name]);
      ledger.remove(taskId);
    };
    const started = await call(runArguments(spec, name, image.name), spec.environment);
    if (started.code !== 0) {
      await finish();
      const why = started.stderr.trim().split('\n').at(-1) ?? '';
      throw new StartError(`CannotStartContainerError: ${why}`);
    }
    const ports = publishedPorts((await call(['port', name])).stdout);
    const logs = followOutput(name, output);
    const exited = waitForEnd(name).then(async (exitCode) => {
      await logs;
      const starved = await outOfMemory(name);
      await finish();
      return { exitCode, outOfMemory: starved };
    });
    return {
      endpoint: (port) => ports.get(port) ?? { host: '127.0.0.1', port: 0 },
      exited,
      stop: () => void call(['kill', '--signal', image.config.stopSignal ?? 'SIGTERM', name]),
      kill: () => void call(['kill', '--signal', 'SIGKILL', name]),
      notEnforced: [],
    };
  };

  return { kind: program.kind, reason, start, close: () => Promise.resolve() };
};
