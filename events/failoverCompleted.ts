/** How a failover or a failback ended. */
import * as z from 'zod';
import type { Timings } from '../core/failover/timings.ts';
import { type BusEvent, busEvent } from './busEvent.ts';
import { Epoch, ExecutionShape } from './failoverDecided.ts';
import { ServiceName } from './probeOutcome.ts';
import { EpochMs, Region } from './region.ts';

const part = z.number();

export const TimingsShape = z.strictObject({
  detectMs: part,
  decideMs: part,
  fenceMs: part,
  scaleMs: part,
  flipMs: part,
  authoritativeMs: part.nullable(),
  effectiveMs: part.nullable(),
  rtoMs: part.nullable(),
}) satisfies z.ZodType<Timings>;

export const FailoverCompleted = z.strictObject({
  service: ServiceName,
  execution: ExecutionShape.shape.name,
  cause: ExecutionShape.shape.cause,
  epoch: Epoch,
  outcome: z.enum(['done', 'rolled-back', 'failed']),
  /** The region that serves now. */
  active: Region,
  atMs: EpochMs,
  timings: TimingsShape.nullable(),
  /** Writes that may be lost, as an age of data; null when unknown or there is no data. */
  lossMs: z.number().min(0).nullable(),
  reason: z.string().max(2_000),
});
export type FailoverCompleted = z.output<typeof FailoverCompleted>;

export const failoverCompleted = (completed: FailoverCompleted): BusEvent<FailoverCompleted> =>
  busEvent('FailoverCompleted', FailoverCompleted.parse(completed));
