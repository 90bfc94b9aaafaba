/** The step that the machines pass over where nobody manages capacity: whoever comes before it tells its result. */
import { targetOf, type WatchPlan } from '../events/watchPlan.ts';

type Told = { readonly nowMs: number; readonly execution: string };

/** What `scale-standby` would tell of a region whose capacity is not managed; nothing where it is. */
export const scaledUnmanaged = (plan: WatchPlan, region: string, told: Told) =>
  targetOf(plan, region).capacity === null
    ? [{ kind: 'scaled' as const, enough: true, why: 'capacity is not managed here', ...told }]
    : [];
