// Goal: what the filter makes of samples out of order, of gaps, and of what is no evidence.
import { describe, expect, it } from 'vitest';
import { doubtSinceMs, type Filter, NEW_FILTER, stepFilter } from '../../../core/health/filter.ts';
import { nextProbeDueMs } from '../../../core/health/pace.ts';
import type { Sample } from '../../../core/health/sample.ts';
import { castVote } from '../../../core/health/vote.ts';
import { SECOND } from '../../support/traces.ts';

const good = (startMs: number, takesMs = 5): Sample => ({
  startMs,
  endMs: startMs + takesMs,
  failure: null,
  latencyMs: takesMs,
});
const bad = (startMs: number, failure = 'refused', takesMs = 1): Sample => ({
  startMs,
  endMs: startMs + takesMs,
  failure,
  latencyMs: null,
});
const fold = (samples: readonly Sample[], from: Filter = NEW_FILTER) =>
  samples.reduce((filter, sample) => stepFilter(filter, sample, SECOND), from);
const failures = (...starts: number[]) => starts.map((ms) => bad(ms));

describe('evidence that does not belong together', () => {
  const down = fold([good(0), ...failures(1_000, 2_000, 3_100)]);

  it('is not DOWN still for an observer that comes back from a long silence', () => {
    expect(down.hard.state).toBe('DOWN');
    expect(fold([good(3_600_000)], down).hard).toMatchObject({ state: 'UP', sinceMs: 3_600_000 });
    expect(fold([bad(3_600_000)], down).hard.state).toBe('UNTRIED');
    const again = fold(failures(3_600_000, 3_601_000, 3_602_000), down);
    expect(again.hard).toMatchObject({ state: 'DOWN', sinceMs: 3_600_000 });
  });

  it('is heard at once after the clock was set back', () => {
    const ahead = 300_000;
    const up = fold([good(ahead), good(ahead + 1_000)]);
    expect(fold(failures(2_000, 3_000, 4_000), up).hard.state).toBe('DOWN');
    const later = fold([good(ahead), ...failures(ahead + 1_000, ahead + 2_000, ahead + 3_100)]);
    expect(fold([good(5_000)], later).hard.state).toBe('UP');
  });

  it('is no vote when it lies in the future', () => {
    const casting = { observer: 'a', target: 'b', canariesAnswer: null, clockSkewMs: null };
    const vote = (nowMs: number) => castVote(fold([good(300_000)]), SECOND, { ...casting, nowMs });
    expect(vote(301_000).vote).toBe('UP');
    expect(vote(290_000)).toMatchObject({ vote: 'ABSTAIN', reason: 'stale' });
  });
});

describe('what comes back', () => {
  const castingAt = (nowMs: number) => ({
    ...{ observer: 'a', target: 'b', nowMs, canariesAnswer: null, clockSkewMs: null },
  });
  const down = fold([good(0), ...failures(1_000, 2_000, 3_100)]);

  it('is no reason to move once it has answered for `down`, long before it is up', () => {
    const saidAfter = (...starts: number[]) => {
      const filter = fold(
        starts.map((ms) => good(ms)),
        down,
      );
      return castVote(filter, SECOND, castingAt((starts.at(-1) ?? 0) + 5));
    };
    expect(saidAfter(4_000, 5_000)).toMatchObject({ vote: 'DOWN', sinceMs: 1_000 });
    expect(saidAfter(4_000, 5_000, 6_000)).toMatchObject({ vote: 'DEGRADED', sinceMs: null });
    expect(saidAfter(4_000, 5_000, 6_000, 7_000, 8_000, 9_000).vote).toBe('UP');
  });

  it('is down again with the first failure', () => {
    const filter = fold([good(4_000), good(5_000), good(6_000), bad(6_500)], down);
    expect(castVote(filter, SECOND, castingAt(6_600))).toMatchObject({ vote: 'DOWN' });
  });

  it('from a brownout names no time since when, as nothing was slow of late', () => {
    const settings = { ...SECOND, slow: { p95Ms: 100, forMs: 5_000 } };
    const probes = (from: number, to: number, takesMs: number) =>
      Array.from({ length: to - from }, (_, i) => good((from + i) * 1_000, takesMs));
    const slow = [...probes(0, 40, 200)].reduce((f, s) => stepFilter(f, s, settings), NEW_FILTER);
    const quick = probes(40, 51, 20).reduce((f, s) => stepFilter(f, s, settings), slow);
    const vote = (filter: Filter, nowMs: number) => castVote(filter, settings, castingAt(nowMs));
    expect(vote(slow, 39_300)).toMatchObject({ vote: 'DEGRADED', sinceMs: 0 });
    expect(vote(quick, 50_100)).toMatchObject({ vote: 'DEGRADED', sinceMs: null });
  });
});

describe('the hard channel', () => {
  it('is UP with the first good probe, so that a restart costs no availability', () => {
    expect(fold([good(0)]).hard).toMatchObject({ state: 'UP', sinceMs: 0 });
  });

  it('needs `down` for DOWN even when nothing was ever good', () => {
    expect(fold(failures(0, 500, 1_000, 1_900)).hard.state).toBe('UNTRIED');
    expect(fold(failures(0, 500, 1_000, 2_000)).hard).toMatchObject({ state: 'DOWN', sinceMs: 0 });
  });

  it('needs three failures, however long they take', () => {
    expect(fold([good(0), ...failures(1_000, 3_500)]).hard.state).toBe('UP');
    expect(fold([good(0), ...failures(1_000, 2_500, 3_500)]).hard.state).toBe('DOWN');
  });

  it('starts the count again with one good probe', () => {
    const filter = fold([good(0), ...failures(1_000, 1_500, 2_000), good(2_100)]);
    expect(doubtSinceMs(filter)).toBeNull();
    expect(fold(failures(2_200, 3_000, 4_000), filter).hard.state).toBe('UP');
  });

  it('orders by start: a slow good answer does not excuse failures that started after it', () => {
    const filter = fold([good(0), ...failures(1_000, 1_500, 2_000), good(900, 1_200)]);
    expect(doubtSinceMs(filter)).toBe(1_000);
    expect(fold(failures(3_000), filter).hard.state).toBe('DOWN');
  });

  it('ignores a failure older than the latest good probe', () => {
    const filter = fold([good(0), good(1_000), bad(500, 'timeout', 1_000)]);
    expect(doubtSinceMs(filter)).toBeNull();
  });

  it('keeps failures that started after a good probe in their midst', () => {
    const filter = fold([good(0), ...failures(1_000, 2_000), good(1_500, 800)]);
    expect(doubtSinceMs(filter)).toBe(2_000);
  });

  it('does not count time that nobody watched', () => {
    expect(fold([good(0), ...failures(1_000, 1_100, 61_000)]).hard.state).toBe('UP');
    expect(doubtSinceMs(fold([good(0), ...failures(1_000, 1_100, 61_000)]))).toBe(61_000);
  });

  it('takes no evidence from failures of the observer, nor from a clock that went back', () => {
    const own = [1_000, 2_000, 3_000].map((ms) => bad(ms, 'local'));
    expect(fold([good(0), ...own])).toEqual(fold([good(0)]));
    expect(fold([good(0), { ...bad(5_000), endMs: 4_000 }])).toEqual(fold([good(0)]));
  });

  it('comes back only after `up` without a failure', () => {
    const down = fold([good(0), ...failures(1_000, 2_000, 3_000)]);
    expect(down.hard.state).toBe('DOWN');
    const almost = fold(
      [4_000, 5_000, 6_000, 7_000, 8_000].map((ms) => good(ms)),
      down,
    );
    expect(almost.hard.state).toBe('DOWN');
    expect(fold([good(9_000)], almost).hard).toMatchObject({ state: 'UP', sinceMs: 4_000 });
    expect(fold([bad(8_500), good(9_000)], almost).hard.state).toBe('DOWN');
  });
});

describe('the next probe', () => {
  const due = (filter: Filter, lastDueMs: number, pendingSinceMs: number | null = null) =>
    nextProbeDueMs({ filter, settings: SECOND, lastDueMs, pendingSinceMs, alert: false });

  it('keeps the steady clock, whatever a probe takes', () => {
    expect(due(fold([good(0)]), 1_000)).toBe(2_000);
    expect(due(fold([good(0)]), 1_000, 1_001)).toBe(1_251);
  });

  it('quickens with doubt, and looks closer after a quarter of `down`', () => {
    const doubt = fold([good(0), bad(1_000)]);
    expect(due(doubt, 1_000)).toBe(1_100);
    expect(due(doubt, 1_500)).toBe(1_550);
  });

  it('sends the deciding probe at the deciding moment', () => {
    const doubt = fold([good(0), bad(1_002)]);
    expect(due(doubt, 2_980)).toBe(3_002);
  });

  it('is quicker for the other region while one is in doubt', () => {
    const filter = fold([good(0)]);
    const asked = { filter, settings: SECOND, lastDueMs: 1_000, pendingSinceMs: null };
    expect(nextProbeDueMs({ ...asked, alert: true })).toBe(1_200);
  });

  it('is never slower than the interval, nor quicker than 50 ms', () => {
    const doubt = fold([good(0), bad(1_000)]);
    const asked = { filter: doubt, lastDueMs: 1_000, pendingSinceMs: null, alert: false };
    const at = (downMs: number) =>
      nextProbeDueMs({ ...asked, settings: { ...SECOND, downMs } }) - 1_000;
    expect(at(100)).toBe(50);
    expect(at(600_000)).toBe(1_000);
  });
});
