/** States, events and actions of the failover machine: plain data, stored between invocations. */
import type { Verdict } from '../health/verdict.ts';
import type { Plan } from './plan.ts';
import type { FailoverSettings } from './settings.ts';
import type { Cause, Flip, Serving } from './view.ts';

export type Phase =
  | 'STEADY'
  | 'SUSPECT'
  | 'EVALUATE'
  | 'AWAIT_APPROVAL'
  /** The other region is no better. Left as soon as either is up. */
  | 'HOLD_BOTH'
  /** A flip was tried and did not succeed: a person is needed. */
  | 'HOLD'
  | 'ACQUIRE'
  | 'FENCE'
  | 'SCALE'
  | 'FLIP'
  | 'VERIFY'
  | 'ROLLBACK_FLIP'
  /** Away from home, watching. */
  | 'STABILIZE'
  | 'FAILBACK_READY'
  /** Traffic goes back home, all at once or by weights. */
  | 'FAILBACK_SHIFT';

const MOVING: ReadonlySet<Phase> = new Set([
  'ACQUIRE',
  'FENCE',
  'SCALE',
  'FLIP',
  'VERIFY',
  'ROLLBACK_FLIP',
  'FAILBACK_SHIFT',
]);

/** Whether an execution may be writing to the switch. */
export const isMoving = (phase: Phase): boolean => MOVING.has(phase);

export type Execution = {
  readonly name: string;
  readonly decisionId: string;
  readonly cause: Cause;
  readonly from: string;
  readonly to: string;
  /** The epoch it claims. */
  readonly epoch: number;
  readonly automatic: boolean;
};

export type Approval = {
  readonly decisionId: string;
  readonly epoch: number;
  readonly expiresAtMs: number;
};

/** Of two controllers one is in charge, under an epoch of its own; the other keeps votes and does nothing. */
export type Charge = { readonly held: boolean; readonly epoch: number };

export type State = {
  readonly phase: Phase;
  readonly phaseSinceMs: number;
  readonly home: string;
  readonly active: string;
  readonly other: string;
  /** The last one claimed. Goes up with each lease that was won, so no two executors share one. */
  readonly epoch: number;
  readonly attempt: number;
  /** Start of the present suspicion, and how often trouble came in it. */
  readonly troubleSinceMs: number | null;
  readonly episodes: number;
  /** Since when there has been no trouble; null while there is some. */
  readonly clearSinceMs: number | null;
  /** Since when no quorum can say anything of the active region; null while one can. */
  readonly unknownSinceMs: number | null;
  /** An alarm of another system that speaks against the active region. */
  readonly alarm: { readonly source: string; readonly atMs: number } | null;
  readonly cause: Cause | null;
  /** A person has said yes to the decision now evaluated. */
  readonly approved: boolean;
  readonly approval: Approval | null;
  readonly execution: Execution | null;
  /** Kind and gates of the last plan that did not move, so that nobody is told twice. */
  readonly held: string | null;
  readonly flips: readonly Flip[];
  /** Only where there are two controllers. */
  readonly charge?: Charge;
  /** A rehearsal had sent traffic away when this controller took charge: its way home is this one's. */
  readonly leftAway?: boolean;
};

/** `rehearse` is a flip that a rehearsal orders, as no person would. */
export type Order = 'flip' | 'rehearse' | 'back';

/** Results of steps name their execution; one that is not under way changes nothing. */
type StepResult = { readonly nowMs: number; readonly execution: string };

export type Event =
  | {
      readonly kind: 'verdicts';
      readonly nowMs: number;
      readonly active: Verdict;
      readonly other: Verdict;
    }
  | {
      readonly kind: 'alarm';
      readonly nowMs: number;
      readonly region: string;
      readonly ringing: boolean;
      readonly source: string;
    }
  | { readonly kind: 'order'; readonly nowMs: number; readonly order: Order }
  /** Where the switch sends clients, as it was read while no move was under way. */
  | { readonly kind: 'found'; readonly nowMs: number; readonly serving: Serving }
  | {
      readonly kind: 'planned';
      readonly nowMs: number;
      /** The epoch the plan was made at. */
      readonly epoch: number;
      readonly decisionId: string;
      readonly plan: Plan;
    }
  | {
      readonly kind: 'approved';
      readonly nowMs: number;
      readonly decisionId: string;
      readonly epoch: number;
    }
  /** The place of the controller was taken, or found to be another's. */
  | {
      readonly kind: 'charge';
      readonly nowMs: number;
      readonly epoch: number;
      /** Where clients are sent, read since the place was taken; null where another has it. */
      readonly serving: Serving | null;
      /** What a person should hear of it. */
      readonly why: string | null;
    }
  | ({ readonly kind: 'lease'; readonly won: boolean } & StepResult)
  | ({ readonly kind: 'fenced' } & StepResult)
  | ({ readonly kind: 'scaled'; readonly enough: boolean; readonly why: string } & StepResult)
  | ({ readonly kind: 'flipped'; readonly done: boolean; readonly why: string } & StepResult)
  | ({
      readonly kind: 'verified';
      readonly ok: boolean;
      readonly oldSideNoWorse: boolean;
      readonly why: string;
    } & StepResult)
  | ({ readonly kind: 'rolledBack'; readonly done: boolean; readonly why: string } & StepResult);

/** What Slack hears of, each once. */
export type Notice =
  | 'suspect'
  | 'cleared'
  | 'approval'
  | 'decided'
  | 'flipped'
  | 'verified'
  | 'failed'
  | 'held'
  | 'failback-ready';

export type Action =
  /** Probe both regions quickly, read the facts for the gates, and keep the switch client warm. */
  | { readonly do: 'prepare' }
  | { readonly do: 'interrupt-rehearsal' }
  | { readonly do: 'plan'; readonly cause: Cause; readonly approved: boolean }
  | ({ readonly do: 'ask-approval' } & Approval)
  | { readonly do: 'start'; readonly execution: Execution }
  | {
      readonly do: 'fence' | 'scale' | 'flip' | 'verify' | 'roll-back';
      readonly execution: Execution;
    }
  | { readonly do: 'finish'; readonly execution: Execution; readonly outcome: 'done' | 'failed' }
  | { readonly do: 'notify'; readonly notice: Notice; readonly why: string }
  | { readonly do: 'page'; readonly why: string };

export type Step = { readonly state: State; readonly actions: readonly Action[] };

/** A service that has never failed over. */
export const initialState = (home: string, standby: string, nowMs: number): State => ({
  phase: 'STEADY',
  phaseSinceMs: nowMs,
  home,
  active: home,
  other: standby,
  epoch: 0,
  attempt: 1,
  troubleSinceMs: null,
  episodes: 0,
  clearSinceMs: nowMs,
  unknownSinceMs: null,
  alarm: null,
  cause: null,
  approved: false,
  approval: null,
  execution: null,
  held: null,
  flips: [],
});

export const unchanged = (state: State): Step => ({ state, actions: [] });

/** Where a service rests when nothing is wrong: at home, or away. */
export const restingPhase = ({ active, home }: State): 'STEADY' | 'STABILIZE' =>
  active === home ? 'STEADY' : 'STABILIZE';

/** Whether traffic goes home without a person's word, as soon as it may. */
export const goesHome = (
  { leftAway }: Pick<State, 'leftAway'>,
  { failback }: Pick<FailoverSettings, 'failback'>,
): boolean => failback === 'auto' || leftAway === true;

/** Moves to a phase; what belongs to the suspicion that ended is dropped at rest. */
export const enter = (state: State, phase: Phase, nowMs: number): State => {
  const moved = { ...state, phase, phaseSinceMs: nowMs };
  if (phase !== 'STEADY' && phase !== 'STABILIZE') return moved;
  return {
    ...moved,
    troubleSinceMs: null,
    episodes: 0,
    cause: null,
    approved: false,
    approval: null,
    execution: null,
    held: null,
  };
};
