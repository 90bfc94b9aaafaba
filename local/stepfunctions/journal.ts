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
  // The process wrote these lines itself; a torn one is not JSON and ends the journal.
  const records: JournalRecord[] = JSON.parse(line);
  return records;
};

/** Reads a journal from its start, one line in memory at a time. */
export async function* readJournal(file: string): AsyncGenerator<JournalRecord> {
  const lines = createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    let records: JournalRecord[];
    try {
      records = recordsOf(line);
    } catch {
      return;
    }
    yield* records;
  }
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
      if (end >= 0) return headOf(text.slice(0, end));
    }
  } finally {
    closeSync(handle);
  }
};

const headOf = (line: string): JsonObject | undefined => {
  const first = recordsOf(line)[0];
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
      const last = recordsOf(bytes.subarray(start + 1, end).toString('utf8')).at(-1);
      return last?.k === 'e' ? last : undefined;
    }
  } finally {
    closeSync(handle);
  }
};
