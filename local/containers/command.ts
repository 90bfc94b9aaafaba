import { type ChildProcess, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';

const KILL_GRACE_MS = 2000;
const OUTPUT_CHARS_MAX = 4_000_000;

export type CommandOptions = {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called with every line of standard output and error as it comes. */
  readonly onLine?: (line: string) => void;
};

export type CommandResult = {
  /** Exit code; 127 when the program was not found, 137 when it was killed. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
};

/** Cuts a stream into lines; an unfinished last line is handed over by `end`. */
export const lineReader = (onLine: (line: string) => void) => {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    write: (chunk: Uint8Array) => {
      rest += decoder.write(Buffer.from(chunk));
      const lines = rest.split(/\r?\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    },
    end: () => {
      rest += decoder.end();
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
};

const collect = (child: ChildProcess, onLine?: (line: string) => void) => {
  const text = { stdout: '', stderr: '' };
  const readers = (['stdout', 'stderr'] as const).map((name) => {
    const reader = lineReader((line) => {
      if (text[name].length < OUTPUT_CHARS_MAX) text[name] += `${line}\n`;
      onLine?.(line);
    });
    child[name]?.on('data', (chunk: Buffer) => reader.write(chunk));
    return reader;
  });
  const end = () => {
    for (const reader of readers) reader.end();
  };
  return { text, end };
};

/** Runs a program without a shell and never throws for a failure: the exit code tells. */
export const runCommand = (
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> =>
  new Promise((resolve) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const { text, end } = collect(child, options.onLine);
    let timedOut = false;
    let hardKill: NodeJS.Timeout | undefined;
    const stop = () => {
      child.kill('SIGTERM');
      hardKill = setTimeout(() => child.kill('SIGKILL'), KILL_GRACE_MS);
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            stop();
          }, options.timeoutMs);
    if (options.signal?.aborted) stop();
    options.signal?.addEventListener('abort', stop, { once: true });
    const finish = (code: number) => {
      clearTimeout(timer);
      clearTimeout(hardKill);
      options.signal?.removeEventListener('abort', stop);
      end();
      resolve({ code, ...text, timedOut });
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      text.stderr += `${error.message}\n`;
      finish(error.code === 'ENOENT' ? 127 : 126);
    });
    child.on('close', (code) => finish(code ?? 137));
  });

/** The last lines of what a program said, for an error message. */
export const lastWords = ({ stdout, stderr }: CommandResult, lines = 3): string =>
  (stderr.trim() === '' ? stdout : stderr).trim().split('\n').slice(-lines).join(' | ');
