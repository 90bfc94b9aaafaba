/** On which nights a rehearsal is due, and how deep it goes: `night`, `sun,wed`, `first sunday`. */
import { weekdayOf } from '../schedule/calendar.ts';
import { localTime } from '../schedule/zone.ts';
import type { Depth } from './rehearsal.ts';

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const ORDINALS = ['first', 'second', 'third', 'fourth'];
const DAYS_A_WEEK = 7;

type Nights =
  | { readonly kind: 'every' }
  | { readonly kind: 'never' }
  /** 0 is Sunday; `week` is which of them in the month, from 0, or any. */
  | { readonly kind: 'days'; readonly days: readonly number[]; readonly week: number | null };

const dayIndex = (word: string): number =>
  word.length < 3 ? -1 : DAYS.findIndex((day) => day.startsWith(word));

/** Undefined for words that name no nights. */
export const parseNights = (text: string): Nights | undefined => {
  const words = text.trim().toLowerCase();
  if (words === 'night' || words === 'every night') return { kind: 'every' };
  if (words === 'never') return { kind: 'never' };
  const [ordinal = '', named] = words.split(/\s+/);
  const week = ORDINALS.indexOf(ordinal);
  const days = (week < 0 ? words : (named ?? '')).split(/\s*,\s*/).map(dayIndex);
  if (days.some((day) => day < 0) || (week >= 0 && days.length > 1)) return undefined;
  return { kind: 'days', days, week: week < 0 ? null : week };
};

const matches = (text: string, nowMs: number, timeZone: string): boolean => {
  const nights = parseNights(text);
  if (nights === undefined || nights.kind === 'never') return false;
  if (nights.kind === 'every') return true;
  const { year, month, day } = localTime(nowMs, timeZone);
  const week = Math.floor((day - 1) / DAYS_A_WEEK);
  return (
    nights.days.includes(weekdayOf(year, month, day) - 1) &&
    (nights.week === null || nights.week === week)
  );
};

export type RehearsalNights = {
  readonly depth: Depth;
  readonly every: string;
  /** Nights on which it goes all the way; null is none. */
  readonly full: string | null;
};

/** How deep tonight's rehearsal goes; null when none is due. */
export const depthTonight = (
  { depth, every, full }: RehearsalNights,
  nowMs: number,
  timeZone: string,
): Depth | null => {
  if (full !== null && matches(full, nowMs, timeZone)) return 'full';
  return matches(every, nowMs, timeZone) ? depth : null;
};
