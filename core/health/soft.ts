/**
 * The soft channel of one observer about one target: it answers, but too slowly. The p95 of the
 * last 20 probes (nearest rank: the second slowest) stays over the budget for `slow.forMs` without
 * a break. A failed probe counts as slower than any budget, so steady errors too rare for the hard
 * channel end up here.
 */
import type { Sample } from './sample.ts';
import type { HealthSettings } from './settings.ts';

/** A failure is null: JSON has no infinity. */
type Latency = { readonly startMs: number; readonly latencyMs: number | null };

export type SoftState = {
  readonly window: readonly Latency[];
  readonly slow: boolean;
  /** Since when the p95 is over the budget, or null. */
  readonly overSinceMs: number | null;
  readonly underSinceMs: number | null;
};

export const NO_LATENCIES: SoftState = {
  window: [],
  slow: false,
  overSinceMs: null,
  underSinceMs: null,
};

/** With twenty samples the nearest rank of the p95 is the second slowest. */
const WINDOW_SAMPLES = 20;

/** The p95 of the window; null while it is not full, infinite when it lies among failures. */
export const p95Ms = ({ window }: SoftState): number | null => {
  if (window.length < WINDOW_SAMPLES) return null;
  let slowest = 0;
  let second = 0;
  for (const { latencyMs } of window) {
    const ms = latencyMs ?? Number.POSITIVE_INFINITY;
    if (ms > slowest) {
      second = slowest;
      slowest = ms;
    } else if (ms > second) second = ms;
  }
  return second;
};

/**
 * The state after one more sample. Quick re-probes are thinned to about one an interval, so that a
 * moment of doubt does not outweigh the minutes around it.
 */
export const stepSoft = (soft: SoftState, sample: Sample, settings: HealthSettings): SoftState => {
  const { slow: budget, intervalMs, upMs } = settings;
  const last = soft.window.at(-1);
  if (budget === null || (last && sample.startMs - last.startMs < intervalMs / 2)) return soft;
  const window = [...soft.window, { startMs: sample.startMs, latencyMs: sample.latencyMs }].slice(
    -WINDOW_SAMPLES,
  );
  const next = { ...soft, window };
  const p95 = p95Ms(next);
  if (p95 === null) return next;
  if (p95 > budget.p95Ms) {
    const first = window.find(({ latencyMs }) => latencyMs === null || latencyMs > budget.p95Ms);
    const overSinceMs = soft.overSinceMs ?? first?.startMs ?? sample.startMs;
    const slow = soft.slow || sample.startMs - overSinceMs >= budget.forMs;
    return { ...next, slow, overSinceMs, underSinceMs: null };
  }
  const underSinceMs = soft.underSinceMs ?? sample.startMs;
  const slow = soft.slow && sample.startMs - underSinceMs < upMs;
  return { ...next, slow, underSinceMs, overSinceMs: slow ? soft.overSinceMs : null };
};
