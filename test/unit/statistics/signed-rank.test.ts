// Goal: the signed-rank test and its interval give the published answers.
// Method: data with answers from R and SciPy, and full enumeration for small samples with ties and zeros.
import { describe, expect, it } from 'vitest';
import { hodgesLehmann } from '../../../core/statistics/hodges-lehmann.ts';
import {
  EXACT_MAX,
  signedRankCdf,
  signedRankTest,
  walshCut,
} from '../../../core/statistics/signed-rank.ts';

// R ?wilcox.test, depression data of Hollander and Wolfe (1973), first minus second visit.
const FIRST_VISIT = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
const SECOND_VISIT = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
const depression = FIRST_VISIT.map((before, at) => before - SECOND_VISIT[at]!);

// Signs of the whole numbers 1 to 24 and 1 to 50, the rest being positive.
const signed = (n: number, negative: readonly number[]): number[] =>
  Array.from({ length: n }, (_, at) => (negative.includes(at + 1) ? -(at + 1) : at + 1));
const of24 = signed(24, [1, 8, 10, 12, 19, 21, 23]);
const of50 = signed(50, [2, 7, 9, 14, 16, 21, 23, 28, 30, 35, 37, 42, 44, 49]);

describe('signed-rank test', () => {
  it('agrees with R on the depression data', () => {
    const { statistic, p } = signedRankTest(depression);
    expect(statistic).toBe(40);
    expect(p).toBe(0.0390625);
  });

  it.each([
    ['24 differences', of24, 0.11396121978759766],
    ['50 differences, the most that are counted out', of50, 0.006131180232502587],
  ])('agrees with the exact p value of SciPy 1.17.1: %s', (_, differences, p) => {
    expect(signedRankTest(differences).p).toBeCloseTo(p, 14);
  });

  it.each([
    ['no zeros', Array.from({ length: 60 }, (_, i) => ((i * 37) % 101) - 45), 0.26628823437850624],
    ['5 zeros', Array.from({ length: 64 }, (_, i) => ((i * 7) % 13) - 4), 0.000340267575280704],
  ])(
    'agrees with the normal p value of SciPy 1.17.1, Pratt zeros, ties, %s',
    (_, differences, p) => {
      expect(signedRankTest(differences).p).toBeCloseTo(p, 12);
    },
  );

  it.each([
    [[3, -1, 2, 2, -2, 5, 0, 0, 4]],
    [[1, 1, 1, -1, 2, 3, 0]],
    [[5, -5, 3]],
    [[0, 0, 0]],
    [[-4]],
    [[0.5, 0.5, 0.5, -0.5, 7, -8, 9, 10, 11, -12]],
  ])('counts all signs of the ranks of %j', (differences) => {
    expect(signedRankTest(differences).p).toBeCloseTo(enumeratedP(differences), 14);
  });

  it('finds no difference where there is none to see', () => {
    expect(signedRankTest([]).p).toBe(1);
    expect(signedRankTest(new Array(60).fill(0)).p).toBe(1);
  });

  it('goes over from counting to the normal distribution without a jump', () => {
    const differences = (n: number) => signed(n, [5, 11, 17, 23, 29, 35, 41, 44, 47, 48]);
    const exact = signedRankTest(differences(EXACT_MAX)).p;
    const normal = signedRankTest(differences(EXACT_MAX + 1)).p;
    expect(normal / exact).toBeGreaterThan(0.5);
    expect(normal / exact).toBeLessThan(1.5);
  });
});

describe('signed-rank distribution', () => {
  it('is psignrank(0:10, 8) of R', () => {
    const expected = [
      0.00390625, 0.0078125, 0.01171875, 0.01953125, 0.02734375, 0.0390625, 0.0546875, 0.07421875,
      0.09765625, 0.125, 0.15625,
    ];
    expect(expected.map((_, v) => signedRankCdf(v, 8))).toEqual(expected);
  });

  it('is 0 below and 1 above its range, and symmetric', () => {
    expect(signedRankCdf(-1, 10)).toBe(0);
    expect(signedRankCdf(55, 10)).toBe(1);
    expect(signedRankCdf(99, 10)).toBe(1);
    for (let v = 0; v < 55; v++) {
      expect(signedRankCdf(v, 10) + signedRankCdf(54 - v, 10)).toBeCloseTo(1, 14);
    }
  });

  it('refuses sample sizes that it cannot count out', () => {
    expect(() => signedRankCdf(1, 51)).toThrow('use 0 to 50');
    expect(() => signedRankCdf(1, 2.5)).toThrow('use 0 to 50');
  });
});

describe('Hodges-Lehmann', () => {
  it('agrees with R 4.2.2 on the depression data', () => {
    const { estimate, interval } = hodgesLehmann(depression, 0.05);
    expect(estimate).toBeCloseTo(0.46, 10);
    expect(interval?.[0]).toBeCloseTo(0.01, 10);
    expect(interval?.[1]).toBeCloseTo(0.786, 10);
  });

  it.each([
    [0.05, -1.5, 11.5],
    [0.05 / 66, -7, 15.5],
  ])(
    'agrees with the Walsh averages cut by the SciPy distribution at level %d',
    (level, lo, hi) => {
      const { estimate, interval } = hodgesLehmann(of24, level);
      expect(estimate).toBe(5.75);
      expect(interval).toEqual([lo, hi]);
    },
  );

  it('has no interval before the level can be reached', () => {
    expect(hodgesLehmann([1, 2, 3, 4, 5], 0.05).interval).toBeNull();
    expect(hodgesLehmann([1, 2, 3, 4, 5, 6], 0.05).interval).toEqual([1, 6]);
  });

  it('keeps its coverage: the cut leaves at most half the level on each side', () => {
    for (const n of [6, 9, 12, 24, 50]) {
      for (const level of [0.05, 0.01]) {
        const cut = walshCut(n, level);
        if (cut > 0) expect(signedRankCdf(cut - 1, n)).toBeLessThanOrEqual(level / 2);
        expect(signedRankCdf(cut, n)).toBeGreaterThan(level / 2);
      }
    }
  });

  it('cuts about as much on both sides of the change to the normal distribution', () => {
    const exact = walshCut(50, 0.05);
    const normal = walshCut(51, 0.05);
    expect(exact).toBe(435);
    expect(normal - exact).toBeGreaterThan(10);
    expect(normal - exact).toBeLessThan(30);
  });
});

/** The definition, by listing every way to give signs to the midranks of the differences. */
const enumeratedP = (differences: readonly number[]): number => {
  const sizes = differences.map(Math.abs);
  const rank = (size: number): number =>
    sizes.filter((other) => other < size).length +
    (sizes.filter((other) => other === size).length + 1) / 2;
  const ranks = sizes.filter((size) => size > 0).map(rank);
  const total = ranks.reduce((sum, one) => sum + one, 0);
  const positive = differences
    .filter((difference) => difference > 0)
    .reduce((sum, difference) => sum + rank(difference), 0);
  const lower = Math.min(positive, total - positive);
  let sums = [0];
  for (const one of ranks) sums = sums.flatMap((sum) => [sum, sum + one]);
  return Math.min(1, (2 * sums.filter((sum) => sum <= lower).length) / sums.length);
};
