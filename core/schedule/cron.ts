import { daysInMonth, weekdayOf } from './calendar.ts';
import { ScheduleError } from './errors.ts';

/** Days of a month that match, in rising order. */
type DayRule = (year: number, month: number) => number[];

/** A six-field cron expression with the rules of EventBridge; every list is in rising order. */
export type CronExpression = {
  readonly kind: 'cron';
  readonly text: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  readonly years: readonly number[];
  readonly daysOf: DayRule;
};

type Field = {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
};

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN'].concat([
  'JUL',
  'AUG',
  'SEP',
  'OCT',
  'NOV',
  'DEC',
]);
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const MINUTES: Field = { name: 'minutes', min: 0, max: 59 };
const HOURS: Field = { name: 'hours', min: 0, max: 23 };
const DAY_OF_MONTH: Field = { name: 'day-of-month', min: 1, max: 31 };
const MONTH: Field = { name: 'month', min: 1, max: 12, names: MONTHS };
const DAY_OF_WEEK: Field = { name: 'day-of-week', min: 1, max: 7, names: WEEKDAYS };
const YEAR: Field = { name: 'year', min: 1970, max: 2199 };
const FIELDS = [MINUTES, HOURS, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR];

const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

const refuse = (field: Field, found: string, why: string): never => {
  throw new ScheduleError(
    `cron field ${FIELDS.indexOf(field) + 1} (${field.name}) has '${found}': ${why}`,
  );
};

const readValue = (field: Field, text: string, whole: string): number => {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + field.min;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.min && value <= field.max) return value;
  const names = field.names ? ` or ${field.names[0]}-${field.names.at(-1)}` : '';
  return refuse(field, whole, `'${text}' is not one of ${field.min}-${field.max}${names}`);
};

/** One item of a comma list: `*`, `5`, `1-5`, `MON-FRI`, each optionally with `/step`. */
const itemValues = (field: Field, item: string, whole: string): number[] => {
  const [base = '', stepText, ...more] = item.split('/');
  if (more.length > 0) return refuse(field, whole, "only one '/' may stand in an item");
  const step = stepText === undefined ? undefined : /^\d+$/.test(stepText) ? Number(stepText) : 0;
  if (step === 0) return refuse(field, whole, `the step '${stepText}' is not a whole number >= 1`);
  if (base === '*') return range(field.min, field.max, step);
  const [fromText = '', toText, ...rest] = base.split('-');
  if (rest.length > 0) return refuse(field, whole, `'${base}' is not a range such as 1-5`);
  const from = readValue(field, fromText, whole);
  if (toText === undefined) return step === undefined ? [from] : range(from, field.max, step);
  const to = readValue(field, toText, whole);
  if (to < from) {
    return refuse(field, whole, `the range '${base}' runs backwards; write it as two items`);
  }
  return range(from, to, step);
};

const fieldValues = (field: Field, text: string): number[] => {
  const values = text.split(',').flatMap((item) => itemValues(field, item, text));
  return [...new Set(values)].sort((a, b) => a - b);
};

const isWorkday = (year: number, month: number, day: number): boolean => {
  const weekday = weekdayOf(year, month, day);
  return weekday !== 1 && weekday !== 7;
};

/** The workday nearest to `day` that stays inside the month. */
const nearestWorkday = (year: number, month: number, day: number): number => {
  const last = daysInMonth(year, month);
  const near = [day, day - 1, day + 1, day - 2, day + 2];
  return near.find((d) => d >= 1 && d <= last && isWorkday(year, month, d)) ?? day;
};

const dayOfMonthRule = (text: string): DayRule => {
  const upper = text.toUpperCase();
  if (upper === 'L') return (year, month) => [daysInMonth(year, month)];
  if (upper === 'LW') {
    return (year, month) => {
      const last = daysInMonth(year, month);
      return range(last - 2, last)
        .filter((d) => isWorkday(year, month, d))
        .slice(-1);
    };
  }
  const workday = /^(\d+)W$/.exec(upper)?.[1];
  if (workday !== undefined) {
    const day = readValue(DAY_OF_MONTH, workday, text);
    return (year, month) =>
      day > daysInMonth(year, month) ? [] : [nearestWorkday(year, month, day)];
  }
  if (/[LW]/.test(upper)) {
    return refuse(DAY_OF_MONTH, text, "L and W stand alone, as in 'L', 'LW' or '15W'");
  }
  const days = fieldValues(DAY_OF_MONTH, text);
  return (year, month) => days.filter((day) => day <= daysInMonth(year, month));
};

const daysWithWeekday = (year: number, month: number, weekday: number): number[] => {
  const first = ((weekday - weekdayOf(year, month, 1) + 7) % 7) + 1;
  return range(first, daysInMonth(year, month), 7);
};

const dayOfWeekRule = (text: string): DayRule => {
  const upper = text.toUpperCase();
  const [weekdayText = '', nthText, ...more] = upper.split('#');
  if (nthText !== undefined) {
    if (more.length > 0 || !/^[1-5]$/.test(nthText)) {
      return refuse(DAY_OF_WEEK, text, "'#' takes one weekday and a number 1-5, as in '2#1'");
    }
    const weekday = readValue(DAY_OF_WEEK, weekdayText, text);
    return (year, month) =>
      daysWithWeekday(year, month, weekday).slice(Number(nthText) - 1, Number(nthText));
  }
  // A lone L is the last day of the week, which for AWS is Saturday.
  if (upper === 'L') return (year, month) => daysWithWeekday(year, month, 7);
  const last = /^([1-7]|[A-Z]{3})L$/.exec(upper)?.[1];
  if (last !== undefined) {
    const weekday = readValue(DAY_OF_WEEK, last, text);
    return (year, month) => daysWithWeekday(year, month, weekday).slice(-1);
  }
  const weekdays = fieldValues(DAY_OF_WEEK, text);
  return (year, month) =>
    range(1, daysInMonth(year, month)).filter((d) => weekdays.includes(weekdayOf(year, month, d)));
};

const dayRule = (dayOfMonth: string, dayOfWeek: string): DayRule => {
  const open = [dayOfMonth, dayOfWeek].filter((text) => text === '?').length;
  if (open !== 1) {
    const found = `day-of-month is '${dayOfMonth}' and day-of-week is '${dayOfWeek}'`;
    const advice =
      open === 0 ? "write '?' in the one that does not matter" : 'only one of them may be open';
    throw new ScheduleError(`exactly one day field must be '?', but ${found}; ${advice}`);
  }
  return dayOfMonth === '?' ? dayOfWeekRule(dayOfWeek) : dayOfMonthRule(dayOfMonth);
};

/**
 * Parses the six fields inside `cron(...)` by the rules of EventBridge: minutes, hours,
 * day-of-month, month, day-of-week (1 is Sunday), year. Throws a ScheduleError.
 */
export const parseCron = (fields: string): CronExpression => {
  const texts = fields
    .trim()
    .split(/\s+/)
    .filter((text) => text !== '');
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = texts;
  if (
    minutes === undefined ||
    hours === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined ||
    year === undefined ||
    texts.length > 6
  ) {
    const wanted = 'minutes hours day-of-month month day-of-week year';
    const hint = texts.length === 5 ? '; unlike crontab, the year is required (use *)' : '';
    throw new ScheduleError(
      `cron has ${texts.length} fields in '${fields}' but needs 6 (${wanted})${hint}`,
    );
  }
  return {
    kind: 'cron',
    text: `cron(${texts.join(' ')})`,
    minutes: fieldValues(MINUTES, minutes),
    hours: fieldValues(HOURS, hours),
    months: fieldValues(MONTH, month),
    years: fieldValues(YEAR, year),
    daysOf: dayRule(dayOfMonth, dayOfWeek),
  };
};
