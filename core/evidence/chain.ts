/**
 * A record that nobody can change afterwards without being seen: each entry carries the hash of the
 * one before. The hash function is passed in (SHA-256 in hex).
 */
import { canonicalJson, type Json } from './canonical.ts';

export type Entry = {
  readonly index: number;
  readonly kind: string;
  readonly atMs: number;
  readonly body: Json;
  /** Hash of the entry before; empty for the first. */
  readonly previousHash: string;
  readonly hash: string;
};

type Hash = (text: string) => string;

const hashOf = ({ index, kind, atMs, body, previousHash }: Omit<Entry, 'hash'>, hash: Hash) =>
  hash(canonicalJson({ index, kind, atMs, body, previousHash }));

/** The entry that follows `last`, or the first one. */
export const nextEntry = (
  last: Entry | undefined,
  entry: Pick<Entry, 'kind' | 'atMs' | 'body'>,
  hash: Hash,
): Entry => {
  const whole = {
    index: last === undefined ? 0 : last.index + 1,
    kind: entry.kind,
    atMs: entry.atMs,
    body: entry.body,
    previousHash: last?.hash ?? '',
  };
  return { ...whole, hash: hashOf(whole, hash) };
};

export type ChainCheck =
  | { readonly ok: true; readonly head: string; readonly entries: number }
  | { readonly ok: false; readonly index: number; readonly why: string };

/**
 * Whether the record is whole and unchanged. Entries cut off at the end show only against the hash
 * that was kept elsewhere, as in the Slack message or the table: pass it as `head`.
 */
export const verifyChain = (entries: readonly Entry[], hash: Hash, head?: string): ChainCheck => {
  let previousHash = '';
  for (const [index, entry] of entries.entries()) {
    const wrong = (why: string): ChainCheck => ({ ok: false, index, why });
    if (entry.index !== index) return wrong(`entry ${index} is numbered ${entry.index}`);
    if (entry.previousHash !== previousHash) {
      return wrong(`entry ${index} does not follow the one before it`);
    }
    if (hashOf(entry, hash) !== entry.hash) return wrong(`entry ${index} has been changed`);
    previousHash = entry.hash;
  }
  const last = entries.length - 1;
  if (last < 0) return { ok: false, index: 0, why: 'the record is empty' };
  return head === undefined || head === previousHash
    ? { ok: true, head: previousHash, entries: entries.length }
    : { ok: false, index: last, why: `the record ends in ${previousHash}, ${head} was expected` };
};

/** A whole record, in the order of time; what happened at the same moment stays as it was given. */
export const chainOf = (
  pieces: readonly Pick<Entry, 'kind' | 'atMs' | 'body'>[],
  hash: Hash,
): Entry[] => {
  const entries: Entry[] = [];
  for (const piece of [...pieces].sort((a, b) => a.atMs - b.atMs)) {
    entries.push(nextEntry(entries.at(-1), piece, hash));
  }
  return entries;
};
