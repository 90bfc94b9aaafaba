import { quantileOfAscending } from './quantile.ts';
import { walshCut } from './signed-rank.ts';

export type Interval = readonly [low: number, high: number];

export type Shift = {
  /** Median of the Walsh averages (Hodges and Lehmann 1963), in the unit of the differences. */
  readonly estimate: number;
  /** Inverts the signed-rank test; null when the level cannot be reached with so few differences. */
  readonly interval: Interval | null;
};

/** (x_a + x_b)/2 over all a <= b, ascending. */
const walshAverages = (values: readonly number[]): Float64Array => {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2);
  let next = 0;
  values.forEach((a, index) => {
    for (let other = index; other < values.length; other++) {
      averages[next++] = (a + (values[other] ?? 0)) / 2;
    }
  });
  return averages.sort();
};

/**
 * Where the differences are centred, with an interval that covers it with probability at least
 * 1 - level (exact up to 50 differences, then normal).
 * @throws RangeError without differences.
 */
export const hodgesLehmann = (differences: readonly number[], level: number): Shift => {
  const averages = walshAverages(differences);
  const estimate = quantileOfAscending(averages, 0.5);
  const cut = walshCut(differences.length, level);
  const low = averages[cut - 1];
  const high = averages[averages.length - cut];
  const interval = low === undefined || high === undefined ? null : ([low, high] as const);
  return { estimate, interval };
};
