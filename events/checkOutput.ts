/** What `failover check --json` prints: what a drill would do, take and cost, and the findings. */
import * as z from 'zod';
import { Region } from './region.ts';
import { RegionPair } from './regionsOutput.ts';

const Severity = z.enum(['low', 'medium', 'high']);

const Sum = z.strictObject({
  total: z.number(),
  parts: z.array(z.strictObject({ part: z.string(), usd: z.number() })).readonly(),
});

const Finding = z.strictObject({
  rule: z.string(),
  severity: Severity,
  file: z.string(),
  line: z.int(),
  /** Empty where it is about the file. */
  stage: z.string(),
  what: z.string(),
  remedy: z.string(),
  /** Ids of the variants that it is about. */
  variants: z.array(z.string()).readonly(),
});

/** What the regions show when they are asked (`--live`). */
const LiveStandby = z.strictObject({
  certificates: z.array(
    z.strictObject({
      region: Region,
      host: z.string(),
      names: z.array(z.string()),
      expiresAt: z.iso.datetime(),
    }),
  ),
  drifts: z.array(z.strictObject({ of: z.string(), where: z.string(), what: z.string() })),
  notMeasured: z.array(z.strictObject({ what: z.string(), why: z.string() })),
});
export type LiveStandby = z.output<typeof LiveStandby>;

export const CheckOutput = z.strictObject({
  file: z.string(),
  service: z.string(),
  regions: z.strictObject({
    serving: z.array(z.string()),
    vantages: z.array(z.string()).readonly(),
  }),
  pair: RegionPair.nullable(),
  variants: z.array(
    z.strictObject({
      id: z.string(),
      target: z.string(),
      args: z.record(z.string(), z.string()),
    }),
  ),
  reference: z.string().nullable(),
  arms: z.array(
    z.strictObject({ id: z.string(), role: z.enum(['reference', 'control', 'candidate']) }),
  ),
  cells: z.int(),
  probes: z.array(z.string()),
  rounds: z.strictObject({ min: z.int(), max: z.int() }),
  samples: z.int(),
  ratePerS: z.number(),
  placements: z.int(),
  estimatedMs: z.number(),
  estimatedCostUsd: z.strictObject({ drill: Sum.nullable(), watchMonth: Sum.nullable() }),
  schedule: z
    .strictObject({
      schedule: z.string(),
      timezone: z.string(),
      next: z.iso.datetime().nullable(),
    })
    .nullable(),
  gates: z.array(z.string()),
  notes: z.array(z.string()),
  findings: z.array(Finding).readonly(),
  ignored: z.array(Finding.extend({ reason: z.string() })).readonly(),
  failOn: z.enum([...Severity.options, 'none']),
  /** Findings at or above `failOn`. */
  failed: z.int(),
  /** Null unless asked for. */
  live: LiveStandby.nullable(),
});
