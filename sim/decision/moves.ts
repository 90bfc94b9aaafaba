/** What the steps of a move have in common: the world they act in, and what can strike them. */
import type { Lease } from '../../core/failover/lease.ts';
import type { Event, Execution } from '../../core/failover/states.ts';
import type { Fault } from '../faults/fault.ts';
import type { Stretch } from '../faults/timeline.ts';
import type { Traffic } from '../faults/traffic.ts';
import type { Agenda } from './agenda.ts';
import type { Controller } from './controller.ts';
import type { Rules } from './rules.ts';
import { faultsOf } from './surroundings.ts';
import type { Switches, Written } from './switches.ts';

/** What the checker is told of a move. */
export type Heard =
  | { readonly what: 'started'; readonly execution: Execution }
  | { readonly what: 'lease'; readonly lease: Lease }
  | { readonly what: 'written'; readonly by: string; readonly written: Written }
  | { readonly what: 'step'; readonly execution: Execution; readonly text: string };

export type Move = { readonly execution: Execution; over: boolean; leaseAtMs: number };

export type Needs = {
  readonly traffic: Traffic;
  readonly agenda: Agenda;
  readonly rules: Rules;
  readonly switches: Switches;
  readonly controller: () => Controller;
  readonly heard: (what: Heard, atMs: number) => void;
};

/** The world of all moves of a run. */
export type Stage = Needs & {
  readonly moves: Map<string, Move>;
  /** Faults of the executor that have struck. */
  readonly spent: Set<Fault>;
  lease: Lease | null;
};

export const stretchAt = ({ traffic }: Stage, atMs: number): Stretch => traffic.timeline().at(atMs);

export const after = (
  { agenda }: Stage,
  move: Move,
  atMs: number,
  run: (atMs: number) => void,
): void => agenda.put(atMs, move.execution.name, run);

/** A fault of the executor strikes once, at its first step from then on. Gives how long it waits. */
export const struck = (stage: Stage, how: 'pause' | 'kill', atMs: number): number | null => {
  const fault = faultsOf(stretchAt(stage, atMs), 'executor').find(
    (each) => each.how === how && !stage.spent.has(each),
  );
  if (fault === undefined) return null;
  stage.spent.add(fault);
  return fault.how === 'pause' ? fault.ms : 0;
};

export type Called = 'well' | 'failed' | 'after-effect' | 'invisible';

/** Whether a call fails, whether it has taken effect nevertheless, and whether one that succeeds shows. */
export const called = (stage: Stage, service: string, atMs: number, draw: number): Called => {
  for (const fault of faultsOf(stretchAt(stage, atMs), 'calls')) {
    if (fault.service !== '*' && fault.service !== service) continue;
    if (stage.traffic.noise(900, atMs, draw) >= fault.share) continue;
    if (fault.how === 'throttled' || fault.how === 'failing') return 'failed';
    if (fault.how === 'after-effect') return 'after-effect';
    // Reads of tables are consistent; what is written to a switch object is read elsewhere.
    if (service === 's3') return 'invisible';
  }
  return 'well';
};

export const say = ({ heard }: Stage, { execution }: Move, text: string, atMs: number): void =>
  heard({ what: 'step', execution, text }, atMs);

export const tell = ({ controller }: Stage, events: readonly Event[], atMs: number): void =>
  controller().tell(events, atMs);

/** The move is over, and the machine is told so if the move has not. */
export const end = (stage: Stage, move: Move, why: string, atMs: number): void => {
  move.over = true;
  stage.controller().abandon(move.execution, why, atMs);
};

export const isOver = (stage: Stage, move: Move, atMs: number): boolean => {
  if (move.over) return true;
  if (struck(stage, 'kill', atMs) === null) return false;
  say(stage, move, 'killed', atMs);
  move.over = true;
  return true;
};

/** What every result of a step says. */
export const toldBy = ({ controller }: Stage, { execution }: Move, atMs: number) => ({
  nowMs: controller().clockAt(atMs),
  execution: execution.name,
});

/** Wins or renews the lease; the store takes one write at a time. */
export const claim = (stage: Stage, move: Move, epoch: number, atMs: number): boolean => {
  const { plan, clockAt } = stage.controller();
  const claimant = { holder: move.execution.name, epoch, nowMs: clockAt(atMs) };
  const claimed = stage.rules.claimLease(stage.lease, { ...claimant, ...plan.failover.lease });
  if (!claimed.ok) return false;
  stage.lease = claimed.item;
  move.leaseAtMs = atMs;
  stage.heard({ what: 'lease', lease: claimed.item }, atMs);
  return true;
};
