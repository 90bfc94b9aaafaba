import { interpolateRank } from '../statistics/quantile.ts';
import { GAMMA, indexOf, LARGEST, lowerBound, SCALE, ZERO_BELOW } from './mapping.ts';

/**
 * An exponential histogram of positive values, by convention microseconds: bucket i counts the values
 * in (2^(i/32), 2^((i + 1)/32)]. Sketches of parts merge exactly. Change it with `insert` and
 * `mergeInto` only.
 */
export type Sketch = {
  /** Values counted, zeros included. */
  n: number;
  /** Values below ZERO_BELOW. */
  zeroCount: number;
  sum: number;
  /** Infinity when empty. */
  min: number;
  /** -Infinity when empty. */
  max: number;
  /** Index of the bucket at the start of `counts`. */
  first: number;
  counts: Float64Array;
};

export type Bucket = { readonly index: number; readonly count: number };

/** Room is made in steps, so that a sketch grows a few times in its life. */
const ROOM_STEP = 64;

export const emptySketch = (): Sketch => ({
  n: 0,
  zeroCount: 0,
  sum: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  first: 0,
  counts: new Float64Array(0),
});

/** @throws RangeError for a value that is negative, not a number, or above LARGEST. */
export const insert = (sketch: Sketch, value: number): void => {
  if (!(value >= 0 && value <= LARGEST)) throw new RangeError(refusal(value));
  sketch.n += 1;
  sketch.sum += value;
  if (value < sketch.min) sketch.min = value;
  if (value > sketch.max) sketch.max = value;
  if (value < ZERO_BELOW) {
    sketch.zeroCount += 1;
    return;
  }
  const index = indexOf(value);
  let place = index - sketch.first;
  if (place < 0 || place >= sketch.counts.length) {
    makeRoom(sketch, index);
    place = index - sketch.first;
  }
  sketch.counts[place] = (sketch.counts[place] ?? 0) + 1;
};

const refusal = (value: number): string =>
  `value ${value} cannot be counted: expected 0 to ${LARGEST}`;

/** Widens `counts` so that it covers the buckets from `low` to `high`. */
const makeRoom = (sketch: Sketch, low: number, high = low): void => {
  const empty = sketch.counts.length === 0;
  const start = Math.floor(low / ROOM_STEP) * ROOM_STEP;
  const end = (Math.floor(high / ROOM_STEP) + 1) * ROOM_STEP;
  const first = empty ? start : Math.min(sketch.first, start);
  const last = empty ? end : Math.max(sketch.first + sketch.counts.length, end);
  const counts = new Float64Array(last - first);
  counts.set(sketch.counts, empty ? 0 : sketch.first - first);
  sketch.first = first;
  sketch.counts = counts;
};

export const sketchOf = (values: Iterable<number>): Sketch => {
  const sketch = emptySketch();
  for (const value of values) insert(sketch, value);
  return sketch;
};

/** Adds what `source` counted to `target`; `source` stays as it is. */
export const mergeInto = (target: Sketch, source: Sketch): void => {
  const added = source.counts;
  if (added.length > 0) {
    const last = source.first + added.length - 1;
    if (!covers(target, source.first) || !covers(target, last)) {
      makeRoom(target, source.first, last);
    }
    const shift = source.first - target.first;
    const counts = target.counts;
    for (let place = 0; place < added.length; place++) {
      counts[place + shift] = (counts[place + shift] ?? 0) + (added[place] ?? 0);
    }
  }
  target.n += source.n;
  target.zeroCount += source.zeroCount;
  target.sum += source.sum;
  target.min = Math.min(target.min, source.min);
  target.max = Math.max(target.max, source.max);
};

const covers = ({ first, counts }: Sketch, index: number): boolean =>
  index >= first && index < first + counts.length;

/** Adds to one bucket alone; the caller accounts for n, sum, min and max. */
export const addToBucket = (sketch: Sketch, index: number, count: number): void => {
  if (!covers(sketch, index)) makeRoom(sketch, index);
  sketch.counts[index - sketch.first] = (sketch.counts[index - sketch.first] ?? 0) + count;
};

/** A new sketch of all that the parts counted, in any order and grouping the same. */
export const merge = (parts: Iterable<Sketch>): Sketch => {
  const whole = emptySketch();
  for (const part of parts) mergeInto(whole, part);
  return whole;
};

/** The buckets that hold values, ascending. The zero count is apart. */
export const buckets = (sketch: Sketch): Bucket[] => {
  const filled: Bucket[] = [];
  for (let place = 0; place < sketch.counts.length; place++) {
    const count = sketch.counts[place] ?? 0;
    if (count > 0) filled.push({ index: sketch.first + place, count });
  }
  return filled;
};

/**
 * The filled buckets with a coarser base 2^(2^-scale), as OpenTelemetry indexes: bucket i there is the
 * union of 2^(SCALE - scale) buckets here. Scale 0 has one bucket for each doubling.
 */
export const bucketsAtScale = (sketch: Sketch, scale: number): Bucket[] => {
  if (!Number.isInteger(scale) || scale > SCALE) {
    throw new RangeError(`scale ${scale} is not a whole number up to ${SCALE}`);
  }
  const merged = new Map<number, number>();
  for (const { index, count } of buckets(sketch)) {
    const coarse = Math.floor(index / 2 ** (SCALE - scale));
    merged.set(coarse, (merged.get(coarse) ?? 0) + count);
  }
  return [...merged].map(([index, count]) => ({ index, count }));
};

export const mean = (sketch: Sketch): number => sketch.sum / sketch.n;

/**
 * Estimate of quantile q, type 7. Inside a bucket the values are taken to lie evenly on a log scale;
 * the smallest and the largest value are exact. Each order statistic is right to its bucket (2.19 %).
 * @throws RangeError when the sketch is empty or q is not in 0..1.
 */
export const quantile = (sketch: Sketch, q: number): number =>
  interpolateRank(sketch.n, q, (rank) => orderStatistic(sketch, rank));

/** Estimate of the value of 0-based rank 0..n-1. */
export const orderStatistic = (sketch: Sketch, rank: number): number => {
  if (rank <= 0) return sketch.min;
  if (rank >= sketch.n - 1) return sketch.max;
  const { index, share } = bucketOfRank(sketch, rank);
  if (index === undefined) return Math.min(sketch.max, 0);
  return clamp(sketch, lowerBound(index + share));
};

/**
 * Estimate of the value of 0-based rank floor(q(n - 1)) that is off by at most MIDPOINT_ERROR of it:
 * 2 lo gamma/(gamma + 1), the point of the bucket with the same relative distance from both bounds.
 */
export const midpointQuantile = (sketch: Sketch, q: number): number => {
  if (sketch.n < 1) throw new RangeError('quantile of an empty sketch');
  const { index } = bucketOfRank(sketch, Math.floor(q * (sketch.n - 1)));
  if (index === undefined) return 0;
  return clamp(sketch, (2 * lowerBound(index) * GAMMA) / (GAMMA + 1));
};

/** The bucket that holds a rank, undefined for the zeros, and how far into it the rank lies. */
const bucketOfRank = (
  sketch: Sketch,
  rank: number,
): { index: number | undefined; share: number } => {
  let before = sketch.zeroCount;
  if (rank < before) return { index: undefined, share: 0 };
  for (let place = 0; place < sketch.counts.length; place++) {
    const count = sketch.counts[place] ?? 0;
    if (rank < before + count) {
      return { index: sketch.first + place, share: (rank - before + 0.5) / count };
    }
    before += count;
  }
  return { index: undefined, share: 0 };
};

const clamp = (sketch: Sketch, value: number): number =>
  Math.min(sketch.max, Math.max(sketch.min, value));
