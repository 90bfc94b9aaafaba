import * as z from 'zod';
import { ArmId, DrillId, Ms, Region, Round } from './region.ts';

/** An arm that is to run in a region. */
export const PlacementPlan = z.strictObject({
  region: Region,
  armId: ArmId,
  taskDefinition: z.string(),
});
export type PlacementPlan = z.output<typeof PlacementPlan>;

export const RegisterTaskInput = z.strictObject({
  drillId: DrillId,
  region: Region,
  armId: ArmId,
  imageUri: z.string(),
  imageDigest: z.string(),
});

export const PlaceTaskInput = z.strictObject({
  drillId: DrillId,
  round: Round,
  ...PlacementPlan.shape,
});

export const PlacedTask = z.strictObject({ region: Region, armId: ArmId, taskArn: z.string() });
export type PlacedTask = z.output<typeof PlacedTask>;

export const AwaitReadyInput = z.strictObject({
  drillId: DrillId,
  round: Round,
  ...PlacedTask.shape,
});

/** How long a placement took, by its parts. `pullMs` is null where the platform does not tell it. */
export const PlacementTimes = z.strictObject({
  scheduleMs: Ms.nullable(),
  pullMs: Ms.nullable(),
  startMs: Ms.nullable(),
  readyMs: Ms,
});
export type PlacementTimes = z.output<typeof PlacementTimes>;

/** A task that answered its health path with 200. */
export const Placement = z.strictObject({
  ...PlacedTask.shape,
  host: z.string(),
  port: z.int(),
  runner: z.string(),
  times: PlacementTimes,
});
export type Placement = z.output<typeof Placement>;

export const ReleaseRoundInput = z.strictObject({
  drillId: DrillId,
  round: Round,
  tasks: z.array(PlacedTask),
});

/** A task that was found stopped before it was released; `interrupted` when not by its own doing. */
export const DeadTask = z.strictObject({
  ...PlacedTask.shape,
  reason: z.string(),
  interrupted: z.boolean(),
});
