import { appendFile, rename, rm } from 'node:fs/promises';
import { lineReader } from '../containers/command.ts';

/** A file of output is set aside beyond this size, in place of the one set aside before. */
const FILE_BYTES_MAX = 512 * 1024;
const LINE_CHARS_MAX = 2_000;
const SECRET_NAME = /secret|token|passw|credential|api_?key|private_?key|access_?key/i;
const SECRET_CHARS_MIN = 4;

/** Hides values of variables that are secret by their name, and passwords in URLs. */
export const hideSecrets = (
  text: string,
  environment: Readonly<Record<string, string>>,
): string => {
  const secrets = Object.entries(environment)
    .filter(([name, value]) => SECRET_NAME.test(name) && value.length >= SECRET_CHARS_MIN)
    .map(([, value]) => value);
  const hidden = secrets.reduce((kept, secret) => kept.replaceAll(secret, '***'), text);
  return hidden.replace(/(:\/\/[^/\s:@]*:)[^/\s@]+@/g, '$1***@');
};

export type TaskLog = {
  write(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  /** The last line that says something: of standard error, else of standard output. */
  lastWords(): string | undefined;
  /** Resolves when all is on disk. */
  end(): Promise<void>;
};

/** Keeps the output of a task in `file`, bounded, without the secrets of its environment. */
export const openTaskLog = (
  file: string,
  environment: Readonly<Record<string, string>>,
  onFault: (error: unknown) => void,
): TaskLog => {
  const last: Record<'stdout' | 'stderr', string | undefined> = {
    stdout: undefined,
    stderr: undefined,
  };
  let unwritten = '';
  let bytes = 0;
  let writing: Promise<void> | undefined;
  let broken = false;

  const flush = async () => {
    while (unwritten !== '' && !broken) {
      const text = unwritten;
      unwritten = '';
      if (bytes > FILE_BYTES_MAX) {
        await rename(file, `${file}.1`);
        bytes = 0;
      }
      await appendFile(file, text, { mode: 0o600 });
      bytes += Buffer.byteLength(text);
    }
  };
  const keep = (text: string) => {
    // A task that writes faster than the disk loses its oldest unwritten output, not our memory.
    unwritten = `${unwritten}${text}`.slice(-FILE_BYTES_MAX);
    writing ??= flush()
      .catch((error: unknown) => {
        broken = true;
        onFault(error);
      })
      .finally(() => {
        writing = undefined;
      });
  };
  const reader = (stream: 'stdout' | 'stderr') =>
    lineReader((line) => {
      const text = hideSecrets(line.slice(0, LINE_CHARS_MAX), environment);
      if (text.trim() !== '') last[stream] = text.trim();
      keep(`${text}\n`);
    });
  const readers = { stdout: reader('stdout'), stderr: reader('stderr') };
  return {
    write: (stream, chunk) => readers[stream].write(chunk),
    lastWords: () => last.stderr ?? last.stdout,
    end: async () => {
      readers.stdout.end();
      readers.stderr.end();
      await writing;
    },
  };
};

export const removeTaskLog = async (file: string): Promise<void> => {
  await rm(file, { force: true });
  await rm(`${file}.1`, { force: true });
};
