import {
  closeSync,
  createReadStream,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import type { DrillError } from '../../core/errors.ts';
import { corruptFile } from '../state/failures.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * The journal of one execution: a file to which lines are only ever added. Each line is one JSON
 * array of records, written by one call: it counts as a whole or, cut short by a crash, not at all.
 */
export type Journal = {
  /** Writes the records, given as JSON texts. On return a crash of the process loses none. */
  append(records: readonly string[]): void;
  close(): void;
};

export type EventRecord = {
  readonly k: 'e';
  /** Event id. */
  readonly i: number;
  /** Id of the event it follows. */
  readonly p: number;
  /** Epoch milliseconds. */
  readonly t: number;
  /** Type, as AWS names it. */
  readonly y: string;
  /** Frame it belongs to. */
  readonly f: number;
  /** 0 when the frame's next event does not follow this one. */
  readonly a?: 0;
  /** On the exit of a state: the next one, null at the end of the frame. */
  readonly n?: string | null;
  /** Details; payloads are JSON values here and texts in the API. */
  readonly d?: JsonObject;
};
export type JournalRecord =
  | { readonly k: 'h'; readonly head: JsonObject }
  | EventRecord
  | {
      readonly k: 'n';
      readonly f: number;
      readonly p: number;
      readonly x: number;
      readonly v: number;
      readonly in: Json;
      readonly it?: { readonly index: number; readonly value: Json };
    }
  | { readonly k: 'z'; readonly f: number; readonly o?: Json; readonly e?: (string | null)[] }
  | { readonly k: 'g'; readonly f: number; readonly g: JsonObject }
  | {
      readonly k: 'r';
      readonly f: number;
      readonly a: number[];
      readonly c: number;
      readonly v: number;
    }
  | { readonly k: 'd'; readonly n: number; readonly at: number };

/** Opens a journal for adding; a last line without its end is cut off first. */
export const openJournal = (file: string): Journal => {
  const handle = openSync(file, 'a+');
  cutTornLine(handle);
  return {
    append: (records) => {
      const bytes = Buffer.from(`[${records.join(',')}]\n`);
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    },
    close: () => closeSync(handle),
  };
};

const CHUNK_BYTES = 65_536;
const NEWLINE = 10;

const cutTornLine = (handle: number): void => {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let size = 0;
  let whole = 0;
  for (;;) {
    const read = readSync(handle, chunk, 0, CHUNK_BYTES, size);
    if (read === 0) break;
    const end = chunk.subarray(0, read).lastIndexOf(NEWLINE);
    if (end >= 0) whole = size + end + 1;
    size += read;
  }
  if (whole < size) ftruncateSync(handle, whole);
};

const recordsOf = (line: string): JournalRecord[] => {
  // The process wrote these lines itself; a torn one is not JSON.
  const records: JournalRecord[] = JSON.parse(line);
  return records;
};

const brokenLine = (file: string, at: number, cause: unknown): DrillError =>
  corruptFile(file, `has a line ${at} that is not JSON`, cause);

const endsWhole = (file: string): boolean => {
  const handle = openSync(file, 'r');
  try {
    const last = Buffer.alloc(1);
    const { size } = fstatSync(handle);
    return size > 0 && readSync(handle, last, 0, 1, size - 1) === 1 && last[0] === NEWLINE;
  } finally {
    closeSync(handle);
  }
};

/**
 * Reads a journal from its start, one line in memory at a time. A last line without its end was cut by
 * a crash and counts as not written. Throws DataCorrupt for any other line that cannot be read.
 */
export async function* readJournal(file: string): AsyncGenerator<JournalRecord> {
  const lines = createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let at = 0;
  let broken: DrillError | undefined;
  for await (const line of lines) {
    if (broken) throw broken;
    at += 1;
    let records: JournalRecord[];
    try {
      records = recordsOf(line);
    } catch (error) {
      broken = brokenLine(file, at, error);
      continue;
    }
    yield* records;
  }
  if (broken && endsWhole(file)) throw broken;
}

/** The first line of a journal: what the execution was started with. */
export const readHead = (file: string): JsonObject | undefined => {
  const handle = openSync(file, 'r');
  try {
    let text = '';
    const decoder = new TextDecoder();
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let at = 0; ; ) {
      const read = readSync(handle, chunk, 0, CHUNK_BYTES, at);
      if (read === 0) return undefined;
      text += decoder.decode(chunk.subarray(0, read), { stream: true });
      at += read;
      const end = text.indexOf('\n');
      if (end >= 0) return headOf(file, text.slice(0, end));
    }
  } finally {
    closeSync(handle);
  }
};

const headOf = (file: string, line: string): JsonObject | undefined => {
  let first: JournalRecord | undefined;
  try {
    first = recordsOf(line)[0];
  } catch (error) {
    throw brokenLine(file, 1, error);
  }
  return first?.k === 'h' ? first.head : undefined;
};

/** The event that ends the last whole line, if that line ends with one. */
export const readLastEvent = (file: string): EventRecord | undefined => {
  const handle = openSync(file, 'r');
  try {
    const size = fstatSync(handle).size;
    for (let length = CHUNK_BYTES; ; length *= 4) {
      const from = Math.max(0, size - length);
      const bytes = Buffer.alloc(size - from);
      readSync(handle, bytes, 0, bytes.length, from);
      const end = bytes.lastIndexOf(NEWLINE);
      const start = end > 0 ? bytes.lastIndexOf(NEWLINE, end - 1) : -1;
      if (end < 0 && from === 0) return undefined;
      if (start < 0 && from > 0) continue;
      return lastOf(file, bytes.subarray(start + 1, end).toString('utf8'));
    }
  } finally {
    closeSync(handle);
  }
};

const lastOf = (file: string, line: string): EventRecord | undefined => {
  let last: JournalRecord | undefined;
  try {
    last = recordsOf(line).at(-1);
  } catch (error) {
    throw corruptFile(file, 'has a last line that is not JSON', error);
  }
  return last?.k === 'e' ? last : undefined;
};
