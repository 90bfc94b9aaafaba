// Goal: from a fault to the decision, through probes, filter, vote, verdict, machine and gates, with
// one local observer and the settings of a service that runs already: 1 s, down 2 s, up 5 s.
// Method: simulated probing of both regions at random phases; the outside answers at once, so what is
// measured is what the rules cost.
import { describe, expect, it } from 'vitest';
import { NEW_FILTER, stepFilter } from '../../../core/health/filter.ts';
import { LOCAL_OBSERVER } from '../../../core/health/verdict.ts';
import { castVote } from '../../../core/health/vote.ts';
import { seededRandom } from '../../../core/random.ts';
import { quantile } from '../../../core/statistics/quantile.ts';
import { Config } from '../../../events/config.ts';
import { failoverSettings, healthSettings } from '../../../events/failoverSettings.ts';
import { drive, HOME, STANDBY, START_MS } from '../../support/failovers.ts';
import {
  FAULTS,
  flapping,
  independentErrors,
  outage,
  type World,
  watchWorld,
} from '../../support/traces.ts';

const CONFIG = Config.parse({
  service: 'web',
  record: 'www.example.test',
  regions: {
    primary: { name: HOME, endpoint: 'http://127.0.1.1:8080/health' },
    standby: { name: STANDBY, endpoint: 'http://127.0.2.1:8080/health' },
  },
  health: { interval: '1s', timeout: '1s', down: '2s', up: '5s' },
  failover: { mode: 'auto', failback: 'auto', cooldown: '0s', perDay: 'unlimited' },
  dns: { listen: '127.0.0.1:5302', ttl: '1s', driver: 'record' },
});
const health = healthSettings(CONFIG);
const settings = failoverSettings(CONFIG);

const fine: World = () => FAULTS.fine;
const FAULT_MS = 20_000;

const watch = (
  name: string,
  seed: number,
  home: World,
  standby: World = fine,
  untilMs = 40_000,
) => {
  const run = drive(settings, {}, { health, observers: [] });
  const filters = new Map([HOME, STANDBY].map((region) => [region, NEW_FILTER]));
  const probed = [HOME, STANDBY].flatMap((region) => {
    const random = seededRandom(name, seed, region);
    const world = region === HOME ? home : standby;
    const { samples } = watchWorld({ settings: health, random, untilMs, world });
    return samples.map((sample) => ({ region, sample }));
  });
  probed.sort((a, b) => a.sample.endMs - b.sample.endMs);
  for (const { region, sample } of probed) {
    filters.set(region, stepFilter(filters.get(region)!, sample, health));
    const nowMs = sample.endMs;
    const votes = [...filters].map(([target, filter]) => {
      const casting = {
        observer: LOCAL_OBSERVER,
        target,
        nowMs,
        canariesAnswer: null,
        clockSkewMs: null,
      };
      return castVote(filter, health, casting);
    });
    const later = (ms: number | null) => (ms === null ? null : ms + START_MS);
    run.hear(
      nowMs + START_MS,
      votes.map((vote) => ({
        ...vote,
        atMs: vote.atMs + START_MS,
        sinceMs: later(vote.sinceMs),
        doubtSinceMs: later(vote.doubtSinceMs),
      })),
    );
  }
  return run;
};

const flipsOf = (run: ReturnType<typeof watch>) =>
  run.did('flip').map(({ atMs }) => atMs - START_MS);

describe('fault to decision', () => {
  it.each([
    ['refused', 2_600],
    ['HTTP 500', 2_600],
    ['blackhole', 3_000],
    ['slow 2 s', 3_000],
  ] as const)('%s: median under %i ms', (fault, limitMs) => {
    const times = Array.from({ length: 300 }, (_, seed) => {
      const flips = flipsOf(watch(fault, seed, outage(fault, FAULT_MS), fine, 30_000));
      expect(flips).toHaveLength(1);
      return flips[0]! - FAULT_MS;
    });
    expect(quantile(times, 0.5)).toBeLessThan(limitMs);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(2_000);
  });
});

describe('in 120 s', () => {
  const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

  it('of flapping, 3 s each way: one flip', () => {
    for (const seed of SEEDS) {
      const run = watch('flapping', seed, flapping('refused', 5_000, 3_000), fine, 120_000);
      expect(flipsOf(run)).toHaveLength(1);
    }
  });

  it('of 30 % independent errors: no flip', () => {
    for (const seed of SEEDS) {
      const random = seededRandom('errors', seed);
      expect(flipsOf(watch('errors', seed, independentErrors(0.3, random), fine, 120_000))).toEqual(
        [],
      );
    }
  });
});

describe('the standby', () => {
  it('is not moved to when both are down, and a person is paged', () => {
    const run = watch('both', 1, outage('refused', FAULT_MS), outage('refused', FAULT_MS));
    expect(flipsOf(run)).toEqual([]);
    expect(run.did('page')).toHaveLength(1);
    expect(run.state()).toMatchObject({ phase: 'HOLD_BOTH', active: HOME });
  });

  it('is not moved to when it was down before', () => {
    const run = watch('standby', 1, outage('refused', FAULT_MS), outage('refused', 0));
    expect(flipsOf(run)).toEqual([]);
    expect(run.did('page')[0]?.action).toMatchObject({
      why: expect.stringContaining('single vantage'),
    });
  });

  it('is left again 5 s after the primary came back', () => {
    for (let seed = 0; seed < 50; seed++) {
      const run = watch('back', seed, outage('refused', FAULT_MS, FAULT_MS + 10_000));
      const [away, home, ...more] = flipsOf(run);
      expect(away).toBeLessThan(FAULT_MS + 3_100);
      expect(home! - FAULT_MS - 10_000).toBeGreaterThanOrEqual(5_000);
      expect(home! - FAULT_MS - 10_000).toBeLessThan(6_200);
      expect(more).toEqual([]);
      expect(run.state()).toMatchObject({ phase: 'STEADY', active: HOME, epoch: 2 });
    }
  });
});
