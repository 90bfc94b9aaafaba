import { type CivilTime, civilToMs } from './calendar.ts';
import { ScheduleError } from './errors.ts';

const DAY_MS = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formatters.get(timeZone);
  if (known) return known;
  try {
    const made = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(timeZone, made);
    return made;
  } catch {
    throw new ScheduleError(
      `time zone '${timeZone}' is not known; use an IANA name such as 'Europe/Berlin' or 'UTC'`,
    );
  }
};

/** Throws a ScheduleError when `timeZone` is not a known IANA name. */
export const assertTimeZone = (timeZone: string): void => {
  // Offsets such as +02:00 are accepted by Intl but are no IANA names, and AWS refuses them.
  if (/^[+-]/.test(timeZone)) {
    throw new ScheduleError(
      `time zone '${timeZone}' is an offset; use an IANA name such as 'Europe/Berlin' or 'UTC'`,
    );
  }
  formatterOf(timeZone);
};

/** What a clock on the wall shows in `timeZone` at `epochMs`. */
export const localTime = (epochMs: number, timeZone: string): CivilTime => {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(epochMs)) {
    parts[type] = Number(value);
  }
  const part = (name: string): number => parts[name] ?? 0;
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
};

const offsetMs = (epochMs: number, timeZone: string): number => {
  const wholeSecondMs = Math.floor(epochMs / 1_000) * 1_000;
  return civilToMs(localTime(wholeSecondMs, timeZone)) - wholeSecondMs;
};

/**
 * The first instant at which clocks in `timeZone` show `civilMs` (see `civilToMs`), or undefined
 * for a reading that a forward shift skips. A reading that occurs twice gives its first instant.
 */
export const firstInstantOf = (civilMs: number, timeZone: string): number | undefined => {
  // Offsets a day either side are those before and after any shift that could touch this reading.
  const before = civilMs - offsetMs(civilMs - DAY_MS, timeZone);
  const after = civilMs - offsetMs(civilMs + DAY_MS, timeZone);
  return [Math.min(before, after), Math.max(before, after)].find(
    (instant) => instant + offsetMs(instant, timeZone) === civilMs,
  );
};
