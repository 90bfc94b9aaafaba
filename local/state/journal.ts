import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { corruptFile, isMissingFile, writeFailure } from './failures.ts';

/**
 * Work that was accepted and must be done, also after a crash: a log of "added" and "done" lines.
 */
export type Journal<T> = {
  /** What is added and not done, by id, in the order of adding. */
  readonly pending: ReadonlyMap<string, T>;
  /** Resolves when all items are on disk. Rejects with DiskFull. */
  add(items: readonly { readonly id: string; readonly item: T }[]): Promise<void>;
  done(id: string): Promise<void>;
  /** Waits for what is being written. Items added later are lost. */
  close(): Promise<void>;
};

const COMPACT_LINES_MIN = 10_000;

const readLines = async (file: string): Promise<string[]> => {
  try {
    return (await readFile(file, 'utf8')).split('\n');
  } catch (error) {
    if (isMissingFile(error)) return [];
    throw error;
  }
};

const replay = <T>(file: string, lines: readonly string[], item: z.ZodType<T>): Map<string, T> => {
  const line = z.union([
    z.strictObject({ done: z.string() }),
    z.strictObject({ id: z.string(), item }),
  ]);
  const pending = new Map<string, T>();
  lines.forEach((text, at) => {
    // The last line has no line end: either nothing, or a write that the crash cut and nobody was
    // promised.
    if (at === lines.length - 1) return;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw corruptFile(file, `has a line ${at + 1} that is not JSON`, error);
    }
    const read = line.safeParse(json);
    if (!read.success) {
      throw corruptFile(file, `line ${at + 1} is broken: ${z.prettifyError(read.error)}`);
    }
    if ('done' in read.data) pending.delete(read.data.done);
    else pending.set(read.data.id, read.data.item);
  });
  return pending;
};

/** Opens the journal in `file`. Throws DataCorrupt for a broken one. */
export const openJournal = async <T>(file: string, item: z.ZodType<T>): Promise<Journal<T>> => {
  await mkdir(path.dirname(file), { recursive: true });
  const pending = replay(file, await readLines(file), item);

  const startAnew = async () => {
    const draft = `${file}.draft`;
    const handle = await open(draft, 'w', 0o600);
    const lines = [...pending].map(([id, one]) => `${JSON.stringify({ id, item: one })}\n`);
    await handle.writeFile(lines.join(''));
    await handle.sync();
    await rename(draft, file);
    return { handle, lines: lines.length };
  };
  let { handle, lines } = await startAnew();
  // A failed append may have left half a line, after which only a new file is sound.
  let broken = false;
  let unwritten: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;

  const write = async () => {
    waiting = undefined;
    const batch = unwritten;
    unwritten = [];
    try {
      if (broken || (lines > COMPACT_LINES_MIN && lines > 10 * pending.size)) {
        const old = handle;
        ({ handle, lines } = await startAnew());
        broken = false;
        await old.close();
        return;
      }
      await handle.appendFile(batch.join(''));
      await handle.datasync();
      lines += batch.length;
    } catch (error) {
      broken = true;
      throw writeFailure(file, error);
    }
  };
  const append = (texts: readonly string[]): Promise<void> => {
    unwritten.push(...texts.map((text) => `${text}\n`));
    waiting ??= writing = writing.then(write, write);
    return waiting;
  };
  return {
    pending,
    add: async (items) => {
      for (const { id, item: one } of items) pending.set(id, one);
      try {
        await append(items.map(({ id, item: one }) => JSON.stringify({ id, item: one })));
      } catch (error) {
        for (const { id } of items) pending.delete(id);
        throw error;
      }
    },
    done: (id) => {
      pending.delete(id);
      return append([JSON.stringify({ done: id })]);
    },
    close: async () => {
      await writing.catch(() => undefined);
      await handle.close();
    },
  };
};
