// Goal: the times of a failover come out of its evidence, and its parts sum to the RTO.
import { describe, expect, it } from 'vitest';
import { decide } from '../../../core/evidence/decision.ts';
import { type Decided, faultMs, momentsOf, turnedDownMs } from '../../../core/evidence/moments.ts';
import type { Observation } from '../../../core/evidence/timeline.ts';
import { initialState, type State } from '../../../core/failover/states.ts';
import { timingsOf } from '../../../core/failover/timings.ts';
import {
  evaluating,
  HOME,
  inputAt,
  OBSERVERS,
  STANDBY,
  START_MS,
} from '../../support/failovers.ts';

/** One probe a second that takes 10 ms, failing from `failsFromS` before the decision on. */
const observation = (observer: string, failsFromS: number, target = HOME): Observation => ({
  observer,
  target,
  silenced: null,
  samples: Array.from({ length: 60 }, (_, second) => {
    const startMs = START_MS - 60_000 + second * 1_000;
    const failed = startMs >= START_MS - failsFromS * 1_000;
    return { startMs, endMs: startMs + 10, failure: failed ? 'refused' : null, latencyMs: null };
  }),
});

const decided = (over: Partial<State> = {}, observations: Observation[] = []): Decided => {
  const input = inputAt({ ...evaluating(), ...over }, START_MS, { active: 'DOWN' });
  return {
    input,
    before: initialState(HOME, STANDBY, START_MS - 3_600_000),
    observations,
    decision: decide(input),
  };
};

describe('the begin of a fault', () => {
  it('is the first failed probe of those who voted DOWN', () => {
    const seen = [
      observation(OBSERVERS[0]!, 35),
      observation(OBSERVERS[1]!, 38),
      observation(OBSERVERS[2]!, 36),
      // Another target, and an observer that did not vote, say nothing of it.
      observation(OBSERVERS[3]!, 50, STANDBY),
      observation('eu-south-1', 55),
    ];
    expect(faultMs(decided({}, seen))).toBe(START_MS - 38_000);
  });

  it('is a failure of the target, not of the observer, and not one that a good probe followed', () => {
    const [first] = [observation(OBSERVERS[0]!, 5)];
    const samples = first!.samples.map((sample, second) => {
      if (second === 20) return { ...sample, failure: 'timeout' };
      return second >= 55 && second < 57 ? { ...sample, failure: 'local' } : sample;
    });
    expect(faultMs(decided({}, [{ ...first!, samples }]))).toBe(START_MS - 3_000);
  });

  it('is what the verdict says where no sample is kept, and the order itself where a person gave one', () => {
    expect(faultMs(decided())).toBe(START_MS - 60_000);
    expect(faultMs(decided({ cause: 'operator' }))).toBe(START_MS);
    expect(faultMs(decided({ cause: 'failback' }))).toBe(START_MS);
  });
});

describe('the vote of an observer', () => {
  it('turned when its failures had lasted long enough, and only those that lasted', () => {
    const { health } = decided().input;
    const seen = observation(OBSERVERS[0]!, 40);
    const turned = turnedDownMs(seen, health, START_MS) ?? 0;
    expect(turned - (START_MS - 40_000)).toBeGreaterThanOrEqual(health.downMs);
    expect(turned - (START_MS - 40_000)).toBeLessThan(health.downMs + 2_000);
    expect(turnedDownMs(seen, health, START_MS - 20_000)).toBeNull();
    expect(turnedDownMs(observation(OBSERVERS[0]!, 5), health, START_MS)).toBeNull();
  });
});

describe('the moments of a failover', () => {
  const marks = {
    askedMs: null,
    fencedMs: null,
    scaledMs: null,
    flippedMs: START_MS + 40,
    authoritativeMs: START_MS + 50,
    effectiveMs: START_MS + 1_050,
  };
  const seen = OBSERVERS.map((observer) => observation(observer, 33));

  it('add up to the RTO', () => {
    const timings = timingsOf(momentsOf(decided({ phaseSinceMs: START_MS - 500 }, seen), marks));
    expect(timings).toEqual({
      detectMs: 32_500,
      decideMs: 500,
      fenceMs: 0,
      scaleMs: 0,
      flipMs: 40,
      authoritativeMs: 10,
      effectiveMs: 1_000,
      rtoMs: 34_050,
    });
  });

  it('count what a person took to say yes as deciding', () => {
    const asked = { ...marks, askedMs: START_MS - 20_000 };
    expect(timingsOf(momentsOf(decided({}, seen), asked))).toMatchObject({
      detectMs: 13_000,
      decideMs: 20_000,
      rtoMs: 34_050,
    });
  });
});
