/** Whether a promotion may start, and what must stop one that is under way. */
import { isIdle, NOT_IN_CHARGE } from '../failover/charge.ts';
import { openWindow } from '../failover/maintenance.ts';
import type { State } from '../failover/states.ts';

type Standing = Pick<State, 'phase' | 'charge'>;

export type PromotionWish = {
  readonly nowMs: number;
  /** Null where nobody watches the service. */
  readonly state: Standing | null;
  /** When the watch was last heard of. */
  readonly heardMs: number;
  readonly alarm: string | null;
  readonly maintenance: readonly string[];
  readonly timeZone: string;
  /** Another promotion, or a rehearsal, that has the place. */
  readonly other: string | null;
  /** Regions that are not seen UP, with why. */
  readonly notUp: readonly string[];
};

/** A watch that has not been heard of for this long does not watch. */
const SILENT_MS = 180_000;

/** What has to be over before anything may be promoted; null when nothing. */
export const stopperOf = (state: Standing): string | null => {
  if (isIdle(state)) return NOT_IN_CHARGE;
  const { phase } = state;
  if (phase === 'STEADY') return null;
  return phase === 'STABILIZE' || phase === 'FAILBACK_READY'
    ? 'traffic is away from home'
    : `the watch is in ${phase}, not at rest`;
};

/** Why not; null when it may. */
export const whyNotPromote = (wish: PromotionWish): string | null => {
  const { state, nowMs, heardMs, alarm, maintenance, timeZone, other, notUp } = wish;
  if (state === null || nowMs - heardMs > SILENT_MS) {
    return 'nobody watches the service: run failover watch';
  }
  const stopper = stopperOf(state);
  if (stopper !== null) return stopper;
  if (other !== null) return `${other} is still under way`;
  if (alarm !== null) return `an alarm rings: ${alarm}`;
  const window = openWindow(maintenance, nowMs, timeZone);
  if (window !== undefined) return `maintenance window "${window}" is open`;
  return notUp.length === 0 ? null : notUp.join('; ');
};
