/**
 * The evaluator on virtual time: keeps the stored state, feeds it votes and step results through
 * the product's own step function, has facts gathered, and looks after moves that stand still.
 */
import { abandonment } from '../../core/failover/abandon.ts';
import { resume } from '../../core/failover/machine.ts';
import type { Action, Event, Execution } from '../../core/failover/states.ts';
import { type Facts, NO_FACTS, type Serving } from '../../core/failover/view.ts';
import type { Vote } from '../../core/health/vote.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { WatchState } from '../../events/watchState.ts';
import type { Advance, Incoming } from '../../functions/_advance.ts';
import { areOld } from '../../functions/_facts.ts';
import { sha256 } from '../../functions/_sha256.ts';
import type { Traffic } from '../faults/traffic.ts';
import type { Agenda } from './agenda.ts';
import type { Rules } from './rules.ts';
import { planOf, type Setup, START_MS } from './setup.ts';
import { aheadMs, factsAt } from './surroundings.ts';

export type Applied = {
  readonly atMs: number;
  readonly step: Advance;
  readonly before: WatchState | null;
};

type Needs = {
  readonly traffic: Traffic;
  readonly setup: Setup;
  readonly rules: Rules;
  readonly agenda: Agenda;
  /** Hears of every step, before its actions are carried out. */
  readonly applied: (applied: Applied) => void;
  /** Where the switch sends clients. */
  readonly serving: () => Serving | null;
  readonly start: (execution: Execution, atMs: number) => void;
  readonly statusOf: (execution: Execution) => 'running' | 'ended' | 'unknown';
};

const TICK_MS = 60_000;
const GATHER_MS = 1_500;
const PATIENCE_MS = 5_000;
/** A step that stands still for so long is worth a question: functions/evaluate/rescue.ts. */
const STILL_MS = 15_000;
/** Most steps between any phase and rest: functions/finish/run.ts. */
const ENDINGS_MAX = 4;

type Mind = Needs & {
  readonly plan: WatchPlan;
  stored: WatchState | null;
  facts: Facts;
  askedAtMs: number;
  rescuedAtMs: number;
};

const clockAt = ({ traffic }: Needs, atMs: number): number =>
  START_MS + atMs + aheadMs(traffic.timeline().at(atMs), 'controller');

const gather = (mind: Mind, atMs: number): void => {
  const { stored, plan, traffic } = mind;
  const active = stored?.state.active ?? plan.primary;
  const other = stored?.state.other ?? plan.standby;
  const nowMs = clockAt(mind, atMs);
  const value = mind.serving();
  const serving = value && { value, source: 'preflight', atMs: nowMs };
  mind.facts = { ...factsAt(traffic, { active, other }, atMs, nowMs), serving };
};

const ask = (mind: Mind, atMs: number): void => {
  mind.askedAtMs = atMs;
  mind.agenda.put(atMs + GATHER_MS, 'facts', (ms) => gather(mind, ms));
};

const only = (event: Event): Incoming => ({ kind: 'events', events: [event] });

type Asked = { readonly decisionId: string; readonly epoch: number };

const approve = (mind: Mind, { decisionId, epoch }: Asked, atMs: number): void => {
  const { approvesAfterMs } = mind.setup;
  if (approvesAfterMs === null) return;
  mind.agenda.put(atMs + approvesAfterMs, 'approval', (ms) =>
    apply(mind, only({ kind: 'approved', nowMs: clockAt(mind, ms), decisionId, epoch }), ms),
  );
};

const carryOut = (mind: Mind, action: Action, atMs: number): void => {
  if (action.do === 'prepare') ask(mind, atMs);
  else if (action.do === 'start') mind.start(action.execution, atMs);
  else if (action.do === 'ask-approval') approve(mind, action, atMs);
};

const apply = (mind: Mind, incoming: Incoming, atMs: number, mayGather = true): void => {
  const { plan, stored, facts, rules } = mind;
  const nowMs = clockAt(mind, atMs);
  const isDone = () => true;
  const step = rules.advance(
    { plan, stored, facts, nowMs, hash: sha256, isDone, mayGather },
    incoming,
  );
  if (step.gather) {
    // The decision waits for facts; what came in is taken again with them.
    mind.agenda.put(atMs + GATHER_MS, 'gathered', (ms) => {
      gather(mind, ms);
      apply(mind, incoming, ms, false);
    });
    return;
  }
  if (step.changed) mind.stored = step.next;
  mind.applied({ atMs, step, before: stored });
  for (const action of step.actions) carryOut(mind, action, atMs);
};

/** Has the facts gathered anew if a decision may come: functions/evaluate/readiness.ts. */
const renew = (mind: Mind, atMs: number): void => {
  const { stored, plan, facts } = mind;
  const phase = stored?.state.phase ?? 'STEADY';
  const wanted =
    ['SUSPECT', 'HOLD_BOTH', 'AWAIT_APPROVAL'].includes(phase) ||
    (phase === 'FAILBACK_READY' && plan.failover.failback === 'auto');
  if (!wanted || !areOld(facts, plan, clockAt(mind, atMs))) return;
  if (atMs - mind.askedAtMs >= PATIENCE_MS) ask(mind, atMs);
};

/** Tells the machine of a move that has ended without saying how. */
const abandon = (mind: Mind, { name }: Execution, why: string, atMs: number): void => {
  for (let ending = 0; ending < ENDINGS_MAX; ending++) {
    const { stored } = mind;
    const told = stored && abandonment(stored.state, name, why, clockAt(mind, atMs));
    if (told === null) return;
    apply(mind, only(told), atMs);
  }
};

const rescue = (mind: Mind, atMs: number): void => {
  const state = mind.stored?.state;
  if (!state?.execution || resume(state).length === 0) return;
  const stillMs = clockAt(mind, atMs) - state.phaseSinceMs;
  if (stillMs < STILL_MS || atMs - mind.rescuedAtMs < STILL_MS) return;
  mind.rescuedAtMs = atMs;
  const status = mind.statusOf(state.execution);
  if (status === 'ended') abandon(mind, state.execution, 'ended without saying how', atMs);
  else if (status === 'unknown') mind.start(state.execution, atMs);
};

const judge = (mind: Mind, votes: readonly Vote[], atMs: number): void => {
  apply(mind, { kind: 'votes', votes }, atMs);
  renew(mind, atMs);
  rescue(mind, atMs);
};

/** Until when a machine at rest stays as it is while nothing happens; null when it is not at rest. */
const restsUntilMs = ({ stored, plan }: Mind): number | null => {
  const { phase, flips } = stored?.state ?? {};
  const { failback, soakMs } = plan.failover;
  if (phase === 'STEADY' || (phase === 'FAILBACK_READY' && failback === 'manual')) {
    return Number.POSITIVE_INFINITY;
  }
  const flip = flips?.at(-1);
  return phase === 'STABILIZE' && flip ? flip.atMs + soakMs - START_MS : null;
};

/** Until when more votes of the same mind would change nothing; null when they might now. */
const quietUntilMs = (mind: Mind): number | null => {
  const { stored } = mind;
  const state = stored?.state;
  if (!state || state.execution !== null) return null;
  const calm =
    state.troubleSinceMs === null &&
    state.alarm === null &&
    state.clearSinceMs !== null &&
    state.unknownSinceMs === null;
  const votes = stored?.votes ?? [];
  const well = votes.every((each) => each.vote === 'UP' && each.doubtSinceMs === null);
  return calm && well ? restsUntilMs(mind) : null;
};

export const openController = (needs: Needs) => {
  const { setup, traffic, agenda } = needs;
  const mind: Mind = {
    ...needs,
    plan: planOf(setup, traffic.places),
    stored: null,
    facts: NO_FACTS,
    askedAtMs: Number.NEGATIVE_INFINITY,
    rescuedAtMs: Number.NEGATIVE_INFINITY,
  };

  const tick = (atMs: number): void => {
    agenda.put(atMs + TICK_MS, 'tick', tick);
    gather(mind, atMs);
    judge(mind, [], atMs);
  };

  return {
    plan: mind.plan,
    stored: () => mind.stored,
    clockAt: (atMs: number) => clockAt(mind, atMs),
    tick,
    judge: (votes: readonly Vote[], atMs: number) => judge(mind, votes, atMs),
    abandon: (execution: Execution, why: string, atMs: number) =>
      abandon(mind, execution, why, atMs),
    tell: (events: readonly Event[], atMs: number) => apply(mind, { kind: 'events', events }, atMs),
    alarm: (region: string, ringing: boolean, atMs: number): void => {
      const nowMs = clockAt(mind, atMs);
      apply(mind, only({ kind: 'alarm', nowMs, region, ringing, source: 'other' }), atMs);
    },
    quietUntilMs: () => quietUntilMs(mind),
    /** As if such votes had come all the while. */
    shift: (byMs: number): void => {
      const { stored } = mind;
      if (stored === null) return;
      const votes = stored.votes.map((vote) => ({ ...vote, atMs: vote.atMs + byMs }));
      mind.stored = { ...stored, votes, savedAtMs: stored.savedAtMs + byMs };
      mind.askedAtMs += byMs;
    },
  };
};

export type Controller = ReturnType<typeof openController>;
