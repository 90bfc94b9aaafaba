// Goal: the laws of rankings hold for any drill, and equal variants are rarely called different.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shuffle } from '../../core/random.ts';
import type { RankingInput } from '../../core/ranking/input.ts';
import { rankAll } from '../../core/ranking/rank.ts';
import type { PairResult, Ranking } from '../../core/ranking/ranking-types.ts';
import { quantile, sketchOf } from '../../core/sketch/sketch.ts';
import { armsOf, type DrillModel, inputOf, normals } from '../unit/ranking/drills.ts';

const REGIONS = ['eu-central-1', 'eu-west-1'];

const drills: fc.Arbitrary<RankingInput> = fc
  .record({
    seed: fc.string(),
    shifts: fc.dictionary(
      fc.stringMatching(/^[a-z]{1,3}$/),
      fc.constantFrom(-0.2, -0.05, -0.02, 0, 0, 0.02, 0.05, 0.2),
      { minKeys: 1, maxKeys: 4 },
    ),
    rounds: fc.integer({ min: 1, max: 16 }),
    noise: fc.constantFrom(0, 0.005, 0.03),
    lost: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ lost, ...rest }) => {
    const input = inputOf({ ...rest, regions: REGIONS, vantages: ['eu-west-1', 'us-east-1'] });
    const kept = shuffle([rest.seed], input.observations).slice(lost);
    return { ...input, observations: kept, resamples: 20 };
  })
  .filter(({ observations }) => observations.length > 0);

const MIRROR = { faster: 'slower', slower: 'faster' } as const;
const mirror = (verdict: PairResult['verdict']) =>
  verdict === 'faster' || verdict === 'slower' ? MIRROR[verdict] : verdict;

describe('ranking laws', () => {
  it('the order of observations and arms does not change a byte', () => {
    fc.assert(
      fc.property(drills, fc.string(), (input, seed) => {
        const other = {
          ...input,
          observations: shuffle([seed, 'o'], input.observations),
          arms: shuffle([seed, 'a'], input.arms),
        };
        expect(JSON.stringify(rankAll(other, 0.5))).toBe(JSON.stringify(rankAll(input, 0.5)));
      }),
      { numRuns: 60 },
    );
  });

  it('new names for the arms change names only', () => {
    fc.assert(
      fc.property(drills, (input) => {
        // Reversing the letters turns the alphabetical order, and so which arm of a pair is first.
        const rename = (id: string): string =>
          [...id].map((letter) => String.fromCharCode(219 - letter.charCodeAt(0))).join('');
        const renamed = rankAll(
          {
            ...input,
            arms: input.arms.map((arm) => ({ ...arm, id: rename(arm.id) })),
            observations: input.observations.map((seen) => ({
              ...seen,
              armId: rename(seen.armId),
            })),
          },
          0.5,
        );
        rankAll(input, 0.5).forEach((ranking, at) => {
          expectSameVerdicts(ranking, renamed[at]!, rename);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('rank intervals lie in 1..V, hold an order together, and follow the sure verdicts', () => {
    fc.assert(
      fc.property(drills, (input) => {
        for (const { rows, pairs } of rankAll(input, 0.5)) {
          for (const { lo, hi } of rows) {
            expect(lo).toBeGreaterThanOrEqual(1);
            expect(hi).toBeLessThanOrEqual(rows.length);
            expect(lo).toBeLessThanOrEqual(hi);
          }
          expect(fits(rows.map(({ lo, hi }) => [lo, hi]))).toBe(true);
          const at = new Map(rows.map((row) => [row.v, row]));
          for (const { i, j, verdict } of pairs) {
            if (verdict === 'faster') expect(at.get(i)!.lo).toBeLessThan(at.get(j)!.hi);
            if (verdict === 'slower') expect(at.get(j)!.lo).toBeLessThan(at.get(i)!.hi);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('weather that hits a whole round changes no verdict', () => {
    fc.assert(
      fc.property(
        drills,
        fc.array(fc.double({ min: -1, max: 1, noNaN: true })),
        (input, weather) => {
          const factor = (round: number): number => Math.exp(weather[round - 1] ?? 0);
          const stormy = {
            ...input,
            observations: input.observations.map((seen) => ({
              ...seen,
              valueMs: seen.valueMs * factor(seen.round),
            })),
          };
          const calm = rankAll(input, 0.5);
          rankAll(stormy, 0.5).forEach((ranking, at) => {
            ranking.pairs.forEach((pair, nth) => {
              expect(pair.theta).toBeCloseTo(calm[at]!.pairs[nth]!.theta, 9);
            });
          });
        },
      ),
      { numRuns: 40 },
    );
  });
});

const expectSameVerdicts = (
  ranking: Ranking,
  renamed: Ranking,
  rename: (id: string) => string,
): void => {
  for (const pair of ranking.pairs) {
    const [i, j] = [rename(pair.i), rename(pair.j)];
    const same = renamed.pairs.find((other) => other.i === i && other.j === j);
    const turned = renamed.pairs.find((other) => other.i === j && other.j === i);
    expect(same?.verdict ?? mirror(turned!.verdict)).toBe(pair.verdict);
    expect(same?.theta ?? -turned!.theta).toBeCloseTo(pair.theta, 12);
  }
  for (const { v, lo, hi } of ranking.rows) {
    expect(renamed.rows.find((row) => row.v === rename(v))).toMatchObject({ lo, hi });
  }
};

/** Whether each interval can be given a place of its own: earliest end first. */
const fits = (intervals: readonly (readonly [number, number])[]): boolean => {
  const waiting = [...intervals].sort((a, b) => a[1] - b[1]);
  for (let place = 1; place <= intervals.length; place++) {
    const next = waiting.findIndex(([lo]) => lo <= place);
    const [taken] = next < 0 ? [] : waiting.splice(next, 1);
    if (taken === undefined || taken[1] < place) return false;
  }
  return true;
};

describe('equal variants', () => {
  const DRILLS = 1_000;
  /**
   * If the chance of a false difference were 5 % or more, so few in 1000 drills would come up with
   * probability 0.0093 at most: scipy.stats.binom.cdf(34, 1000, 0.05).
   */
  const DIFFERENT_MAX = 34;

  it(`are called different in at most 5 % of ${DRILLS} drills`, () => {
    let different = 0;
    for (let drill = 0; drill < DRILLS; drill++) {
      const ranking = rankAll(equalDrill(`equal ${drill}`), 0.5)[0]!;
      const sure = ranking.pairs.filter(({ pHolm }) => pHolm <= ranking.alpha);
      if (sure.length > 0) different++;
    }
    expect(different).toBeLessThanOrEqual(DIFFERENT_MAX);
    // A test that never rejects would pass too.
    expect(different).toBeGreaterThan(0);
  });

  it('are told apart when one is 10 % faster', () => {
    let found = 0;
    for (let drill = 0; drill < 20; drill++) {
      const ranking = rankAll(equalDrill(`unequal ${drill}`, { c: -0.105 }), 0.5)[0]!;
      if (ranking.rows.find(({ v }) => v === 'c')?.rank === '1') found++;
    }
    expect(found).toBeGreaterThanOrEqual(17);
  });
});

/**
 * The model of the method: weather drifts from round to round, common and per cell, with noise by burst
 * and by sample and 2 % slow samples; 4 variants, 6 cells, 12 rounds, 20 samples a burst, sketched.
 */
const equalDrill = (seed: string, shifts: Readonly<Record<string, number>> = {}): RankingInput => {
  const model: DrillModel = {
    seed,
    shifts: { a: 0, b: 0, c: 0, ...shifts },
    regions: REGIONS,
    vantages: ['eu-central-1', 'eu-west-1', 'us-east-1'],
    rounds: 12,
    noise: 0.05,
  };
  const input = inputOf(model);
  const normal = normals(`${seed} samples`);
  const observations = input.observations.map((seen) => {
    const micros = Array.from({ length: 20 }, () => {
      const slow = normal() > 2.054 ? 3 : 1;
      return Math.round(1_000 * seen.valueMs * Math.exp(0.1 * normal()) * slow);
    });
    return { ...seen, valueMs: quantile(sketchOf(micros), 0.5) / 1_000 };
  });
  return { ...input, arms: armsOf(model.shifts), observations };
};
