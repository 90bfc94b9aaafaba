/**
 * A rehearsal, step by step: `(memory, seen, limits) -> { memory, do }`. Nothing is done here; every
 * deed may be repeated, so a rehearsal that was killed goes on where it was.
 */
import { CHARGE_TAKEN } from './charge.ts';
import type { Depth } from './rehearsal.ts';
import type { Phase } from './states.ts';

export type RehearsalStage =
  /** What is to be moved is set up. */
  | 'set-up'
  /** Both sides must be seen well before anything is broken. */
  | 'calm'
  /** Broken or ordered: waits for the flip and its proof. */
  | 'flip'
  /** Flipped and proved: it must stay well. */
  | 'hold'
  /** The home side is whole again, and must be seen so. */
  | 'recover'
  /** On the way back home. */
  | 'return'
  /** Something else came in between: home as fast as possible. */
  | 'revert'
  | 'over';

export type RehearsalMemory = {
  readonly depth: Exclude<Depth, 'replay'>;
  readonly stage: RehearsalStage;
  readonly stageSinceMs: number;
  readonly startedAtMs: number;
  /** When the home side was broken, or the order given. */
  readonly faultAtMs: number | null;
  /** How many things the fault hit; null where nothing is broken. */
  readonly faultTargets: number | null;
  /** When the way home was last ordered. */
  readonly orderedAtMs: number | null;
  /** What the plan of the watch says is known everywhere from then on. */
  readonly settledAtMs: number;
  /** When the proof of the flip was complete. */
  readonly verifiedAtMs: number | null;
  readonly badSinceMs: number | null;
  readonly relapsesMs: number;
  readonly interruptedBy: string | null;
  /** Why it did not come to its end; null while nothing went wrong. */
  readonly failure: string | null;
};

/** How an execution of the watch ended. */
export type Move = {
  readonly to: string;
  readonly outcome: 'done' | 'rolled-back' | 'failed';
  readonly finishedAtMs: number;
  readonly reason: string;
};

export type RehearsalSeen = {
  readonly nowMs: number;
  readonly home: string;
  readonly active: string;
  readonly phase: Phase | null;
  /** Whether a quorum sees them UP. */
  readonly homeUp: boolean;
  readonly otherUp: boolean;
  /** Executions that ended since the rehearsal started, the oldest first. */
  readonly moves: readonly Move[];
  /** What must stop a rehearsal at once, in words. */
  readonly stopper: string | null;
  /** All traffic was moved, and its way home is another controller's. */
  readonly passedOn: boolean;
};

export type RehearsalLimits = {
  readonly setUpMs: number;
  readonly calmMs: number;
  readonly flipMs: number;
  readonly holdMs: number;
  readonly returnMs: number;
};

export type RehearsalDeed =
  | 'set-up'
  | 'break'
  | 'mend'
  | 'order-flip'
  | 'order-back'
  | 'weight-on'
  | 'weight-off';

export type RehearsalStep = {
  readonly memory: RehearsalMemory;
  readonly deeds: readonly RehearsalDeed[];
};

/** An order that led to nothing yet is given again: a gate may have held it up. */
const ORDER_AGAIN_MS = 10_000;

export const startRehearsal = (
  depth: RehearsalMemory['depth'],
  nowMs: number,
): RehearsalMemory => ({
  depth,
  stage: 'set-up',
  stageSinceMs: nowMs,
  startedAtMs: nowMs,
  faultAtMs: null,
  faultTargets: null,
  orderedAtMs: null,
  settledAtMs: nowMs,
  verifiedAtMs: null,
  badSinceMs: null,
  relapsesMs: 0,
  interruptedBy: null,
  failure: null,
});

type Change = Partial<RehearsalMemory> & { readonly stage: RehearsalStage };

const to = (
  memory: RehearsalMemory,
  change: Change,
  nowMs: number,
  deeds: readonly RehearsalDeed[] = [],
): RehearsalStep => ({ memory: { ...memory, ...change, stageSinceMs: nowMs }, deeds });

const stay = (memory: RehearsalMemory, deeds: readonly RehearsalDeed[] = []): RehearsalStep => ({
  memory,
  deeds,
});

/** Home by the shortest way: by weights where only weights were changed, else by an order. */
const revert = (memory: RehearsalMemory, seen: RehearsalSeen, why: Partial<RehearsalMemory>) => {
  const deeds: RehearsalDeed[] = memory.depth === 'canary' ? ['weight-off'] : [];
  return to(memory, { ...why, stage: 'revert', orderedAtMs: null }, seen.nowMs, deeds);
};

const orderedBack = (memory: RehearsalMemory, { nowMs }: RehearsalSeen): RehearsalStep => {
  const due = memory.orderedAtMs === null || nowMs - memory.orderedAtMs >= ORDER_AGAIN_MS;
  return due ? stay({ ...memory, orderedAtMs: nowMs }, ['order-back']) : stay(memory);
};

const FLIP_DEED = { shadow: 'break', full: 'order-flip', canary: 'weight-on' } as const;

const whileCalming = (
  memory: RehearsalMemory,
  seen: RehearsalSeen,
  limits: RehearsalLimits,
): RehearsalStep => {
  const { nowMs, homeUp, otherUp, phase } = seen;
  if (homeUp && otherUp && phase === 'STEADY') {
    const stage = memory.depth === 'canary' ? 'hold' : 'flip';
    return to(memory, { stage, faultAtMs: nowMs }, nowMs, [FLIP_DEED[memory.depth]]);
  }
  if (nowMs - memory.stageSinceMs < limits.calmMs) return stay(memory);
  const side = homeUp ? 'the standby was' : 'home was';
  return revert(memory, seen, { failure: `${side} not seen well before anything was moved` });
};

const whileFlipping = (
  memory: RehearsalMemory,
  seen: RehearsalSeen,
  limits: RehearsalLimits,
): RehearsalStep => {
  const { nowMs, home, moves } = seen;
  const move = moves.find(({ to: region }) => region !== home);
  if (move?.outcome === 'done') {
    const proved = { verifiedAtMs: move.finishedAtMs };
    return memory.depth === 'shadow'
      ? to(memory, { ...proved, stage: 'recover' }, nowMs, ['mend'])
      : to(memory, { ...proved, stage: 'hold' }, nowMs);
  }
  const mend: RehearsalDeed[] = memory.depth === 'shadow' ? ['mend'] : [];
  const late = nowMs - memory.stageSinceMs >= limits.flipMs;
  if (move === undefined && !late) return stay(memory);
  const failure = move?.reason ?? `no flip within ${limits.flipMs} ms of the fault`;
  const step = revert(memory, seen, { failure });
  return { ...step, deeds: [...mend, ...step.deeds] };
};

const whileHolding = (
  memory: RehearsalMemory,
  seen: RehearsalSeen,
  limits: RehearsalLimits,
): RehearsalStep => {
  const { nowMs, homeUp, otherUp } = seen;
  const well = memory.depth === 'canary' ? homeUp && otherUp : otherUp;
  const badMs = memory.badSinceMs === null ? 0 : nowMs - memory.badSinceMs;
  const counted = {
    ...memory,
    badSinceMs: well ? null : (memory.badSinceMs ?? nowMs),
    relapsesMs: memory.relapsesMs + (well ? badMs : 0),
  };
  if (nowMs - memory.stageSinceMs < limits.holdMs) return stay(counted);
  const relapsesMs = counted.relapsesMs + (well ? 0 : badMs);
  if (memory.depth !== 'canary') {
    return to(counted, { stage: 'return', relapsesMs, orderedAtMs: nowMs }, nowMs, ['order-back']);
  }
  // Both sides answered their share all the time: that is what a canary has to prove.
  return to(counted, { stage: 'over', relapsesMs, verifiedAtMs: nowMs }, nowMs, ['weight-off']);
};

const whileRecovering = (
  memory: RehearsalMemory,
  seen: RehearsalSeen,
  limits: RehearsalLimits,
): RehearsalStep => {
  const { nowMs, homeUp } = seen;
  if (homeUp && nowMs >= memory.settledAtMs) {
    return to(memory, { stage: 'return', orderedAtMs: nowMs }, nowMs, ['order-back']);
  }
  if (nowMs - memory.stageSinceMs < limits.returnMs) return stay(memory);
  return revert(memory, seen, { failure: 'home was not seen well again' });
};

/** Whether it is as it was: at home, and nothing under way. */
export const isPutBack = ({ active, home, phase }: RehearsalSeen): boolean =>
  active === home && (phase === null || phase === 'STEADY' || phase === 'SUSPECT');

/**
 * The way home is proved before it is written down: a rehearsal that ended in between would leave
 * its last move out, and take things away that the move still looks at.
 */
const isWrittenDown = ({ home, moves }: RehearsalSeen): boolean => {
  const last = moves.at(-1);
  return last === undefined || last.to === home || last.outcome !== 'done';
};

const whileReturning = (
  memory: RehearsalMemory,
  seen: RehearsalSeen,
  limits: RehearsalLimits,
): RehearsalStep => {
  const { nowMs } = seen;
  if (memory.depth === 'canary') {
    // Taken back once more: the deed that was to do it may have failed. Where the service itself has
    // gone meanwhile is no matter of ours.
    const deeds: RehearsalDeed[] = seen.active === seen.home ? ['weight-off'] : [];
    return to(memory, { stage: 'over' }, nowMs, deeds);
  }
  const late = nowMs - memory.stageSinceMs >= limits.returnMs;
  if (isPutBack(seen)) {
    return late || isWrittenDown(seen) ? to(memory, { stage: 'over' }, nowMs) : stay(memory);
  }
  if (!late) return orderedBack(memory, seen);
  const failure = memory.failure ?? 'it could not be put back: run `failover back`';
  return to(memory, { stage: 'over', failure }, nowMs);
};

const CAN_BE_STOPPED: ReadonlySet<RehearsalStage> = new Set([
  'set-up',
  'calm',
  'flip',
  'hold',
  'recover',
]);

/** What to do next, given what is seen now. */
export const stepRehearsal = (
  memory: RehearsalMemory,
  seen: RehearsalSeen,
  limits: RehearsalLimits,
): RehearsalStep => {
  const { nowMs, stopper } = seen;
  if (seen.passedOn && memory.stage !== 'over') {
    const interruptedBy = memory.interruptedBy ?? CHARGE_TAKEN;
    return to(memory, { stage: 'over', interruptedBy }, nowMs);
  }
  if (stopper !== null && CAN_BE_STOPPED.has(memory.stage)) {
    const step = revert(memory, seen, { interruptedBy: stopper });
    const broken = memory.depth === 'shadow' && memory.stage === 'flip';
    return broken ? { ...step, deeds: ['mend', ...step.deeds] } : step;
  }
  switch (memory.stage) {
    case 'set-up':
      return nowMs - memory.stageSinceMs < limits.setUpMs
        ? to(memory, { stage: 'calm' }, nowMs, ['set-up'])
        : to(memory, { stage: 'over', failure: 'it could not be set up in time' }, nowMs);
    case 'calm':
      return whileCalming(memory, seen, limits);
    case 'flip':
      return whileFlipping(memory, seen, limits);
    case 'hold':
      return whileHolding(memory, seen, limits);
    case 'recover':
      return whileRecovering(memory, seen, limits);
    case 'return':
    case 'revert':
      return whileReturning(memory, seen, limits);
    default:
      return stay(memory);
  }
};
