// Goal: who may vote, how many votes decide, and what is said when too few can.
import { describe, expect, it } from 'vitest';
import { type Filter, NEW_FILTER, stepFilter } from '../../../core/health/filter.ts';
import { parseQuorum, votesNeeded } from '../../../core/health/settings.ts';
import { judgeRegion, LOCAL_OBSERVER, SINGLE_VANTAGE_WORDS } from '../../../core/health/verdict.ts';
import { type AbstainReason, castVote, type Vote } from '../../../core/health/vote.ts';
import { DEFAULTS } from '../../support/traces.ts';

const TARGET = 'eu-west-1';
const OBSERVERS = ['eu-central-1', 'us-east-2', 'ap-northeast-1', 'sa-east-1', 'eu-north-1'];
const NOW = 1_000_000;

const vote = (observer: string, kind: Vote['vote'], over: Partial<Vote> = {}): Vote => ({
  observer,
  target: TARGET,
  atMs: NOW - 1_000,
  vote: kind,
  reason: kind === 'ABSTAIN' ? 'canary-failed' : null,
  sinceMs: kind === 'ABSTAIN' ? null : NOW - 40_000,
  doubtSinceMs: null,
  p95Ms: null,
  lastFailure: null,
  ...over,
});
const votes = (...kinds: Vote['vote'][]) =>
  kinds.map((kind, index) => vote(OBSERVERS[index]!, kind));
const judge = (some: readonly Vote[], observers: readonly string[] = OBSERVERS) =>
  judgeRegion(TARGET, some, observers, NOW, DEFAULTS);

describe('a vote', () => {
  const up: Filter = stepFilter(
    NEW_FILTER,
    { startMs: NOW - 5_000, endMs: NOW - 4_990, failure: null, latencyMs: 10 },
    DEFAULTS,
  );
  const casting = {
    observer: 'us-east-2',
    target: TARGET,
    nowMs: NOW,
    canariesAnswer: true,
    clockSkewMs: 10,
  };

  it('is what the filter believes', () => {
    expect(castVote(up, DEFAULTS, casting)).toMatchObject({ vote: 'UP', reason: null });
  });

  it.each<[AbstainReason, Filter, Partial<typeof casting>]>([
    ['canary-failed', up, { canariesAnswer: false }],
    ['clock-skew', up, { clockSkewMs: 300_000 }],
    ['clock-skew', up, { clockSkewMs: -2_001 }],
    ['inside-target', up, { observer: TARGET }],
    ['stale', up, { nowMs: NOW + 60_000 }],
    ['starting', NEW_FILTER, {}],
  ])('abstains: %s', (reason, filter, over) => {
    expect(castVote(filter, DEFAULTS, { ...casting, ...over })).toMatchObject({
      vote: 'ABSTAIN',
      reason,
      sinceMs: null,
    });
  });
});

describe('a quorum', () => {
  it('is written as a share with a minimum, or as a number of votes', () => {
    expect(parseQuorum('60% of 3')).toEqual({ kind: 'share', share: 0.6, eligibleMin: 3 });
    expect(parseQuorum('2of5')).toEqual({ kind: 'votes', votes: 2, of: 5 });
    for (const text of ['0% of 3', '101% of 3', '4 of 3', '60%', 'all']) {
      expect(parseQuorum(text)).toBeUndefined();
    }
  });

  it.each([
    [3, 2],
    [4, 3],
    [5, 3],
    [10, 6],
  ])('60 %% of %i eligible are %i', (eligible, needed) => {
    expect(votesNeeded({ kind: 'share', share: 0.6, eligibleMin: 3 }, eligible)).toBe(needed);
  });
});

describe('a verdict', () => {
  it('is DOWN since the moment from which enough have seen it', () => {
    const some = votes('DOWN', 'DOWN', 'DOWN', 'UP', 'UP').map((each, index) => ({
      ...each,
      sinceMs: NOW - 50_000 + index * 1_000,
    }));
    expect(judge(some)).toMatchObject({ state: 'DOWN', sinceMs: NOW - 48_000, needed: 3 });
  });

  it('is not DOWN by one observer that lies, and not by two of five', () => {
    expect(judge(votes('DOWN', 'UP', 'UP', 'UP', 'UP')).state).toBe('UP');
    expect(judge(votes('DOWN', 'DOWN', 'UP', 'UP', 'UP')).state).toBe('UP');
  });

  it('counts DOWN towards DEGRADED', () => {
    expect(judge(votes('DOWN', 'DEGRADED', 'DEGRADED', 'UP', 'UP')).state).toBe('DEGRADED');
  });

  it('is UNKNOWN when too few may vote, however they vote', () => {
    const verdict = judge(votes('DOWN', 'DOWN', 'ABSTAIN', 'ABSTAIN', 'ABSTAIN'));
    expect(verdict.state).toBe('UNKNOWN');
    expect(verdict.why).toContain('2 eligible observers, 3 are needed');
    const alone = judge(votes('DOWN', 'ABSTAIN', 'ABSTAIN', 'ABSTAIN', 'ABSTAIN'));
    expect(alone.why).toContain('1 eligible observer, 3 are needed');
    expect(verdict.why).toContain('sa-east-1 abstains: canary-failed');
  });

  it('is UNKNOWN when nobody sent a vote: absent is not down', () => {
    expect(judge([])).toMatchObject({ state: 'UNKNOWN', eligible: 0 });
  });

  it('is UNKNOWN when the observers disagree', () => {
    expect(judge(votes('DOWN', 'DOWN', 'UP', 'UP', 'ABSTAIN'))).toMatchObject({ state: 'UNKNOWN' });
  });

  it('is UNKNOWN when the votes are frozen, at good or at bad', () => {
    for (const kind of ['UP', 'DOWN'] as const) {
      const frozen = votes(kind, kind, kind, kind, kind).map((each) => ({
        ...each,
        atMs: NOW - 31_000,
      }));
      expect(judge(frozen).state).toBe('UNKNOWN');
    }
  });

  it('does not count the observer in the region, nor one whose clock runs ahead', () => {
    const observers = [TARGET, ...OBSERVERS.slice(0, 3)];
    const inside = judge([vote(TARGET, 'UP'), ...votes('DOWN', 'DOWN', 'UP')], observers);
    expect(inside).toMatchObject({ state: 'DOWN', eligible: 3 });
    const ahead = vote('eu-north-1', 'DOWN', { atMs: NOW + 300_000 });
    const abstains = judge([...votes('UP', 'UP', 'UP'), ahead]).votes.at(-1);
    expect(abstains).toMatchObject({ vote: 'ABSTAIN', reason: 'clock-skew' });
  });

  it('takes the latest vote of each observer, in any order and any number of copies', () => {
    const old = vote('us-east-2', 'DOWN', { atMs: NOW - 9_000 });
    const some = votes('UP', 'UP', 'UP', 'UP', 'UP');
    expect(judge([...some, old, old])).toEqual(judge([old, ...some]));
    expect(judge([...some, old]).state).toBe('UP');
  });

  it('needs two continents against a region where two are watching', () => {
    const europe = ['eu-central-1', 'eu-north-1', 'eu-west-3'];
    const observers = [...europe, 'us-east-2'];
    const down = europe.map((observer) => vote(observer, 'DOWN'));
    expect(judge([...down, vote('us-east-2', 'UP')], observers).state).toBe('UNKNOWN');
    expect(judge(down, europe).state).toBe('DOWN');
  });

  it('needs two continents for a region as well, where two are watching', () => {
    const two = ['us-east-2', 'ca-central-1'].map((observer) => vote(observer, 'UP'));
    const observers = ['us-east-2', 'ca-central-1', 'ap-northeast-1'];
    const third = (kind: Vote['vote']) => judge([...two, vote('ap-northeast-1', kind)], observers);
    expect(third('DOWN').state).toBe('UNKNOWN');
    expect(third('UP').state).toBe('UP');
  });

  it('dates doubt by the quorum before anyone is sure', () => {
    const some = votes('UP', 'UP', 'UP', 'UP', 'UP').map((each, index) => ({
      ...each,
      doubtSinceMs: index < 3 ? NOW - 5_000 + index : null,
    }));
    expect(judge(some)).toMatchObject({ state: 'UP', doubtSinceMs: NOW - 4_998 });
    expect(judge(some.slice(1)).doubtSinceMs).toBeNull();
  });
});

describe('a single local observer', () => {
  const local = (kind: Vote['vote']) => judge([vote(LOCAL_OBSERVER, kind)], []);

  it('decides alone, and says so', () => {
    expect(local('DOWN')).toMatchObject({ state: 'DOWN', vantage: 'single' });
    expect(local('UP').why).toContain(SINGLE_VANTAGE_WORDS);
  });

  it('is UNKNOWN when it abstains', () => {
    expect(local('ABSTAIN').state).toBe('UNKNOWN');
  });
});
