/** A decision to move traffic: input of the failover machine. */
import * as z from 'zod';
import type { Gate } from '../core/failover/gates.ts';
import type { Execution } from '../core/failover/states.ts';
import type { Serving } from '../core/failover/view.ts';
import { type BusEvent, busEvent } from './busEvent.ts';
import { ServiceName } from './probeOutcome.ts';
import { EpochMs, Region } from './region.ts';

export const Cause = z.enum([
  'down',
  'degraded',
  'unstable',
  'external',
  'operator',
  'rehearsal',
  'failback',
]);

export const Epoch = z.int().min(0).max(1e9);

/** Where the switch sends clients. */
export const ServingShape = z.strictObject({
  region: Region,
  epoch: Epoch,
  rehearsal: z.boolean().exactOptional(),
}) satisfies z.ZodType<Serving>;

export const GateShape = z.strictObject({
  gate: z.enum(['G1', 'G2', 'G3', 'G4', 'G5', 'G6', 'G7', 'G8', 'G9', 'G10']),
  ok: z.boolean(),
  otherwise: z.enum(['block', 'hold', 'approve', 'wait']),
  value: z.union([z.string().max(500), z.number()]).nullable(),
  limit: z.union([z.string().max(500), z.number()]).nullable(),
  source: z.string().max(200),
  ageMs: z.number().nullable(),
  why: z.string().max(2_000),
}) satisfies z.ZodType<Gate>;

export const ExecutionShape = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
  decisionId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  cause: Cause,
  from: Region,
  to: Region,
  epoch: Epoch,
  automatic: z.boolean(),
}) satisfies z.ZodType<Execution>;

export const FailoverDecided = ExecutionShape.extend({
  service: ServiceName,
  atMs: EpochMs,
  reason: z.string().max(2_000),
  gates: z.array(GateShape).length(10),
});
export type FailoverDecided = z.output<typeof FailoverDecided>;

export const failoverDecided = (decided: FailoverDecided): BusEvent<FailoverDecided> =>
  busEvent('FailoverDecided', FailoverDecided.parse(decided));
