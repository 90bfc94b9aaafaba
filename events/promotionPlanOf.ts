/** From a configuration, and what only the installer knows, to how versions are replaced. */
import type { Config } from './config.ts';
import { type PromotionPlace, PromotionPlan } from './promotion.ts';

/** Beyond the time in which a task must be ready: for the load balancer, and for a slow start or two. */
const DEPLOY_MS = 540_000;
const GATE_MS = 300_000;
/** Enough for a signed-rank test at 5 % on each of two quantiles. */
const COMPARISONS = 6;
const SLOWER_MS = 1;
const FAILED_SHARE = 0.02;
/** What a task that serves does not feel: a second of gentle requests at a time. */
const SAMPLING = { samples: 20, warmup: 2, ratePerS: 50, perStep: 2 } as const;

export const promotionPlanOf = (
  config: Config,
  places: readonly PromotionPlace[],
  referenceDigest: string | null,
): PromotionPlan => {
  const { steps, hold, soak, slower } = config.promotion;
  const http = config.probes.find((probe) => probe.kind === 'http');
  return PromotionPlan.parse({
    service: config.service,
    places,
    steps,
    limits: {
      holdMs: hold,
      soakMs: soak,
      deployMs: config.drill.readyTimeout + DEPLOY_MS,
      gateMs: GATE_MS,
    },
    gate: {
      comparisons: COMPARISONS,
      slowerShare: slower / 100,
      slowerMs: SLOWER_MS,
      failedShare: FAILED_SHARE,
      p95Ms: config.health?.slow?.p95 ?? null,
    },
    probe: {
      path: http?.path ?? config.run.health,
      expectStatus: http?.expect ?? 200,
      timeoutMs: http?.timeout ?? 5_000,
    },
    sampling: SAMPLING,
    referenceDigest,
    variants: referenceDigest !== null,
  });
};
