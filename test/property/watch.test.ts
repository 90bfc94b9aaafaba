// Goal: laws of a watch's step, whatever votes come, in whatever order, however often.
// Method: fast-check over sequences of votes and ticks, each fed to the next.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeRegion } from '../../core/health/verdict.ts';
import type { Vote } from '../../core/health/vote.ts';
import type { WatchState } from '../../events/watchState.ts';
import { WatchStateShape } from '../../events/watchState.ts';
import { type Advance, advance, type Incoming, type Situation } from '../../functions/_advance.ts';
import { goodFacts, HOME, OBSERVERS, STANDBY, START_MS } from '../support/failovers.ts';
import { watchPlanWith } from '../support/watchPlans.ts';

const plan = watchPlanWith();
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const situationOf = (stored: WatchState | null, nowMs: number): Situation => ({
  plan,
  stored,
  facts: goodFacts(nowMs),
  nowMs,
  hash,
  isDone: () => true,
  mayGather: false,
});

type Said = { afterMs: number; observer: number; home: boolean; opinion: number; delayMs: number };

/** Time goes on by up to 0.3 s; a vote may have been cast up to ten seconds ago, or be to come. */
const said = fc.record({
  afterMs: fc.integer({ min: 0, max: 300 }),
  observer: fc.nat({ max: OBSERVERS.length - 1 }),
  home: fc.boolean(),
  // Mostly bad, so that decisions are reached.
  opinion: fc.nat({ max: 5 }),
  delayMs: fc.oneof(fc.constant(0), fc.integer({ min: -5_000, max: 10_000 })),
});

const voteOf = ({ observer, home, opinion, delayMs }: Said, nowMs: number): Vote => {
  const atMs = nowMs - delayMs;
  const bad = home && opinion >= 2;
  return {
    observer: OBSERVERS[observer]!,
    target: home ? HOME : STANDBY,
    atMs,
    vote: bad ? 'DOWN' : opinion === 1 ? 'ABSTAIN' : 'UP',
    reason: opinion === 1 ? 'canary-failed' : null,
    sinceMs: opinion === 1 ? null : atMs - 3_000,
    doubtSinceMs: null,
    p95Ms: null,
    lastFailure: bad ? 'refused' : null,
  };
};

type Taken = { step: Advance; incoming: Incoming; situation: Situation };

/** Every step of a sequence, each on what the one before has stored. */
const course = (all: readonly Said[]): Taken[] => {
  let stored: WatchState | null = null;
  let nowMs = START_MS;
  return all.map((one) => {
    nowMs += one.afterMs;
    const situation = situationOf(stored, nowMs);
    const other = { ...one, home: !one.home, opinion: 0 };
    const votes = [voteOf(one, nowMs), voteOf(other, nowMs)];
    const incoming: Incoming = { kind: 'votes', votes };
    const step = advance(situation, incoming);
    if (step.changed) stored = step.next;
    return { step, incoming, situation };
  });
};

const sequences = fc.array(said, { minLength: 20, maxLength: 60 });

describe('a step of a watch', () => {
  it('is stored as it is, and the same again is not stored again', () => {
    fc.assert(
      fc.property(sequences, (all) => {
        for (const { step, incoming, situation } of course(all)) {
          expect(WatchStateShape.parse(step.next)).toEqual(step.next);
          if (!step.changed) continue;
          const repeated = advance({ ...situation, stored: step.next }, incoming);
          expect(repeated.next.votes).toEqual(step.next.votes);
          expect(repeated.actions.filter((action) => action.do === 'start')).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('starts a move only when a quorum of fresh votes says DOWN of home and UP of the standby', () => {
    let moves = 0;
    fc.assert(
      fc.property(sequences, (all) => {
        const steps = course(all);
        const starts = steps.filter(({ step }) =>
          step.actions.some((action) => action.do === 'start'),
        );
        expect(starts.length).toBeLessThanOrEqual(1);
        moves += starts.length;
        for (const { step, situation } of starts) {
          const { nowMs } = situation;
          const judge = (region: string) =>
            judgeRegion(region, step.next.votes, OBSERVERS, nowMs, plan.health).state;
          expect([judge(HOME), judge(STANDBY)]).toEqual(['DOWN', 'UP']);
          expect(step.decisions).toHaveLength(1);
          expect(step.next.state.execution?.decisionId).toBe(step.decisions[0]!.id);
        }
      }),
      { numRuns: 200 },
    );
    // The law was put to the test.
    expect(moves).toBeGreaterThan(10);
  });

  it('gives the same for the same, byte for byte', () => {
    fc.assert(
      fc.property(sequences, (all) => {
        const bytes = (taken: Taken[]) => JSON.stringify(taken.map(({ step }) => step));
        expect(bytes(course(all))).toBe(bytes(course(all)));
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on the order of votes cast at different times', () => {
    fc.assert(
      fc.property(sequences, fc.integer(), (all, seed) => {
        const nowMs = START_MS + 60_000;
        const votes = all.map((one, index) => ({
          ...voteOf({ ...one, delayMs: 0 }, nowMs - 1_000),
          atMs: nowMs - 1_000 - index,
        }));
        const shuffled = [...votes].sort(
          (a, b) => ((a.atMs * 7_919 + seed) % 101) - ((b.atMs * 7_919 + seed) % 101),
        );
        const of = (some: Vote[]) =>
          some
            .reduce<WatchState | null>((stored, vote) => {
              const step = advance(situationOf(stored, nowMs), { kind: 'votes', votes: [vote] });
              return step.next;
            }, null)
            ?.votes.map((vote) => JSON.stringify(vote))
            .sort();
        expect(of(shuffled)).toEqual(of(votes));
      }),
      { numRuns: 60 },
    );
  });
});
