/**
 * Tonight against the nights before it: a robust EWMA. Values are compared with a running median in units
 * of a running MAD, clipped, and averaged; an alarm needs both an average beyond its limit and a value
 * that is far enough away to matter. Nights without a value are holes: they change nothing.
 */

import { normalUpperTail } from '../statistics/normal.ts';
import { median } from '../statistics/quantile.ts';
import { ewmaLimit } from './ewma.ts';

/** One number of one night; null where the night has none. */
export type NightValue = {
  /** Number of the day, so that weekdays can be told apart; consecutive nights differ by 1. */
  readonly day: number;
  readonly value: number | null;
};

/**
 * What the values are. `positive`: latencies, sizes, ratios, compared by their logarithms. `logRatio`:
 * logarithms of ratios already. `plain`: anything else, compared by differences.
 */
export type Scale = 'positive' | 'logRatio' | 'plain';

export type NightOptions = {
  readonly scale?: Scale;
  /** Width of the limits in deviations of the average. */
  readonly l?: number;
  /** Smallest change worth an alarm, as a share of the median. */
  readonly effectShare?: number;
  /** The same in the unit of the values; of no use for ratios. */
  readonly effectAbsolute?: number;
  /** Compare with the same weekday where that makes the nights more alike. */
  readonly weekdays?: boolean;
};

export type Night = {
  readonly day: number;
  readonly value: number | null;
  readonly status: 'hole' | 'learning' | 'normal' | 'alarm';
  /** What the value was compared with, in the unit of the values; null while learning and for holes. */
  readonly expected: number | null;
  /** Change against it as a share; for `plain` values in their unit. */
  readonly change: number | null;
  /** The average and its limit. */
  readonly z: number;
  readonly limit: number;
  /** Two-sided p value of the average, were the values normal. */
  readonly p: number;
};

const WEIGHT = 0.2;
const WINDOW = 28;
const CLIP = 6;
/** So many values come first; before, there is nothing to compare with. */
export const LEARNING_NIGHTS = 8;
const WEEKS = 8;
/** MAD times this is the standard deviation of normal values. */
const MAD_TO_DEVIATION = 1.4826;
/** Noise below 1 % is taken for 1 %. */
const NOISE_FLOOR_SHARE = 0.01;
/** The same weekday is compared with when that leaves at most this share of the mean distance. */
const WEEKDAY_GAIN = 0.8;
const L = 4;
const EFFECT_SHARE = 0.05;

type Base = { readonly center: number; readonly deviation: number };
type Seen = { readonly day: number; readonly x: number; readonly fromWeekday: number | null };

const forward: Record<Scale, (value: number) => number> = {
  positive: Math.log,
  logRatio: (value) => value,
  plain: (value) => value,
};
const backward: Record<Scale, (x: number) => number> = {
  positive: Math.exp,
  logRatio: (x) => x,
  plain: (x) => x,
};

const weekdayMedian = (seen: readonly Seen[], day: number): number | null => {
  const same = seen.filter((one) => (day - one.day) % 7 === 0).slice(-WEEKS);
  return same.length < WEEKS ? null : median(same.map(({ x }) => x));
};

/**
 * The MAD of 28 values is often 20 % too small by chance, which makes false alarms. Where the standard
 * deviation of the values, those far out pulled in to three MADs, is larger, it counts.
 */
const deviationAbout = (xs: readonly number[], center: number): number => {
  const mad = MAD_TO_DEVIATION * median(xs.map((x) => Math.abs(x - center)));
  // Of numbers that mostly repeat, the MAD is zero and says nothing of those far out.
  const far = mad > 0 ? 3 * mad : Number.POSITIVE_INFINITY;
  const pulled = xs.map((x) => Math.max(-far, Math.min(far, x - center)));
  const squares = pulled.reduce((sum, gap) => sum + gap * gap, 0);
  return Math.max(mad, Math.sqrt(squares / Math.max(1, xs.length - 1)));
};

const meanSize = (gaps: readonly number[]): number =>
  gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / gaps.length;

/** What to compare a night with, from the nights seen before it. */
const baseOf = (
  seen: readonly Seen[],
  weekday: number | null,
  floor: (center: number) => number,
): Base => {
  const recent = seen.slice(-WINDOW);
  const xs = recent.map(({ x }) => x);
  const center = median(xs);
  const deviation = deviationAbout(xs, center);
  const gaps = recent.flatMap(({ fromWeekday }) => (fromWeekday === null ? [] : [fromWeekday]));
  if (weekday !== null && gaps.length >= LEARNING_NIGHTS) {
    // Mean sizes, since to a median one weekday in seven is as good as not there.
    const apart = meanSize(xs.map((x) => x - center));
    if (meanSize(gaps) < WEEKDAY_GAIN * apart) {
      return { center: weekday, deviation: Math.max(deviationAbout(gaps, 0), floor(weekday)) };
    }
  }
  return { center, deviation: Math.max(deviation, floor(center)) };
};

/** How far the value is away: as the reader is told, and whether that is enough to matter. */
const changeOf = (value: number, base: Base, options: Required<NightOptions>) => {
  const { scale, effectShare, effectAbsolute } = options;
  const expected = backward[scale](base.center);
  if (scale === 'plain') {
    const change = value - expected;
    const enough = Math.max(effectShare * Math.abs(expected), effectAbsolute);
    return { expected, change, matters: Math.abs(change) >= enough };
  }
  const log = forward[scale](value) - base.center;
  const far = scale === 'positive' ? Math.abs(value - expected) >= effectAbsolute : true;
  return {
    expected,
    change: Math.expm1(log),
    matters: Math.abs(log) >= Math.log1p(effectShare) && far,
  };
};

const standardised = (x: number, { center, deviation }: Base): number => {
  if (deviation > 0) return Math.max(-CLIP, Math.min(CLIP, (x - center) / deviation));
  return Math.sign(x - center) * CLIP;
};

/** Every night judged by those before it. A value of a `positive` series must be above zero. */
export const judgeNights = (nights: readonly NightValue[], given: NightOptions = {}): Night[] => {
  const options: Required<NightOptions> = {
    scale: given.scale ?? 'positive',
    l: given.l ?? L,
    effectShare: given.effectShare ?? EFFECT_SHARE,
    effectAbsolute: given.effectAbsolute ?? 0,
    weekdays: given.weekdays ?? true,
  };
  const isLog = options.scale !== 'plain';
  const floor = (center: number): number =>
    isLog ? Math.log1p(NOISE_FLOOR_SHARE) : NOISE_FLOOR_SHARE * Math.abs(center);
  const limit = ewmaLimit(WEIGHT, 1, options.l);
  const deviationOfZ = ewmaLimit(WEIGHT, 1, 1);
  const seen: Seen[] = [];
  let z = 0;
  return nights.map(({ day, value }): Night => {
    const p = (): number => Math.min(1, 2 * normalUpperTail(Math.abs(z) / deviationOfZ));
    const none = { day, value, expected: null, change: null, limit };
    if (value === null) return { ...none, status: 'hole', z, p: p() };
    const x = forward[options.scale](value);
    const recent = seen.slice(-(WEEKS + 1) * 7 - WINDOW);
    const weekday = options.weekdays ? weekdayMedian(recent, day) : null;
    const known = seen.length >= LEARNING_NIGHTS;
    const base = known ? baseOf(recent, weekday, floor) : undefined;
    seen.push({ day, x, fromWeekday: weekday === null ? null : x - weekday });
    if (!base) return { ...none, status: 'learning', z, p: 1 };
    z = WEIGHT * standardised(x, base) + (1 - WEIGHT) * z;
    const { expected, change, matters } = changeOf(value, base, options);
    const status = Math.abs(z) > limit && matters ? 'alarm' : 'normal';
    return { day, value, status, expected, change, z, limit, p: p() };
  });
};
