import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { corruptFile, isMissingFile, writeFailure } from './failures.ts';

/** One JSON document on disk. What `save` has promised survives kill -9 and power loss. */
export type StateFile<T> = {
  readonly value: T;
  /** Takes `next` at once and resolves when it is on disk. Rejects with DiskFull. */
  save(next: T): Promise<void>;
};

const replaceFile = async (file: string, text: string): Promise<void> => {
  const draft = `${file}.draft`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
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
};

const readState = async <T>(
  file: string,
  schema: z.ZodType<T>,
): Promise<{ readonly found: T } | undefined> => {
  let text: string;
  try {
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
  return { found: parsed.data };
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
  let value: T = (await readState(file, schema))?.found ?? initial;
  let writing: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;

  const write = async () => {
    waiting = undefined;
    try {
      await replaceFile(file, JSON.stringify(value));
    } catch (error) {
      throw writeFailure(file, error);
    }
  };
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
  };
};
