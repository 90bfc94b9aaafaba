import { type CivilTime, daysInMonth } from './calendar.ts';
import { type CronExpression, parseCron } from './cron.ts';
import { ScheduleError } from './errors.ts';

type RateUnit = 'minute' | 'minutes' | 'hour' | 'hours' | 'day' | 'days';

type RateExpression = {
  readonly kind: 'rate';
  readonly text: string;
  readonly value: number;
  readonly unit: RateUnit;
  readonly intervalMs: number;
};

/** A single run at a wall-clock reading. */
type AtExpression = {
  readonly kind: 'at';
  readonly text: string;
  readonly time: CivilTime;
};

export type ScheduleExpression = CronExpression | RateExpression | AtExpression;

// A day is always 24 hours here, also where clocks shift: that is how AWS counts rates.
const UNIT_MS: Readonly<Record<RateUnit, number>> = {
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
};

const isUnit = (text: string): text is RateUnit => Object.hasOwn(UNIT_MS, text);

const parseRate = (inside: string, text: string): RateExpression => {
  const [valueText = '', unit = '', ...more] = inside.trim().split(/\s+/);
  if (more.length > 0 || !isUnit(unit)) {
    throw new ScheduleError(
      `rate has '${inside}'; write a value and minutes, hours or days, as in rate(5 minutes)`,
    );
  }
  const value = /^\d+$/.test(valueText) ? Number(valueText) : 0;
  if (value < 1) {
    throw new ScheduleError(`rate has the value '${valueText}'; it must be a whole number >= 1`);
  }
  return { kind: 'rate', text, value, unit, intervalMs: value * UNIT_MS[unit] };
};

const parseAt = (inside: string, text: string): AtExpression => {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(inside.trim());
  if (!match) {
    throw new ScheduleError(`at has '${inside}'; write at(yyyy-mm-ddThh:mm:ss), without an offset`);
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number);
  const real =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59;
  if (!real) throw new ScheduleError(`at has '${inside}', which is no date and time`);
  return { kind: 'at', text, time: { year, month, day, hour, minute, second } };
};

/** Parses `cron(...)`, `rate(...)` or `at(...)` by the rules of AWS. Throws a ScheduleError. */
export const parseSchedule = (text: string): ScheduleExpression => {
  const match = /^\s*(cron|rate|at)\((.*)\)\s*$/.exec(text);
  const inside = match?.[2] ?? '';
  switch (match?.[1]) {
    case 'cron':
      return parseCron(inside);
    case 'rate':
      return parseRate(inside, text.trim());
    case 'at':
      return parseAt(inside, text.trim());
    default:
      throw new ScheduleError(
        `schedule '${text}' is not cron(...), rate(...) or at(...), such as cron(0 3 * * ? *)`,
      );
  }
};
