/** Series of nights as they are kept, seen from tonight: what may be compared, and where the holes are. */
import { dayOf } from '../schedule/calendar.ts';
import { median } from '../statistics/quantile.ts';
import type { Move } from './attribute.ts';
import type { NightValue } from './nights.ts';
import type { NightPoint } from './points.ts';
import { MEMORY_NIGHTS, type Watched } from './watch.ts';

/** A point with its night. */
export type SeriesNight = NightPoint & {
  readonly drillId: string;
  /** ISO time in UTC. */
  readonly startedAt: string;
  readonly referenceId: string;
  /** Stands for all that must be alike for nights to be compared: profile, cells, probes, sizes. */
  readonly conditions: string;
};

export type Series = {
  readonly scope: string;
  readonly metric: string;
  readonly unit: NightPoint['unit'];
  /** One for each day from the first to tonight, which is the last; null where there is none. */
  readonly nights: readonly { readonly day: number; readonly night: SeriesNight | null }[];
};

/**
 * A night as it reads when another variant is the reference, so that a promotion does not look like a
 * change; null where that variant was not measured. Its control was another image's, and is left out.
 */
export const seenFrom = (night: SeriesNight, referenceId: string): SeriesNight | null => {
  if (night.referenceId === referenceId) return night;
  const own = night.candidates[referenceId];
  if (own === undefined) return null;
  const others = Object.entries(night.candidates).filter(([id]) => id !== referenceId);
  return {
    ...night,
    referenceId,
    reference: night.reference === null ? null : night.reference * Math.exp(own),
    control: null,
    candidates: Object.fromEntries([
      [night.referenceId, -own],
      ...others.map(([id, log]): [string, number] => [id, log - own]),
    ]),
  };
};

/**
 * The nights that may be compared with tonight: of the same conditions, one for each day (the last drill
 * of it), and every day that has none as a hole.
 */
export const seriesUpTo = (tonight: SeriesNight, kept: readonly SeriesNight[]): Series => {
  const { scope, metric, unit } = tonight;
  const last = dayOf(tonight.startedAt);
  const byDay = new Map<number, SeriesNight>();
  const inOrder = [...kept].sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  for (const night of inOrder) {
    const day = dayOf(night.startedAt);
    const comparable = night.conditions === tonight.conditions && day > last - MEMORY_NIGHTS;
    const seen = day < last && comparable ? seenFrom(night, tonight.referenceId) : null;
    if (seen) byDay.set(day, seen);
  }
  byDay.set(last, tonight);
  const first = Math.min(...byDay.keys());
  const nights = Array.from({ length: last - first + 1 }, (_, at) => ({
    day: first + at,
    night: byDay.get(first + at) ?? null,
  }));
  return { scope, metric, unit, nights };
};

/** Who of a series: what runs today, the same image again, or a candidate by its id. */
export type Who =
  | { readonly role: 'reference' | 'control' }
  | { readonly role: 'candidate'; readonly id: string };

const numberOf = (night: SeriesNight | null, who: Who): number | null => {
  if (!night) return null;
  if (who.role === 'candidate') return night.candidates[who.id] ?? null;
  return night[who.role];
};

/** Values of one of a series: absolute for the reference, logarithms of ratios to it for the others. */
export const valuesOf = ({ nights }: Series, who: Who): NightValue[] =>
  nights.map(({ day, night }) => ({ day, value: numberOf(night, who) }));

/** Those of a series that were measured tonight. */
export const membersOf = ({ nights }: Series): Who[] => {
  const tonight = nights.at(-1)?.night;
  if (!tonight) return [];
  const ids = Object.keys(tonight.candidates).sort();
  return [
    ...(tonight.reference === null ? [] : [{ role: 'reference' } as const]),
    ...(tonight.control === null ? [] : [{ role: 'control' } as const]),
    ...ids.map((id) => ({ role: 'candidate', id }) as const),
  ];
};

/** As it is watched. `smallest` is the least change of the reference worth an alert, in its unit. */
export const watchedOf = (series: Series, who: Who, id: string, smallest: number): Watched => {
  const nights = valuesOf(series, who);
  return who.role === 'reference'
    ? { id, nights, scale: 'positive', effectAbsolute: smallest }
    : { id, nights, scale: 'logRatio' };
};

/** Few, so that an earlier change is not taken for a part of this one. */
const BEFORE = 7;

/** Medians in logarithms before a day, over a week of nights, and from it on; null where there are none. */
export const levelsAround = (series: Series, who: Who, since: number) => {
  const logs = valuesOf(series, who).flatMap(({ day, value }) =>
    value === null ? [] : [{ day, log: who.role === 'reference' ? Math.log(value) : value }],
  );
  const before = logs.filter(({ day }) => day < since).slice(-BEFORE);
  const after = logs.filter(({ day }) => day >= since);
  const middle = (some: typeof logs): number | null =>
    some.length === 0 ? null : median(some.map(({ log }) => log));
  return { before: middle(before), after: middle(after) };
};

/** How far it went since a day. */
export const moveSince = (series: Series, who: Who, since: number, alert: boolean): Move => {
  const { before, after } = levelsAround(series, who, since);
  return { logChange: before === null || after === null ? 0 : after - before, alert };
};
