import * as z from 'zod';
import { GateResult } from './gates.ts';
import { BuildStepFacts, ImageContent, ImageFinding, StageFacts } from './imageContent.ts';
import { ArmId, Cell, DrillId, Region } from './region.ts';
import { ScanSummary } from './scan.ts';

/** How the build of one variant ended, as `drill.asl.yaml` reads it from CodeBuild. */
export const BuildOutcome = z.strictObject({
  variantId: z.string(),
  status: z.enum(['SUCCEEDED', 'FAILED']),
  buildId: z.string().optional(),
  /** Why it failed: CodeBuild's phase context, or the error of the task. */
  reason: z.string().optional(),
});
export type BuildOutcome = z.output<typeof BuildOutcome>;

export const InspectImagesInput = z.strictObject({
  drillId: z.string(),
  builds: z.array(BuildOutcome),
});

/** What is known of an image. A fact that the platform cannot give is null: "not measured", never a number. */
export const ImageFacts = z.strictObject({
  variantId: z.string(),
  status: z.enum(['built', 'failed', 'duplicate']),
  reason: z.string().nullable(),
  /** For a duplicate: the variant with the same digest. */
  sameAs: z.string().nullable(),
  imageUri: z.string().nullable(),
  digest: z.string().nullable(),
  compressedBytes: z.number().nullable(),
  layers: z.number().nullable(),
  /** Compressed bytes of layers that the reference does not have: what a host that runs it must still pull. */
  bytesBeyondReference: z.number().nullable(),
  buildMs: z.number().nullable(),
  cachedSteps: z.number().nullable(),
  steps: z.number().nullable(),
  /** Where the base came from: a registry, or assembled on the machine that built. */
  base: z.string().nullable(),
  builder: z.string().nullable(),
  /** Digest of the image's configuration. */
  configDigest: z.string().nullable().default(null),
  content: ImageContent.nullable().default(null),
  /** Every stage of the Dockerfile, in its order; empty when it was not read. */
  stages: z.array(StageFacts).default([]),
  /** Empty when the log of the build was not there or showed none. */
  buildSteps: z.array(BuildStepFacts).default([]),
  findings: z.array(ImageFinding).nullable().default(null),
  scan: ScanSummary.nullable().default(null),
  /** Those that are judged before anything is placed. */
  gates: z.array(GateResult).default([]),
});
export type ImageFacts = z.output<typeof ImageFacts>;

/** An arm that has an image and so can be placed, in one region. */
export const PlaceableArm = z.strictObject({
  region: Region,
  armId: ArmId,
  imageUri: z.string(),
  imageDigest: z.string(),
});
export type PlaceableArm = z.output<typeof PlaceableArm>;

export const InspectImagesOutput = z.strictObject({
  arms: z.array(PlaceableArm),
  cells: z.array(Cell),
});
export type InspectImagesOutput = z.output<typeof InspectImagesOutput>;

export const GateImagesInput = z.strictObject({ drillId: DrillId, arms: z.array(PlaceableArm) });
export type GateImagesInput = z.output<typeof GateImagesInput>;

/** The arms that go on. The reference and its control always do: without them nothing is compared. */
export const GateImagesOutput = z.strictObject({
  arms: z.array(PlaceableArm),
  gated: z.array(z.string()),
});
export type GateImagesOutput = z.output<typeof GateImagesOutput>;
