/**
 * A stored record of evidence, as it is read back from a file or a bucket to be checked or
 * replayed.
 */
import * as z from 'zod';
import type { Json } from '../core/evidence/canonical.ts';
import type { Entry } from '../core/evidence/chain.ts';
import type { Decision, DecisionInput } from '../core/evidence/decision.ts';
import type { Past } from '../core/evidence/timeline.ts';
import { Cause, GateShape } from './failoverDecided.ts';
import {
  FactsShape,
  FailoverSettingsShape,
  HealthSettingsShape,
  StateShape,
} from './failoverState.ts';
import { AbstainReason, VoteShape } from './healthVote.ts';
import { ObserverName, SampleShape } from './probeOutcome.ts';
import { EpochMs } from './region.ts';
import { VerdictShape } from './regionVerdict.ts';

const ENTRIES_MAX = 10_000;
const SAMPLES_MAX = 20_000;

const JsonShape: z.ZodType<Json> = z.json();

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const EvidenceRecord = z
  .array(
    z.strictObject({
      index: z.int().min(0),
      kind: z.string().max(40),
      atMs: EpochMs,
      body: JsonShape,
      previousHash: z.union([sha256, z.literal('')]),
      hash: sha256,
    }),
  )
  .max(ENTRIES_MAX) satisfies z.ZodType<readonly Entry[]>;

const area = z.string().max(10).nullable();

export const DecisionInputShape = z.strictObject({
  nowMs: EpochMs,
  health: HealthSettingsShape,
  settings: FailoverSettingsShape,
  observers: z.array(ObserverName).max(20),
  areas: z.strictObject({ active: area, other: area }),
  state: StateShape,
  votes: z.array(VoteShape).max(100),
  facts: FactsShape,
}) satisfies z.ZodType<DecisionInput>;

export const DecisionShape = z.strictObject({
  active: VerdictShape,
  other: VerdictShape,
  cause: Cause.nullable(),
  plan: z.strictObject({
    plan: z.enum(['stay', 'flip', 'restore', 'approve', 'hold', 'blocked', 'wait']),
    to: z.string().max(40).nullable(),
    reason: z.string().max(5_000),
    gates: z.array(GateShape).length(10),
  }),
}) satisfies z.ZodType<Decision>;

/** Body of an entry of kind `decision`: enough to decide again, and to relive what led to it. */
export const PastShape = z.strictObject({
  input: DecisionInputShape,
  before: StateShape,
  observations: z
    .array(
      z.strictObject({
        observer: ObserverName,
        target: ObserverName,
        samples: z.array(SampleShape).max(SAMPLES_MAX),
        silenced: AbstainReason.nullable(),
      }),
    )
    .max(40),
}) satisfies z.ZodType<Past>;

export const DecisionEntry = PastShape.extend({ decision: DecisionShape });
export type DecisionEntry = z.output<typeof DecisionEntry>;
