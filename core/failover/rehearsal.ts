/**
 * Rehearsals of a failover: whether one may start, and the word for how it ended. The words are
 * those of practice runs in Amazon's zonal autoshift; SKIPPED is ours.
 */
import { isIdle, NOT_IN_CHARGE } from './charge.ts';
import { openWindow } from './maintenance.ts';
import type { State } from './states.ts';

export type Depth = 'replay' | 'shadow' | 'canary' | 'full';

export type RehearsalOutcome =
  | 'PENDING'
  | 'SUCCEEDED'
  | 'INTERRUPTED'
  | 'FAILED'
  | 'CAPACITY_CHECK_FAILED'
  | 'SKIPPED';

export type RehearsalWish = {
  readonly nowMs: number;
  readonly depth: Depth;
  readonly state: Pick<State, 'phase' | 'charge'>;
  /** Names of alarms that forbid a rehearsal and are ringing. */
  readonly blockingAlarms: readonly string[];
  /** Only inside this window; null is at any time. */
  readonly window: string | null;
  readonly maintenance: readonly string[];
  readonly timeZone: string;
  readonly deployInProgress: boolean;
  readonly otherRehearsal: string | null;
  readonly standbyCapacity: { readonly ready: number; readonly wanted: number } | null;
};

export type RehearsalStart =
  | { readonly start: true }
  | {
      readonly start: false;
      readonly outcome: 'SKIPPED' | 'CAPACITY_CHECK_FAILED';
      readonly why: string;
    };

/**
 * Whether a rehearsal may start now. One that only decides again changes nothing and always may.
 */
export const mayRehearse = (wish: RehearsalWish): RehearsalStart => {
  if (wish.depth === 'replay') return { start: true };
  const skip = (why: string): RehearsalStart => ({ start: false, outcome: 'SKIPPED', why });
  const { nowMs, timeZone, window, standbyCapacity, state } = wish;
  if (isIdle(state)) return skip(NOT_IN_CHARGE);
  if (state.phase !== 'STEADY')
    return skip(`the service is in ${state.phase}, not at rest at home`);
  if (wish.otherRehearsal !== null) return skip(`${wish.otherRehearsal} is still under way`);
  const ringing = wish.blockingAlarms.join(', ');
  if (ringing !== '') return skip(`blocking alarms ring: ${ringing}`);
  if (wish.deployInProgress) return skip('a deployment is under way');
  if (window !== null && openWindow([window], nowMs, timeZone) === undefined) {
    return skip(`outside of the window ${window}`);
  }
  const closed = openWindow(wish.maintenance, nowMs, timeZone);
  if (closed !== undefined) return skip(`maintenance window "${closed}" is open`);
  if (standbyCapacity !== null && standbyCapacity.ready < standbyCapacity.wanted) {
    const { ready, wanted } = standbyCapacity;
    const why = `${ready} of ${wanted} tasks are ready in the standby`;
    return { start: false, outcome: 'CAPACITY_CHECK_FAILED', why };
  }
  return { start: true };
};

export type RehearsalRun = {
  readonly ended: boolean;
  /** What stopped it early: a real suspicion, a blocking alarm, a closed window, an operator. */
  readonly interruptedBy: string | null;
  readonly faultTargets: number | null;
  readonly verified: boolean;
  readonly rtoMs: number | null;
  readonly rtoMaxMs: number | null;
  /** How long success signals failed again after they had come back, up to the end. */
  readonly relapsesMs: number;
  readonly reverted: boolean;
  /** What it moved is another controller's to bring home; only of one that was interrupted. */
  readonly passedOn: boolean;
  readonly configHashBefore: string;
  readonly configHashAfter: string | null;
};

export type RehearsalVerdict = { readonly outcome: RehearsalOutcome; readonly why: string };

/**
 * How a rehearsal ended. What is not as it was before is a failure, whatever else went well, and
 * even when something else stopped it. The signals must come back inside the RTO and stay good to
 * the end.
 */
export const judgeRehearsal = (run: RehearsalRun): RehearsalVerdict => {
  if (!run.ended) return { outcome: 'PENDING', why: 'not finished' };
  const fail = (why: string): RehearsalVerdict => ({ outcome: 'FAILED', why });
  const isOthers = run.passedOn && run.interruptedBy !== null;
  if (!run.reverted && !isOthers) return fail('the switch was not put back');
  if (run.configHashAfter !== run.configHashBefore) {
    return fail('the configuration after it is not the one before');
  }
  if (run.interruptedBy !== null) {
    const then = run.passedOn
      ? ': whoever is in charge brings home what it moved'
      : ', and put back';
    return { outcome: 'INTERRUPTED', why: `stopped by ${run.interruptedBy}${then}` };
  }
  if (run.faultTargets === 0) return fail('the fault hit nothing, so nothing was rehearsed');
  if (!run.verified) return fail('the flip was not verified from outside');
  if (run.rtoMaxMs !== null && (run.rtoMs === null || run.rtoMs > run.rtoMaxMs)) {
    return fail(`RTO ${run.rtoMs ?? 'unknown'} ms is over ${run.rtoMaxMs} ms`);
  }
  if (run.relapsesMs > 0) return fail(`it was bad again for ${run.relapsesMs} ms`);
  return { outcome: 'SUCCEEDED', why: 'flipped, verified, put back' };
};
