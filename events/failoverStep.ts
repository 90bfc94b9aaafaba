/**
 * What the states of `failover.asl.yaml` and `failback.asl.yaml` hand to their functions, and what
 * comes back.
 */
import * as z from 'zod';
import { ExecutionShape, ServingShape } from './failoverDecided.ts';
import { ServiceName } from './probeOutcome.ts';
import { EpochMs } from './region.ts';

/** Input of both machines, and of each of their functions. */
export const StepInput = z.object({ service: ServiceName, execution: ExecutionShape });
export type StepInput = z.output<typeof StepInput>;

/**
 * Asks whether a step could act, before there is anything to carry out. It warms the function, and
 * its answer is gate G10.
 */
export const PreflightInput = z.strictObject({ service: ServiceName, preflight: z.literal(true) });
export type PreflightInput = z.output<typeof PreflightInput>;

export const PreflightOutput = z.strictObject({
  ok: z.boolean(),
  why: z.string(),
  /** How many stores took a conditional write that changes nothing. */
  writable: z.int().min(0),
  needed: z.int().min(1),
  of: z.int().min(1),
  /** The lease is another controller's to write. */
  foreign: z.boolean().exactOptional(),
  /** Where the switch sends clients; null where that cannot be told, left out by other steps. */
  serving: ServingShape.nullable().exactOptional(),
});
export type PreflightOutput = z.output<typeof PreflightOutput>;

/** Every step says whether it did what it should, and why. */
export const StepOutput = z.strictObject({ ok: z.boolean(), why: z.string() });
export type StepOutput = z.output<typeof StepOutput>;

export const LeaseOutput = StepOutput.extend({
  won: z.boolean(),
  leaseWonAtMs: EpochMs.nullable(),
});
export type LeaseOutput = z.output<typeof LeaseOutput>;

export const FlipOutput = StepOutput.extend({
  /** The switch shows the execution's epoch and region. */
  done: z.boolean(),
  /** A younger epoch was found: this executor is too late and has changed nothing. */
  superseded: z.boolean(),
  flippedAtMs: EpochMs.nullable(),
});
export type FlipOutput = z.output<typeof FlipOutput>;

export const VerifyOutput = StepOutput.extend({
  oldSideNoWorse: z.boolean(),
  /** When every authoritative server gave the new answer; null when it did not come to that. */
  authoritativeMs: EpochMs.nullable(),
  /** When enough resolvers did, and a request was answered by the new region. */
  effectiveMs: EpochMs.nullable(),
});
export type VerifyOutput = z.output<typeof VerifyOutput>;
