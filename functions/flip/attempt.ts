/**
 * What every way of moving traffic has in common: the lease, what may be rested on, the switch of
 * the plan, and telling what came of it.
 */
import type { DnsRecord } from '../../aws/dnsRecord.ts';
import type { Leases } from '../../aws/leases.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import { answerSets } from '../../core/failover/answerSets.ts';
import { mayWrite } from '../../core/failover/lease.ts';
import type { Event, Execution } from '../../core/failover/states.ts';
import type { FlipOrder, Flipped } from '../../events/failoverFlip.ts';
import { targetOf, type WatchPlan } from '../../events/watchPlan.ts';
import type { WatchState } from '../../events/watchState.ts';
import { type Calls, openCalls } from '../_calls.ts';
import type { Base } from '../_entry.ts';
import { holdOf, leasesOf, renewLease } from '../_hold.ts';
import type { Transitions } from '../_transition.ts';
import type { QuorumSwitch } from './quorum.ts';
import type { Guard, Moved, RecordSwitch } from './record.ts';

export type FlipNeeds = Base & {
  readonly table: WatchTable;
  readonly leasesIn: (table: string) => Leases;
  readonly transitions: Transitions;
  readonly recordSwitch: RecordSwitch;
  readonly quorumSwitch: QuorumSwitch;
  readonly dnsRecord: DnsRecord;
  /** From 0 up to 1. */
  readonly random: () => number;
};

/** One move, under way: what it may rest on, and where it notes its calls. */
export type Attempt = {
  readonly plan: WatchPlan;
  readonly stored: WatchState;
  readonly execution: Execution;
  /** The region traffic goes to, and the epoch of that. */
  readonly to: string;
  readonly epoch: number;
  readonly guard: Guard;
  readonly calls: Calls;
};

export const lost = (why: string, superseded: boolean): Moved => ({
  done: false,
  superseded,
  why,
  changeId: null,
});

const newestVoteMs = ({ votes }: WatchState): number =>
  Math.max(0, ...votes.map(({ atMs }) => atMs));

/** Renews the lease and reads what the move rests on, all at once. */
export const begin = async (
  needs: FlipNeeds,
  { service, execution, move }: FlipOrder,
  signal: AbortSignal,
): Promise<Attempt | Moved> => {
  const { table, transitions, clock } = needs;
  const back = move === 'roll-back';
  const epoch = back ? execution.epoch + 1 : execution.epoch;
  const plan = await transitions.planOf(service, signal);
  const { lease, evidenceMs } = plan.failover;
  const holding = { leases: leasesOf(needs, plan), clock };
  const hold = holdOf(plan, execution.name, epoch);
  const [held, stored] = await Promise.all([
    renewLease(holding, hold, execution.epoch, signal),
    table.state(service, signal),
  ]);
  if (!held.won) return lost(held.why, true);
  if (stored === null) throw new DrillError('DrillNotFound', `${service} has no state`);
  if (stored.state.execution?.name !== execution.name) {
    return lost(`${execution.name} is no longer under way`, true);
  }
  const seenMs = newestVoteMs(stored);
  const guard: Guard = (foundEpoch) =>
    mayWrite({
      epoch,
      leaseHeldMs: Math.round(clock.monotonicMs() - held.sinceMonotonicMs),
      lease,
      evidenceAgeMs: Math.round(clock.now() - seenMs),
      evidenceMs,
      foundEpoch,
    });
  const to = back ? execution.from : execution.to;
  return { plan, stored, execution, to, epoch, guard, calls: openCalls(clock) };
};

const SECOND_MS = 1_000;

export const nameOf = ({ record, failover }: WatchPlan) => ({
  record,
  ttlS: Math.max(0, Math.round(failover.ttlMs / SECOND_MS)),
});

export const placeOf = ({ zoneId, record }: WatchPlan) => ({ zoneId, record });

/** All traffic at once, by whichever driver the plan has. */
export const moveAll = (
  { recordSwitch, quorumSwitch }: FlipNeeds,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Moved> => {
  const { plan, to, epoch, guard, calls, execution } = attempt;
  if (plan.switch.driver === 'quorum') return quorumSwitch.move(attempt, signal);
  const { answers } = targetOf(plan, to);
  const sets = answerSets(nameOf(plan), answers);
  const comment = `${execution.name}: ${to} at epoch ${epoch}`;
  return recordSwitch.move({ place: placeOf(plan), epoch, sets, comment, guard }, calls, signal);
};

/** Tells the machine and the record, whatever came of it. */
export const conclude = async (
  { table, transitions, clock }: FlipNeeds,
  order: FlipOrder,
  { moved, calls }: { readonly moved: Moved; readonly calls: Calls | null },
  signal: AbortSignal,
): Promise<Flipped> => {
  const { service, execution, move } = order;
  const { done, superseded, why, changeId } = moved;
  const nowMs = clock.now();
  const kind = move === 'roll-back' ? 'rolledBack' : 'flipped';
  const event: Event = { kind, nowMs, execution: execution.name, done, why };
  const made = calls?.made.map((call) => ({ ...call })) ?? [];
  const body = { move, done, superseded, why, changeId, calls: made };
  await Promise.all([
    transitions.apply(service, event, signal),
    table.putEvidence(execution.name, { kind: 'flip', atMs: nowMs, body }, signal),
  ]);
  const flippedAtMs = done ? nowMs : null;
  return { ok: done, why, done, superseded, flippedAtMs, changeId, shift: null };
};
