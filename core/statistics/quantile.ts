/** The values in ascending order, without changing the input. */
export const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/**
 * Quantile of type 7 (Hyndman and Fan 1996): linear between the order statistics around the 0-based
 * rank q(n - 1), given as a function of the rank. The one place where ranks are interpolated.
 */
export const interpolateRank = (
  n: number,
  q: number,
  orderStatistic: (rank: number) => number,
): number => {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`quantile ${q} is not between 0 and 1`);
  if (n < 1) throw new RangeError('quantile of no values');
  const rank = q * (n - 1);
  const below = Math.floor(rank);
  const low = orderStatistic(below);
  return rank === below ? low : low + (rank - below) * (orderStatistic(below + 1) - low);
};

/** Quantile q of the values, type 7, the default of R and NumPy. */
export const quantile = (values: readonly number[], q: number): number =>
  quantileOfAscending(ascending(values), q);

export const quantileOfAscending = (sorted: ArrayLike<number>, q: number): number =>
  interpolateRank(sorted.length, q, (rank) => sorted[rank] ?? Number.NaN);

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Median absolute deviation from the median, in the unit of the values, not scaled. */
export const medianAbsoluteDeviation = (values: readonly number[]): number => {
  const center = median(values);
  return median(values.map((value) => Math.abs(value - center)));
};
