/**
 * The flip of a move: reads, checks, perhaps stands still, and writes under the conditions it read.
 * One that takes too long is given up by the machine, while the one that stands still may wake up
 * later and go on: its writes must then be refused.
 */
import {
  judgeSwitchWrites,
  type SwitchBody,
  type SwitchPlan,
  type WriteResult,
} from '../../core/failover/switchObjects.ts';
import { SHOWS_AFTER_MS } from '../faults/fault.ts';
import {
  after,
  called,
  claim,
  end,
  isOver,
  type Move,
  type Stage,
  say,
  stretchAt,
  struck,
} from './moves.ts';

const WRITE_MS = 150;
const LIMIT_MS = 60_000;
const ROUNDS_MAX = 5;
const ROUND_MS = 1_500;

type Flip = {
  readonly move: Move;
  readonly back: boolean;
  readonly epoch: number;
  /** The newest vote that the flip rests on. */
  readonly seenMs: number;
  readonly conclude: (done: boolean, why: string, atMs: number) => void;
};

const bodyOf = (stage: Stage, { move, back, epoch }: Flip): SwitchBody => {
  const { execution } = move;
  const to = back ? execution.from : execution.to;
  return {
    state: to === stage.controller().plan.primary ? 'home' : 'standby',
    epoch,
    decisionId: execution.decisionId,
    evidenceHash: '',
    expiresAtMs: 0,
  };
};

const guarded = (stage: Stage, flip: Flip, foundEpoch: number, atMs: number) => {
  const { plan, clockAt } = stage.controller();
  return stage.rules.mayWrite({
    epoch: flip.epoch,
    leaseHeldMs: atMs - flip.move.leaseAtMs,
    lease: plan.failover.lease,
    evidenceAgeMs: clockAt(atMs) - flip.seenMs,
    evidenceMs: plan.failover.evidenceMs,
    foundEpoch,
  });
};

const put = (
  stage: Stage,
  flip: Flip,
  plan: Extract<SwitchPlan, { kind: 'write' }>,
  { atMs, round }: { atMs: number; round: number },
): WriteResult[] =>
  plan.writes.map((write, place) => {
    const call = called(stage, 's3', atMs, 10 * round + place);
    if (call === 'failed') return { region: write.region, result: 'failed' };
    const body = bodyOf(stage, flip);
    const hiddenMs =
      call === 'invisible' ? SHOWS_AFTER_MS.to * stage.traffic.noise(901, atMs, place) : 0;
    const { result, written } = stage.switches.write(
      stretchAt(stage, atMs),
      { ...write, hiddenMs },
      body,
      atMs,
    );
    const by = flip.move.execution.name;
    if (written !== null) stage.heard({ what: 'written', by, written }, atMs);
    return { region: write.region, result: call === 'after-effect' ? 'failed' : result };
  });

const attempt =
  (stage: Stage, flip: Flip, round: number) =>
  (atMs: number): void => {
    const { move, conclude } = flip;
    const found = stage.switches.read(stretchAt(stage, atMs));
    const plan = stage.rules.planSwitchWrites(found, bodyOf(stage, flip));
    if (plan.kind === 'superseded') {
      conclude(false, plan.why, atMs);
      return;
    }
    const newest = Math.max(...found.map(({ epoch }) => epoch ?? 0));
    const allowed = guarded(stage, flip, newest, atMs);
    if (!allowed.ok) {
      conclude(false, allowed.why, atMs);
      return;
    }
    const pauseMs = struck(stage, 'pause', atMs);
    if (pauseMs !== null) say(stage, move, `stands still for ${pauseMs} ms`, atMs);
    after(stage, move, atMs + (pauseMs ?? WRITE_MS), (laterMs) => {
      const results = put(stage, flip, plan, { atMs: laterMs, round });
      const { done, why } = judgeSwitchWrites(plan, results);
      if (done || round >= ROUNDS_MAX) conclude(done, why, laterMs);
      else after(stage, move, laterMs + ROUND_MS, attempt(stage, flip, round + 1));
    });
  };

type Done = (done: boolean, why: string, atMs: number) => void;

/** `concluded` hears of it once, unless the machine has given it up. */
export const flip =
  (stage: Stage, move: Move, back: boolean, concluded: Done) =>
  (atMs: number): void => {
    if (isOver(stage, move, atMs)) return;
    const { execution } = move;
    const epoch = back ? execution.epoch + 1 : execution.epoch;
    let open = true;
    const conclude: Done = (done, why, laterMs) => {
      if (!open) {
        say(stage, move, `woke up too late: ${why}`, laterMs);
        return;
      }
      open = false;
      concluded(done, why, laterMs);
    };
    after(stage, move, atMs + LIMIT_MS, (laterMs) => {
      if (!open || move.over) return;
      open = false;
      say(stage, move, 'the flip took too long', laterMs);
      end(stage, move, 'the flip took too long', laterMs);
    });
    const stored = stage.controller().stored();
    if (!claim(stage, move, epoch, atMs)) conclude(false, 'the lease is lost', atMs);
    else if (stored?.state.execution?.name !== execution.name) {
      conclude(false, 'no longer under way', atMs);
    } else {
      const seenMs = Math.max(0, ...stored.votes.map((vote) => vote.atMs));
      attempt(stage, { move, back, epoch, seenMs, conclude }, 1)(atMs);
    }
  };
