// Goal: a record shows any change to it, and one value has one spelling.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../../../core/evidence/canonical.ts';
import { type Entry, nextEntry, verifyChain } from '../../../core/evidence/chain.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const chain = (...bodies: Json[]): Entry[] => {
  const entries: Entry[] = [];
  for (const [index, body] of bodies.entries()) {
    entries.push(nextEntry(entries.at(-1), { kind: 'vote', atMs: 1_000 + index, body }, sha256));
  }
  return entries;
};

describe('canonical JSON', () => {
  it('sorts keys at every depth and leaves out what is undefined', () => {
    const value = { b: 1, a: [{ z: null, y: 'ä"\n' }], c: undefined };
    expect(canonicalJson(value)).toBe('{"a":[{"y":"ä\\"\\n","z":null}],"b":1}');
  });

  it('refuses what JSON cannot hold', () => {
    expect(() => canonicalJson({ p95: Number.POSITIVE_INFINITY })).toThrow('Infinity has no place');
  });
});

describe('the chain', () => {
  const entries = chain({ n: 1 }, { n: 2 }, { n: 3 });
  const verify = (some: readonly Entry[], head?: string) => verifyChain(some, sha256, head);

  it('is whole as it was written', () => {
    expect(verify(entries)).toEqual({ ok: true, head: entries[2]!.hash, entries: 3 });
    expect(verify(JSON.parse(JSON.stringify(entries))).ok).toBe(true);
  });

  it('shows a change, and where', () => {
    const forged = entries.with(1, { ...entries[1]!, body: { n: 20 } });
    expect(verify(forged)).toMatchObject({ ok: false, index: 1, why: 'entry 1 has been changed' });
    const later = entries.with(1, { ...entries[1]!, atMs: 9 });
    expect(verify(later)).toMatchObject({ ok: false, index: 1 });
  });

  it('shows an entry rewritten with a hash that fits it', () => {
    const { kind, atMs } = entries[1]!;
    const rewritten = nextEntry(entries[0], { kind, atMs, body: { n: 20 } }, sha256);
    expect(verify(entries.with(1, rewritten))).toMatchObject({ ok: false, index: 2 });
  });

  it('shows what was taken out, put elsewhere, or cut off', () => {
    expect(verify([entries[0]!, entries[2]!]).ok).toBe(false);
    expect(verify([entries[1]!, entries[0]!, entries[2]!]).ok).toBe(false);
    expect(verify(entries.slice(0, 2)).ok).toBe(true);
    expect(verify(entries.slice(0, 2), entries[2]!.hash)).toMatchObject({ ok: false, index: 1 });
    expect(verify([]).ok).toBe(false);
  });
});
