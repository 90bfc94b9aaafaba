/** Tonight over many series: who moved, since when, and no more alarms than the number of series allows. */
import { benjaminiHochberg } from '../statistics/multiplicity.ts';
import { type ChangePoint, changePoints, type EDivisiveOptions, WINDOW } from './edivisive.ts';
import {
  judgeNights,
  type Night,
  type NightOptions,
  type NightValue,
  type Scale,
} from './nights.ts';

export type Watched = {
  readonly id: string;
  /** Oldest first; the last one is tonight. */
  readonly nights: readonly NightValue[];
  readonly scale: Scale;
  /** Smallest change worth an alert, in the unit of the values; of no use for ratios. */
  readonly effectAbsolute?: number;
};

export type Alert = {
  readonly series: string;
  readonly method: Method;
  /** Day of the first bad night. */
  readonly since: number;
  readonly before: number;
  readonly after: number;
  readonly p: number;
};

export type Method = 'ewma' | 'edivisive';

export type WatchOptions = {
  /** Both unless named. */
  readonly method?: Method;
  readonly ewma?: Omit<NightOptions, 'scale'>;
  readonly edivisive?: EDivisiveOptions;
};

/** Change points are looked for in this many nights, and are news for this many values. */
export const NIGHTS = 90;
export const NEWS_VALUES = 7;
/** What lies further back says nothing of tonight. */
export const MEMORY_NIGHTS = 180;
/** At most this share of the alarms of a night is expected to be false. */
export const FALSE_SHARE_MAX = 0.02;
/** Alerts of one direction that began this close to each other are one alert. */
export const SAME_DAYS = 7;

type Measured = { readonly day: number; readonly value: number };

const measuredOf = (nights: readonly NightValue[]): Measured[] =>
  nights.flatMap(({ day, value }) => (value === null ? [] : [{ day, value }]));

export type DatedChange = ChangePoint & { readonly day: number };

/** Change points of a series with holes; ratios given as logarithms are compared as ratios. */
export const datedChanges = (
  nights: readonly NightValue[],
  scale: Scale,
  options: EDivisiveOptions = {},
): DatedChange[] => {
  const measured = measuredOf(nights);
  const values = measured.map(({ value }) => (scale === 'logRatio' ? Math.exp(value) : value));
  const back = (value: number): number => (scale === 'logRatio' ? Math.log(value) : value);
  return changePoints(values, options).map((point) => ({
    ...point,
    before: back(point.before),
    after: back(point.after),
    day: measured[point.index]?.day ?? 0,
  }));
};

/**
 * The first alarm of the run that ends with the last night. As long as the average stays beyond its limit
 * on one side it is one run, also over holes and over nights that were too close to matter.
 */
const sinceOf = (nights: readonly Night[]): number => {
  const last = nights.at(-1);
  let since = last?.day ?? 0;
  for (const { day, status, z, limit } of nights.toReversed()) {
    if (status === 'hole') continue;
    if (status === 'learning' || !(z * Math.sign(last?.z ?? 0) > limit)) break;
    if (status === 'alarm') since = day;
  }
  return since;
};

const ewmaAlert = (id: string, nights: readonly Night[]): Alert | undefined => {
  const last = nights.at(-1);
  if (last?.status !== 'alarm' || last.expected === null || last.value === null) return undefined;
  const since = sinceOf(nights);
  return { series: id, method: 'ewma', since, before: last.expected, after: last.value, p: last.p };
};

const changeAlert = (
  { id, nights, scale, effectAbsolute = 0 }: Watched,
  options: EDivisiveOptions,
): Alert | undefined => {
  const recent = nights.slice(-NIGHTS);
  if (recent.at(-1)?.value === null) return undefined;
  const last = datedChanges(recent, scale, options).at(-1);
  if (!last || last.index < measuredOf(recent).length - NEWS_VALUES) return undefined;
  const { day: since, before, after } = last;
  if (scale !== 'logRatio' && Math.abs(after - before) < effectAbsolute) return undefined;
  // The split was the best of a window: its p value is that of the luckiest of as many splits.
  const p = Math.min(1, last.p * ((options.window ?? WINDOW) - 1));
  return { series: id, method: 'edivisive', since, before, after, p };
};

/**
 * What is wrong tonight. A series whose last night is a hole has no alert. Of what both methods find in a
 * series, the change point is told. Over all series, at most 2 % of the alerts are expected to be false
 * (Benjamini and Hochberg).
 */
export const watchTonight = (watched: readonly Watched[], options: WatchOptions = {}): Alert[] => {
  const alerts = watched.map((series) => {
    const { id, scale, effectAbsolute = 0 } = series;
    const nights = series.nights.slice(-MEMORY_NIGHTS);
    const judged = judgeNights(nights, { effectAbsolute, ...options.ewma, scale });
    const ewma = options.method === 'edivisive' ? undefined : ewmaAlert(id, judged);
    const change =
      options.method === 'ewma' ? undefined : changeAlert(series, options.edivisive ?? {});
    if (!change) return ewma;
    return ewma && ewma.p < change.p ? { ...change, p: ewma.p } : change;
  });
  const adjusted = benjaminiHochberg(alerts.map((alert) => alert?.p ?? 1));
  return alerts.filter(
    (alert, at): alert is Alert => alert !== undefined && (adjusted[at] ?? 1) <= FALSE_SHARE_MAX,
  );
};

const isSame = (a: Alert, b: Alert): boolean =>
  a.series === b.series &&
  a.after > a.before === b.after > b.before &&
  Math.abs(a.since - b.since) <= SAME_DAYS;

/** Those of tonight's alerts that were not told before: one alert for each change. */
export const newAlerts = (told: readonly Alert[], tonight: readonly Alert[]): Alert[] =>
  tonight.filter((alert) => !told.some((one) => isSame(one, alert)));
