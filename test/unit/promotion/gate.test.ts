// Goal: a new version is held back where it is surely worse than the old one, and only there.
// Method: made-up comparisons, and many drawn from known distributions with seeds.
import { describe, expect, it } from 'vitest';
import { type Burst, type Comparison, judgeGate } from '../../../core/promotion/gate.ts';
import { seededRandom } from '../../../core/random.ts';

const LIMITS = {
  ...{ comparisons: 6, slowerShare: 0.1, slowerMs: 0, failedShare: 0.02, p95Ms: null },
};

const burst = (p50Ms: number | null, failed = 0, p95Ms = p50Ms): Burst => ({
  ...{ sent: 20, failed, p50Ms, p95Ms },
});
const times = (count: number, one: (n: number) => Comparison) =>
  Array.from({ length: count }, (_, n) => one(n));

/** Standard normal, by the sum of twelve uniforms. */
const normal = (uniform: () => number): number =>
  Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, -6);

describe('the gate', () => {
  it('is open until there are enough comparisons', () => {
    const five = times(5, () => ({ old: burst(10), fresh: burst(99) }));
    expect(judgeGate(five, LIMITS)).toEqual({
      ...{ verdict: 'open', why: '5 of 6 comparisons are made', slowerPct: null },
    });
    const silent = times(9, () => ({ old: burst(null), fresh: burst(null) }));
    expect(judgeGate(silent, LIMITS).verdict).toBe('open');
  });

  it('holds for an equal version, and for one that is a little slower', () => {
    const equal = times(6, (n) => ({ old: burst(10 + n), fresh: burst(10 + n) }));
    expect(judgeGate(equal, LIMITS)).toMatchObject({ verdict: 'holds', slowerPct: 0 });
    const little = times(6, (n) => ({ old: burst(10 + n), fresh: burst((10 + n) * 1.08) }));
    expect(judgeGate(little, LIMITS).verdict).toBe('holds');
  });

  it('fails for one that is surely slower than is allowed, and says by how much', () => {
    const slower = times(6, (n) => ({ old: burst(10 + n), fresh: burst((10 + n) * 1.3) }));
    const view = judgeGate(slower, LIMITS);
    expect(view.verdict).toBe('fails');
    expect(view.slowerPct).toBeCloseTo(30, 5);
    expect(view.why).toBe(
      'the new version is slower at p50: 16.3 ms against 12.5 ms, in 6 comparisons',
    );
  });

  it('fails for a slow tail under a good median', () => {
    const tail = times(6, (n) => ({
      old: burst(10, 0, 20 + n),
      fresh: burst(10, 0, (20 + n) * 2),
    }));
    expect(judgeGate(tail, LIMITS).why).toContain('slower at p95');
  });

  it('does not mind what slows both down', () => {
    const weather = times(6, (n) => ({ old: burst(10 * (n + 1)), fresh: burst(10 * (n + 1)) }));
    expect(judgeGate(weather, LIMITS).verdict).toBe('holds');
  });

  it('fails at once when requests fail, and not when the old version fails as well', () => {
    const failing = judgeGate([{ old: burst(10), fresh: burst(10, 7) }], LIMITS);
    expect(failing).toMatchObject({
      verdict: 'fails',
      why: '7 of 20 requests to the new version failed, 0 of 20 to the old one',
    });
    const both = judgeGate([{ old: burst(10, 7), fresh: burst(10, 7) }], LIMITS);
    expect(both.verdict).toBe('open');
    const accident = judgeGate([{ old: burst(10), fresh: burst(10, 2) }], LIMITS);
    expect(accident.verdict).toBe('open');
  });

  it('minds the limit of the configuration where the old version keeps to it', () => {
    const limits = { ...LIMITS, slowerShare: 1, p95Ms: 25 };
    const over = times(6, () => ({ old: burst(10, 0, 20), fresh: burst(10, 0, 30) }));
    expect(judgeGate(over, limits).why).toContain('over health.slow.p95 of 25 ms');
    const both = times(6, () => ({ old: burst(10, 0, 30), fresh: burst(10, 0, 30) }));
    expect(judgeGate(both, limits).verdict).toBe('holds');
  });

  it('finds 40 % in most, and hardly ever blames an equal version, at noise of 10 %', () => {
    const failsOf = (effect: number) => {
      let fails = 0;
      for (let run = 0; run < 400; run++) {
        const { unit: uniform } = seededRandom('gate', effect, run);
        const noisy = (ms: number) => ms * Math.exp(0.1 * normal(uniform));
        const drawn = times(10, () => {
          const common = noisy(20);
          return { old: burst(noisy(common)), fresh: burst(noisy(common * (1 + effect))) };
        });
        if (judgeGate(drawn, LIMITS).verdict === 'fails') fails += 1;
      }
      return fails / 400;
    };
    expect(failsOf(0)).toBeLessThanOrEqual(0.005);
    expect(failsOf(0.4)).toBeGreaterThanOrEqual(0.95);
  });
});
