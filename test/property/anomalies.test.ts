// Goal: few false alarms, and real changes found soon. Method: seeded simulations of nights.
import { describe, expect, it } from 'vitest';
import type { NightValue } from '../../core/anomalies/nights.ts';
import { type Alert, newAlerts, watchTonight } from '../../core/anomalies/watch.ts';
import { type Model, toldOver } from '../support/nights.ts';
import { normals } from '../support/noise.ts';

const NOISE = 0.03;

const series = (seed: string, n: number, stepAt = n): NightValue[] => {
  const noise = normals('anomalies', seed);
  return Array.from({ length: n }, (_, day) => ({
    day,
    value: 40 * Math.exp(NOISE * noise()) * (day >= stepAt ? 1.1 : 1),
  }));
};
const watched = (nights: readonly NightValue[], id: string) =>
  ({ id, nights, scale: 'positive' }) as const;

describe('simulated nights', () => {
  it('of 100 equal series raise at most one alarm a month', () => {
    const MONTHS = 2;
    const FIRST = 90;
    const all = Array.from({ length: 100 }, (_, at) => series(`equal ${at}`, FIRST + 30 * MONTHS));
    const told: Alert[] = [];
    for (let n = FIRST + 1; n <= FIRST + 30 * MONTHS; n++) {
      const tonight = watchTonight(all.map((one, at) => watched(one.slice(0, n), String(at))));
      told.push(...newAlerts(told, tonight));
    }
    expect(told.length / MONTHS).toBeLessThanOrEqual(1);
  });

  it('with a step of 10 % at 3 % noise raise an alarm within three nights in 95 % of runs', () => {
    const RUNS = 300;
    const AT = 90;
    let found = 0;
    for (let run = 0; run < RUNS; run++) {
      const nights = series(`step ${run}`, AT + 3, AT);
      const soon = [1, 2, 3].some((bad) =>
        watchTonight([watched(nights.slice(0, AT + bad), 'a')]).some(
          ({ before, after }) => after > before,
        ),
      );
      if (soon) found += 1;
    }
    expect(found / RUNS).toBeGreaterThanOrEqual(0.95);
  });
});

describe('simulated services', () => {
  const quiet = (seed: string): Model => ({ seed, noise: NOISE, armNoise: 0.01 });
  /** Nights of which none is judged, in each service. */
  const LEARNING = 8;

  it('of about 70 equal series raise at most one alert a month for 100 series', () => {
    const [RUNS, NIGHTS, SERIES] = [12, 48, 70];
    let alerts = 0;
    for (let run = 0; run < RUNS; run++) alerts += toldOver(quiet(`still ${run}`), NIGHTS).length;
    const seriesMonths = (RUNS * (NIGHTS - LEARNING) * SERIES) / (30 * 100);
    expect(alerts / seriesMonths).toBeLessThanOrEqual(1);
  });

  it('tell of an image that is 10 % slower within three nights in 95 % of runs, and of nothing else', () => {
    const [RUNS, AT] = [40, 20];
    let [soon, right, told] = [0, 0, 0];
    for (let run = 0; run < RUNS; run++) {
      const model: Model = {
        ...quiet(`slower ${run}`),
        armNoise: NOISE / 3,
        truth: (arm, _, at) => (arm === 'distroless' && at >= AT ? 1.1 : 1),
      };
      const alerts = toldOver(model, AT + 6).filter(({ at }) => at >= AT);
      const found = alerts.filter(({ alert }) => alert.of === 'distroless');
      told += alerts.length;
      right += found.length;
      if (found.some(({ at }) => at < AT + 3)) soon += 1;
    }
    expect(soon / RUNS).toBeGreaterThanOrEqual(0.95);
    expect(right / told).toBeGreaterThanOrEqual(0.9);
    expect(right / RUNS).toBeLessThanOrEqual(1.05);
  });
});
