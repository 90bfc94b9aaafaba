// Goal: days by number and by date are the same days, leap years and the time before 1970 included.
import { describe, expect, it } from 'vitest';
import { dateOf, dayOf } from '../../../../core/schedule/calendar.ts';

const DAY_MS = 86_400_000;

describe('days', () => {
  it.each([
    ['1970-01-01', 0],
    ['1969-12-31', -1],
    ['2000-02-29', 11_016],
    ['2026-11-20', 20_777],
    ['2100-03-01', 47_541],
  ])('%s is day %i', (date, day) => {
    expect(dayOf(date)).toBe(day);
    expect(dateOf(day)).toBe(date);
  });

  it('agree with those of the platform over four centuries', () => {
    for (let day = -73_000; day < 73_000; day += 13) {
      const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
      expect([dateOf(day), dayOf(`${date}T23:59:59.000Z`)]).toEqual([date, day]);
    }
  });
});
