/** A switch that was lost since the last look: a person should hear of it before the next one is. */
import type { State } from '../../core/failover/states.ts';
import type { Facts } from '../../core/failover/view.ts';
import type { FailoverNotice } from '../../events/failoverNotice.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';

type Preflight = Facts['preflight'];

const HOUR_MS = 3_600_000;

/** What the loss comes to. The objects hold traffic in the standby, so losing them sends it back. */
const meaning = ({ primary }: WatchPlan, { active }: State, spare: boolean): string => {
  if (active === primary) return spare ? 'no other may be lost' : 'no failover can be made';
  return spare
    ? `if one more is lost, traffic goes back to ${primary} by itself`
    : `traffic may already go back to ${primary} by itself`;
};

/** The call for a person when fewer switches can be written than at the last look; else null. */
export const switchLoss = (
  plan: WatchPlan,
  state: State,
  before: Preflight,
  now: Preflight,
): FailoverNotice | null => {
  if (plan.switch.driver !== 'quorum' || now === null) return null;
  const { writable, needed, of } = now.value;
  if (writable >= (before?.value.writable ?? of)) return null;
  const { service } = plan;
  const { phase, active, other, epoch } = state;
  return {
    ...{ service, phase, active, other, epoch, approval: null, execution: null },
    notice: 'page',
    // A switch that comes and goes is told of once an hour.
    key: `switch-${epoch}-${writable}-${Math.floor(now.atMs / HOUR_MS)}`,
    atMs: now.atMs,
    why: `${now.source}: ${meaning(plan, state, writable >= needed)}`,
  };
};
