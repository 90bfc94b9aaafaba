/** A made-up failover as its record would hold it: five observers, a flip, answers of every kind. */
import { createHash } from 'node:crypto';
import { chainOf, type Entry } from '../../core/evidence/chain.ts';
import { decide } from '../../core/evidence/decision.ts';
import { initialState } from '../../core/failover/states.ts';
import type { DnsAnswerShape, VerificationShape } from '../../events/failoverEvidence.ts';
import { reportOfRecord } from '../../events/failoverRecord.ts';
import { FailoverReport } from '../../events/failoverReport.ts';
import { FailoverResult } from '../../events/failoverSummary.ts';
import { evaluating, HOME, inputAt, OBSERVERS, STANDBY, START_MS } from './failovers.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const FLIPPED_MS = START_MS + 300;

const observations = OBSERVERS.flatMap((observer, index) =>
  [HOME, STANDBY].map((target) => ({
    ...{ observer, target, silenced: null },
    samples: Array.from({ length: 50 }, (_, n) => {
      const startMs = START_MS - 45_000 + n * 1_000 + index * 40;
      const failed = target === HOME && n >= 12;
      const failure = failed ? 'refused' : null;
      return { startMs, endMs: startMs + 12, failure, latencyMs: failed ? null : 11 };
    }),
  })),
);

const input = inputAt(evaluating({ phaseSinceMs: START_MS }), START_MS, {
  active: ['DOWN', 'DOWN', 'DOWN', 'ABSTAIN', 'UP'],
});
const decided = {
  ...{ input, observations, decision: decide(input) },
  before: initialState(HOME, STANDBY, START_MS - 3_600_000),
};

const answer = (over: Partial<DnsAnswerShape>): DnsAnswerShape => ({
  ...{ server: '192.0.2.1:53', role: 'authoritative', transport: 'udp', type: 'A' },
  ...{ rcode: 'NOERROR', values: ['127.0.2.1'], ttlS: 60, atMs: FLIPPED_MS + 40, ms: 3 },
  detail: null,
  ...over,
});

const answers = [
  answer({}),
  answer({ transport: 'tcp' }),
  answer({ type: 'AAAA', values: [], ttlS: null }),
  answer({ server: '192.0.2.2:53', rcode: 'no answer', values: [], detail: 'timeout: in 2 s' }),
  answer({ server: '198.51.100.1:53', role: 'resolver', values: ['127.0.1.1'], ttlS: 41 }),
];

const verification: VerificationShape = {
  ...{ ok: true, outcome: 'verified', why: '2 of 2 name servers, 2 of 3 resolvers' },
  ...{ expected: { A: ['127.0.2.1'], AAAA: [] }, expectedRegion: STANDBY, rounds: 9 },
  ...{ authoritative: { good: 2, of: 2 }, resolvers: { good: 2, of: 3 } },
  ...{ stragglers: ['198.51.100.1:53'], authoritativeMs: FLIPPED_MS + 40 },
  ...{ effectiveMs: FLIPPED_MS + 9_000, oldSideNoWorse: false },
};

const result: FailoverResult = {
  ...{ service: 'shop', execution: 'shop-0-1', decisionId: 'd1', cause: 'down', from: HOME },
  ...{ to: STANDBY, epoch: 1, automatic: true, outcome: 'done', active: STANDBY },
  ...{ reason: verification.why, startedAtMs: START_MS, finishedAtMs: FLIPPED_MS + 9_500 },
  timings: {
    ...{ detectMs: 33_000, decideMs: 0, fenceMs: 0, scaleMs: 0, flipMs: 300 },
    ...{ authoritativeMs: 40, effectiveMs: 8_960, rtoMs: 42_300 },
  },
  ...{ lossMs: 1_200, leftovers: [`shop in ${STANDBY} wants 4 tasks, it wanted 2`] },
  vantage: 'quorum',
};

const call = {
  ...{ service: 's3', operation: 'PutObject', region: 'eu-north-1', attempt: 1 },
  ...{ startedAtMs: FLIPPED_MS - 20, tookMs: 14.2, requestId: 'A1B2', result: 'written' },
};

/** The record, with other words where given. */
export const madeUpRecord = (over: Partial<FailoverResult> = {}, why = 'as told'): Entry[] =>
  chainOf(
    [
      { kind: 'decision', atMs: START_MS, body: decided },
      { kind: 'lease', atMs: START_MS + 20, body: { why } },
      { kind: 'flip', atMs: FLIPPED_MS, body: { why, calls: [call] } },
      {
        kind: 'dns',
        atMs: FLIPPED_MS + 50,
        body: { round: 1, name: 'shop.example.test', answers },
      },
      {
        kind: 'request',
        atMs: FLIPPED_MS + 60,
        body: {
          ...{ url: 'https://shop.example.test/', address: '127.0.2.1', atMs: FLIPPED_MS + 60 },
          ...{ ms: 9, ok: true, status: 200, region: STANDBY, proof: 'address', detail: null },
        },
      },
      { kind: 'verification', atMs: FLIPPED_MS + 9_000, body: verification },
      {
        kind: 'completed',
        atMs: FLIPPED_MS + 9_500,
        body: FailoverResult.parse({ ...result, ...over }),
      },
    ],
    sha256,
  );

export const madeUpReport = (...args: Parameters<typeof madeUpRecord>): FailoverReport =>
  FailoverReport.parse(reportOfRecord(madeUpRecord(...args)));
