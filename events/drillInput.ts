import * as z from 'zod';
import { DrillId } from './region.ts';
import { RehearsalWanted } from './rehearsal.ts';

/** What starts `drill.asl.yaml`: by hand, or from the nightly schedule. The execution's name is the drill's id. */
export const DrillInput = z.strictObject({
  service: z.string(),
  /** S3 key of the ConfigDocument. */
  configKey: z.string(),
  /** Replaces `drill.profile` of the configuration. */
  profile: z.enum(['quick', 'nightly']).optional(),
});
export type DrillInput = z.output<typeof DrillInput>;

/** Input of `plan`: the machine's input, and the name of the execution. */
export const PlanInput = z.strictObject({
  drillId: DrillId,
  startedAt: z.iso.datetime(),
  drill: DrillInput,
});
export type PlanInput = z.output<typeof PlanInput>;

/** One build as CodeBuild is asked for it. Values are strings, because they become environment variables. */
export const BuildRequest = z.strictObject({
  variantId: z.string(),
  environment: z.array(z.strictObject({ Name: z.string(), Value: z.string() })),
  sourceLocation: z.string(),
});
export type BuildRequest = z.output<typeof BuildRequest>;

export const PlanOutput = z.strictObject({
  drillId: DrillId,
  service: z.string(),
  builds: z.array(BuildRequest).min(1),
  reference: z.string(),
  /** How long a vantage may be silent before its cell counts as unreachable. */
  heartbeatSeconds: z.int().min(1),
  /** Null where the configuration asks for none. */
  rehearsal: RehearsalWanted.nullable(),
  /** Whether a drill may promote by itself, and how. */
  promote: z.enum(['manual', 'canary', 'bluegreen']),
});
export type PlanOutput = z.output<typeof PlanOutput>;
