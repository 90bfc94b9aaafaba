/** What is promoted where and how, what a promotion remembers between its steps, and what came of it. */
import * as z from 'zod';
import type { Comparison, GateLimits } from '../core/promotion/gate.ts';
import type {
  PlaceMemory,
  PromotionLimits,
  PromotionMemory,
  PromotionOutcome,
} from '../core/promotion/states.ts';
import { ServiceName } from './probeOutcome.ts';
import { DrillId, EpochMs, Ms, Region } from './region.ts';

export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 digits');

const Percent = z.int().min(0).max(100);
const Definition = z.string().min(1).max(500);
const Why = z.string().max(4_000);

/** Where versions of a service run in one region, and who shares the traffic out to them. */
export const PromotionPlace = z.strictObject({
  role: z.enum(['staging', 'standby', 'primary']),
  region: Region,
  cluster: z.string().min(1).max(255),
  service: z.string().min(1).max(255),
  /** What runs a new version beside the service; null in staging, where nobody would miss it. */
  next: z.strictObject({ service: z.string().min(1).max(255) }).nullable(),
  /** Where both are asked, each by the header that names its target group. */
  balancer: z.strictObject({
    /** Its path is that of the health check, and not asked for here. */
    url: z.url({ protocol: /^https?$/ }).max(500),
    /** Name for the certificate and the `Host` header, where they are not those of the URL. */
    serverName: z.string().min(1).max(253).nullable(),
    listener: z.string().min(1).max(500),
    /** Target groups, of the service and of the one beside it. */
    groups: z.strictObject({ main: z.string().max(500), next: z.string().max(500) }),
  }),
});
export type PromotionPlace = z.output<typeof PromotionPlace>;

const LimitsShape = z.strictObject({
  shares: z.array(Percent).min(2).max(20),
  holdMs: Ms,
  soakMs: Ms,
  deployMs: Ms,
  gateMs: Ms,
}) satisfies z.ZodType<PromotionLimits>;

const GateLimitsShape = z.strictObject({
  comparisons: z.int().min(6).max(50),
  slowerShare: z.number().min(0).max(10),
  slowerMs: Ms,
  failedShare: z.number().min(0).max(1),
  p95Ms: Ms.nullable(),
}) satisfies z.ZodType<GateLimits>;

/** How the versions of one service are compared and replaced. Lies in the table of its watch. */
export const PromotionPlan = z.strictObject({
  service: ServiceName,
  places: z.array(PromotionPlace).min(1).max(3),
  /** Percent of the traffic that a canary gets, step by step. */
  steps: z.array(Percent).max(18),
  limits: LimitsShape.omit({ shares: true }),
  gate: GateLimitsShape,
  probe: z.strictObject({
    path: z.string().startsWith('/').max(500),
    expectStatus: z.int().min(100).max(599),
    timeoutMs: Ms,
  }),
  sampling: z.strictObject({
    samples: z.int().min(5).max(1_000),
    warmup: z.int().min(0).max(100),
    ratePerS: z.number().min(1).max(200),
    /** Comparisons in one step, so that a suspicion is never waited for long. */
    perStep: z.int().min(1).max(6),
  }),
  /** The image that the configuration asked for when this plan was made; null where its services are somebody else's. */
  referenceDigest: Digest.nullable(),
  /** Whether variants of drills lie where the services take their images from. */
  variants: z.boolean().default(true),
});
export type PromotionPlan = z.output<typeof PromotionPlan>;

/** What a promotion rests on: a drill, in its own words, or a person's word alone. */
export const PromotionEvidence = z.strictObject({
  drillId: DrillId,
  variant: z.string().max(200),
  headline: z.string().max(1_000),
  /** Difference to the reference at the median, all regions up, as `−8.2 % [−9.9, −6.1]`; null where not ranked. */
  effect: z.string().max(100).nullable(),
  rounds: z.string().max(100).nullable(),
  /** What speaks against it; a person may have promoted it all the same. */
  against: z.array(z.string().max(1_000)).max(50),
});
export type PromotionEvidence = z.output<typeof PromotionEvidence>;

const BurstShape = z.strictObject({
  sent: z.int().min(0),
  failed: z.int().min(0),
  p50Ms: Ms.nullable(),
  p95Ms: Ms.nullable(),
});

const ComparisonShape = z.strictObject({
  old: BurstShape,
  fresh: BurstShape,
}) satisfies z.ZodType<Comparison>;

const PlaceMemoryShape = z.strictObject({
  role: PromotionPlace.shape.role,
  region: Region,
  stage: z.enum([
    ...(['waiting', 'raise', 'shift', 'settle', 'lower'] as const),
    ...(['done', 'revert', 'restore', 'reverted', 'kept'] as const),
  ]),
  before: Definition.nullable(),
  after: Definition.nullable(),
}) satisfies z.ZodType<PlaceMemory>;

export const PromotionMemoryShape = z.strictObject({
  mode: z.enum(['canary', 'bluegreen', 'rollback']),
  digest: Digest,
  seq: z.int().min(0),
  startedAtMs: EpochMs,
  places: z.array(PlaceMemoryShape).max(3),
  at: z.int().min(0).max(3),
  share: z.int().min(0).max(20),
  sinceMs: EpochMs,
  ordered: z.boolean(),
  measured: z.array(ComparisonShape).max(60),
  ending: z
    .strictObject({ kind: z.enum(['ROLLED_BACK', 'INTERRUPTED', 'FAILED']), why: Why })
    .nullable(),
  over: z.boolean(),
}) satisfies z.ZodType<PromotionMemory>;

export const PromotionOutcomeShape = z.enum([
  'RUNNING',
  'PROMOTED',
  'ROLLED_BACK',
  'INTERRUPTED',
  'FAILED',
]) satisfies z.ZodType<PromotionOutcome>;

/** Short enough that an execution can be named after it, with a number behind it. */
export const PromotionId = z.string().regex(/^[A-Za-z0-9_-]{1,72}$/);

/** One gate that was passed or failed, for who asks later on which measurements it went on. */
export const PromotionGate = z.strictObject({
  role: PromotionPlace.shape.role,
  region: Region,
  percent: Percent,
  verdict: z.enum(['holds', 'fails', 'open']),
  why: z.string().max(1_000),
  atMs: EpochMs,
});
export type PromotionGate = z.output<typeof PromotionGate>;

/** Who or what promoted which digest, on which evidence, and what came of it. Kept with the watch. */
export const PromotionRecord = z.strictObject({
  service: ServiceName,
  promotionId: PromotionId,
  /** The execution of the machine that works on it, or did last. */
  execution: z.string().min(1).max(80),
  digest: Digest,
  variant: z.string().max(200).nullable(),
  /** Of the service in the primary, before. */
  previousDigest: Digest.nullable(),
  by: z.enum(['drill', 'person']),
  evidence: PromotionEvidence.nullable(),
  outcome: PromotionOutcomeShape,
  why: Why,
  startedAtMs: EpochMs,
  finishedAtMs: EpochMs.nullable(),
  gates: z.array(PromotionGate).max(100),
  memory: PromotionMemoryShape,
});
export type PromotionRecord = z.output<typeof PromotionRecord>;

/** A promotion in lists: all that matters but its single steps. */
export const PromotionLine = PromotionRecord.omit({ memory: true, gates: true, execution: true });
export type PromotionLine = z.output<typeof PromotionLine>;

/** Input of `promotion.asl.yaml`. All else lies in the record. */
export const PromotionInput = z.strictObject({
  service: ServiceName,
  promotionId: PromotionId,
  startedAtMs: EpochMs,
});
export type PromotionInput = z.output<typeof PromotionInput>;

export const StepPromotionInput = PromotionInput.extend({
  /** Why the step before this one failed for good; null when it did not. */
  failure: Why.nullable(),
});
export type StepPromotionInput = z.output<typeof StepPromotionInput>;

export const StepPromotionOutput = z.strictObject({
  outcome: PromotionOutcomeShape,
  why: Why,
  /** What is done now, in words. */
  doing: z.string().max(500),
});
export type StepPromotionOutput = z.output<typeof StepPromotionOutput>;

/** What `promote` is asked: by the drill with its report, by a person with what was found for them. */
export const PromoteInput = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('drill'),
    service: ServiceName,
    drillId: DrillId,
    reportKey: z.string().min(1).max(500),
    mode: z.enum(['canary', 'bluegreen']),
  }),
  z.strictObject({
    kind: z.literal('order'),
    service: ServiceName,
    promotionId: PromotionId,
    mode: z.enum(['canary', 'bluegreen']),
    digest: Digest,
    variant: z.string().max(200).nullable(),
    evidence: PromotionEvidence.nullable(),
    /** Says what would be done, and does nothing. */
    dryRun: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('rollback'), service: ServiceName, dryRun: z.boolean() }),
]);
export type PromoteInput = z.output<typeof PromoteInput>;

/** What comes of asking. */
export const PromoteOutput = z.strictObject({
  service: ServiceName,
  status: z.enum(['started', 'would-start', 'refused', 'skipped']),
  why: Why,
  promotionId: PromotionId.nullable(),
  mode: z.enum(['canary', 'bluegreen', 'rollback']),
  digest: Digest.nullable(),
  variant: z.string().max(200).nullable(),
  /** What is or would be done, in order, in words. */
  plan: z.array(z.string().max(500)).max(20),
});
export type PromoteOutput = z.output<typeof PromoteOutput>;
