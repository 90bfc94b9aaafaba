// Goal: schedule expressions mean here what they mean on AWS.
// Method: occurrences computed by hand from calendars, among them both kinds of clock shift.
import { describe, expect, it } from 'vitest';
import { nextOccurrence } from '../../../../core/schedule/next.ts';

const iso = (epochMs: number | undefined) =>
  epochMs === undefined ? 'never' : new Date(epochMs).toISOString().replace('.000Z', 'Z');

const next = (expression: string, after: string, timeZone = 'UTC', anchor?: string) =>
  iso(
    nextOccurrence(
      expression,
      timeZone,
      Date.parse(after),
      anchor === undefined ? undefined : Date.parse(anchor),
    ),
  );

describe('cron in UTC', () => {
  it.each([
    // 2026-11-20 is a Friday.
    ['every minute', 'cron(* * * * ? *)', '2026-11-20T10:00:30Z', '2026-11-20T10:01:00Z'],
    ['strictly after', 'cron(0 6 * * ? *)', '2026-11-20T06:00:00Z', '2026-11-21T06:00:00Z'],
    [
      'a millisecond before',
      'cron(0 6 * * ? *)',
      '2026-11-20T05:59:59.999Z',
      '2026-11-20T06:00:00Z',
    ],
    ['1 is Sunday', 'cron(0 6 ? * 1 *)', '2026-11-20T00:00:00Z', '2026-11-22T06:00:00Z'],
    ['weekday names', 'cron(15 10 ? * MON-FRI *)', '2026-11-20T11:00:00Z', '2026-11-23T10:15:00Z'],
    ['lower case names', 'cron(0 6 1 jan,jul ? *)', '2026-11-20T00:00:00Z', '2027-01-01T06:00:00Z'],
    ['first Monday', 'cron(0 6 ? * 2#1 *)', '2026-11-20T00:00:00Z', '2026-12-07T06:00:00Z'],
    ['a fifth Sunday', 'cron(0 6 ? * SUN#5 *)', '2026-11-20T00:00:00Z', '2026-11-29T06:00:00Z'],
    ['last Friday', 'cron(0 6 ? * 6L *)', '2026-11-20T07:00:00Z', '2026-11-27T06:00:00Z'],
    ['last Friday by name', 'cron(0 6 ? * FRIL *)', '2026-11-27T06:00:00Z', '2026-12-25T06:00:00Z'],
    ['a lone L is Saturday', 'cron(0 6 ? * L *)', '2026-11-20T07:00:00Z', '2026-11-21T06:00:00Z'],
    ['last day', 'cron(0 6 L * ? *)', '2028-02-01T00:00:00Z', '2028-02-29T06:00:00Z'],
    ['last workday', 'cron(0 6 LW * ? *)', '2027-01-01T00:00:00Z', '2027-01-29T06:00:00Z'],
    [
      'nearest workday of a Sunday',
      'cron(0 6 15W * ? *)',
      '2026-11-10T00:00:00Z',
      '2026-11-16T06:00:00Z',
    ],
    [
      'nearest workday of a Saturday',
      'cron(0 6 15W * ? *)',
      '2026-08-01T00:00:00Z',
      '2026-08-14T06:00:00Z',
    ],
    [
      '1W does not leave the month',
      'cron(0 6 1W * ? *)',
      '2026-07-30T00:00:00Z',
      '2026-08-03T06:00:00Z',
    ],
    [
      '31W skips short months',
      'cron(0 6 31W * ? *)',
      '2026-11-01T00:00:00Z',
      '2026-12-31T06:00:00Z',
    ],
    ['0/5', 'cron(0/5 * * * ? *)', '2026-11-20T10:56:00Z', '2026-11-20T11:00:00Z'],
    [
      '*/20 with hours 8-9',
      'cron(*/20 8-9 * * ? *)',
      '2026-11-20T09:40:00Z',
      '2026-11-21T08:00:00Z',
    ],
    ['10-30/10', 'cron(10-30/10 8 * * ? *)', '2026-11-20T08:20:00Z', '2026-11-20T08:30:00Z'],
    ['year', 'cron(0 0 1 1 ? 2030-2031)', '2026-11-20T00:00:00Z', '2030-01-01T00:00:00Z'],
    ['leap day', 'cron(0 0 29 2 ? *)', '2026-11-20T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['no leap day in 2100', 'cron(0 0 29 2 ? *)', '2096-03-01T00:00:00Z', '2104-02-29T00:00:00Z'],
    ['a past year', 'cron(0 0 1 1 ? 2020)', '2026-11-20T00:00:00Z', 'never'],
    ['a day that never comes', 'cron(0 0 30 2 ? *)', '2026-11-20T00:00:00Z', 'never'],
  ])('%s: %s', (_name, expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });
});

describe('cron in a time zone', () => {
  it('follows the zone through the year', () => {
    expect(next('cron(0 3 * * ? *)', '2026-07-01T12:00:00Z', 'Europe/Berlin')).toBe(
      '2026-07-02T01:00:00Z',
    );
    expect(next('cron(0 3 * * ? *)', '2026-12-01T12:00:00Z', 'Europe/Berlin')).toBe(
      '2026-12-02T02:00:00Z',
    );
    expect(next('cron(30 0 1 * ? *)', '2026-11-20T00:00:00Z', 'Asia/Kolkata')).toBe(
      '2026-11-30T19:00:00Z',
    );
  });

  it('skips an occurrence that the forward shift skips', () => {
    // Berlin goes from 02:00 to 03:00 on 2027-03-28.
    expect(next('cron(30 2 * * ? *)', '2027-03-27T12:00:00Z', 'Europe/Berlin')).toBe(
      '2027-03-29T00:30:00Z',
    );
    expect(next('cron(0 3 * * ? *)', '2027-03-27T12:00:00Z', 'Europe/Berlin')).toBe(
      '2027-03-28T01:00:00Z',
    );
    expect(next('cron(0/30 * * * ? *)', '2027-03-28T00:30:00Z', 'Europe/Berlin')).toBe(
      '2027-03-28T01:00:00Z',
    );
  });

  it('runs once what the backward shift repeats', () => {
    // New York goes from 02:00 back to 01:00 on 2026-11-01, so 01:30 comes at 05:30Z and 06:30Z.
    const zone = 'America/New_York';
    expect(next('cron(30 1 * * ? *)', '2026-11-01T00:00:00Z', zone)).toBe('2026-11-01T05:30:00Z');
    expect(next('cron(30 1 * * ? *)', '2026-11-01T05:30:00Z', zone)).toBe('2026-11-02T06:30:00Z');
    expect(next('cron(0/30 * * * ? *)', '2026-11-01T05:30:00Z', zone)).toBe('2026-11-01T07:00:00Z');
    expect(next('cron(0/30 * * * ? *)', '2026-11-01T06:10:00Z', zone)).toBe('2026-11-01T07:00:00Z');
  });

  it('knows shifts of half an hour and at midnight', () => {
    // Lord Howe goes from 02:00 to 02:30 on 2026-10-04; Santiago skips midnight on 2026-09-06.
    expect(next('cron(15 2 * * ? *)', '2026-10-03T10:00:00Z', 'Australia/Lord_Howe')).toBe(
      '2026-10-04T15:15:00Z',
    );
    expect(next('cron(0 0 * * ? *)', '2026-09-05T12:00:00Z', 'America/Santiago')).toBe(
      '2026-09-07T03:00:00Z',
    );
  });
});

describe('rate and at', () => {
  it('counts a rate from its anchor, a day being 24 hours', () => {
    expect(next('rate(5 minutes)', '2026-11-20T10:00:00Z')).toBe('2026-11-20T10:05:00Z');
    expect(next('rate(1 hour)', '2026-11-20T10:30:00Z', 'UTC', '2026-11-20T08:10:00Z')).toBe(
      '2026-11-20T11:10:00Z',
    );
    expect(next('rate(1 day)', '2027-03-27T12:00:00Z', 'Europe/Berlin')).toBe(
      '2027-03-28T12:00:00Z',
    );
    expect(next('rate(5 minutes)', '2026-11-20T08:00:00Z', 'UTC', '2026-11-20T09:00:00Z')).toBe(
      '2026-11-20T09:00:00Z',
    );
  });

  it('runs an at once, and not at all when the zone skips it', () => {
    expect(next('at(2026-11-20T13:00:00)', '2026-11-20T00:00:00Z', 'Asia/Tokyo')).toBe(
      '2026-11-20T04:00:00Z',
    );
    expect(next('at(2026-11-20T13:00:00)', '2026-11-20T04:00:00Z', 'Asia/Tokyo')).toBe('never');
    expect(next('at(2027-03-28T02:30:00)', '2026-11-20T00:00:00Z', 'Europe/Berlin')).toBe('never');
  });
});

describe('what AWS refuses', () => {
  it.each([
    ['cron(0 6 * * * *)', "exactly one day field must be '?'"],
    ['cron(0 6 ? * ? *)', "exactly one day field must be '?'"],
    ['cron(0 6 * * ?)', 'cron has 5 fields'],
    ['cron(0 0 6 * * ? *)', 'cron has 7 fields'],
    ['cron(60 6 * * ? *)', "field 1 (minutes) has '60': '60' is not one of 0-59"],
    ['cron(0 24 * * ? *)', 'field 2 (hours)'],
    ['cron(0 6 32 * ? *)', 'field 3 (day-of-month)'],
    ['cron(0 6 0 * ? *)', 'field 3 (day-of-month)'],
    ['cron(0 6 1,15W * ? *)', 'L and W stand alone'],
    ['cron(0 6 1 FOO ? *)', 'not one of 1-12 or JAN-DEC'],
    ['cron(0 6 ? * 0 *)', 'not one of 1-7 or SUN-SAT'],
    ['cron(0 6 ? * 2#6 *)', 'a number 1-5'],
    ['cron(0 6 ? * 3#1,6#3 *)', 'a number 1-5'],
    ['cron(0 6 ? * FRI-MON *)', 'runs backwards'],
    ['cron(0 6 * * ? 1969)', 'field 6 (year)'],
    ['cron(*/0 6 * * ? *)', "the step '0'"],
    ['cron(0/5/2 6 * * ? *)', "only one '/'"],
    ['cron(, 6 * * ? *)', 'field 1 (minutes)'],
    ['rate(0 minutes)', "value '0'"],
    ['rate(1.5 hours)', "value '1.5'"],
    ['rate(5 seconds)', 'minutes, hours or days'],
    ['rate(5minutes)', 'minutes, hours or days'],
    ['at(2026-02-29T00:00:00)', 'no date and time'],
    ['at(2026-02-28T00:00:00Z)', 'without an offset'],
    ['0 6 * * *', 'is not cron(...), rate(...) or at(...)'],
  ])('%s', (expression, message) => {
    expect(() => next(expression, '2026-11-20T00:00:00Z')).toThrow(message);
  });

  it('names an unknown time zone', () => {
    const at = '2026-11-20T00:00:00Z';
    expect(() => next('rate(1 day)', at, 'Mars/Olympus')).toThrow("time zone 'Mars/Olympus'");
    expect(() => next('rate(1 day)', at, '+02:00')).toThrow('is an offset');
  });
});
