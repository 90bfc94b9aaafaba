/** What is stored of a watch between invocations. */
import * as z from 'zod';
import type { Decision, DecisionInput } from '../core/evidence/decision.ts';
import type { Lease } from '../core/failover/lease.ts';
import type { Action, Execution, State } from '../core/failover/states.ts';
import type { Filter } from '../core/health/filter.ts';
import type { Sample } from '../core/health/sample.ts';
import type { Verdict } from '../core/health/verdict.ts';
import type { Vote } from '../core/health/vote.ts';
import { DecisionInputShape, DecisionShape } from './evidenceRecord.ts';
import { Cause, Epoch, ExecutionShape } from './failoverDecided.ts';
import { NoticeShape } from './failoverNotice.ts';
import { StateShape } from './failoverState.ts';
import { VoteShape } from './healthVote.ts';
import { ObserverName, SampleShape } from './probeOutcome.ts';
import { EpochMs, Ms, Region } from './region.ts';

const approval = {
  decisionId: ExecutionShape.shape.decisionId,
  epoch: Epoch,
  expiresAtMs: EpochMs,
};

const ActionShape = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('prepare') }),
  z.strictObject({ do: z.literal('interrupt-rehearsal') }),
  z.strictObject({ do: z.literal('plan'), cause: Cause, approved: z.boolean() }),
  z.strictObject({ do: z.literal('ask-approval'), ...approval }),
  z.strictObject({
    do: z.enum(['start', 'fence', 'scale', 'flip', 'verify', 'roll-back']),
    execution: ExecutionShape,
  }),
  z.strictObject({
    do: z.literal('finish'),
    execution: ExecutionShape,
    outcome: z.enum(['done', 'failed']),
  }),
  z.strictObject({ do: z.literal('notify'), notice: NoticeShape, why: z.string() }),
  z.strictObject({ do: z.literal('page'), why: z.string() }),
]) satisfies z.ZodType<Action>;

/** How a region was last judged, to tell a change from a repetition. */
export type Judged = Pick<Verdict, 'region' | 'state'>;

const JudgedShape = z.strictObject({
  region: ObserverName,
  state: z.enum(['UP', 'DEGRADED', 'DOWN', 'UNKNOWN']),
}) satisfies z.ZodType<Judged>;

/**
 * Actions that were decided in the version of the state that carries them. They stay until somebody
 * who carried them out writes again, so a crash in between loses none; all can be done twice.
 */
export type OutboxEntry = {
  readonly version: number;
  readonly atMs: number;
  readonly actions: readonly Action[];
  /** The move they belong to, also where it ended with them. */
  readonly execution: Execution | null;
};

const OutboxShape = z.strictObject({
  version: z.int().min(1),
  atMs: EpochMs,
  actions: z.array(ActionShape).min(1).max(20),
  execution: ExecutionShape.nullable(),
}) satisfies z.ZodType<OutboxEntry>;

export type WatchState = {
  /** One more with every write. A write names the version it rests on, or is refused. */
  readonly version: number;
  readonly state: State;
  /** As it was at rest before the present suspicion: where a replay starts. */
  readonly before: State;
  /** The latest vote of each observer about each region. */
  readonly votes: readonly Vote[];
  readonly verdicts: readonly Judged[];
  readonly outbox: readonly OutboxEntry[];
  readonly savedAtMs: number;
};

/** A watch at rest that has heard nothing yet. */
export const restingAt = (state: State, version: number, nowMs: number): WatchState => ({
  version,
  state,
  before: state,
  votes: [],
  verdicts: [],
  outbox: [],
  savedAtMs: nowMs,
});

export const WatchStateShape = z.strictObject({
  version: z.int().min(1),
  state: StateShape,
  before: StateShape,
  votes: z.array(VoteShape).max(40),
  verdicts: z.array(JudgedShape).max(2),
  outbox: z.array(OutboxShape).max(20),
  savedAtMs: EpochMs,
}) satisfies z.ZodType<WatchState>;

export const LeaseShape = z.strictObject({
  epoch: Epoch,
  holder: z.string().min(1).max(100),
  expiresAtMs: EpochMs,
  controller: Region.exactOptional(),
  renewedAtMs: EpochMs.exactOptional(),
}) satisfies z.ZodType<Lease>;

const run = z.strictObject({ fromMs: EpochMs, lastMs: EpochMs, count: z.int().min(1) }).nullable();

const FilterShape = z.strictObject({
  hard: z.strictObject({
    state: z.enum(['UNTRIED', 'UP', 'DOWN']),
    sinceMs: EpochMs.nullable(),
    goodMs: EpochMs.nullable(),
    badMs: EpochMs.nullable(),
    run,
  }),
  soft: z.strictObject({
    window: z.array(z.strictObject({ startMs: EpochMs, latencyMs: Ms.nullable() })).max(100),
    slow: z.boolean(),
    overSinceMs: EpochMs.nullable(),
    underSinceMs: EpochMs.nullable(),
  }),
  lastEvidenceMs: EpochMs.nullable(),
  lastFailure: z.string().max(40).nullable(),
}) satisfies z.ZodType<Filter>;

/** What one observer hands to its next invocation, and until when it observes itself. */
export type ObserverMemory = {
  /** Nobody else observes under this name before then; the holder puts it off as it goes. */
  readonly untilMs: number;
  /** When the holder means to hand over. */
  readonly endsMs: number;
  /** The invocation that observes. */
  readonly holder: string;
  /** By region. */
  readonly memory: Readonly<
    Record<string, { readonly filter: Filter; readonly lastDueMs: number }>
  >;
};

export const ObserverMemoryShape = z.strictObject({
  untilMs: EpochMs,
  endsMs: EpochMs,
  holder: z.string().min(1).max(100),
  memory: z.record(ObserverName, z.strictObject({ filter: FilterShape, lastDueMs: EpochMs })),
}) satisfies z.ZodType<ObserverMemory>;

/** Samples of one target. */
export type TargetSamples = {
  readonly target: string;
  readonly samples: readonly Sample[];
};

/** Samples of one observer about one target. */
export type SampleChunk = TargetSamples & { readonly observer: string };

/** What one observer has seen of its targets, in one item. */
export const SampleItemShape = z.strictObject({
  observer: ObserverName,
  targets: z
    .array(
      z.strictObject({
        target: ObserverName,
        samples: z.array(SampleShape).min(1).max(5_000),
      }) satisfies z.ZodType<TargetSamples>,
    )
    .min(1)
    .max(10),
});

/** A decision as it was made: what it rests on, and what led to it. */
export type StoredDecision = {
  readonly input: DecisionInput;
  readonly before: State;
  readonly decision: Decision;
};

export const StoredDecisionShape = z.strictObject({
  input: DecisionInputShape,
  before: StateShape,
  decision: DecisionShape,
}) satisfies z.ZodType<StoredDecision>;

/** One piece of raw evidence of an execution; `finish` chains them. */
export const StepEvidence = z.strictObject({
  kind: z.string().min(1).max(40),
  atMs: EpochMs,
  body: z.json(),
});
export type StepEvidence = z.output<typeof StepEvidence>;

/** A message in a chat that can still be edited. */
export type SentMessage = {
  readonly channel: string;
  /** By which the chat knows it within the channel. */
  readonly ts: string;
  readonly notice: string;
  /** The execution that it was about, if any. */
  readonly execution: string | null;
  readonly atMs: number;
};

export const SentMessageShape = z.strictObject({
  channel: z.string().min(1).max(100),
  ts: z.string().min(1).max(50),
  notice: z.string().max(40),
  execution: z.string().max(80).nullable(),
  atMs: EpochMs,
}) satisfies z.ZodType<SentMessage>;
