/**
 * Reads the headers of a tar stream chunk by chunk: POSIX ustar with pax records (IEEE Std 1003.1,
 * "pax Interchange Format") and the long names of GNU tar. Contents are skipped, never kept.
 */
import { DrillError } from '../errors.ts';

export type TarEntry = {
  /** Without `./` or `/` in front and `/` at the end. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other';
  /** Of the content in the archive; 0 for a hard link, whose content stands under its first name. */
  readonly bytes: number;
};

const BLOCK = 512;
/** A pax record or long name beyond this is no path. */
const META_BYTES_MAX = 1_048_576;

const broken = (what: string): DrillError =>
  new DrillError('DataCorrupt', `no tar archive: ${what}`);

const decoder = new TextDecoder();

const textAt = (block: Uint8Array, from: number, length: number): string => {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
};

/** Octal digits, or a number in base 256 where the first bit is set, as GNU tar writes large ones. */
const numberAt = (block: Uint8Array, from: number, length: number): number => {
  const first = block[from] ?? 0;
  if ((first & 0x80) === 0) {
    const text = textAt(block, from, length).trim();
    if (!/^[0-7]*$/.test(text)) throw broken(`the number "${text}" in a header is not octal`);
    return text === '' ? 0 : Number.parseInt(text, 8);
  }
  let value = first & 0x7f;
  for (let at = from + 1; at < from + length; at++) value = value * 256 + (block[at] ?? 0);
  if (!Number.isSafeInteger(value)) throw broken('a size in a header is too large');
  return value;
};

const CHECKSUM_AT = 148;
const CHECKSUM_LENGTH = 8;

const hasRightChecksum = (block: Uint8Array): boolean => {
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) {
    const inField = at >= CHECKSUM_AT && at < CHECKSUM_AT + CHECKSUM_LENGTH;
    sum += inField ? 0x20 : (block[at] ?? 0);
  }
  return sum === numberAt(block, CHECKSUM_AT, CHECKSUM_LENGTH);
};

/** `<length> <key>=<value>\n`, the length counting the whole record. */
const paxRecords = (bytes: Uint8Array): Map<string, string> => {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank < 0 ? Number.NaN : Number(decoder.decode(bytes.subarray(at, blank)));
    if (!Number.isInteger(length) || length <= blank - at || at + length > bytes.length) {
      throw broken('a pax record has a wrong length');
    }
    const record = decoder.decode(bytes.subarray(blank + 1, at + length - 1));
    const equals = record.indexOf('=');
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
};

const cleanPath = (path: string): string => path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');

const KINDS: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '5': 'folder',
};

/** What the next header is about, as records before it said. */
type Said = { path?: string; bytes?: number };

type Meta = { readonly type: string; readonly bytes: Uint8Array; filled: number };

const nameOf = (block: Uint8Array): string => {
  const prefix = textAt(block, 257, 5) === 'ustar' ? textAt(block, 345, 155) : '';
  const name = textAt(block, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
};

/**
 * Calls `onEntry` for every entry once its header is whole.
 * @returns `push`, for each chunk; `end`, after the last. Both throw DrillError `DataCorrupt`.
 */
export const openTar = (onEntry: (entry: TarEntry) => void) => {
  const header = new Uint8Array(BLOCK);
  let filled = 0;
  /** Bytes of content and padding to pass over. */
  let skip = 0;
  let meta: Meta | undefined;
  let said: Said = {};
  let ended = false;

  const takeMeta = ({ type, bytes }: Meta): void => {
    if (type === 'L') said.path = textAt(bytes, 0, bytes.length);
    if (type !== 'x') return;
    const records = paxRecords(bytes);
    const path = records.get('path');
    const size = Number(records.get('size') ?? Number.NaN);
    if (path !== undefined) said.path = path;
    if (Number.isSafeInteger(size) && size >= 0) said.bytes = size;
  };

  const takeHeader = (): void => {
    if (header.every((byte) => byte === 0)) {
      ended = true;
      return;
    }
    if (!hasRightChecksum(header)) throw broken('a header has a wrong checksum');
    const type = String.fromCharCode(header[156] ?? 0);
    const stored = numberAt(header, 124, 12);
    if ('xgLK'.includes(type)) {
      if (stored > META_BYTES_MAX) throw broken('a name or record is longer than 1 MiB');
      meta = { type, bytes: new Uint8Array(stored), filled: 0 };
      skip = (BLOCK - (stored % BLOCK)) % BLOCK;
      if (stored === 0) meta = undefined;
      return;
    }
    const name = said.path ?? nameOf(header);
    // Before POSIX, a folder was a file whose name ends in a slash.
    const kind = KINDS[type] === 'file' && name.endsWith('/') ? 'folder' : (KINDS[type] ?? 'other');
    const bytes = KINDS[type] === 'file' ? (said.bytes ?? stored) : 0;
    onEntry({ path: cleanPath(name), kind, bytes });
    skip = Math.ceil(bytes / BLOCK) * BLOCK;
    said = {};
  };

  const push = (chunk: Uint8Array): void => {
    let at = 0;
    while (at < chunk.length && !ended) {
      if (meta) {
        const part = chunk.subarray(at, at + meta.bytes.length - meta.filled);
        meta.bytes.set(part, meta.filled);
        meta.filled += part.length;
        at += part.length;
        if (meta.filled < meta.bytes.length) continue;
        takeMeta(meta);
        meta = undefined;
      } else if (skip > 0) {
        const step = Math.min(skip, chunk.length - at);
        skip -= step;
        at += step;
      } else {
        const part = chunk.subarray(at, at + BLOCK - filled);
        header.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < BLOCK) continue;
        filled = 0;
        takeHeader();
      }
    }
  };

  const end = (): void => {
    if (!ended && (filled > 0 || skip > 0 || meta))
      throw broken('it ends in the middle of an entry');
  };

  return { push, end };
};
