import { renameSync, writeFileSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { corruptFile, isMissingFile, writeFailure } from './failures.ts';

/** One JSON document on disk. What `save` has promised survives kill -9 and power loss. */
export type StateFile<T> = {
  readonly value: T;
  /** Takes `next` at once and resolves when it is on disk. Rejects with DiskFull. */
  save(next: T): Promise<void>;
  /**
   * Takes over what somebody else has written to the file; false when nobody has. Rejects with
   * DataCorrupt for a broken file, and keeps the value.
   */
  refresh(): Promise<boolean>;
};

/** What tells one version of a file from another. */
const stampOf = async (file: FileHandle | string): Promise<string> => {
  const options = { bigint: true } as const;
  const found = typeof file === 'string' ? stat(file, options) : file.stat(options);
  const { ino, mtimeNs, size } = await found;
  return `${ino} ${mtimeNs} ${size}`;
};

const replaceFile = async (file: string, text: string): Promise<string> => {
  const draft = `${file}.draft`;
  const handle = await open(draft, 'w', 0o600);
  let stamp: string;
  try {
    await handle.writeFile(text);
    await handle.sync();
    stamp = await stampOf(handle);
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  // The new name itself is durable only when its folder is.
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return stamp;
};

/** Replaces `file` before it returns; survives kill -9, while a loss of power may bring the former one back. */
export const replaceFileNow = (file: string, text: string): void => {
  const draft = `${file}.draft`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    throw writeFailure(file, error);
  }
};

const readState = async <T>(
  file: string,
  schema: z.ZodType<T>,
): Promise<{ readonly found: T; readonly stamp: string } | undefined> => {
  let text: string;
  let stamp: string;
  try {
    stamp = await stampOf(file);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw corruptFile(file, 'is not JSON', error);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw corruptFile(file, `does not hold what it should: ${z.prettifyError(parsed.error)}`);
  }
  return { found: parsed.data, stamp };
};

/**
 * Opens `file`, or starts with `initial` where there is none. Throws DataCorrupt for a broken one.
 */
export const openStateFile = async <T>(
  file: string,
  schema: z.ZodType<T>,
  initial: T,
): Promise<StateFile<T>> => {
  await mkdir(path.dirname(file), { recursive: true });
  const read = await readState(file, schema);
  let value: T = read ? read.found : initial;
  let stamp = read?.stamp;
  let writing: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  let isWriting = false;

  const write = async () => {
    waiting = undefined;
    isWriting = true;
    try {
      stamp = await replaceFile(file, JSON.stringify(value));
    } catch (error) {
      throw writeFailure(file, error);
    } finally {
      isWriting = false;
    }
  };
  /** What is about to be written counts for more than what is there. */
  const isBusy = () => isWriting || waiting !== undefined;
  return {
    get value() {
      return value;
    },
    save: (next) => {
      value = next;
      // Saves that come while one is being written share the next write.
      waiting ??= writing = writing.then(write, write);
      return waiting;
    },
    refresh: async () => {
      if (isBusy()) return false;
      const before = stamp;
      const there = await stampOf(file).catch(() => undefined);
      // A file that is gone is written again with the next save.
      if (there === undefined || there === before) return false;
      const edited = await readState(file, schema);
      if (isBusy() || !edited || before !== stamp) return false;
      value = edited.found;
      stamp = edited.stamp;
      return true;
    },
  };
};
