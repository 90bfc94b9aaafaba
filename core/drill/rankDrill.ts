import { rankAll } from '../ranking/rank.ts';
import type { Ranking } from '../ranking/ranking-types.ts';
import { looksFor } from '../ranking/rounds.ts';
import { median } from '../statistics/quantile.ts';
import { type Burst, observationsOf } from './bursts.ts';
import type { Arm } from './plan.ts';

/** The metric that decides: from the moment a request was due to the last byte of its answer. */
export const PRIMARY_METRIC = 'http.total';
/** The median decides; the tail has a table of its own. */
export const QUANTILES = [0.5, 0.95] as const;

type Plan = {
  readonly seed: string;
  readonly arms: readonly Arm[];
  readonly sampling: { readonly rounds: { readonly max: number } };
};

/** Rounds after which this plan looks whether all is decided. */
export const plannedLooks = (plan: Plan): number[] =>
  looksFor(plan.arms.filter(({ role }) => role !== 'control').length, plan.sampling.rounds.max);

/** Self-noise of the probers: median over the bursts of the p50 of their loopback probes. */
export const floorMs = (bursts: readonly Burst[]): number =>
  bursts.length === 0 ? 0 : median(bursts.map(({ floorP50Us }) => floorP50Us)) / 1_000;

/**
 * Rankings of a drill from its latency records: for the median and the tail, each scenario, `all up`
 * first. Empty when nothing was measured.
 */
export const rankDrill = (
  plan: Plan,
  bursts: readonly Burst[],
  options: { resamples?: number } = {},
): Ranking[] => {
  const observations = observationsOf(bursts, PRIMARY_METRIC, QUANTILES);
  if (observations.length === 0) return [];
  const input = {
    metric: PRIMARY_METRIC,
    arms: plan.arms.map(({ id, role }) => ({ id, role })),
    observations,
    floorMs: floorMs(bursts),
    seed: plan.seed,
    looks: plannedLooks(plan).length,
    ...options,
  };
  return QUANTILES.flatMap((q) => rankAll(input, q));
};
