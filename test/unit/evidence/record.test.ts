// Goal: a whole record survives a file: it verifies, its decisions are made again, and it is relived.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../core/evidence/canonical.ts';
import { nextEntry, verifyChain } from '../../../core/evidence/chain.ts';
import { decide } from '../../../core/evidence/decision.ts';
import { reproduces, whatIf } from '../../../core/evidence/replay.ts';
import type { Past } from '../../../core/evidence/timeline.ts';
import { initialState } from '../../../core/failover/states.ts';
import { DecisionEntry, EvidenceRecord } from '../../../events/evidenceRecord.ts';
import {
  evaluating,
  HOME,
  inputAt,
  OBSERVERS,
  STANDBY,
  START_MS,
} from '../../support/failovers.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const past: Past = {
  input: inputAt(evaluating(), START_MS, { active: 'DOWN' }),
  before: initialState(HOME, STANDBY, START_MS - 3_600_000),
  observations: OBSERVERS.map((observer) => ({
    observer,
    target: HOME,
    silenced: null,
    samples: [{ startMs: START_MS - 5, endMs: START_MS, failure: 'tls', latencyMs: null }],
  })),
};
const body = { ...past, decision: decide(past.input) };
const first = nextEntry(undefined, { kind: 'decision', atMs: START_MS, body }, sha256);
const second = nextEntry(first, { kind: 'call', atMs: START_MS + 9, body: { ms: 12.5 } }, sha256);
const file = JSON.stringify([first, second], null, 2);

describe('a record in a file', () => {
  const entries = EvidenceRecord.parse(JSON.parse(file));
  const decided = DecisionEntry.parse(entries[0]?.body);

  it('is whole', () => {
    expect(verifyChain(entries, sha256)).toMatchObject({ ok: true, entries: 2 });
  });

  it('gives the same decision bit for bit, and the same bytes of input', () => {
    expect(canonicalJson(decided.input)).toBe(canonicalJson(past.input));
    expect(reproduces(decided.input, decided.decision)).toEqual({ same: true, differences: [] });
  });

  it('can be asked what if', () => {
    const replay = whatIf(decided, ['quorum=2of5']);
    expect(replay).toMatchObject({ ok: true, asAsked: { moved: false } });
  });

  it('is refused when it is none', () => {
    expect(EvidenceRecord.safeParse([{ ...first, hash: 'abc' }]).success).toBe(false);
    const state = { ...evaluating(), phase: 'DONE' };
    expect(DecisionEntry.safeParse({ ...body, before: state }).success).toBe(false);
  });
});
