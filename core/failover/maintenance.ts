/** Maintenance windows, such as `sun 03:00-04:00` or `02:00-04:00`, in a time zone. */
import { civilToMs, weekdayOf } from '../schedule/calendar.ts';
import { localTime } from '../schedule/zone.ts';

const DAYS: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;

export type Window = {
  /** Days it starts on, 0 is Sunday. */
  readonly days: readonly number[];
  readonly fromMinute: number;
  /** Not after 24 h later; a window may cross midnight. */
  readonly minutes: number;
};

/** Undefined for text that is no window: expected is `[day[,day]|day-day] hh:mm-hh:mm`. */
export const parseWindow = (text: string): Window | undefined => {
  const match = /^(?:([a-z,-]+)\s+)?([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/.exec(
    text.trim().toLowerCase(),
  );
  if (!match) return undefined;
  const days = match[1] === undefined ? DAYS.map((_, day) => day) : parseDays(match[1]);
  const fromMinute = Number(match[2]) * 60 + Number(match[3]);
  const toMinute = Number(match[4]) * 60 + Number(match[5]);
  if (days === undefined || toMinute > DAY_MINUTES || toMinute === fromMinute) return undefined;
  return {
    days,
    fromMinute,
    minutes: (toMinute - fromMinute + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES,
  };
};

const parseDays = (text: string): number[] | undefined => {
  const days = text.split(',').flatMap((part) => {
    const [from = '', to = from, ...more] = part.split('-');
    const [first, last] = [DAYS.indexOf(from), DAYS.indexOf(to)];
    if (first < 0 || last < 0 || more.length > 0) return [-1];
    const count = ((last - first + 7) % 7) + 1;
    return Array.from({ length: count }, (_, index) => (first + index) % 7);
  });
  return days.includes(-1) ? undefined : days;
};

const minuteOfWeek = (atMs: number, timeZone: string): number => {
  const civil = localTime(atMs, timeZone);
  const day = weekdayOf(civil.year, civil.month, civil.day) - 1;
  const midnight = civilToMs({ ...civil, hour: 0, minute: 0, second: 0 });
  return day * DAY_MINUTES + Math.floor((civilToMs(civil) - midnight) / 60_000);
};

/** Whether the wall clock of `timeZone` is inside the window at `atMs`; the end is outside. */
export const isInWindow = (window: Window, atMs: number, timeZone: string): boolean => {
  const now = minuteOfWeek(atMs, timeZone);
  return window.days.some((day) => {
    const since = (now - (day * DAY_MINUTES + window.fromMinute) + WEEK_MINUTES) % WEEK_MINUTES;
    return since < window.minutes;
  });
};

/** The first of these windows that is open, as it was written; undefined when none is. */
export const openWindow = (
  windows: readonly string[],
  atMs: number,
  timeZone: string,
): string | undefined =>
  windows.find((text) => {
    const window = parseWindow(text);
    return window !== undefined && isInWindow(window, atMs, timeZone);
  });
