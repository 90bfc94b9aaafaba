/** What is inside an image, where its stages come from, and how its build went. */
import * as z from 'zod';

const Bytes = z.number();

/** One layer, lowest first. What needs its bytes is null when they were not read. */
export const LayerFacts = z.strictObject({
  digest: z.string(),
  compressedBytes: Bytes,
  uncompressedBytes: Bytes.nullable(),
  files: z.int().nullable(),
  fileBytes: Bytes.nullable(),
  /** Bytes of its files that a later layer overwrites or removes: pulled, and never seen. */
  wastedBytes: Bytes.nullable(),
  /** The instruction that made it, without the values of build arguments. */
  createdBy: z.string().nullable(),
  /** Whether it came with the base image; null when that cannot be told. */
  ofBase: z.boolean().nullable(),
  /** The other variants that have it too. */
  sharedWith: z.array(z.string()),
});
export type LayerFacts = z.output<typeof LayerFacts>;

export const WastedFile = z.strictObject({
  path: z.string(),
  bytes: Bytes,
  /** Number of the layer that holds it, and of the one that hides it, from 1. */
  layer: z.int(),
  hiddenBy: z.int(),
  how: z.enum(['overwritten', 'removed']),
});

export const ImageContent = z.strictObject({
  layers: z.array(LayerFacts),
  uncompressedBytes: Bytes.nullable(),
  /** Compressed bytes of its largest layer. */
  largestLayerBytes: Bytes,
  /** Compressed bytes of layers that another variant has too, and of those that none has. */
  sharedBytes: Bytes,
  uniqueBytes: Bytes,
  /** What a host must still pull that has the base image; null when its layers cannot be told. */
  bytesBeyondBase: Bytes.nullable(),
  /** What a host must still pull that has the image of another variant, by that variant. */
  bytesBeyond: z.record(z.string(), Bytes),
  wastedBytes: Bytes.nullable(),
  /** Share of the bytes in all layers that the finished file system still shows. */
  efficiency: z.number().nullable(),
  /** The largest wasted files. */
  wasted: z.array(WastedFile),
  /** Why layers were not read. */
  notRead: z.string().nullable(),
});
export type ImageContent = z.output<typeof ImageContent>;

/** A stage of the Dockerfile as one variant uses it. */
export const StageFacts = z.strictObject({
  name: z.string(),
  line: z.int(),
  from: z.strictObject({ kind: z.enum(['stage', 'image', 'scratch']), name: z.string() }),
  /** Stages and images that it takes files from. */
  takesFrom: z.array(z.string()),
  part: z.enum(['shipped', 'built', 'not used']),
});
export type StageFacts = z.output<typeof StageFacts>;

export const BuildStepFacts = z.strictObject({
  stage: z.string(),
  step: z.int(),
  /** Without the values of arguments and variables. */
  instruction: z.string(),
  /** Since the first step began. */
  fromMs: z.number(),
  ms: z.number(),
  cached: z.boolean(),
});
export type BuildStepFacts = z.output<typeof BuildStepFacts>;

/** A finding about the image of this variant; see docs/findings.md. */
export const ImageFinding = z.strictObject({
  rule: z.string(),
  severity: z.enum(['low', 'medium', 'high']),
  line: z.int(),
  stage: z.string(),
  what: z.string(),
  remedy: z.string(),
});
export type ImageFinding = z.output<typeof ImageFinding>;
