/**
 * What would have happened to a watch under other settings: the probes that were really made, folded
 * into votes, verdicts and decisions again, through the whole of what is kept. Each move is taken to
 * have succeeded at once. The facts of gates and what silenced observers are not kept with probes:
 * facts are taken to have been well, and every observer that probed to have been fit to vote.
 */
import { decide } from '../../core/evidence/decision.ts';
import type { Settings } from '../../core/evidence/overrides.ts';
import { reduce } from '../../core/failover/machine.ts';
import { type Action, type Event, initialState, type State } from '../../core/failover/states.ts';
import type { Facts } from '../../core/failover/view.ts';
import { type Filter, NEW_FILTER, stepFilter } from '../../core/health/filter.ts';
import type { Sample } from '../../core/health/sample.ts';
import { judgeRegion } from '../../core/health/verdict.ts';
import { castVote, type Vote } from '../../core/health/vote.ts';
import type { SampleChunk } from '../../events/watchState.ts';

export type Kept = {
  readonly home: string;
  readonly standby: string;
  /** Empty for a single vantage. */
  readonly observers: readonly string[];
  readonly chunks: readonly SampleChunk[];
};

export type Moved = {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly cause: string;
  readonly why: string;
};

export type Relived = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly probes: number;
  readonly suspicions: number;
  readonly moves: readonly Moved[];
};

type Probe = { readonly watcher: Watcher; readonly sample: Sample };
type Watcher = { readonly observer: string; readonly target: string; filter: Filter; vote: Vote };

const factsAt = (nowMs: number): Facts => {
  const told = { source: 'not kept: taken to be well', atMs: nowMs };
  return {
    replicationMs: { value: 0, ...told },
    capacity: { value: { ready: 1, wanted: 1, scalable: true }, ...told },
    preflight: { value: { writable: 3, needed: 2, of: 3 }, ...told },
    digests: null,
    deployInProgress: null,
  };
};

const cast = (watcher: Watcher, nowMs: number, { health }: Settings): Vote =>
  castVote(watcher.filter, health, {
    observer: watcher.observer,
    target: watcher.target,
    nowMs,
    canariesAnswer: null,
    clockSkewMs: null,
  });

/** Every probe with its observer, in the order in which they ended. */
const probesOf = ({ chunks }: Kept, settings: Settings): { probes: Probe[]; all: Watcher[] } => {
  const watchers = new Map<string, Watcher>();
  const probes = chunks.flatMap(({ observer, target, samples }) => {
    const key = `${observer} ${target}`;
    const made = { observer, target, filter: NEW_FILTER };
    const known = watchers.get(key);
    const watcher = known ?? { ...made, vote: cast({ ...made, vote: NO_VOTE }, 0, settings) };
    watchers.set(key, watcher);
    return samples.map((sample) => ({ watcher, sample }));
  });
  probes.sort((a, b) => a.sample.endMs - b.sample.endMs);
  return { probes, all: [...watchers.values()] };
};

const NO_VOTE: Vote = {
  observer: '',
  target: '',
  atMs: 0,
  vote: 'ABSTAIN',
  reason: 'starting',
  sinceMs: null,
  doubtSinceMs: null,
  p95Ms: null,
  lastFailure: null,
};

/** The results of a move that succeeds at once. */
const succeeding = (action: Action, nowMs: number): Event[] => {
  if (action.do !== 'start') return [];
  const told = { nowMs, execution: action.execution.name };
  return [
    { kind: 'lease', won: true, ...told },
    { kind: 'fenced', ...told },
    { kind: 'scaled', enough: true, why: '', ...told },
    { kind: 'flipped', done: true, why: '', ...told },
    { kind: 'verified', ok: true, oldSideNoWorse: false, why: '', ...told },
  ];
};

/** Between probes an observer repeats what it said: votes are cast anew at least so often. */
const REPEAT_INTERVALS = 1;

export const relive = (kept: Kept, settings: Settings): Relived => {
  const { health, failover } = settings;
  const { observers } = kept;
  const { probes, all } = probesOf(kept, settings);
  const fromMs = probes[0]?.sample.startMs ?? 0;
  const areas = { active: null, other: null };
  const moves: Moved[] = [];
  let state: State = initialState(kept.home, kept.standby, fromMs);
  let suspicions = 0;
  let repeatedMs = Number.NEGATIVE_INFINITY;

  const feed = (event: Event): void => {
    const before = state.phase;
    const step = reduce(state, event, failover);
    state = step.state;
    if (before !== 'SUSPECT' && state.phase === 'SUSPECT') suspicions++;
    for (const action of step.actions) {
      for (const result of succeeding(action, event.nowMs)) feed(result);
      if (action.do === 'plan') planned(event.nowMs);
    }
  };

  const planned = (nowMs: number): void => {
    const votes = all.map(({ vote }) => vote);
    const input = { nowMs, health, settings: failover, observers, areas, state, votes };
    const { plan } = decide({ ...input, facts: factsAt(nowMs) });
    if (plan.plan === 'flip' || plan.plan === 'restore') {
      const { active: from, other: to, cause } = state;
      moves.push({ atMs: nowMs, from, to, cause: cause ?? '', why: plan.reason });
    }
    feed({ kind: 'planned', nowMs, epoch: state.epoch, decisionId: 'replay', plan });
  };

  for (const { watcher, sample } of probes) {
    const nowMs = sample.endMs;
    watcher.filter = stepFilter(watcher.filter, sample, health);
    const repeats = nowMs - repeatedMs >= REPEAT_INTERVALS * health.intervalMs;
    if (repeats) repeatedMs = nowMs;
    for (const each of repeats ? all : [watcher]) each.vote = cast(each, nowMs, settings);
    const votes = all.map(({ vote }) => vote);
    const judge = (region: string) => judgeRegion(region, votes, observers, nowMs, health);
    feed({ kind: 'verdicts', nowMs, active: judge(state.active), other: judge(state.other) });
  }
  const untilMs = probes.at(-1)?.sample.endMs ?? fromMs;
  return { fromMs, untilMs, probes: probes.length, suspicions, moves };
};
