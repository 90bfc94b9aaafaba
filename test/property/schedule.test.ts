// Goal: the next occurrence is strictly later, matches the expression, and none is left out.
// Method: random expressions, instants and zones, judged by a minute-by-minute search over Date.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOccurrence } from '../../core/schedule/next.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
const MINUTE_MS = 60_000;

const wall = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }),
  ]),
);

/** The wall clock read as a UTC date, by another formatter than the code under test uses. */
const reading = (epochMs: number, timeZone: string) =>
  new Date(`${wall.get(timeZone)!.format(epochMs).replace(' ', 'T')}:00Z`);

type Plan = { minutes: number[]; hours: number[]; days: number[]; byWeekday: boolean };

const plan = fc.record<Plan>({
  minutes: fc.uniqueArray(fc.nat(59), { minLength: 1, maxLength: 3 }),
  hours: fc.uniqueArray(fc.nat(23), { minLength: 1, maxLength: 6 }),
  days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
  byWeekday: fc.boolean(),
});

const text = ({ minutes, hours, days, byWeekday }: Plan) =>
  byWeekday
    ? `cron(${minutes} ${hours} ? * ${days} *)`
    : `cron(${minutes} ${hours} ${days.map((d) => d + 24)} * ? *)`;

const matches = ({ minutes, hours, days, byWeekday }: Plan, epochMs: number, zone: string) => {
  const at = reading(epochMs, zone);
  const dayMatches = byWeekday
    ? days.includes(at.getUTCDay() + 1)
    : days.includes(at.getUTCDate() - 24);
  return (
    minutes.includes(at.getUTCMinutes()) &&
    hours.includes(at.getUTCHours()) &&
    dayMatches &&
    // Of a repeated reading only the first counts; every shift here is an hour or half an hour.
    ![30, 60].some((m) => +reading(epochMs - m * MINUTE_MS, zone) === +at)
  );
};

describe('nextOccurrence', () => {
  it('is strictly later and matches', () => {
    const from = Date.UTC(2026, 0, 1);
    fc.assert(
      fc.property(
        plan,
        fc.integer({ min: from, max: from + 3 * 365 * 86_400_000 }),
        fc.constantFrom(...ZONES),
        (p, after, zone) => {
          const found = nextOccurrence(text(p), zone, after);
          if (found === undefined) return false;
          return found > after && found % MINUTE_MS === 0 && matches(p, found, zone);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves no match out, also across clock shifts', () => {
    const shifts = ['2027-03-28', '2026-10-25', '2026-11-01', '2027-03-14', '2026-10-04'];
    fc.assert(
      fc.property(
        plan,
        fc.constantFrom(...shifts),
        fc.integer({ min: 0, max: 48 * 60 }),
        fc.constantFrom(...ZONES),
        (p, shift, minute, zone) => {
          const after = Date.parse(shift) - 86_400_000 + minute * MINUTE_MS;
          const found = nextOccurrence(text(p), zone, after) ?? Number.POSITIVE_INFINITY;
          const until = Math.min(found, after + 8 * 3_600_000);
          for (let t = after + MINUTE_MS; t < until; t += MINUTE_MS) {
            expect(
              matches(p, t, zone),
              `${text(p)} in ${zone} at ${new Date(t).toISOString()}`,
            ).toBe(false);
          }
        },
      ),
      { numRuns: 120 },
    );
  });
});
