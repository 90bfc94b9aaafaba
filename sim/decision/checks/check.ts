/** What a run is checked for, continuously: the invariants of failover that exist for decisions. */

import type { WatchPlan } from '../../../events/watchPlan.ts';
import type { WatchState } from '../../../events/watchState.ts';
import type { Advance } from '../../../functions/_advance.ts';
import type { Trace } from '../../faults/fault.ts';
import type { Traffic } from '../../faults/traffic.ts';
import type { Applied } from '../controller.ts';
import type { Heard } from '../moves.ts';
import type { Setup } from '../setup.ts';
import type { Votes } from '../voting.ts';

/** In words for people, by the name under which a violation is reported. */
export const INVARIANTS = {
  I1: 'exactly one of the two regions is active, and the answer is never empty',
  I2: 'at most one holder per epoch, and no two moves of one name or epoch',
  I3: 'no flip without fresh votes of a quorum',
  I4: 'no more automatic flips in 24 hours than allowed',
  I5: 'nothing fails back by itself unless it was told to',
  I6: 'a switch is written once for each epoch and decision',
  I7: 'every decision has evidence that replays to the same decision',
  I8: 'an older epoch never changes a switch',
  request: 'every answer names a region that was eligible when it was given',
  justified: 'an honest vote against a region has a fault to show for it',
  harm: 'nothing is moved to a region that has long been dead',
  missed: 'a clean loss of the active region moves traffic in time',
} as const;

export type Invariant = keyof typeof INVARIANTS;

export type Violation = {
  readonly invariant: Invariant;
  readonly atMs: number;
  readonly what: string;
};

export type Around = {
  readonly trace: Trace;
  readonly traffic: Traffic;
  readonly setup: Setup;
  readonly plan: WatchPlan;
  readonly violated: (invariant: Invariant, atMs: number, what: string) => void;
};

/** Each hears what concerns it. */
export type Check = {
  readonly applied?: (applied: Applied) => void;
  readonly heard?: (heard: Heard, atMs: number) => void;
  readonly voted?: (observer: number, votes: Votes, atMs: number) => void;
  /** The answer of the name, whenever it may have changed, and once a minute. */
  readonly answered?: (answer: 'home' | 'standby', stored: WatchState | null, atMs: number) => void;
};

type Start = Extract<Advance['actions'][number], { do: 'start' }>;

export const startsOf = ({ step }: Applied): Start[] =>
  step.actions.filter((action): action is Start => action.do === 'start');
