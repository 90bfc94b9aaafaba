import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lineReader } from '../containers/command.ts';
import type { ProcessGuard } from '../processGuard.ts';

// Runs one script a line of its input, in one process group, and ends the whole group at the end.
const DRIVER = `
while IFS= read -r script; do
  "$SHELL_PROGRAM" "$script" < /dev/null 2>&1
  printf '\\n%s %s\\n' "$END_MARK" "$?"
done
kill -KILL -$$
`;

/** Variables that a shell sets itself, some of them read-only. */
const OWN_VARIABLES =
  '^(BASH[A-Z_]*|DIRSTACK|EUID|FUNCNAME|GROUPS|LINENO|OPTARG|OPTERR|OPTIND|PIPESTATUS|PPID|PS[124]|RANDOM|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID|_|EPOCH[A-Z]*|state_code|SHELL_PROGRAM|END_MARK)=';

// Each command is a script of its own that takes over where the last one ended: working folder,
// variables, exported or not. So a command may call `exit` and end only itself.
const scriptOf = (shell: 'sh' | 'bash', state: string, commandFile: string): string => {
  const list = shell === 'bash' ? '(set -o posix; set)' : 'set';
  return `
keep_state() {
  set +eu
  { ${list} | grep -avE '${OWN_VARIABLES}'; export -p | grep -avE '^(declare -[a-z]+|export) (SHELL_PROGRAM|END_MARK)='; } > '${state}/variables.new'
  mv '${state}/variables.new' '${state}/variables'
  pwd > '${state}/folder'
}
[ ! -f '${state}/variables' ] || . '${state}/variables'
[ ! -f '${state}/folder' ] || cd "$(cat '${state}/folder')"
trap 'state_code=$?; trap - EXIT; keep_state; exit $state_code' EXIT
. '${commandFile}'
`;
};

/** The exit code of what was killed. */
const KILLED = 137;

export type ShellOptions = {
  readonly shell: 'sh' | 'bash';
  /** Where the first command starts. */
  readonly cwd: string;
  /** A folder of this build's own, outside the source. */
  readonly stateFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  readonly guard: ProcessGuard;
};

/** A shell that keeps its variables and working folder from command to command, in one process group. */
export const openShell = async (options: ShellOptions) => {
  const { shell, stateFolder, onLine } = options;
  const mark = `end-${crypto.randomUUID()}`;
  await mkdir(stateFolder, { recursive: true });
  const child: ChildProcess = spawn('/bin/sh', ['-c', DRIVER], {
    cwd: options.cwd,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...options.env,
      SHELL_PROGRAM: shell === 'bash' ? '/bin/bash' : '/bin/sh',
      END_MARK: mark,
    },
  });
  options.guard.watch(child);
  child.stdin?.on('error', () => {});
  let waiting: ((code: number) => void) | undefined;
  let held: string | undefined;
  const finish = (code: number) => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(code);
  };
  const reader = lineReader((line) => {
    if (line.startsWith(`${mark} `)) {
      // An empty line in front belongs to the mark.
      held = undefined;
      finish(Number(line.slice(mark.length + 1)));
      return;
    }
    if (held !== undefined) onLine(held);
    held = line === '' ? line : undefined;
    if (line !== '') onLine(line);
  });
  child.stdout?.on('data', (chunk: Buffer) => reader.write(chunk));
  child.stderr?.on('data', (chunk: Buffer) => onLine(chunk.toString().trimEnd()));
  const gone = () => finish(KILLED);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  exited.then(gone);

  let count = 0;
  const run = async (command: string): Promise<number> => {
    count += 1;
    const commandFile = path.join(stateFolder, `command-${count}`);
    const script = path.join(stateFolder, `script-${count}`);
    await writeFile(commandFile, `${command}\n`, { mode: 0o600 });
    await writeFile(script, scriptOf(shell, stateFolder, commandFile), { mode: 0o600 });
    if (child.exitCode !== null || child.signalCode !== null) return KILLED;
    return new Promise((resolve) => {
      waiting = resolve;
      child.stdin?.write(`${script}\n`);
    });
  };

  /** Sets a variable for all later commands. */
  const set = (name: string, value: string): Promise<number> =>
    run(`export ${name}='${value.replaceAll("'", "'\\''")}'`);

  /** Values of variables as the last command left them; those not set are left out. */
  const read = async (names: readonly string[]): Promise<Record<string, string>> => {
    const file = path.join(stateFolder, 'exported');
    const lines = names.map(
      (name) => `[ -z "\${${name}+x}" ] || printf '%s=%s\\0' ${name} "$${name}" >> '${file}'`,
    );
    await writeFile(file, '');
    await run([...lines, ':'].join('\n'));
    const entries = (await readFile(file, 'utf8')).split('\0').filter((entry) => entry !== '');
    return Object.fromEntries(
      entries.map((entry) => [
        entry.slice(0, entry.indexOf('=')),
        entry.slice(entry.indexOf('=') + 1),
      ]),
    );
  };

  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // the group has ended by itself
    }
  };

  /**
   * Ends the process group. `killRest` ends what left the group, which would otherwise keep the
   * output open.
   */
  const close = async (killRest: () => void): Promise<void> => {
    child.stdin?.end();
    await exited;
    killRest();
    await closed;
  };

  return { run, set, read, kill, close };
};

export type Shell = Awaited<ReturnType<typeof openShell>>;
