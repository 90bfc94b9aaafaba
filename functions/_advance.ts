/**
 * One step of a watch: what was stored, and what came in, give what is to be stored and done. It
 * reads and writes nothing, so a step that lost against another is simply taken again.
 */
import {
  type Decision,
  type DecisionInput,
  decide,
  decisionId,
} from '../core/evidence/decision.ts';
import { chargedBy } from '../core/failover/charge.ts';
import { reduce } from '../core/failover/machine.ts';
import {
  type Action,
  type Event,
  initialState,
  restingPhase,
  type State,
} from '../core/failover/states.ts';
import type { Facts } from '../core/failover/view.ts';
import { judgeRegion, LOCAL_OBSERVER, type Verdict } from '../core/health/verdict.ts';
import { CLOCK_SKEW_MAX_MS, type Vote } from '../core/health/vote.ts';
import { areaUnder } from '../core/regions/judge.ts';
import type { WatchPlan } from '../events/watchPlan.ts';
import type { OutboxEntry, StoredDecision, WatchState } from '../events/watchState.ts';
import { areOld } from './_facts.ts';

export type Incoming =
  /** New votes; none of them when only time has passed. */
  | { readonly kind: 'votes'; readonly votes: readonly Vote[] }
  /** Anything else but verdicts, which are judged here; one after the other, stored together. */
  | { readonly kind: 'events'; readonly events: readonly Event[] };

export type Situation = {
  readonly plan: WatchPlan;
  readonly stored: WatchState | null;
  readonly facts: Facts;
  readonly nowMs: number;
  readonly hash: (text: string) => string;
  /** Whether the actions decided in a version have been carried out, as far as is known here. */
  readonly isDone: (version: number) => boolean;
  /** Whether facts that are too old can be had anew before a decision falls for that reason. */
  readonly mayGather: boolean;
};

export type Advance = {
  readonly next: WatchState;
  /** Whether anything has to be written. */
  readonly changed: boolean;
  readonly actions: readonly Action[];
  /** Verdicts that are not what they were. */
  readonly turned: readonly Verdict[];
  readonly decisions: readonly { readonly id: string; readonly decision: StoredDecision }[];
  /** Decided earlier by somebody who may have died before doing it. */
  readonly overdue: readonly OutboxEntry[];
  /** Nothing was decided: the facts of the gates have to be gathered first. */
  readonly gather: boolean;
};

/** What others do not carry out by themselves: the rest are states of the machine. */
const HERE: ReadonlySet<Action['do']> = new Set(['prepare', 'start', 'notify', 'page']);

/** Far longer than carrying out takes; a second time does no harm, but is heard by everybody. */
const OVERDUE_MS = 3_000;
const OUTBOX_MAX = 20;

/** The decision rests on this, and a replay gets the same. */
export const inputOf = (
  { plan, facts, nowMs }: Pick<Situation, 'plan' | 'facts' | 'nowMs'>,
  state: State,
  votes: readonly Vote[],
): DecisionInput => ({
  nowMs,
  health: plan.health,
  settings: plan.failover,
  observers: plan.observers,
  areas: {
    active: areaUnder(state.active, plan.failover.residency),
    other: areaUnder(state.other, plan.failover.residency),
  },
  state,
  votes,
  facts,
});

/** What would be decided now, of whatever is suspected; null before anything was stored. */
export const decisionNow = (situation: Situation): Decision | null => {
  const { stored } = situation;
  return stored === null ? null : decide(inputOf(situation, stored.state, stored.votes));
};

const isOf = (plan: WatchPlan, { observer, target }: Vote): boolean =>
  (plan.observers.length === 0 ? observer === LOCAL_OBSERVER : plan.observers.includes(observer)) &&
  plan.targets.some(({ region }) => region === target);

/**
 * The latest vote of each observer about each region, whatever the order of arrival. A stored vote
 * from the future gives way to any other: a clock that was set right must not be silent until the
 * wrong time has come.
 */
const mergeVotes = (
  { plan, nowMs }: Situation,
  stored: readonly Vote[],
  incoming: readonly Vote[],
): readonly Vote[] => {
  let votes = stored.filter((vote) => isOf(plan, vote));
  for (const vote of incoming) {
    if (!isOf(plan, vote)) continue;
    const same = (other: Vote) => other.observer === vote.observer && other.target === vote.target;
    const kept = votes.find(same);
    const later =
      kept === undefined ||
      vote.atMs > kept.atMs ||
      (kept.atMs - nowMs > CLOCK_SKEW_MAX_MS && vote.atMs !== kept.atMs);
    if (later) votes = [...votes.filter((other) => !same(other)), vote];
  }
  return votes;
};

type Course = {
  state: State;
  gather: boolean;
  readonly actions: Action[];
  readonly decisions: { id: string; decision: StoredDecision }[];
};

/** Feeds one event to the machine, and decides as often as it asks for a decision. */
const feed = (
  course: Course,
  event: Event,
  situation: Situation,
  votes: readonly Vote[],
  before: State,
): void => {
  const { plan, nowMs, hash } = situation;
  const step = reduce(course.state, event, plan.failover);
  course.state = step.state;
  for (const action of step.actions) {
    if (action.do !== 'plan') {
      course.actions.push(action);
      continue;
    }
    const input = inputOf(situation, course.state, votes);
    const decision = decide(input);
    const { mayGather, facts } = situation;
    if (mayGather && decision.plan.plan === 'blocked' && areOld(facts, plan, nowMs)) {
      course.gather = true;
    }
    const id = decisionId(input, hash);
    const { epoch } = course.state;
    const planned = reduce(
      course.state,
      { kind: 'planned', nowMs, epoch, decisionId: id, plan: decision.plan },
      plan.failover,
    );
    course.state = planned.state;
    course.actions.push(...planned.actions);
    // What moves nothing and tells nobody, as a wait for the next probe, need not be kept.
    if (planned.actions.length > 0) {
      course.decisions.push({ id, decision: { input, before, decision } });
    }
  }
};

/** Where clients are sent, if that was read since the machine came to where it stands. */
const foundSince = ({ facts, nowMs }: Situation, { phaseSinceMs }: State): Event | null => {
  const { serving = null } = facts;
  return serving !== null && serving.atMs > phaseSinceMs
    ? { kind: 'found', nowMs, serving: serving.value }
    : null;
};

const isStep = (event: Event): boolean =>
  ['lease', 'fenced', 'scaled', 'flipped', 'verified', 'rolledBack'].includes(event.kind);

const atRest = (state: State): boolean =>
  (state.phase === restingPhase(state) || state.phase === 'FAILBACK_READY') &&
  state.troubleSinceMs === null &&
  state.alarm === null;

/** A step at rest after which nobody has anything to do, and nothing is known that was not. */
export const changesVotesOnly = ({ next, actions, turned, decisions, overdue, gather }: Advance) =>
  atRest(next.state) &&
  !gather &&
  [actions, turned, decisions, overdue, next.outbox].every(({ length }) => length === 0);

/** Most steps change nothing, which a look at the members shows without spelling them out. */
const same = (a: State, b: State): boolean =>
  Object.keys(a).every((key) => Object.is(Reflect.get(a, key), Reflect.get(b, key))) ||
  JSON.stringify(a) === JSON.stringify(b);

/** A vote that was merged is a newer one, so the same votes are the same objects. */
const sameVotes = (a: readonly Vote[], b: readonly Vote[]): boolean =>
  a.length === b.length && a.every((vote, place) => vote === b[place]);

/**
 * Votes are written even if only their time has changed: one counts for three intervals and comes
 * every two, so none of the writes can be left out. A tick or a duplicate that changes nothing
 * writes nothing.
 */
export const advance = (situation: Situation, incoming: Incoming): Advance => {
  const { plan, stored, nowMs, isDone } = situation;
  const two = plan.controllers !== undefined;
  const first = initialState(plan.primary, plan.standby, nowMs);
  const from = chargedBy(stored?.state ?? first, two);
  const before = stored?.before ?? first;
  const old = stored?.votes ?? [];
  const votes = mergeVotes(situation, old, incoming.kind === 'votes' ? incoming.votes : []);
  const course: Course = { state: from, gather: false, actions: [], decisions: [] };
  const events = incoming.kind === 'events' ? incoming.events : [];
  for (const event of events) feed(course, event, situation, votes, before);
  const found = foundSince(situation, course.state);
  if (found !== null) feed(course, found, situation, votes, before);
  let verdicts = stored?.verdicts ?? [];
  let turned: Verdict[] = [];
  if (!events.some(isStep)) {
    const judge = (region: string) =>
      judgeRegion(region, votes, plan.observers, nowMs, plan.health);
    const [active, other] = [judge(course.state.active), judge(course.state.other)];
    feed(course, { kind: 'verdicts', nowMs, active, other }, situation, votes, before);
    turned = [active, other].filter(({ region, state }) => {
      const known = verdicts.find((one) => one.region === region)?.state;
      // A watch that begins knows nothing: that is no news.
      return state !== known && !(known === undefined && state === 'UNKNOWN');
    });
    verdicts = [active, other].map(({ region, state }) => ({ region, state }));
  }
  const version = (stored?.version ?? 0) + 1;
  const kept = (stored?.outbox ?? []).filter((entry) => !isDone(entry.version));
  const here = course.actions.filter((action) => HERE.has(action.do));
  const execution = course.state.execution ?? from.execution;
  const entry = here.length === 0 ? [] : [{ version, atMs: nowMs, actions: here, execution }];
  return {
    next: {
      version,
      state: course.state,
      before: atRest(course.state) ? course.state : before,
      votes: [...votes],
      verdicts,
      outbox: [...kept, ...entry].slice(-OUTBOX_MAX),
      savedAtMs: nowMs,
    },
    changed:
      stored === null || turned.length > 0 || !sameVotes(votes, old) || !same(course.state, from),
    actions: course.actions,
    turned,
    decisions: course.decisions,
    overdue: kept.filter(({ atMs }) => nowMs - atMs >= OVERDUE_MS),
    gather: course.gather,
  };
};
