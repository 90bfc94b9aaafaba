import { censoredQuantile } from '../ranking/censoring.ts';
import type { Observation } from '../ranking/input.ts';
import { emptySketch, mergeInto, orderStatistic, quantile, type Sketch } from '../sketch/sketch.ts';
import { decode } from '../sketch/wire.ts';
import type { Cell } from './plan.ts';

/** What ranking and report need of a latency record; see events/latencyRecord.ts for each field. */
export type Burst = {
  readonly round: number;
  readonly cell: Cell;
  readonly armId: string;
  readonly valid: boolean;
  readonly sent: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly timeoutMs: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly floorP50Us: number;
  readonly floorP95Us: number;
  readonly runner: string;
  readonly notAvailable: Readonly<Record<string, string>>;
  readonly sketches: Readonly<Record<string, Uint8Array>>;
};

/** Error of a placement whose task was stopped for another reason than its own. */
export const INTERRUPTED = 'TaskInterrupted';

type PlacementEnd = {
  readonly round: number;
  readonly failure: {
    readonly region: string;
    readonly armId: string;
    readonly error: string;
  } | null;
};

/**
 * Bursts without those on tasks that the platform stopped: what failed there says nothing of the variant.
 * Ranking then drops the cells of that round and region for every arm, and the round is made up for.
 */
export const undisturbed = <B extends Pick<Burst, 'round' | 'cell' | 'armId'>>(
  bursts: readonly B[],
  placements: readonly PlacementEnd[],
): B[] => {
  const keyOf = (round: number, region: string, armId: string): string =>
    `${round} ${region} ${armId}`;
  const interrupted = new Set(
    placements.flatMap(({ round, failure }) =>
      failure?.error === INTERRUPTED ? [keyOf(round, failure.region, failure.armId)] : [],
    ),
  );
  return bursts.filter(
    ({ round, cell, armId }) => !interrupted.has(keyOf(round, cell.region, armId)),
  );
};

const US_PER_MS = 1_000;

export const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

/** Failures of one kind of probe in a burst. Keys of `errors` are `<kind>.<reason>`. */
export const failuresOf = (burst: Burst, kind: string): number =>
  sum(
    Object.entries(burst.errors)
      .filter(([key]) => key.startsWith(`${kind}.`))
      .map(([, count]) => count),
  );

const kindOf = (metric: string): string => metric.split('.')[0] ?? metric;

/**
 * Quantiles of one metric as ranking reads them, failures censored at the timeout. A burst whose samples
 * were late says nothing, and is left out: ranking then drops its cell and round for every arm.
 */
export const observationsOf = (
  bursts: readonly Burst[],
  metric: string,
  quantiles: readonly number[],
): Observation[] =>
  bursts.flatMap((burst) => {
    const bytes = burst.sketches[metric];
    const failures = failuresOf(burst, kindOf(metric));
    const timeoutUs = (burst.timeoutMs[kindOf(metric)] ?? 0) * US_PER_MS;
    if (!burst.valid || (bytes === undefined && failures === 0)) return [];
    const sketch = bytes === undefined ? emptySketch() : decode(bytes);
    return quantiles.flatMap((q) => {
      const valueUs = censoredQuantile(sketch, failures, timeoutUs, q);
      if (valueUs === undefined || valueUs <= 0) return [];
      const { armId, cell, round } = burst;
      return [{ armId, ...cell, round, q, valueMs: valueUs / US_PER_MS }];
    });
  });

/** One metric of many bursts in one sketch. */
export const mergedSketch = (bursts: readonly Burst[], metric: string): Sketch => {
  const merged = emptySketch();
  for (const burst of bursts) {
    const bytes = burst.sketches[metric];
    if (bytes !== undefined && burst.valid) mergeInto(merged, decode(bytes));
  }
  return merged;
};

export type QuantilesMs = {
  n: number;
  p5: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
};

/** Quantiles of a sketch of microseconds, in milliseconds; undefined when it is empty. */
export const quantilesMs = (sketch: Sketch): QuantilesMs | undefined => {
  if (sketch.n === 0) return undefined;
  const at = (q: number): number => quantile(sketch, q) / US_PER_MS;
  return {
    n: sketch.n,
    p5: at(0.05),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: orderStatistic(sketch, sketch.n - 1) / US_PER_MS,
  };
};

/** Names of all metrics that any of the bursts holds, sorted. */
export const metricsOf = (bursts: readonly Burst[]): string[] =>
  [...new Set(bursts.flatMap((burst) => Object.keys(burst.sketches)))].sort();
