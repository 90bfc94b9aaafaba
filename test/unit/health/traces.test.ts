// Goal: the numbers that failure detection is held to, over thousands of phases.
// Method: one observer against scripted worlds in simulated time; the seed of a run is in its name.
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../../core/random.ts';
import { quantile } from '../../../core/statistics/quantile.ts';
import {
  burstErrors,
  DEFAULTS,
  FAULTS,
  flapping,
  independentErrors,
  lossyTcp,
  outage,
  SECOND,
  type World,
  watchWorld,
} from '../../support/traces.ts';

const PHASES = 2_000;
const RUN_MS = 120_000;

const detectionMs = (fault: keyof typeof FAULTS): number[] =>
  Array.from({ length: PHASES }, (_, seed) => {
    const random = seededRandom(fault, seed);
    const atMs = 20_000;
    const world = outage(fault, atMs);
    const { changes } = watchWorld({ settings: SECOND, random, untilMs: 30_000, world });
    return changes.find(({ state }) => state === 'DOWN')!.atMs - atMs;
  });

/** Runs of 120 s, of `RUNS`, in which the target was called DOWN. */
const RUNS = 1_000;
const falseDowns = (name: string, world: (random: Random) => World): number =>
  Array.from({ length: RUNS }, (_, seed) => seededRandom(name, seed)).filter((random) =>
    watchWorld({ settings: SECOND, random, untilMs: RUN_MS, world: world(random) }).changes.some(
      ({ state }) => state === 'DOWN',
    ),
  ).length;

describe('fault to DOWN at interval 1 s, timeout 1 s, down 2 s, any phase', () => {
  it.each(['refused', 'HTTP 500'] as const)('%s: median 2.5 s', (fault) => {
    const times = detectionMs(fault);
    expect(quantile(times, 0.5)).toBeLessThan(2_550);
    expect(Math.max(...times)).toBeLessThan(3_020);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(2_000);
  });

  it.each(['blackhole', 'slow 2 s'] as const)('%s: median 2.8 s', (fault) => {
    const times = detectionMs(fault);
    expect(quantile(times, 0.5)).toBeLessThan(2_850);
    expect(Math.max(...times)).toBeLessThan(3_300);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(2_000);
  });

  it('never has more probes under way than a timeout holds', () => {
    const random = seededRandom('under way');
    const world = outage('blackhole', 5_000);
    const { underWayMax } = watchWorld({ settings: SECOND, random, untilMs: 60_000, world });
    expect(underWayMax).toBeLessThanOrEqual(22);
  });
});

describe('no false DOWN in 120 s at 30 % errors', () => {
  it.each(['HTTP 500', 'blackhole'] as const)('independent: %s', (fault) => {
    expect(falseDowns(`independent ${fault}`, (r) => independentErrors(0.3, r, fault))).toBe(0);
  });

  // Bursts can follow each other so closely that no probe falls between them; two or three such
  // bursts are an outage of `down` to any prober of this pace. That is all that is left.
  it('in bursts of 0 to 1 s: at most 1 run in 200', () => {
    const bursts = (random: Random) =>
      burstErrors(() => 1_000 * random.unit(), 500, { share: 0.3, untilMs: RUN_MS, random });
    expect(falseDowns('bursts up to 1 s', bursts)).toBeLessThanOrEqual(5);
  });

  it.each(['HTTP 500', 'blackhole'] as const)(
    'in bursts of a whole second: at most 1 run in 66 (%s)',
    (fault) => {
      const bursts = (random: Random) =>
        burstErrors(() => 1_000, 1_000, { share: 0.3, untilMs: RUN_MS, random, fault });
      expect(falseDowns(`bursts of 1 s ${fault}`, bursts)).toBeLessThanOrEqual(15);
    },
  );

  it.each(['refused', 'blackhole'] as const)('one outage of 1.99 s: %s', (fault) => {
    expect(falseDowns(`short ${fault}`, () => outage(fault, 20_000, 21_990))).toBe(0);
  });
});

describe('flapping', () => {
  it.each([
    [3_000, 'refused'],
    [3_000, 'blackhole'],
    [2_500, 'HTTP 500'],
    [4_000, 'refused'],
  ] as const)(
    '%i ms each way, %s: goes DOWN at most once and does not come back',
    (halfMs, fault) => {
      for (let seed = 0; seed < 100; seed++) {
        const random = seededRandom('flapping', seed);
        const world = flapping(fault, 5_000, halfMs);
        const { changes } = watchWorld({ settings: SECOND, random, untilMs: 125_000, world });
        expect(changes.map(({ state }) => state).join(' ')).toMatch(/^(DOWN|UP|UP DOWN)$/);
        if (halfMs >= 3_000) expect(changes.at(-1)?.state).toBe('DOWN');
      }
    },
  );

  it('comes back 5 s after the fault ends, at the earliest', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom('back', seed);
      const world = outage('refused', 5_000, 20_000);
      const { changes } = watchWorld({ settings: SECOND, random, untilMs: 40_000, world });
      const back = changes.at(-1)!;
      expect(back.state).toBe('UP');
      expect(back.atMs).toBeGreaterThanOrEqual(25_000);
      expect(back.atMs).toBeLessThan(26_100);
    }
  });
});

describe('pace', () => {
  it('is the steady interval while all is well', () => {
    const random = seededRandom('steady');
    const world: World = () => FAULTS.fine;
    const { samples } = watchWorld({ settings: SECOND, random, untilMs: 60_000, world });
    expect(samples.length).toBeGreaterThanOrEqual(59);
    expect(samples.length).toBeLessThanOrEqual(61);
  });

  it('is the steady interval again once DOWN', () => {
    const random = seededRandom('paced down');
    const world = outage('refused', 0);
    const { samples } = watchWorld({ settings: SECOND, random, untilMs: 60_000, world });
    const late = samples.filter(({ startMs }) => startMs > 10_000);
    expect(late.length).toBeLessThanOrEqual(51);
  });

  it('confirms after the default 30 s, from 35 s at most', () => {
    const random = seededRandom('default');
    const world = outage('refused', 100_000);
    const { changes } = watchWorld({ settings: DEFAULTS, random, untilMs: 200_000, world });
    const down = changes.find(({ state }) => state === 'DOWN')!;
    expect(down.atMs - 100_000).toBeGreaterThanOrEqual(30_000);
    expect(down.atMs - 100_000).toBeLessThanOrEqual(40_100);
  });
});

describe('the soft channel, at the defaults', () => {
  const HOUR_MS = 3_600_000;
  const slowHours = (name: string, world: (random: Random) => World, hours: number): number =>
    Array.from({ length: hours }, (_, seed) => {
      const random = seededRandom(name, seed);
      const options = { settings: DEFAULTS, random, untilMs: HOUR_MS, world: world(random) };
      return watchWorld(options).changes;
    }).filter((changes) => changes.some(({ slow, state }) => slow || state === 'DOWN')).length;

  const lossy = (share: number) => (random: Random) => {
    const link = lossyTcp(share, random);
    return (): ReturnType<World> => {
      const { connectMs, answerMs } = link();
      return connectMs + answerMs > DEFAULTS.timeoutMs
        ? { takesMs: DEFAULTS.timeoutMs, failure: null }
        : { takesMs: answerMs, failure: null };
    };
  };

  it('calls five times the usual latency DEGRADED after 5 minutes, with no error at all', () => {
    const random = seededRandom('brownout');
    const world: World = (ms) => ({ takesMs: ms < 600_000 ? 200 : 1_000, failure: null });
    const { changes } = watchWorld({ settings: DEFAULTS, random, untilMs: HOUR_MS, world });
    const slow = changes.find((change) => change.slow)!;
    expect(slow.atMs - 600_000).toBeGreaterThanOrEqual(300_000);
    expect(slow.atMs - 600_000).toBeLessThan(325_000);
    expect(slow.state).toBe('UP');
  });

  it('calls 25 % packet loss DEGRADED within the hour, always', () => {
    expect(slowHours('loss 25', lossy(0.25), 100)).toBe(100);
  });

  it('leaves 10 % packet loss to TCP: at most 1 hour in 20 of one observer', () => {
    expect(slowHours('loss 10', lossy(0.1), 200)).toBeLessThanOrEqual(10);
  });
});
