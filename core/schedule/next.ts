import { civilToMs } from './calendar.ts';
import type { CronExpression } from './cron.ts';
import { parseSchedule, type ScheduleExpression } from './expression.ts';
import { assertTimeZone, firstInstantOf, localTime } from './zone.ts';

const DAY_MS = 86_400_000;

/** Clock readings (see `civilToMs`) that match, from `fromCivilMs` on, in rising order. */
function* readings(cron: CronExpression, fromCivilMs: number, fromYear: number): Generator<number> {
  for (const year of cron.years) {
    if (year < fromYear) continue;
    for (const month of cron.months) {
      for (const day of cron.daysOf(year, month)) {
        const dayMs = civilToMs({ year, month, day, hour: 0, minute: 0, second: 0 });
        if (dayMs + DAY_MS <= fromCivilMs) continue;
        for (const hour of cron.hours) {
          for (const minute of cron.minutes) {
            const readingMs = dayMs + (hour * 60 + minute) * 60_000;
            if (readingMs >= fromCivilMs) yield readingMs;
          }
        }
      }
    }
  }
}

const nextCron = (cron: CronExpression, timeZone: string, afterEpochMs: number) => {
  const from = localTime(afterEpochMs, timeZone);
  const fromCivilMs = civilToMs({ ...from, second: 0 });
  for (const readingMs of readings(cron, fromCivilMs, from.year)) {
    const instant = firstInstantOf(readingMs, timeZone);
    if (instant !== undefined && instant > afterEpochMs) return instant;
  }
  return undefined;
};

/**
 * The first occurrence strictly after `afterEpochMs`, in epoch milliseconds, or undefined when
 * there is none. As on AWS, an occurrence that a forward clock shift skips does not happen, and one
 * that a backward shift repeats happens once, at its first instant. A rate counts from
 * `anchorEpochMs`, which is itself an occurrence. Throws a ScheduleError for text AWS would refuse.
 */
export const nextOccurrence = (
  expression: string | ScheduleExpression,
  timeZone: string,
  afterEpochMs: number,
  anchorEpochMs: number = afterEpochMs,
): number | undefined => {
  assertTimeZone(timeZone);
  const schedule = typeof expression === 'string' ? parseSchedule(expression) : expression;
  switch (schedule.kind) {
    case 'cron':
      return nextCron(schedule, timeZone, afterEpochMs);
    case 'rate': {
      const elapsed = Math.floor((afterEpochMs - anchorEpochMs) / schedule.intervalMs) + 1;
      return anchorEpochMs + Math.max(0, elapsed) * schedule.intervalMs;
    }
    case 'at': {
      const instant = firstInstantOf(civilToMs(schedule.time), timeZone);
      return instant !== undefined && instant > afterEpochMs ? instant : undefined;
    }
  }
};
