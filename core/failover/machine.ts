/**
 * The failover machine: `(state, event, settings) -> { state, actions }`. It has no clock and calls
 * nothing. Handlers carry the actions out and feed the results back; a result that comes twice,
 * late or out of order changes nothing. A process that was killed asks `resume` what it was doing.
 */

import { isIdle, onCharge } from './charge.ts';
import { executionName } from './names.ts';
import type { Plan } from './plan.ts';
import type { FailoverSettings } from './settings.ts';
import {
  type Action,
  type Event,
  type Execution,
  enter,
  type Phase,
  restingPhase,
  type State,
  type Step,
  unchanged,
} from './states.ts';
import { isOrdered, isWantedAway } from './view.ts';
import { onAlarm, onApproved, onOrder, onVerdicts } from './watching.ts';

type Planned = Extract<Event, { kind: 'planned' }>;
type Lease = Extract<Event, { kind: 'lease' }>;
type Verified = Extract<Event, { kind: 'verified' }>;
type Moved = Extract<Event, { kind: 'flipped' | 'rolledBack' }>;

/** Longest memory of flips: they count against a limit per day. */
const FLIPS_KEPT = 50;

/**
 * What a plan that does not move is known by: the gates, not their words, which change by the
 * second.
 */
const heldBy = ({ plan, gates }: Plan): string =>
  [plan, ...gates.filter(({ ok }) => !ok).map(({ gate }) => gate)].join(' ');

const askApproval = (state: State, event: Planned, settings: FailoverSettings): Step => {
  const { nowMs, plan, decisionId } = event;
  const expiresAtMs = nowMs + settings.approvalTtlMs;
  const approval = { decisionId, epoch: state.epoch, expiresAtMs };
  return {
    state: { ...enter(state, 'AWAIT_APPROVAL', nowMs), approval },
    actions: [
      { do: 'ask-approval', ...approval },
      { do: 'notify', notice: 'approval', why: plan.reason },
    ],
  };
};

const phaseWhenHeld = (state: State, plan: Plan): Phase => {
  if (state.cause === 'failback') return 'FAILBACK_READY';
  if (isWantedAway(state.cause) && state.troubleSinceMs === null) return restingPhase(state);
  return plan.plan === 'hold' ? 'HOLD_BOTH' : 'SUSPECT';
};

const notMoving = (before: State, event: Planned, settings: FailoverSettings): Step => {
  const { nowMs, plan } = event;
  // An approval outlasts such a wait, which the next probes end; it does not outlast a refusal.
  if (plan.plan === 'wait' && !isOrdered(before.cause))
    return unchanged(enter(before, 'SUSPECT', nowMs));
  const held = heldBy(plan);
  const state = { ...before, held, approved: false };
  if (plan.plan === 'approve') return askApproval(state, event, settings);
  const phase = phaseWhenHeld(state, plan);
  const told: Action = { do: 'notify', notice: 'held', why: plan.reason };
  const page: Action[] = phase === 'HOLD_BOTH' ? [{ do: 'page', why: plan.reason }] : [];
  return {
    state: enter(state, phase, nowMs),
    actions: before.held === held ? [] : [...page, told],
  };
};

const onPlanned = (state: State, event: Planned, settings: FailoverSettings): Step => {
  const { nowMs, plan, decisionId, epoch } = event;
  if (state.phase !== 'EVALUATE' || epoch !== state.epoch || state.cause === null) {
    return unchanged(state);
  }
  const moves = plan.plan === 'flip' || plan.plan === 'restore';
  if (!moves || plan.to !== state.other) return notMoving(state, event, settings);
  const execution: Execution = {
    name: executionName(settings.service, state.epoch, state.attempt),
    decisionId,
    cause: state.cause,
    from: state.active,
    to: state.other,
    epoch: state.epoch + 1,
    automatic: !isWantedAway(state.cause) && !state.approved,
  };
  return {
    state: { ...enter(state, 'ACQUIRE', nowMs), execution, held: null },
    actions: [
      { do: 'start', execution },
      { do: 'notify', notice: 'decided', why: plan.reason },
    ],
  };
};

const failed = (state: State, execution: Execution, why: string, nowMs: number): Step => ({
  state: { ...enter(state, 'HOLD', nowMs), execution: null, held: why },
  actions: [
    { do: 'finish', execution, outcome: 'failed' },
    { do: 'page', why },
    { do: 'notify', notice: 'failed', why },
  ],
});

const onLease = (state: State, execution: Execution, { won, nowMs }: Lease): Step => {
  if (won) {
    return {
      state: { ...enter(state, 'FENCE', nowMs), epoch: execution.epoch, attempt: 1 },
      actions: [{ do: 'fence', execution }],
    };
  }
  // Another executor holds it. It will move, or its lease will end; this one does nothing more.
  const phase = execution.cause === 'failback' ? 'FAILBACK_READY' : 'SUSPECT';
  return {
    state: { ...enter(state, phase, nowMs), execution: null, attempt: state.attempt + 1 },
    actions: [{ do: 'finish', execution, outcome: 'failed' }],
  };
};

/** Traffic has moved: roles swap. */
const swapped = (
  { leftAway: _, ...state }: State,
  flip: State['flips'][number],
  nowMs: number,
): State => ({
  ...state,
  active: state.other,
  other: state.active,
  epoch: flip.epoch,
  alarm: null,
  troubleSinceMs: null,
  episodes: 0,
  clearSinceMs: nowMs,
  flips: [...state.flips, flip].slice(-FLIPS_KEPT),
});

const onFlipped = (state: State, execution: Execution, { done, why, nowMs }: Moved): Step => {
  if (!done) return failed(state, execution, why, nowMs);
  const { epoch, to, automatic } = execution;
  return {
    state: enter(swapped(state, { epoch, atMs: nowMs, to, automatic }, nowMs), 'VERIFY', nowMs),
    actions: [
      { do: 'verify', execution },
      { do: 'notify', notice: 'flipped', why: `${to} answers at epoch ${epoch}` },
    ],
  };
};

const onVerified = (state: State, execution: Execution, event: Verified): Step => {
  const { nowMs, ok, oldSideNoWorse, why } = event;
  if (ok) {
    return {
      state: enter(state, restingPhase(state), nowMs),
      actions: [
        { do: 'finish', execution, outcome: 'done' },
        { do: 'notify', notice: 'verified', why },
      ],
    };
  }
  if (!oldSideNoWorse) return failed(state, execution, why, nowMs);
  const back = { ...execution, epoch: execution.epoch + 1 };
  return {
    state: { ...enter(state, 'ROLLBACK_FLIP', nowMs), execution: back },
    actions: [{ do: 'roll-back', execution: back }],
  };
};

/** One attempt only; whether or not it succeeded, a person has to look. It is no automatic flip. */
const onRolledBack = (state: State, execution: Execution, event: Moved): Step => {
  const { done, why, nowMs } = event;
  const { epoch, from } = execution;
  const flip = { epoch, atMs: nowMs, to: from, automatic: false };
  return failed(done ? swapped(state, flip, nowMs) : { ...state, epoch }, execution, why, nowMs);
};

const onStep = (state: State, event: Exclude<Event, { kind: WatchKind }>): Step => {
  const { execution, phase } = state;
  if (execution === null || event.execution !== execution.name) return unchanged(state);
  const { nowMs } = event;
  if (event.kind === 'fenced' && phase === 'FENCE') {
    return { state: enter(state, 'SCALE', nowMs), actions: [{ do: 'scale', execution }] };
  }
  if (event.kind === 'lease' && phase === 'ACQUIRE') return onLease(state, execution, event);
  if (event.kind === 'scaled' && phase === 'SCALE') {
    if (!event.enough) return failed(state, execution, event.why, nowMs);
    const next = execution.cause === 'failback' ? 'FAILBACK_SHIFT' : 'FLIP';
    return { state: enter(state, next, nowMs), actions: [{ do: 'flip', execution }] };
  }
  if (event.kind === 'flipped' && (phase === 'FLIP' || phase === 'FAILBACK_SHIFT')) {
    return onFlipped(state, execution, event);
  }
  if (event.kind === 'verified' && phase === 'VERIFY') return onVerified(state, execution, event);
  if (event.kind === 'rolledBack' && phase === 'ROLLBACK_FLIP') {
    return onRolledBack(state, execution, event);
  }
  return unchanged(state);
};

/**
 * A write of the switch that was given up for failed, or came when its move had been given up, has
 * taken effect after all; or one that was accepted has not: what clients get is what counts. The
 * region they are sent to is the one to watch from now on.
 */
const onFound = (state: State, { nowMs, serving }: Extract<Event, { kind: 'found' }>): Step => {
  const { execution, epoch, active, other, cause, approved, phase, flips } = state;
  if (execution !== null || serving.region !== other || serving.epoch > epoch) {
    return unchanged(state);
  }
  const took = serving.epoch === epoch;
  // The other way round: the flip of this epoch was accepted, and what was accepted is not there.
  const last = flips.at(-1);
  const lost = !took && last?.epoch === epoch && last.to === active;
  if (!took && !lost) return unchanged(state);
  const automatic = took && !isWantedAway(cause) && !approved;
  const swap = swapped(state, { epoch, atMs: nowMs, to: other, automatic }, nowMs);
  // One that was lost has moved nobody: it does not stand in the way of another try.
  const moved = took ? swap : { ...swap, flips: flips.slice(0, -1) };
  const why = took
    ? `clients are sent to ${other}: a write at epoch ${epoch} that had been given up took effect`
    : `clients are still sent to ${other}: the write at epoch ${epoch} was accepted and is lost`;
  return {
    state: enter(moved, phase === 'HOLD' ? 'HOLD' : restingPhase(moved), nowMs),
    actions: [
      { do: 'page', why },
      ...(took ? [{ do: 'notify', notice: 'flipped', why } as const] : []),
    ],
  };
};

type WatchKind = 'verdicts' | 'alarm' | 'order' | 'planned' | 'approved' | 'found' | 'charge';

const WATCHING: ReadonlySet<string> = new Set<WatchKind>([
  'verdicts',
  'alarm',
  'order',
  'planned',
  'approved',
  'found',
]);

const isWatching = ({ kind }: Event): boolean => WATCHING.has(kind);

export const reduce = (state: State, event: Event, settings: FailoverSettings): Step => {
  if (event.kind === 'charge') return onCharge(state, event, settings);
  // Whoever is not in charge ends what was under way, and begins nothing.
  if (isIdle(state) && isWatching(event)) return unchanged(state);
  switch (event.kind) {
    case 'verdicts':
      return onVerdicts(state, event, settings);
    case 'alarm':
      return onAlarm(state, event);
    case 'order':
      return onOrder(state, event.order, event.nowMs);
    case 'planned':
      return onPlanned(state, event, settings);
    case 'approved':
      return onApproved(state, event);
    case 'found':
      return onFound(state, event);
    default:
      return onStep(state, event);
  }
};

/**
 * What a process that finds this state, after a crash, has to do again. All of it is idempotent.
 */
export const resume = (state: State): Action[] => {
  const { execution, cause, approved, approval, phase } = state;
  if (phase === 'EVALUATE' && cause !== null) return [{ do: 'plan', cause, approved }];
  if (phase === 'AWAIT_APPROVAL' && approval !== null) return [{ do: 'ask-approval', ...approval }];
  if (execution === null) return [];
  switch (phase) {
    case 'ACQUIRE':
      return [{ do: 'start', execution }];
    case 'FENCE':
      return [{ do: 'fence', execution }];
    case 'SCALE':
      return [{ do: 'scale', execution }];
    case 'FLIP':
    case 'FAILBACK_SHIFT':
      return [{ do: 'flip', execution }];
    case 'VERIFY':
      return [{ do: 'verify', execution }];
    case 'ROLLBACK_FLIP':
      return [{ do: 'roll-back', execution }];
    default:
      return [];
  }
};
