/**
 * What would have happened: the whole way from the raw probe results of all observers to the first
 * decision to move, run again from a moment of rest, under any settings.
 */
import { reduce } from '../failover/machine.ts';
import type { State, Step } from '../failover/states.ts';
import type { Fact, Facts } from '../failover/view.ts';
import { type Filter, NEW_FILTER, stepFilter } from '../health/filter.ts';
import type { Sample } from '../health/sample.ts';
import { judgeRegion } from '../health/verdict.ts';
import { type AbstainReason, castVote, type Vote } from '../health/vote.ts';
import { type Decision, type DecisionInput, decide } from './decision.ts';
import type { Settings } from './overrides.ts';

/** Probe results of one observer about one region, and what silenced it, if anything did. */
export type Observation = {
  readonly observer: string;
  readonly target: string;
  readonly samples: readonly Sample[];
  readonly silenced: AbstainReason | null;
};

/** The stored past of a decision. */
export type Past = {
  readonly input: DecisionInput;
  /** The machine as it was before the suspicion began. */
  readonly before: State;
  readonly observations: readonly Observation[];
};

export type Outcome =
  | { readonly moved: true; readonly atMs: number; readonly decision: Decision }
  /** `decision` is the one at the end of the evidence, whatever keeps it from moving. */
  | { readonly moved: false; readonly untilMs: number; readonly decision: Decision };

type Watcher = Observation & { filter: Filter; next: number };

const step = (watcher: Watcher, nowMs: number, settings: Settings): Vote => {
  let sample = watcher.samples[watcher.next];
  while (sample !== undefined && sample.endMs <= nowMs) {
    watcher.filter = stepFilter(watcher.filter, sample, settings.health);
    watcher.next++;
    sample = watcher.samples[watcher.next];
  }
  const { observer, target, silenced, filter } = watcher;
  const vote = castVote(filter, settings.health, {
    observer,
    target,
    nowMs,
    canariesAnswer: silenced === 'canary-failed' ? false : null,
    clockSkewMs: null,
  });
  return silenced === null ? vote : { ...vote, vote: 'ABSTAIN', reason: silenced, sinceMs: null };
};

/** Facts were read once; they are taken to have been the same at any moment of the replay. */
const datedTo = (facts: Facts, nowMs: number): Facts => {
  const at = <Value>(fact: Fact<Value> | null): Fact<Value> | null =>
    fact === null ? null : { ...fact, atMs: nowMs };
  return {
    replicationMs: at(facts.replicationMs),
    capacity: at(facts.capacity),
    preflight: at(facts.preflight),
    digests: at(facts.digests),
    deployInProgress: at(facts.deployInProgress),
  };
};

/** The word of the person who approved this decision, said again when it was said, if it is asked for. */
const approvedAgain = (
  { state, actions }: Step,
  { input }: Past,
  nowMs: number,
  settings: Settings['failover'],
): Step => {
  const { phase, approval } = state;
  const said = input.state.approved && nowMs >= input.nowMs;
  if (!said || phase !== 'AWAIT_APPROVAL' || approval === null) return { state, actions };
  const { decisionId, epoch } = approval;
  const next = reduce(state, { kind: 'approved', nowMs, decisionId, epoch }, settings);
  return { state: next.state, actions: [...actions, ...next.actions] };
};

/** Evaluates at the end of every probe, and stops at the first decision to move. */
export const relive = (past: Past, settings: Settings): Outcome => {
  const { health, failover } = settings;
  const { observers, areas } = past.input;
  const watchers: Watcher[] = past.observations.map((each) => ({
    ...each,
    samples: [...each.samples].sort((a, b) => a.endMs - b.endMs),
    filter: NEW_FILTER,
    next: 0,
  }));
  const moments = [
    ...new Set([
      ...watchers.flatMap(({ samples }) => samples.map(({ endMs }) => endMs)),
      ...(past.input.state.approved ? [past.input.nowMs] : []),
    ]),
  ].sort((a, b) => a - b);
  let state = past.before;
  let last = decide({ ...past.input, health, settings: failover });
  let untilMs = past.input.nowMs;
  for (const nowMs of moments) {
    const votes = watchers.map((watcher) => step(watcher, nowMs, settings));
    const judge = (region: string) => judgeRegion(region, votes, observers, nowMs, health);
    const verdicts = { active: judge(state.active), other: judge(state.other) };
    let reached: Step = reduce(state, { kind: 'verdicts', nowMs, ...verdicts }, failover);
    reached = approvedAgain(reached, past, nowMs, failover);
    state = reached.state;
    const facts = datedTo(past.input.facts, nowMs);
    last = decide({ nowMs, health, settings: failover, observers, areas, state, votes, facts });
    untilMs = nowMs;
    if (!reached.actions.some((action) => action.do === 'plan')) continue;
    if (last.plan.plan === 'flip' || last.plan.plan === 'restore') {
      return { moved: true, atMs: nowMs, decision: last };
    }
    const planned = { nowMs, epoch: state.epoch, decisionId: 'replay', plan: last.plan };
    reached = reduce(state, { kind: 'planned', ...planned }, failover);
    state = reached.state;
  }
  return { moved: false, untilMs, decision: last };
};
