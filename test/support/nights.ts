// Made-up nights of a service, seeded: the points that its drills would have added to the series.
import { alertsOf, type Judged, type StoredAlert } from '../../core/anomalies/alerts.ts';
import type { NightPoint } from '../../core/anomalies/points.ts';
import { nightsReport } from '../../core/anomalies/report.ts';
import { type SeriesNight, seriesUpTo } from '../../core/anomalies/series.ts';
import { findingsOf, levelsOf } from '../../core/anomalies/tonight.ts';
import { dateOf, dayOf } from '../../core/schedule/calendar.ts';
import { type Acknowledgement, NightsReport } from '../../events/nights.ts';
import { normals } from './noise.ts';

export const FIRST_DAY = dayOf('2026-07-01');

const SERVING = ['eu-west-1', 'eu-central-1'];
const VANTAGES = [...SERVING, 'eu-north-1'];
const CANDIDATES = ['distroless', 'fat'];
const ARMS = ['slim', 'control', ...CANDIDATES];

/** What is true of a night beside the noise: a factor on the time of an arm in a cell. */
export type Truth = (arm: string, cell: { region: string; vantage: string }, at: number) => number;

export type Model = {
  readonly seed: string;
  /** Standard deviation of the logarithm of what all arms of a cell have in common on a night. */
  readonly noise: number;
  /** The same for a single arm. */
  readonly armNoise: number;
  readonly truth?: Truth;
  readonly sizes?: (arm: string, at: number) => number;
  readonly floor?: (at: number) => number;
};

const mean = (logs: readonly number[]): number =>
  logs.reduce((total, log) => total + log, 0) / logs.length;

/** All points of night `at`, counted from 0. */
export const nightOf = (model: Model, at: number): SeriesNight[] => {
  const { seed, noise, armNoise, truth = () => 1, floor = () => 0.5 } = model;
  const weather = normals(seed, 'weather', at);
  const common = 0.7 * noise * weather();
  const cells = SERVING.flatMap((region) => VANTAGES.map((vantage) => ({ region, vantage })));
  const measured = cells.map((cell) => {
    const place = normals(seed, at, cell.region, cell.vantage);
    const here = Math.log(30) + common + 0.7 * noise * place();
    const logs = ARMS.map((arm) => here + armNoise * place() + Math.log(truth(arm, cell, at)));
    return { cell, logs, tail: logs.map((log) => log + 0.3 + armNoise * place()) };
  });
  const point = (scope: string, metric: string, logs: readonly number[]): NightPoint => {
    const [own = 0, control = 0, ...others] = logs;
    return {
      ...{ scope, metric, unit: 'ms' as const },
      reference: Math.exp(own),
      control: control - own,
      candidates: Object.fromEntries(CANDIDATES.map((id, i) => [id, (others[i] ?? 0) - own])),
    };
  };
  const scenario = (scope: string, some: typeof measured): NightPoint[] => {
    const over = (of: 'logs' | 'tail') =>
      ARMS.map((_, arm) => mean(some.map((one) => one[of][arm] ?? 0)));
    return [
      point(scope, 'http.total.p50', over('logs')),
      point(scope, 'http.total.p95', over('tail')),
    ];
  };
  const size = model.sizes ?? ((arm: string) => (arm === 'fat' ? 130e6 : 90e6));
  const sizes = ARMS.map((arm) => Math.log(size(arm === 'control' ? 'slim' : arm, at)));
  const points: NightPoint[] = [
    ...scenario('all up', measured),
    ...SERVING.flatMap((lost) =>
      scenario(
        `${lost} lost`,
        measured.filter(({ cell }) => cell.region !== lost),
      ),
    ),
    ...measured.map(({ cell, logs }) =>
      point(`${cell.region} from ${cell.vantage}`, 'http.total.p50', logs),
    ),
    { ...point('all regions', 'size', sizes), unit: 'bytes' },
    {
      ...{ scope: 'all regions', metric: 'noise.floor', unit: 'ms' },
      ...{ reference: floor(at), control: null, candidates: {} },
    },
  ];
  const date = dateOf(FIRST_DAY + at);
  return points.map((one) => ({
    drillId: `shop-${date.replaceAll('-', '')}`,
    startedAt: `${date}T02:00:00.000Z`,
    referenceId: 'slim',
    conditions: 'same',
    ...one,
  }));
};

/** Judges night after night as the drills do; null for a night without a drill. */
export const watchNights = () => {
  const kept: SeriesNight[] = [];
  const stored = new Map<string, StoredAlert>();
  const acks: Acknowledgement[] = [];
  const next = (tonight: readonly SeriesNight[]): Judged[] => {
    const [first] = tonight;
    if (!first) return [];
    const all = tonight.map((night) =>
      seriesUpTo(
        night,
        kept.filter(({ scope, metric }) => scope === night.scope && metric === night.metric),
      ),
    );
    kept.push(...tonight);
    const judged = alertsOf(findingsOf(all, first.referenceId), [...stored.values()], acks, {
      ...{ service: 'shop', drillId: first.drillId, day: dayOf(first.startedAt), dateOf },
      levelsOf: (lead, since) => levelsOf(all, lead, since),
    });
    for (const { alert } of judged) stored.set(alert.id, alert);
    return judged;
  };
  return { next, acks, stored };
};

/** Who is told of what over all nights: each alert with the night, counted from 0. */
export const toldOver = (model: Model, nights: number) => {
  const watch = watchNights();
  const told: { at: number; state: string; alert: StoredAlert }[] = [];
  for (let at = 0; at < nights; at++) {
    for (const { alert, state } of watch.next(nightOf(model, at))) {
      if (state === 'new' || state === 'changed') told.push({ at, state, alert });
    }
  }
  return told;
};

/** The nights as the last of them reports them. */
export const nightsReportOf = (model: Model, nights: number, missed: readonly number[] = []) => {
  const watch = watchNights();
  const kept: SeriesNight[] = [];
  let judged: Judged[] = [];
  let tonight: SeriesNight[] = [];
  for (let at = 0; at < nights; at++) {
    if (missed.includes(at)) continue;
    tonight = nightOf(model, at);
    judged = watch.next(tonight);
    kept.push(...tonight);
  }
  const all = tonight.map((night) =>
    seriesUpTo(
      night,
      kept.filter(({ scope, metric }) => scope === night.scope && metric === night.metric),
    ),
  );
  return NightsReport.parse(nightsReport(all, judged, watch.acks));
};
