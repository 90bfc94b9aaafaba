/**
 * Driver `record`: one batch. What the zone holds may have been read before the decision, since the
 * batch fails when it is no longer so; then it is read again.
 */
import type { DnsRecord, ReadRecord, RecordPlace } from '../../aws/dnsRecord.ts';
import type { mayWrite } from '../../core/failover/lease.ts';
import {
  type ChangeProgress,
  epochOf,
  nextChangeStep,
  planRecordChange,
  planRecordProof,
  type RecordSet,
} from '../../core/failover/switchRecord.ts';
import type { PreflightOutput } from '../../events/failoverStep.ts';
import { type Calls, openCalls } from '../_calls.ts';
import type { Clock } from '../_entry.ts';
import { type CallContext, openZoneCalls, type Refused } from './zoneCalls.ts';

/** What a move of the switch came to. */
export type Moved = {
  readonly done: boolean;
  readonly superseded: boolean;
  readonly why: string;
  readonly changeId: string | null;
};

/** Asked right before each write, with the epoch that the switch shows. */
export type Guard = (foundEpoch: number | null) => ReturnType<typeof mayWrite>;

export type RecordMove = {
  readonly place: RecordPlace;
  readonly epoch: number;
  readonly sets: readonly RecordSet[];
  readonly previous?: readonly RecordSet[];
  readonly comment: string;
  readonly guard: Guard;
};

export type RecordNeeds = {
  readonly dnsRecord: DnsRecord;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
};

/** A doubt lasts seconds: the proof waits for its turn at a busy Route 53, but not for long. */
const PROOFS_MAX = 4;
const PROOF_PAUSE_MS = 200;

type Tried = Moved | Refused;

type Proof = {
  readonly ok: boolean;
  readonly why: string;
  readonly again: boolean;
  /** What the zone held, where it could be proven. */
  readonly found?: ReadRecord;
};

const servingIn = (
  found: ReadRecord,
  ownerOf: (sets: readonly RecordSet[]) => string | null,
): NonNullable<PreflightOutput['serving']> | null => {
  const [region, epoch] = [ownerOf(found.sets), epochOf(found.epoch)];
  return region === null || epoch === null ? null : { region, epoch };
};

const failed = (why: string, superseded = false): Moved => ({
  done: false,
  superseded,
  why,
  changeId: null,
});

export const openRecordSwitch = ({ dnsRecord, clock, random }: RecordNeeds) => {
  const { known, readOrWhy, submit } = openZoneCalls(dnsRecord);

  /** One try: plan by what the zone holds, ask the guard, and submit. */
  const tryOnce = async (
    wanted: RecordMove,
    cached: ReadRecord | undefined,
    at: CallContext,
  ): Promise<Tried> => {
    const { place, epoch, sets, previous, guard } = wanted;
    let found = cached ?? (await readOrWhy(place, at));
    const wish = { record: place.record, epoch, sets, ...(previous ? { previous } : {}) };
    // What was read before the decision may only be right: a refusal must rest on the present.
    if (cached && (cached.foreign !== null || planRecordChange(cached, wish).kind !== 'change')) {
      found = await readOrWhy(place, at);
    }
    if ('answer' in found) return found;
    if (found.foreign !== null) return failed(found.foreign);
    const plan = planRecordChange(found, wish);
    if (plan.kind === 'already') {
      return { done: true, superseded: false, why: plan.why, changeId: null };
    }
    if (plan.kind !== 'change') return failed(plan.why, plan.kind === 'superseded');
    const allowed = guard(epochOf(found.epoch));
    if (!allowed.ok) return failed(allowed.why);
    const result = await submit(place, { batch: plan.batch, comment: wanted.comment }, at);
    known.delete(place.record);
    if (result.answer !== 'accepted') return result;
    const why = `Route 53 accepted ${place.record} at epoch ${epoch}`;
    return { done: true, superseded: false, why, changeId: result.changeId };
  };

  /** Resolves when Route 53 has accepted the batch: its name servers follow. */
  const move = async (wanted: RecordMove, calls: Calls, signal: AbortSignal): Promise<Moved> => {
    const startMs = clock.monotonicMs();
    let progress: ChangeProgress = { submits: 0, refusals: 0, elapsedMs: 0 };
    let cached = known.get(wanted.place.record);
    for (let attempt = 1; ; attempt++) {
      const tried = await tryOnce(wanted, cached, { calls, attempt, signal });
      if ('done' in tried) return tried;
      // Read before the decision, and changed since: that says nothing of Route 53.
      const wasStale = cached !== undefined && tried.answer === 'InvalidChangeBatch';
      cached = undefined;
      if (wasStale) continue;
      progress = {
        submits: progress.submits + 1,
        refusals: progress.refusals + 1,
        elapsedMs: Math.round(clock.monotonicMs() - startMs),
      };
      const next = nextChangeStep(tried.answer, progress, random());
      if (next.do === 'give-up') return failed(`${next.why}: ${tried.message}`);
      if (next.do !== 'done') await clock.sleep(next.inMs, signal);
    }
  };

  /** One try to prove it; `again` when Route 53 has only been too busy. */
  const proveOnce = async (place: RecordPlace, epoch: number, at: CallContext): Promise<Proof> => {
    const found = await readOrWhy(place, at);
    if ('answer' in found) return { ok: false, why: found.message, again: true };
    if (found.foreign !== null) return { ok: false, why: found.foreign, again: false };
    const plan = planRecordProof(found, { record: place.record, epoch });
    if (plan.kind !== 'change') return { ok: false, why: plan.why, again: false };
    const comment = `${place.record} can be written`;
    const result = await submit(place, { batch: plan.batch, comment }, at);
    // The proof itself has written an epoch: what was read is no longer all there is.
    if (found.epoch === null) known.delete(place.record);
    return result.answer === 'accepted'
      ? { ok: true, why: `Route 53 takes changes of ${place.record}`, again: false, found }
      : { ok: false, why: `${result.answer}: ${result.message}`, again: true };
  };

  /** Proves that the zone can be written, and keeps what it holds for the flip. */
  const prove = async (
    place: RecordPlace,
    epoch: number,
    signal: AbortSignal,
    ownerOf: (sets: readonly RecordSet[]) => string | null = () => null,
  ): Promise<PreflightOutput> => {
    const calls = openCalls(clock);
    for (let attempt = 1; ; attempt++) {
      const { ok, why, again, found } = await proveOnce(place, epoch, { calls, attempt, signal });
      if (!again || attempt >= PROOFS_MAX) {
        const serving = found ? servingIn(found, ownerOf) : null;
        return { ok, why, writable: ok ? 1 : 0, needed: 1, of: 1, serving };
      }
      await clock.sleep(PROOF_PAUSE_MS * attempt, signal);
    }
  };

  return { move, prove };
};

export type RecordSwitch = ReturnType<typeof openRecordSwitch>;
