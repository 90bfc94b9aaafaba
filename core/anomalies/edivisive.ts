/**
 * Change points in a series by E-divisive means with a t test, as in Hunter (Fleming and others, ICPE 2023)
 * and Apache Otava: windows find weak points, which are then merged away from the weakest on. Statistic:
 * Matteson and James 2014, with distances to the power 1. Deterministic.
 */
import { studentTwoSided } from '../statistics/student.ts';

export type EDivisiveOptions = {
  /** Points in a window; windows advance by half of it, or to the last change point found. */
  readonly window?: number;
  /** Significance that a change point keeps. */
  readonly pMax?: number;
  /** Smallest change kept, as a share: 0.05 is 5 % up, or down seen from the lower side. */
  readonly magnitudeMin?: number;
  /**
   * After a point is merged away, test again the two after it, as Otava does, instead of the two beside
   * it. For comparisons with Otava.
   */
  readonly otavaCompat?: boolean;
};

export type ChangePoint = {
  /** Position of the first value after the change. */
  readonly index: number;
  /** Means from the change point before, or the start, and up to the next one, or the end. */
  readonly before: number;
  readonly after: number;
  /** Two-sided. */
  readonly p: number;
  /** The larger of the relative changes seen from either side. */
  readonly magnitude: number;
};

export const WINDOW = 30;
const P_MAX = 0.001;
const MAGNITUDE_MIN = 0.05;

/** Sums of distances: `within(a, b)` is the sum of |x_i - x_k| over pairs in [a, b) of a window. */
const distanceSums = (values: readonly number[]): ((a: number, b: number) => number) => {
  const size = values.length + 1;
  const sums = new Float64Array(size * size);
  for (let length = 2; length < size; length++) {
    for (let a = 0; a + length < size; a++) {
      const b = a + length;
      const ends = Math.abs((values[a] ?? 0) - (values[b - 1] ?? 0));
      sums[a * size + b] =
        (sums[(a + 1) * size + b] ?? 0) +
        (sums[a * size + b - 1] ?? 0) -
        (sums[(a + 1) * size + b - 1] ?? 0) +
        ends;
    }
  }
  return (a, b) => sums[a * size + b] ?? 0;
};

type Candidate = { readonly index: number; readonly q: number };

/** The split of [start, end) with the largest statistic, over every split point and every end. */
const bestSplit = (
  within: (a: number, b: number) => number,
  start: number,
  end: number,
): Candidate => {
  let best: Candidate = { index: start + 1, q: Number.NEGATIVE_INFINITY };
  for (let split = start + 1; split < end; split++) {
    const n = split - start;
    const left = within(start, split);
    for (let stop = split + 1; stop <= end; stop++) {
      const m = stop - split;
      const right = within(split, stop);
      const between = within(start, stop) - left - right;
      const ofLeft = n > 1 ? (m * left) / (n - 1) : 0;
      const ofRight = m > 1 ? (n * right) / (m - 1) : 0;
      const q = (2 * (between - ofLeft - ofRight)) / (n + m);
      if (q > best.q) best = { index: split, q };
    }
  }
  return best;
};

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const relative = (from: number, to: number): number => (from === 0 ? 0 : Math.abs(to / from - 1));

/** The pooled t test of Otava: sums of squares are divided by n, not n - 1, before pooling. */
const pOf = (left: readonly number[], right: readonly number[]): number => {
  const [n, m] = [left.length, right.length];
  if (n + m <= 2) return 1;
  const [before, after] = [meanOf(left), meanOf(right)];
  const variance = (values: readonly number[], mean: number): number =>
    meanOf(values.map((value) => (value - mean) ** 2));
  const pooled =
    ((n - 1) * variance(left, before) + (m - 1) * variance(right, after)) / (n + m - 2);
  const t = (before - after) / Math.sqrt(pooled * (1 / n + 1 / m));
  return studentTwoSided(t, n + m - 2);
};

const judge = (values: readonly number[], from: number, index: number, to: number): ChangePoint => {
  const left = values.slice(from, index);
  const right = values.slice(index, to);
  const [before, after] = [meanOf(left), meanOf(right)];
  const magnitude = Math.max(relative(before, after), relative(after, before));
  return { index, before, after, p: pOf(left, right), magnitude };
};

/** Divides one window for as long as the best split of all parts is significant. */
const divide = (values: readonly number[], pMax: number): number[] => {
  const within = distanceSums(values);
  const found: number[] = [];
  for (;;) {
    const edges = [0, ...found, values.length];
    const candidates = edges
      .slice(1)
      .map((end, at) => ({ start: edges[at] ?? 0, end }))
      .filter(({ start, end }) => end - start > 1)
      .map((part) => ({ part, ...bestSplit(within, part.start, part.end) }));
    const [first, ...rest] = candidates;
    if (!first) return found;
    const best = rest.reduce((top, one) => (one.q > top.q ? one : top), first);
    // NaN, from equal values, is not significant.
    if (!(judge(values, best.part.start, best.index, best.part.end).p <= pMax)) return found;
    found.push(best.index);
    found.sort((a, b) => a - b);
  }
};

const weakPoints = (values: readonly number[], window: number, pMax: number): number[] => {
  const found = new Set<number>();
  const step = Math.floor(window / 2);
  for (let start = 0; start < values.length; ) {
    const part = divide(values.slice(start, start + window), pMax).map((index) => start + index);
    for (const index of part) found.add(index);
    start = Math.max(part.at(-1) ?? 0, start + step);
  }
  return [...found].sort((a, b) => a - b);
};

const indexOfExtreme = (
  points: readonly ChangePoint[],
  beats: (one: ChangePoint, top: ChangePoint) => boolean,
): number =>
  points.reduce((top, one, at) => {
    const best = points[top];
    return best && beats(one, best) ? at : top;
  }, 0);

/** The point to remove next, or undefined when all may stay. */
const weakest = (points: readonly ChangePoint[], pMax: number, min: number): number | undefined => {
  const byP = indexOfExtreme(points, (one, top) => one.p > top.p);
  if (!((points[byP]?.p ?? 1) < pMax)) return byP;
  const bySize = indexOfExtreme(points, (one, top) => one.magnitude < top.magnitude);
  return (points[bySize]?.magnitude ?? 0) > min ? undefined : bySize;
};

/**
 * Change points of a series without holes, in order.
 * @throws RangeError for a window below 2.
 */
export const changePoints = (
  values: readonly number[],
  {
    window = WINDOW,
    pMax = P_MAX,
    magnitudeMin = MAGNITUDE_MIN,
    otavaCompat = false,
  }: EDivisiveOptions = {},
): ChangePoint[] => {
  if (window < 2) throw new RangeError(`window of ${window} points: at least 2`);
  const relaxed = pMax < 0.05 ? pMax * 10 : pMax < 0.5 ? pMax * 2 : pMax;
  const indexes = weakPoints(values, window, relaxed);
  const at = (place: number): ChangePoint =>
    judge(
      values,
      indexes[place - 1] ?? 0,
      indexes[place] ?? values.length,
      indexes[place + 1] ?? values.length,
    );
  const points = indexes.map((_, place) => at(place));
  while (points.length > 0) {
    const gone = weakest(points, pMax, magnitudeMin);
    if (gone === undefined) break;
    points.splice(gone, 1);
    indexes.splice(gone, 1);
    const again = otavaCompat ? [gone, gone + 1] : [gone - 1, gone];
    for (const place of again.filter((one) => one in points)) points[place] = at(place);
  }
  return points;
};
