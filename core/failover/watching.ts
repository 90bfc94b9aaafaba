/** The phases in which nothing is being moved: what verdicts, alarms and orders lead to. */
import type { Verdict } from '../health/verdict.ts';
import { confirmedCause, troubleSinceMs } from './confirm.ts';
import type { FailoverSettings } from './settings.ts';
import {
  type Action,
  enter,
  goesHome,
  type Order,
  restingPhase,
  type State,
  type Step,
  unchanged,
} from './states.ts';
import type { Cause } from './view.ts';

type Verdicts = { readonly nowMs: number; readonly active: Verdict; readonly other: Verdict };

const evaluate = (state: State, cause: Cause, nowMs: number, approved = state.approved): Step => ({
  state: { ...enter(state, 'EVALUATE', nowMs), cause, approved },
  actions: [{ do: 'plan', cause, approved }],
});

/** Keeps the account of trouble: since when, how often, and since when there is none. */
const accounted = (before: State, active: Verdict, nowMs: number): State => {
  const unknown = active.state === 'UNKNOWN';
  const state = { ...before, unknownSinceMs: unknown ? (before.unknownSinceMs ?? nowMs) : null };
  const since = troubleSinceMs(active);
  if (since === null) return { ...state, clearSinceMs: state.clearSinceMs ?? nowMs };
  const fresh = state.clearSinceMs !== null;
  return {
    ...state,
    clearSinceMs: null,
    troubleSinceMs: state.troubleSinceMs ?? since,
    episodes: state.episodes + (fresh ? 1 : 0),
  };
};

/** After this an alarm that nobody took back says nothing any more. */
const ALARM_MS = 3_600_000;

const isClear = (state: State, nowMs: number, { clearMs }: FailoverSettings): boolean =>
  (state.alarm === null || nowMs - state.alarm.atMs >= ALARM_MS) &&
  state.clearSinceMs !== null &&
  nowMs - state.clearSinceMs >= clearMs;

/** Observers take seconds to start, and more where they all start at once. */
const BLIND_MS_MIN = 10_000;

/** How long a detector may know nothing before that is a fault of its own. */
const blindMs = ({ confirm }: FailoverSettings): number => Math.max(confirm.downMs, BLIND_MS_MIN);

/**
 * Observers that begin, or begin again, are heard one after the other: not to know, with nothing
 * that speaks against the region, becomes a suspicion only when it has lasted.
 */
const patienceMs = (active: Verdict, settings: FailoverSettings): number =>
  active.state === 'UNKNOWN' && active.doubtSinceMs === null
    ? blindMs(settings)
    : settings.suspectMs;

const atRest = (state: State, verdicts: Verdicts, settings: FailoverSettings): Step => {
  const { nowMs, active, other } = verdicts;
  const since = state.unknownSinceMs ?? troubleSinceMs(active);
  if (since !== null && nowMs - since >= patienceMs(active, settings)) {
    const suspected = suspect(state, active.why, nowMs);
    // What is confirmed already, as after a restart, need not wait.
    const next = whileSuspect(suspected.state, verdicts, settings);
    return { state: next.state, actions: [...suspected.actions, ...next.actions] };
  }
  if (isClear(state, nowMs, settings) && state.troubleSinceMs !== null) {
    return unchanged({ ...state, troubleSinceMs: null, episodes: 0 });
  }
  return state.active === state.home
    ? unchanged(state)
    : failbackReady(state, other, nowMs, settings);
};

const suspect = (state: State, why: string, nowMs: number): Step => ({
  state: enter(state, 'SUSPECT', nowMs),
  actions: [
    { do: 'interrupt-rehearsal' },
    { do: 'prepare' },
    // With the region: by the time it is told, another one may serve.
    { do: 'notify', notice: 'suspect', why: `${state.active}: ${why}` },
  ],
});

const failbackReady = (
  state: State,
  home: Verdict,
  nowMs: number,
  settings: FailoverSettings,
): Step => {
  const lastFlipMs = state.flips.at(-1)?.atMs ?? state.phaseSinceMs;
  // A rehearsal fled from nothing that could come back: only home itself has to be well.
  const soaked = state.leftAway === true || nowMs - lastFlipMs >= settings.soakMs;
  const ready =
    home.state === 'UP' &&
    home.doubtSinceMs === null &&
    home.sinceMs !== null &&
    nowMs - home.sinceMs >= settings.homeUpMs &&
    soaked;
  if (state.phase === 'FAILBACK_READY') {
    if (!ready) return unchanged(enter(state, 'STABILIZE', nowMs));
    return goesHome(state, settings) ? evaluate(state, 'failback', nowMs) : unchanged(state);
  }
  if (!ready) return unchanged(state);
  const entered = enter(state, 'FAILBACK_READY', nowMs);
  const told: Action = { do: 'notify', notice: 'failback-ready', why: `${home.region} is well` };
  if (!goesHome(state, settings)) return { state: entered, actions: [told] };
  const next = evaluate(entered, 'failback', nowMs);
  return { state: next.state, actions: [told, ...next.actions] };
};

const whileSuspect = (
  state: State,
  { nowMs, active }: Verdicts,
  settings: FailoverSettings,
): Step => {
  if (isClear(state, nowMs, settings)) {
    return {
      state: enter(state, restingPhase(state), nowMs),
      actions: [{ do: 'notify', notice: 'cleared', why: `${state.active}: ${active.why}` }],
    };
  }
  const cause = confirmedCause(state, active, nowMs, settings);
  if (cause !== null) return evaluate(state, cause, nowMs);
  // Observers settle one after the other; only a detector that stays blind is a fault of its own.
  const { unknownSinceMs, held } = state;
  const blind = unknownSinceMs !== null && nowMs - unknownSinceMs >= blindMs(settings);
  return blind && held !== active.state
    ? { state: { ...state, held: active.state }, actions: [{ do: 'page', why: active.why }] }
    : unchanged(state);
};

const awaiting = (state: State, verdicts: Verdicts, settings: FailoverSettings): Step => {
  const { nowMs } = verdicts;
  const expired = state.approval === null || nowMs >= state.approval.expiresAtMs;
  if (!expired && !isClear(state, nowMs, settings)) return unchanged(state);
  return whileSuspect({ ...enter(state, 'SUSPECT', nowMs), approval: null }, verdicts, settings);
};

const holding = (state: State, verdicts: Verdicts, settings: FailoverSettings): Step => {
  const { nowMs, active, other } = verdicts;
  if (state.phase === 'HOLD_BOTH') {
    const anyUp = active.state === 'UP' || other.state === 'UP';
    return anyUp
      ? whileSuspect(enter(state, 'SUSPECT', nowMs), verdicts, settings)
      : unchanged(state);
  }
  return isClear(state, nowMs, settings)
    ? {
        state: enter(state, restingPhase(state), nowMs),
        actions: [{ do: 'notify', notice: 'cleared', why: `${state.active}: ${active.why}` }],
      }
    : unchanged(state);
};

/** Verdicts over both regions. While something is being moved, they only keep the account. */
export const onVerdicts = (before: State, verdicts: Verdicts, settings: FailoverSettings): Step => {
  const named = verdicts.active.region === before.active && verdicts.other.region === before.other;
  if (!named) return unchanged(before);
  const state = accounted(before, verdicts.active, verdicts.nowMs);
  switch (state.phase) {
    case 'STEADY':
    case 'STABILIZE':
    case 'FAILBACK_READY':
      return atRest(state, verdicts, settings);
    case 'SUSPECT':
      return whileSuspect(state, verdicts, settings);
    case 'AWAIT_APPROVAL':
      return awaiting(state, verdicts, settings);
    case 'HOLD_BOTH':
    case 'HOLD':
      return holding(state, verdicts, settings);
    default:
      return unchanged(state);
  }
};

/** An alarm of another system. It can only raise suspicion; the quorum still has to agree. */
export const onAlarm = (
  state: State,
  alarm: { nowMs: number; region: string; ringing: boolean; source: string },
): Step => {
  if (alarm.region !== state.active) return unchanged(state);
  if (!alarm.ringing)
    return unchanged(state.alarm?.source === alarm.source ? { ...state, alarm: null } : state);
  const rung = { ...state, alarm: { source: alarm.source, atMs: alarm.nowMs } };
  const resting = ['STEADY', 'STABILIZE', 'FAILBACK_READY'].includes(state.phase);
  return resting ? suspect(rung, `alarm of ${alarm.source}`, alarm.nowMs) : unchanged(rung);
};

/** A person's order. The gates still apply, but for those that only keep the machine in check. */
export const onOrder = (state: State, order: Order, nowMs: number): Step => {
  if (order === 'back') {
    const possible = ['STABILIZE', 'FAILBACK_READY', 'HOLD'].includes(state.phase);
    return possible && state.active !== state.home
      ? evaluate(state, 'failback', nowMs, true)
      : unchanged(state);
  }
  const possible = ['STEADY', 'SUSPECT', 'AWAIT_APPROVAL', 'HOLD', 'HOLD_BOTH'].includes(
    state.phase,
  );
  return possible && state.active === state.home
    ? evaluate(state, order === 'flip' ? 'operator' : 'rehearsal', nowMs, true)
    : unchanged(state);
};

/** An approval that was checked before (core/failover/approval.ts): the gates are asked again. */
export const onApproved = (
  state: State,
  approved: { nowMs: number; decisionId: string; epoch: number },
): Step => {
  const { approval, phase, cause } = state;
  const fits =
    phase === 'AWAIT_APPROVAL' &&
    cause !== null &&
    approval !== null &&
    approval.decisionId === approved.decisionId &&
    approval.epoch === approved.epoch &&
    approved.nowMs < approval.expiresAtMs;
  return fits
    ? evaluate({ ...state, approval: null }, cause, approved.nowMs, true)
    : unchanged(state);
};
