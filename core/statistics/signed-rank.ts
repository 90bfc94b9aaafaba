import { normalUpperQuantile, normalUpperTail } from './normal.ts';

/** Up to this many differences the null distribution is counted out; its counts stay below 2^53. */
export const EXACT_MAX = 50;

export type SignedRankTest = {
  /** Differences given, zeros included. */
  readonly n: number;
  /** Sum of the ranks of the positive differences. */
  readonly statistic: number;
  /** Two-sided. */
  readonly p: number;
};

/**
 * Two-sided Wilcoxon signed-rank test of "the differences are symmetric about zero". Zeros are ranked
 * and then left out (Pratt 1959); equal sizes share the mean of their ranks. Exact, given the ranks, up
 * to EXACT_MAX differences; then normal with continuity correction, the variance being a quarter of the
 * sum of squared ranks, which holds with ties and zeros too.
 */
export const signedRankTest = (differences: readonly number[]): SignedRankTest => {
  const n = differences.length;
  const ranks = midranksOfSizes(differences);
  let doubledSum = 0;
  let doubledTotal = 0;
  const nonZero: number[] = [];
  differences.forEach((difference, index) => {
    if (difference === 0) return;
    const doubledRank = 2 * (ranks[index] ?? 0);
    nonZero.push(doubledRank);
    doubledTotal += doubledRank;
    if (difference > 0) doubledSum += doubledRank;
  });
  const lower = Math.min(doubledSum, doubledTotal - doubledSum);
  const p =
    n <= EXACT_MAX ? exactP(nonZero, doubledTotal, lower) : normalP(nonZero, doubledTotal, lower);
  return { n, statistic: doubledSum / 2, p: Math.min(1, p) };
};

/** Ranks 1..n of the absolute values; equal ones share their mean rank. */
const midranksOfSizes = (values: readonly number[]): number[] => {
  const size = (index: number): number => Math.abs(values[index] ?? 0);
  const order = values.map((_, index) => index).sort((a, b) => size(a) - size(b));
  const ranks = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && size(order[end] ?? 0) === size(order[start] ?? 0)) end++;
    for (const index of order.slice(start, end)) ranks[index] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
};

/** Twice P(sum of a random half of the ranks <= lower); ranks and sums are doubled, hence whole. */
const exactP = (doubledRanks: readonly number[], doubledTotal: number, lower: number): number => {
  const plain = doubledTotal === doubledRanks.length * (doubledRanks.length + 1);
  const distinct = new Set(doubledRanks).size === doubledRanks.length;
  if (plain && distinct) return 2 * signedRankCdf(lower / 2, doubledRanks.length);
  const ways = subsetCounts(doubledRanks, lower);
  let sum = 0;
  for (const count of ways) sum += count;
  return (2 * sum) / 2 ** doubledRanks.length;
};

/** Ways to reach each sum from 0 to `limit` with a subset of whole, positive parts. */
const subsetCounts = (parts: readonly number[], limit: number): Float64Array => {
  const ways = new Float64Array(limit + 1);
  ways[0] = 1;
  for (const part of parts) {
    for (let sum = limit; sum >= part; sum--) {
      ways[sum] = (ways[sum] ?? 0) + (ways[sum - part] ?? 0);
    }
  }
  return ways;
};

const normalP = (doubledRanks: readonly number[], doubledTotal: number, lower: number): number => {
  if (doubledTotal === 0) return 1;
  let squares = 0;
  for (const rank of doubledRanks) squares += (rank / 2) ** 2;
  const distance = Math.max(0, doubledTotal / 4 - lower / 2 - 0.5);
  return 2 * normalUpperTail(distance / Math.sqrt(squares / 4));
};

/** Cumulative probabilities of the signed-rank sum of n differences, by n; filled on first use. */
const cumulativeByN = new Map<number, Float64Array>();

const cumulative = (n: number): Float64Array => {
  const known = cumulativeByN.get(n);
  if (known) return known;
  const ranks = Array.from({ length: n }, (_, index) => index + 1);
  const ways = subsetCounts(ranks, (n * (n + 1)) / 2);
  let sum = 0;
  const table = ways.map((count) => {
    sum += count;
    return sum / 2 ** n;
  });
  cumulativeByN.set(n, table);
  return table;
};

/**
 * P(V <= v) for the signed-rank sum V of n differences without ties or zeros, n at most EXACT_MAX.
 * @throws RangeError for an n that is not a whole number from 0 to EXACT_MAX.
 */
export const signedRankCdf = (v: number, n: number): number => {
  if (!Number.isInteger(n) || n < 0 || n > EXACT_MAX) {
    throw new RangeError(`signed-rank distribution of ${n} differences: use 0 to ${EXACT_MAX}`);
  }
  if (v < 0) return 0;
  const table = cumulative(n);
  return table[Math.min(Math.floor(v), table.length - 1)] ?? 1;
};

/**
 * How many Walsh averages to cut from each end, plus one: the largest k with P(V <= k - 1) <= level/2,
 * so that [k-th smallest, k-th largest] covers with probability at least 1 - level. 0 when n is too
 * small for that level.
 */
export const walshCut = (n: number, level: number): number => {
  if (n > EXACT_MAX) {
    const mean = (n * (n + 1)) / 4;
    const sd = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    return Math.max(0, Math.floor(mean - 0.5 - normalUpperQuantile(level / 2) * sd) + 1);
  }
  let k = 0;
  while (signedRankCdf(k, n) <= level / 2) k++;
  return k;
};
