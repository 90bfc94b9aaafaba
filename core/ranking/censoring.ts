import { orderStatistic, type Sketch } from '../sketch/sketch.ts';
import { ascending, interpolateRank } from '../statistics/quantile.ts';

/**
 * Quantile q of a burst in which some probes failed: a failure counts as the timeout, or as the slowest
 * success when that took longer, so it ranks last. In the unit of the sketch; undefined when nothing was
 * probed.
 */
export const censoredQuantile = (
  sketch: Sketch,
  failures: number,
  timeout: number,
  q: number,
): number | undefined => {
  const total = sketch.n + failures;
  if (total === 0) return undefined;
  const last = Math.max(timeout, sketch.max);
  return interpolateRank(total, q, (rank) =>
    rank < sketch.n ? orderStatistic(sketch, rank) : last,
  );
};

/** The same from single values, exactly; for samples that were imported rather than sketched. */
export const censoredQuantileOf = (
  values: readonly number[],
  failures: number,
  timeout: number,
  q: number,
): number | undefined => {
  const total = values.length + failures;
  if (total === 0) return undefined;
  const sorted = ascending(values);
  const last = Math.max(timeout, sorted.at(-1) ?? timeout);
  return interpolateRank(total, q, (rank) => sorted[rank] ?? last);
};
