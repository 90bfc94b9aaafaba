import type { Measured } from './statistics.ts';

export type MetricId = {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
};

export type MetricPoint = {
  readonly timeMs: number;
  readonly unit: string;
  readonly measured: Measured;
};

export type StoreLimits = {
  /** Metrics kept; beyond it the one written longest ago goes. */
  readonly metrics: number;
  /** Points kept per metric; beyond it the oldest written goes. */
  readonly pointsPerMetric: number;
};

const LIMITS: StoreLimits = { metrics: 5_000, pointsPerMetric: 10_000 };

type Series = { readonly id: MetricId; points: MetricPoint[] };

const keyOf = ({ region, namespace, name, dimensions }: MetricId): string =>
  JSON.stringify([region, namespace, name, Object.entries(dimensions).sort()]);

export type MetricStore = {
  add(id: MetricId, point: MetricPoint): void;
  /**
   * Points of one metric with exactly these dimensions and, when given, this unit, in [from, to).
   */
  points(id: MetricId, fromMs: number, toMs: number, unit?: string): MetricPoint[];
  metrics(region: string): MetricId[];
};

/** Metrics in memory, within bounds. They are gone when the process ends. */
export const createMetricStore = (limits: StoreLimits = LIMITS): MetricStore => {
  // A Map keeps the order of insertion; re-inserting on write puts the longest unwritten first.
  const all = new Map<string, Series>();
  return {
    add: (id, point) => {
      const key = keyOf(id);
      const series = all.get(key) ?? { id, points: [] };
      series.points.push(point);
      // Twice the bound before cutting, so that adding stays cheap.
      if (series.points.length >= 2 * limits.pointsPerMetric) {
        series.points = series.points.slice(-limits.pointsPerMetric);
      }
      all.delete(key);
      all.set(key, series);
      const oldest = all.keys().next().value;
      if (all.size > limits.metrics && oldest !== undefined) all.delete(oldest);
    },
    points: (id, fromMs, toMs, unit) =>
      (all.get(keyOf(id))?.points ?? [])
        .slice(-limits.pointsPerMetric)
        .filter(
          (point) =>
            point.timeMs >= fromMs &&
            point.timeMs < toMs &&
            (unit === undefined || point.unit === unit),
        ),
    metrics: (region) => [...all.values()].map(({ id }) => id).filter((id) => id.region === region),
  };
};
