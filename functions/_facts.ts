/** How old the facts of the gates are. */
import type { Facts } from '../core/failover/view.ts';
import type { WatchPlan } from '../events/watchPlan.ts';

const oldestMs = (facts: Facts): number =>
  facts.preflight === null
    ? Number.NEGATIVE_INFINITY
    : Math.min(...Object.values(facts).flatMap((fact) => (fact === null ? [] : [fact.atMs])));

/** Old by half of what gate G8 allows, or absent: the other half is for gathering them anew. */
export const areOld = (facts: Facts, { failover }: WatchPlan, nowMs: number): boolean =>
  nowMs - oldestMs(facts) > failover.evidenceMs / 2;
