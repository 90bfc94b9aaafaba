/** What `failover flip`, `back`, `approve` and `hand-over` print with --json. */
import * as z from 'zod';
import { GateShape } from './failoverDecided.ts';
import { StateShape } from './failoverState.ts';
import { OperatedPlace } from './operatedPlace.ts';
import { Region } from './region.ts';

export const OrderOutput = z.strictObject({
  /** Null for the embedded cloud. */
  place: OperatedPlace.nullable(),
  service: z.string(),
  order: z.enum(['flip', 'back', 'approve', 'hand-over']),
  /** Whether traffic was moved, or is being moved, for this order; or the place of the controller given away. */
  accepted: z.boolean(),
  why: z.string(),
  /** The execution that carries it out; null where there is none. */
  execution: z.string().nullable(),
  /** `moving` when it was not over while the command waited. */
  outcome: z.enum(['done', 'failed', 'moving', 'not-moved']),
  phase: StateShape.shape.phase,
  active: Region,
  epoch: z.int(),
  /** Every gate as it was asked; null where nothing was to be decided. */
  gates: z.array(GateShape).nullable(),
});
export type OrderOutput = z.output<typeof OrderOutput>;
