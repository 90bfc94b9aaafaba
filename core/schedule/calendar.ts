/**
 * Days of the proleptic Gregorian calendar as plain arithmetic, since core/ has no clock and no
 * Date.
 */

const DAY_MS = 86_400_000;

export type CivilTime = {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

/**
 * Days from 1970-01-01 to the given date; years are counted from March so that leap days come
 * last.
 */
const daysSinceEpoch = (year: number, month: number, day: number): number => {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};

export const daysInMonth = (year: number, month: number): number =>
  month === 12 ? 31 : daysSinceEpoch(year, month + 1, 1) - daysSinceEpoch(year, month, 1);

/** Weekday as AWS counts it: 1 is Sunday, 7 is Saturday. */
export const weekdayOf = (year: number, month: number, day: number): number =>
  ((((daysSinceEpoch(year, month, day) + 4) % 7) + 7) % 7) + 1;

/** Milliseconds from 1970-01-01T00:00 to this clock reading, as if it were UTC. */
export const civilToMs = (time: CivilTime): number =>
  daysSinceEpoch(time.year, time.month, time.day) * DAY_MS +
  ((time.hour * 60 + time.minute) * 60 + time.second) * 1_000;

/** Number of the day, from 1970-01-01 on, of an ISO date or time in UTC. */
export const dayOf = (iso: string): number => {
  const [year = 1970, month = 1, day = 1] = iso.slice(0, 10).split('-').map(Number);
  return daysSinceEpoch(year, month, day);
};

/** The ISO date of a day by its number: `2026-11-20`. */
export const dateOf = (day: number): string => {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear =
    dayOfEra - 365 * yearOfEra - Math.floor(yearOfEra / 4) + Math.floor(yearOfEra / 100);
  // Months are counted from March.
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  const month = march < 10 ? march + 3 : march - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${year}-${two(month)}-${two(dayOfYear - Math.floor((153 * march + 2) / 5) + 1)}`;
};
