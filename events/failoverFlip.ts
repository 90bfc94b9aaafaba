/** What the steps that take the lease, fence, and move traffic are asked, and what they answer. */
import * as z from 'zod';
import { FlipOutput, LeaseOutput, PreflightInput, StepInput, StepOutput } from './failoverStep.ts';
import { EpochMs } from './region.ts';

export const AcquireLeaseInput = z.union([PreflightInput, StepInput]);
export type AcquireLeaseInput = z.output<typeof AcquireLeaseInput>;

/** With what the machine needs to know to pass states over. */
export const LeaseTaken = LeaseOutput.extend({
  /** Somebody has to be told to stop writing, or an old lease to be waited for. */
  fence: z.boolean(),
  /** The capacity of the new region is in our hands. */
  scale: z.boolean(),
  /** A listener of one of the regions is closed while traffic is in the other. */
  listener: z.boolean(),
});
export type LeaseTaken = z.output<typeof LeaseTaken>;

export const FenceInput = z.union([
  PreflightInput,
  StepInput.extend({
    /** The old lease has been waited for. */
    waited: z.boolean().default(false),
    /** The new region is ready: its own listener is opened, and that of the old one closed. */
    listener: z.boolean().default(false),
  }),
]);
export type FenceInput = z.output<typeof FenceInput>;

export const FenceOutput = StepOutput.extend({
  /** How long the old region may still write: a single-writer store waits for it. */
  waitSeconds: z.int().min(0),
});
export type FenceOutput = z.output<typeof FenceOutput>;

const Percent = z.int().min(0).max(100);

export const FlipOrder = StepInput.extend({
  /**
   * `flip`: all traffic to the new region. `shift`: the next share of it, if all is well.
   * `roll-back`: all back, at an epoch of its own. `settle`: follow an accepted change to its end.
   */
  move: z.enum(['flip', 'shift', 'roll-back', 'settle']).default('flip'),
  /** Where a shift stands, and since when. */
  weight: Percent.default(0),
  weightSinceMs: EpochMs.nullable().default(null),
  /** The change to settle. */
  changeId: z.string().max(100).nullable().default(null),
});
export type FlipOrder = z.output<typeof FlipOrder>;

export const FlipInput = z.union([PreflightInput, FlipOrder]);
export type FlipInput = z.output<typeof FlipInput>;

export const Flipped = FlipOutput.extend({
  /** The change of Route 53 that was accepted and is on its way; null where there is none. */
  changeId: z.string().nullable(),
  /** What the shift has come to, and how long to watch it; null when there is no further step. */
  shift: z
    .strictObject({
      weight: Percent,
      weightSinceMs: EpochMs.nullable(),
      holdSeconds: z.int().min(1),
    })
    .nullable(),
});
export type Flipped = z.output<typeof Flipped>;
