/** The stored state of the failover machine, and the settings and facts a decision rests on. */
import * as z from 'zod';
import type { FailoverSettings } from '../core/failover/settings.ts';
import type { State } from '../core/failover/states.ts';
import type { Facts } from '../core/failover/view.ts';
import type { HealthSettings } from '../core/health/settings.ts';
import { Cause, Epoch, ExecutionShape, ServingShape } from './failoverDecided.ts';
import { ServiceName } from './probeOutcome.ts';
import { EpochMs, Ms, Region } from './region.ts';

export const StateShape = z.strictObject({
  phase: z.enum([
    'STEADY',
    'SUSPECT',
    'EVALUATE',
    'AWAIT_APPROVAL',
    'HOLD_BOTH',
    'HOLD',
    'ACQUIRE',
    'FENCE',
    'SCALE',
    'FLIP',
    'VERIFY',
    'ROLLBACK_FLIP',
    'STABILIZE',
    'FAILBACK_READY',
    'FAILBACK_SHIFT',
  ]),
  phaseSinceMs: EpochMs,
  home: Region,
  active: Region,
  other: Region,
  epoch: Epoch,
  attempt: z.int().min(1),
  troubleSinceMs: EpochMs.nullable(),
  episodes: z.int().min(0),
  clearSinceMs: EpochMs.nullable(),
  unknownSinceMs: EpochMs.nullable(),
  alarm: z.strictObject({ source: z.string().max(200), atMs: EpochMs }).nullable(),
  cause: Cause.nullable(),
  approved: z.boolean(),
  approval: z
    .strictObject({
      decisionId: ExecutionShape.shape.decisionId,
      epoch: Epoch,
      expiresAtMs: EpochMs,
    })
    .nullable(),
  execution: ExecutionShape.nullable(),
  held: z.string().max(2_000).nullable(),
  flips: z
    .array(z.strictObject({ epoch: Epoch, atMs: EpochMs, to: Region, automatic: z.boolean() }))
    .max(50),
  charge: z.strictObject({ held: z.boolean(), epoch: Epoch }).exactOptional(),
  leftAway: z.boolean().exactOptional(),
}) satisfies z.ZodType<State>;

export const HealthSettingsShape = z.strictObject({
  intervalMs: Ms,
  timeoutMs: Ms,
  downMs: Ms,
  upMs: Ms,
  slow: z.strictObject({ p95Ms: Ms, forMs: Ms }).nullable(),
  quorum: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('share'), share: z.number(), eligibleMin: z.int() }),
    z.strictObject({ kind: z.literal('votes'), votes: z.int(), of: z.int() }),
  ]),
}) satisfies z.ZodType<HealthSettings>;

export const FailoverSettingsShape = z.strictObject({
  service: ServiceName,
  mode: z.enum(['auto', 'approve', 'manual']),
  failback: z.enum(['manual', 'auto']),
  confirm: z.strictObject({
    downMs: Ms,
    degradedMs: Ms,
    unstableMs: Ms,
    dissent: z.boolean().exactOptional(),
    steadyP95Ms: Ms.exactOptional(),
  }),
  suspectMs: Ms,
  clearMs: Ms,
  rpoMs: Ms,
  cooldownMs: Ms,
  perDay: z.int().min(1).nullable(),
  maintenance: z.array(z.string().max(64)).max(20),
  timeZone: z.string().max(64),
  evidenceMs: Ms,
  approvalTtlMs: Ms,
  lease: z.strictObject({ ttlMs: Ms, skewMs: Ms }),
  soakMs: Ms,
  homeUpMs: Ms,
  replicated: z.boolean(),
  managedCapacity: z.boolean(),
  residency: z.union([z.array(z.string()), z.literal('any')]),
  driver: z.enum(['quorum', 'record']),
  ttlMs: Ms,
}) satisfies z.ZodType<FailoverSettings>;

const fact = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({ value, source: z.string().max(200), atMs: EpochMs }).nullable();

export const FactsShape = z.strictObject({
  replicationMs: fact(Ms),
  capacity: fact(
    z.strictObject({ ready: z.int().min(0), wanted: z.int().min(0), scalable: z.boolean() }),
  ),
  preflight: fact(
    z.strictObject({ writable: z.int().min(0), needed: z.int().min(1), of: z.int().min(1) }),
  ),
  digests: fact(z.strictObject({ active: z.string().max(200), other: z.string().max(200) })),
  deployInProgress: fact(z.boolean()),
  serving: fact(ServingShape).exactOptional(),
}) satisfies z.ZodType<Facts>;
