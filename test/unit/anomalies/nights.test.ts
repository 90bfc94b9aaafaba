// Goal: tonight is judged by the nights before it, robustly, and holes are no zeros.
import { describe, expect, it } from 'vitest';
import { ewma, ewmaLimit } from '../../../core/anomalies/ewma.ts';
import { judgeNights, type NightValue } from '../../../core/anomalies/nights.ts';
import { normals } from '../../support/noise.ts';

describe('EWMA', () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4: weight 0.3, target 50, s = 2.0539.
  const VALUES = [
    52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2,
    52.6, 52.4, 53.6, 52.1,
  ];
  const AVERAGES = [
    50.6, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05,
    49.38, 49.92, 50.73, 51.23, 51.94, 51.99,
  ];

  it('gives the averages and limits that NIST publishes', () => {
    ewma(VALUES, 0.3, 50).forEach((average, at) => {
      expect(Math.abs(average - AVERAGES[at]!)).toBeLessThan(0.0051);
    });
    const limit = ewmaLimit(0.3, 2.0539, 3);
    expect(50 + limit).toBeCloseTo(52.5884, 4);
    expect(50 - limit).toBeCloseTo(47.4116, 4);
  });

  it('is what judges the nights', () => {
    const noise = normals('same average');
    const nights = Array.from({ length: 60 }, (_, day) => ({
      day,
      value: 40 * Math.exp(0.03 * noise()),
    }));
    const judged = judgeNights(nights);
    const z = judged.map((night) => night.z);
    const u = z.map((value, at) => (value - 0.8 * (z[at - 1] ?? 0)) / 0.2);
    ewma(u, 0.2, 0).forEach((average, at) => {
      expect(average).toBeCloseTo(z[at]!, 10);
    });
    expect(Math.max(...u.map(Math.abs))).toBeLessThanOrEqual(6 + 1e-9);
    expect(judged[0]!.limit).toBeCloseTo(4 * Math.sqrt(0.2 / 1.8), 12);
  });
});

const noisy = (seed: string, n: number, more: (at: number) => number = () => 0): NightValue[] => {
  const noise = normals(seed);
  return Array.from({ length: n }, (_, day) => ({
    day,
    value: 40 * Math.exp(0.02 * noise() + more(day)),
  }));
};
const statuses = (nights: readonly NightValue[], options = {}) =>
  judgeNights(nights, options).map(({ status }) => status);

describe('nights', () => {
  it('are learnt from until there are eight', () => {
    expect(statuses(noisy('learning', 10))).toEqual([
      ...new Array<string>(8).fill('learning'),
      'normal',
      'normal',
    ]);
  });

  it('without a value are holes that change nothing', () => {
    const nights = noisy('holes', 60);
    const holed = nights.flatMap((night) =>
      night.day % 5 === 4 ? [{ day: night.day + 0.5, value: null }, night] : [night],
    );
    const judged = judgeNights(holed, { weekdays: false });
    expect(judged.filter(({ status }) => status === 'hole')).toHaveLength(12);
    expect(judged.filter(({ status }) => status !== 'hole')).toEqual(
      judgeNights(nights, { weekdays: false }),
    );
  });

  it('alarm for a step, say from what it is, and calm down once it is usual', () => {
    const judged = judgeNights(noisy('a step', 120, (at) => (at >= 60 ? Math.log(1.2) : 0)));
    const alarms = judged.filter(({ status }) => status === 'alarm').map(({ day }) => day);
    expect(alarms[0]).toBeGreaterThanOrEqual(60);
    expect(alarms[0]).toBeLessThan(63);
    expect(Math.max(...alarms)).toBeLessThan(90);
    const first = judged[alarms[0]!]!;
    expect(first.expected).toBeGreaterThan(39);
    expect(first.expected).toBeLessThan(41);
    expect(first.change).toBeGreaterThan(0.1);
  });

  it('alarm for better as for worse', () => {
    const judged = judgeNights(noisy('better', 70, (at) => (at >= 60 ? -Math.log(1.3) : 0)));
    expect(judged.slice(60, 64).some(({ status, z }) => status === 'alarm' && z < 0)).toBe(true);
  });

  it('do not alarm for one wild night', () => {
    expect(statuses(noisy('outlier', 90, (at) => (at === 60 ? 3 : 0)))).not.toContain('alarm');
  });

  it('do not alarm for what is certain but too small to matter', () => {
    const small = noisy('small', 90, (at) => (at >= 60 ? Math.log(1.03) : 0)).map(
      ({ day, value }) => ({
        day,
        value: day < 60 ? 40 + (day % 2) / 100 : value === null ? null : 41.2 + (day % 2) / 100,
      }),
    );
    expect(statuses(small)).not.toContain('alarm');
    expect(statuses(small, { effectShare: 0.02 })).toContain('alarm');
    const two = small.map(({ day, value }) => ({ day, value: day < 60 ? value : 43 }));
    expect(statuses(two, { effectAbsolute: 2 })).toContain('alarm');
    expect(statuses(two, { effectAbsolute: 4 })).not.toContain('alarm');
  });

  it('that differ by weekday are compared with the same weekday', () => {
    const weekly = noisy('weekdays', 200, (at) => (at % 7 === 0 ? Math.log(1.3) : 0));
    const late = judgeNights(weekly).slice(100);
    const sundays = late.filter(({ day }) => day % 7 === 0);
    expect(late.map(({ status }) => status)).not.toContain('alarm');
    for (const { expected } of sundays) expect(expected).toBeGreaterThan(48);
    const without = judgeNights(weekly, { weekdays: false }).filter(({ day }) => day % 7 === 0);
    for (const { expected } of without.slice(2)) expect(expected).toBeLessThan(44);
  });

  it('may hold any numbers when the scale is plain', () => {
    const nights = Array.from({ length: 60 }, (_, day) => ({
      day,
      value: day < 50 ? -5 + (day % 2) : 20,
    }));
    const judged = judgeNights(nights, { scale: 'plain' });
    expect(judged.slice(0, 50).map(({ status }) => status)).not.toContain('alarm');
    expect(judged.slice(50, 54).map(({ status }) => status)).toContain('alarm');
    const zeros = Array.from({ length: 30 }, (_, day) => ({ day, value: 0 }));
    expect(judgeNights(zeros, { scale: 'plain' }).at(-1)).toMatchObject({ status: 'normal', z: 0 });
  });

  it('of ten years are judged in seconds, not in minutes', () => {
    const nights = noisy('years', 3_650);
    const start = performance.now();
    judgeNights(nights);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
