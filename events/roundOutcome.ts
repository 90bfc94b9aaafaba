import * as z from 'zod';
import { DeadTask, PlacementPlan } from './placement.ts';
import { ProbeResult } from './probeRequest.ts';
import { ArmId, Cell, DrillId, Region, Round } from './region.ts';

/** A placement that did not come to answer: which part failed, and why. */
export const PlacementFailure = z.strictObject({
  region: Region,
  armId: ArmId,
  error: z.string(),
  reason: z.string(),
  /** The task, where one was started. */
  taskArn: z.string().optional(),
});
export type PlacementFailure = z.output<typeof PlacementFailure>;

/** Input of `look`: what came of one round. */
export const LookInput = z.strictObject({
  drillId: DrillId,
  round: Round,
  placements: z.array(PlacementPlan),
  failures: z.array(PlacementFailure),
  probes: z.array(ProbeResult),
  dead: z.array(DeadTask),
});
export type LookInput = z.output<typeof LookInput>;

/** Whether to go on, and with which placements and cells. */
export const LookOutput = z.strictObject({
  decision: z.enum(['more', 'decided', 'max', 'hopeless']),
  why: z.string(),
  nextRound: Round,
  placements: z.array(PlacementPlan),
  cells: z.array(Cell),
});
export type LookOutput = z.output<typeof LookOutput>;
