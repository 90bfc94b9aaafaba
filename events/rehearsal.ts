/** What a rehearsal is asked for, what it remembers between its steps, and what came of it. */
import * as z from 'zod';
import type { Depth, RehearsalOutcome } from '../core/failover/rehearsal.ts';
import type { RehearsalMemory } from '../core/failover/rehearsalSteps.ts';
import { TimingsShape } from './failoverCompleted.ts';
import { GateShape } from './failoverDecided.ts';
import { PlacementPlan } from './placement.ts';
import { ServiceName } from './probeOutcome.ts';
import { DrillId, EpochMs, Ms } from './region.ts';

export const DepthShape = z.enum(['replay', 'shadow', 'canary', 'full']) satisfies z.ZodType<Depth>;

export const RehearsalOutcomeShape = z.enum([
  'PENDING',
  'SUCCEEDED',
  'INTERRUPTED',
  'FAILED',
  'CAPACITY_CHECK_FAILED',
  'SKIPPED',
]) satisfies z.ZodType<RehearsalOutcome>;

/** `drill.rehearsal` of the configuration, as the plan of a drill hands it on. */
export const RehearsalWanted = z.strictObject({
  depth: DepthShape,
  every: z.string().max(60),
  full: z.string().max(60).nullable(),
  window: z.string().max(60).nullable(),
  /** Longest time from the fault to the proof of the flip; null is no limit. */
  rtoMs: Ms.nullable(),
  /** How long a canary or a full flip must stay well. */
  holdMs: Ms,
  timeZone: z.string().max(64),
});
export type RehearsalWanted = z.output<typeof RehearsalWanted>;

/** Input of `rehearsal.asl.yaml`. */
export const RehearsalInput = z.object({
  service: ServiceName,
  drillId: DrillId,
  wanted: RehearsalWanted,
  /** Task definitions of the reference in both regions: the shadow's own two sides. */
  placements: z.array(PlacementPlan).max(10),
});
export type RehearsalInput = z.output<typeof RehearsalInput>;

export const RehearsalMemoryShape = z.strictObject({
  depth: z.enum(['shadow', 'canary', 'full']),
  stage: z.enum(['set-up', 'calm', 'flip', 'hold', 'recover', 'return', 'revert', 'over']),
  stageSinceMs: EpochMs,
  startedAtMs: EpochMs,
  faultAtMs: EpochMs.nullable(),
  faultTargets: z.int().min(0).nullable(),
  orderedAtMs: EpochMs.nullable(),
  settledAtMs: EpochMs,
  verifiedAtMs: EpochMs.nullable(),
  badSinceMs: EpochMs.nullable(),
  relapsesMs: Ms,
  interruptedBy: z.string().max(500).nullable(),
  failure: z.string().max(2_000).nullable(),
}) satisfies z.ZodType<RehearsalMemory>;

/** What came of a rehearsal. Kept with the watch, and shown in the drill's report. */
export const RehearsalResult = z.strictObject({
  service: ServiceName,
  drillId: DrillId,
  depth: DepthShape,
  outcome: RehearsalOutcomeShape,
  why: z.string().max(2_000),
  startedAtMs: EpochMs,
  finishedAtMs: EpochMs,
  /** From the fault to the proof from outside; null where nothing was broken or proved. */
  rtoMs: Ms.nullable(),
  timings: TimingsShape.nullable(),
  /** Age of the data that would have been lost; null when unknown or there is no data. */
  lossMs: Ms.nullable(),
  /** The executions that moved it there and back: `failover report <id>`. */
  executions: z.array(z.string().max(80)).max(20),
  /** Of a replay: the gates as they stand tonight. */
  gates: z.array(GateShape).max(10),
});
export type RehearsalResult = z.output<typeof RehearsalResult>;

/** `begin-rehearsal` either ends it at once, or says what to remember. */
export const BeginRehearsalOutput = z.strictObject({
  start: z.boolean(),
  result: RehearsalResult.nullable(),
  memory: RehearsalMemoryShape.nullable(),
  configHash: z.string().max(140),
});
export type BeginRehearsalOutput = z.output<typeof BeginRehearsalOutput>;

export const StepRehearsalInput = RehearsalInput.extend({ memory: RehearsalMemoryShape });
export type StepRehearsalInput = z.output<typeof StepRehearsalInput>;

export const StepRehearsalOutput = z.strictObject({
  memory: RehearsalMemoryShape,
  over: z.boolean(),
});

export const EndRehearsalInput = StepRehearsalInput.extend({ configHash: z.string().max(140) });
export type EndRehearsalInput = z.output<typeof EndRehearsalInput>;
