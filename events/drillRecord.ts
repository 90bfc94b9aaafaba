import * as z from 'zod';
import { GateLimits } from './gates.ts';
import { ProbeSpec } from './probeSpec.ts';
import { ArmId, Cell, DrillId, Region } from './region.ts';

export const VariantSpec = z.strictObject({
  id: z.string(),
  target: z.string(),
  args: z.record(z.string(), z.string()),
});

export const Arm = z.strictObject({
  id: ArmId,
  variantId: z.string(),
  role: z.enum(['reference', 'control', 'candidate']),
});

export const Sampling = z.strictObject({
  rounds: z.strictObject({ min: z.int(), max: z.int() }),
  samples: z.int(),
  warmup: z.int(),
  ratePerS: z.number(),
});

/** The plan of a drill, kept with it, so that it can be ranked and replayed without the configuration. */
export const DrillPlan = z.strictObject({
  drillId: DrillId,
  service: z.string(),
  seed: z.string(),
  startedAt: z.iso.datetime(),
  profile: z.enum(['quick', 'nightly', 'custom']),
  homeRegion: Region,
  primary: Region,
  standby: Region,
  witness: Region.nullable(),
  servingRegions: z.array(Region),
  vantages: z.array(Region),
  cells: z.array(Cell),
  reference: z.string(),
  variants: z.array(VariantSpec),
  arms: z.array(Arm),
  sampling: Sampling,
  probes: z.array(ProbeSpec),
  weights: z.strictObject({
    latency: z.number(),
    ready: z.number(),
    size: z.number(),
    cost: z.number(),
  }),
  run: z.strictObject({
    port: z.int(),
    health: z.string(),
    cpu: z.number(),
    memoryMb: z.number(),
    env: z.record(z.string(), z.string()),
    readyTimeoutMs: z.number(),
  }),
  slackParameter: z.string().nullable(),
  /** S3 key of the configuration that the plan was made from. */
  configKey: z.string().nullable().default(null),
  /** Age of data that a failover may lose; null when nothing fails over. */
  rpoMs: z.number().nullable().default(null),
  /** What the standby is compared by, besides the service that runs. */
  standbyCheck: z
    .strictObject({
      /** The name that fails over, which certificates must be for. */
      record: z.string().nullable(),
      endpoints: z.array(z.strictObject({ region: Region, url: z.string() })),
      /** Services of ECS that go by another name than the one that is drilled. */
      services: z
        .array(z.strictObject({ region: Region, cluster: z.string(), service: z.string() }))
        .default([]),
    })
    .default({ record: null, endpoints: [], services: [] }),
  gates: GateLimits.default({
    errors: null,
    sizeBytes: null,
    findings: null,
    vulnerabilities: null,
  }),
});
export type DrillPlan = z.output<typeof DrillPlan>;

/** How far a drill is: the one item that is rewritten while it runs. */
export const DrillState = z.strictObject({
  drillId: DrillId,
  service: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED']),
  roundsDone: z.int(),
  /** One line for people: why it ended so, or what it does. */
  summary: z.string().nullable(),
});
export type DrillState = z.output<typeof DrillState>;
