/** How a failover or a failback went, in the few facts that a history shows. */
import * as z from 'zod';
import { FailoverCompleted, TimingsShape } from './failoverCompleted.ts';
import { ExecutionShape } from './failoverDecided.ts';
import { ServiceName } from './probeOutcome.ts';
import { EpochMs, Region } from './region.ts';

/** The body of the last entry of every record, of kind `completed`. */
export const FailoverResult = ExecutionShape.omit({ name: true }).extend({
  service: ServiceName,
  /** Name of the execution, which is the id of the failover everywhere. */
  execution: ExecutionShape.shape.name,
  outcome: FailoverCompleted.shape.outcome,
  /** The region that serves now. */
  active: Region,
  reason: z.string().max(2_000),
  /** When it was decided, and when nothing was left to do. */
  startedAtMs: EpochMs,
  finishedAtMs: EpochMs,
  timings: TimingsShape.nullable(),
  lossMs: z.number().min(0).nullable(),
  /** What is still not as it was before the failover; empty when all is. */
  leftovers: z.array(z.string().max(500)).max(50),
  /** A single vantage cannot tell a dead region from a cut cable. */
  vantage: z.enum(['quorum', 'single']).nullable(),
});
export type FailoverResult = z.output<typeof FailoverResult>;

/** Item of the history: the result, and where its proof is. */
export const FailoverSummary = FailoverResult.extend({
  /** Key of the record in the bucket of the watch. */
  record: z.string().min(1).max(500),
  entries: z.int().min(1),
  /** Hash of the last entry: kept here, it shows when the record was cut short. */
  head: z.string().regex(/^[0-9a-f]{64}$/),
});
export type FailoverSummary = z.output<typeof FailoverSummary>;
