/**
 * Whoever carries a move out, step by step on virtual time: lease, capacity, switch, proof, and one
 * attempt to roll back. Claims, conditions and guards are those of core/; what can go wrong around
 * them comes from the trace.
 */
import type { Execution } from '../../core/failover/states.ts';
import { oldSideNoWorse } from '../../core/failover/verification.ts';
import { flip } from './flipping.ts';
import {
  after,
  called,
  claim,
  end,
  isOver,
  type Move,
  type Needs,
  type Stage,
  say,
  stretchAt,
  tell,
  toldBy,
} from './moves.ts';
import { faultsOf, regionOf } from './surroundings.ts';

const START_MS = 150;
const SCALE_MS = 400;
const COLD_MS = 20_000;
const SCALE_LIMIT_MS = 60_000;
const FLIP_MS = 150;
const ASK_MS = 2_000;
const AGAIN_MS = 1_000;
const TRIES_MAX = 3;
const GRACE_MS = 30_000;
const RESOLVER_SHARE = 2 / 3;

const acquire =
  (stage: Stage, move: Move, tries: number) =>
  (atMs: number): void => {
    if (isOver(stage, move, atMs)) return;
    const call = called(stage, 'dynamodb', atMs, tries);
    const won = call !== 'failed' && claim(stage, move, move.execution.epoch, atMs);
    if (call !== 'well' && tries < TRIES_MAX) {
      after(stage, move, atMs + AGAIN_MS, acquire(stage, move, tries + 1));
      return;
    }
    if (call === 'failed') {
      end(stage, move, 'the lease could not be asked for', atMs);
      return;
    }
    say(stage, move, won ? 'lease won' : 'lease lost', atMs);
    const told = toldBy(stage, move, atMs);
    const fenced = won ? [{ kind: 'fenced' as const, ...told }] : [];
    tell(stage, [{ kind: 'lease', won, ...told }, ...fenced], atMs);
    if (won) after(stage, move, atMs + SCALE_MS, scale(stage, move));
    else move.over = true;
  };

const scale =
  (stage: Stage, move: Move) =>
  (atMs: number): void => {
    if (isOver(stage, move, atMs)) return;
    const how = faultsOf(stretchAt(stage, atMs), 'capacity')[0]?.how;
    const enough = how === undefined || how === 'cold';
    const takesMs = how === undefined ? 0 : enough ? COLD_MS : SCALE_LIMIT_MS;
    after(stage, move, atMs + takesMs, (laterMs) => {
      if (isOver(stage, move, laterMs)) return;
      const why = enough ? 'capacity is there' : 'no capacity';
      say(stage, move, why, laterMs);
      tell(stage, [{ kind: 'scaled', enough, why, ...toldBy(stage, move, laterMs) }], laterMs);
      if (enough)
        after(stage, move, laterMs + FLIP_MS, flip(stage, move, false, moved(stage, move)));
      else move.over = true;
    });
  };

const moved =
  (stage: Stage, move: Move) =>
  (done: boolean, why: string, atMs: number): void => {
    say(stage, move, `flipped: ${done} (${why})`, atMs);
    if (done) stage.traffic.flipped(atMs);
    else move.over = true;
    tell(stage, [{ kind: 'flipped', done, why, ...toldBy(stage, move, atMs) }], atMs);
    if (done) after(stage, move, atMs + ASK_MS, prove(stage, move, atMs, null));
  };

const movedBack =
  (stage: Stage, move: Move) =>
  (done: boolean, why: string, atMs: number): void => {
    say(stage, move, `rolled back: ${done} (${why})`, atMs);
    move.over = true;
    tell(stage, [{ kind: 'rolledBack', done, why, ...toldBy(stage, move, atMs) }], atMs);
  };

/** Asks from outside until name servers, resolvers and the service itself say so. */
const prove =
  (stage: Stage, move: Move, flippedAtMs: number, sinceMs: number | null) =>
  (atMs: number): void => {
    if (isOver(stage, move, atMs)) return;
    const { plan, stored } = stage.controller();
    const { to, from } = move.execution;
    const { ttlMs } = plan.failover;
    const wanted = to === plan.primary ? 'home' : 'standby';
    const answeredMs = stage.switches.answerAt(atMs) === wanted ? (sinceMs ?? atMs) : null;
    const serves = stage.traffic.truth(regionOf(stage.traffic.places, to), atMs) !== 'dead';
    const ok = serves && answeredMs !== null && atMs - answeredMs >= RESOLVER_SHARE * ttlMs;
    if (!ok && atMs < flippedAtMs + ttlMs + GRACE_MS) {
      after(stage, move, atMs + ASK_MS, prove(stage, move, flippedAtMs, answeredMs));
      return;
    }
    const verdictOf = (region: string): string =>
      stored()?.verdicts.find((each) => each.region === region)?.state ?? 'UNKNOWN';
    const back = !ok && oldSideNoWorse(verdictOf(from), verdictOf(to));
    const why = ok ? 'answered from outside' : serves ? 'not answered' : `${to} does not serve`;
    say(stage, move, `verified: ${ok} (${why})`, atMs);
    if (!back) move.over = true;
    const told = toldBy(stage, move, atMs);
    tell(stage, [{ kind: 'verified', ok, oldSideNoWorse: back, why, ...told }], atMs);
    if (back) after(stage, move, atMs + FLIP_MS, flip(stage, move, true, movedBack(stage, move)));
  };

export const openExecutor = (needs: Needs) => {
  const stage: Stage = { ...needs, moves: new Map(), spent: new Set(), lease: null };
  return {
    /** A second start of the same name starts nothing. */
    start: (execution: Execution, atMs: number): void => {
      if (stage.moves.has(execution.name)) return;
      const move = { execution, over: false, leaseAtMs: Number.NEGATIVE_INFINITY };
      stage.moves.set(execution.name, move);
      needs.heard({ what: 'started', execution }, atMs);
      after(stage, move, atMs + START_MS, acquire(stage, move, 1));
    },
    statusOf: ({ name }: Execution): 'running' | 'ended' | 'unknown' => {
      const move = stage.moves.get(name);
      return move === undefined ? 'unknown' : move.over ? 'ended' : 'running';
    },
  };
};
