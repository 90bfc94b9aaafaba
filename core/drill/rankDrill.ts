import { type GateResult, gateReason, judgeErrors } from '../images/gates.ts';
import { rankAll } from '../ranking/rank.ts';
import type { Ranking } from '../ranking/ranking-types.ts';
import { looksFor } from '../ranking/rounds.ts';
import { median } from '../statistics/quantile.ts';
import { type Burst, failuresOf, observationsOf, sum } from './bursts.ts';
import type { Arm } from './plan.ts';

/** The metric that decides: from the moment a request was due to the last byte of its answer. */
export const PRIMARY_METRIC = 'http.total';
/** The median decides; the tail has a table of its own. */
export const QUANTILES = [0.5, 0.95] as const;

type Plan = {
  readonly seed: string;
  readonly arms: readonly Arm[];
  readonly sampling: { readonly rounds: { readonly max: number } };
  readonly gates: { readonly errors: number | null };
};

/** Rounds after which this plan looks whether all is decided. */
export const plannedLooks = (plan: Plan): number[] =>
  looksFor(plan.arms.filter(({ role }) => role !== 'control').length, plan.sampling.rounds.max);

/** Self-noise of the probers: median over the bursts of the p50 of their loopback probes. */
export const floorMs = (bursts: readonly Burst[]): number =>
  bursts.length === 0 ? 0 : median(bursts.map(({ floorP50Us }) => floorP50Us)) / 1_000;

/** The gate on failed probes of a variant: all its arms, regions and rounds together. None when none was asked for. */
export const errorGate = (
  { arms, gates }: Pick<Plan, 'arms' | 'gates'>,
  bursts: readonly Burst[],
  variantId: string,
): GateResult[] => {
  if (gates.errors === null) return [];
  const ids = arms.filter((arm) => arm.variantId === variantId).map(({ id }) => id);
  const own = bursts.filter(({ armId }) => ids.includes(armId));
  const sent = sum(own.map((burst) => burst.sent['http'] ?? 0));
  const failed = sum(own.map((burst) => failuresOf(burst, 'http')));
  return [judgeErrors(sent, failed, gates.errors)];
};

/** Variants other than the reference whose probes failed too often, with the reason. */
export const errorGated = (plan: Plan, bursts: readonly Burst[]): Map<string, string> =>
  new Map(
    plan.arms.flatMap(({ variantId, role }) => {
      const why = role === 'candidate' && gateReason(errorGate(plan, bursts, variantId));
      return why ? [[variantId, why]] : [];
    }),
  );

/**
 * Rankings of a drill from its latency records: for the median and the tail, each scenario, `all up`
 * first. Empty when nothing was measured. Variants that a gate holds back are left out, with the reason.
 */
export const rankDrill = (
  plan: Plan,
  bursts: readonly Burst[],
  options: { resamples?: number; gated?: ReadonlyMap<string, string> } = {},
): Ranking[] => {
  const { gated = new Map<string, string>(), ...rest } = options;
  const arms = plan.arms.filter(({ variantId }) => !gated.has(variantId));
  const ids = new Set(arms.map(({ id }) => id));
  const observations = observationsOf(
    bursts.filter(({ armId }) => ids.has(armId)),
    PRIMARY_METRIC,
    QUANTILES,
  );
  if (observations.length === 0) return [];
  const input = {
    metric: PRIMARY_METRIC,
    arms: arms.map(({ id, role }) => ({ id, role })),
    observations,
    floorMs: floorMs(bursts),
    seed: plan.seed,
    looks: plannedLooks(plan).length,
    ...rest,
  };
  const heldBack = [...gated].map(([v, why]) => ({ v, why }));
  return QUANTILES.flatMap((q) => rankAll(input, q)).map((ranking) => ({
    ...ranking,
    excluded: [...ranking.excluded, ...heldBack].sort((a, b) => (a.v < b.v ? -1 : 1)),
  }));
};
