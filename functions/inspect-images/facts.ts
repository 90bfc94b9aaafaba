/** One variant's image as the drill keeps it. */
import type { ImageBuild } from '../../aws/imageBuilds.ts';
import type { RegistryImage } from '../../aws/imageRegistry.ts';
import { meaningfulLine } from '../../core/drill/buildOutput.ts';
import { bytesBeyond, bytesOf } from '../../core/drill/images.ts';
import type { ImageContent } from '../../core/images/content.ts';
import type { BuildOutcome, ImageFacts } from '../../events/image.ts';
import type { SourceFacts } from './source.ts';

export type Built = {
  readonly outcome: BuildOutcome;
  readonly build: ImageBuild | undefined;
  readonly image: RegistryImage | undefined;
  readonly buildSteps: ImageFacts['buildSteps'];
};

type About = {
  readonly reference: RegistryImage | undefined;
  /** The variant that has the same image already. */
  readonly sameAs: string | undefined;
  readonly source: SourceFacts;
  readonly content: ImageContent | undefined;
};

const numberOf = (text: string | undefined): number | null =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : null;

/** The line that says what broke, else what CodeBuild says of the phase. */
const whyOf = (build: ImageBuild | undefined): string | null =>
  meaningfulLine(build?.exported['BUILD_TAIL'] ?? '') ?? build?.reason ?? null;

const statusOf = (
  { outcome, build }: Built,
  digest: string | null,
  sameAs: string | undefined,
): Pick<ImageFacts, 'status' | 'reason'> => {
  if (outcome.status !== 'SUCCEEDED' || digest === null) {
    const reason = whyOf(build) ?? outcome.reason ?? 'the build exported no IMAGE_DIGEST';
    return { status: 'failed', reason };
  }
  return sameAs === undefined
    ? { status: 'built', reason: null }
    : { status: 'duplicate', reason: `the same image as ${sameAs} (${digest})` };
};

export const factsOf = (
  built: Built,
  { reference, sameAs, source, content }: About,
): ImageFacts => {
  const { outcome, build, image, buildSteps } = built;
  const digest = build?.exported['IMAGE_DIGEST'] || null;
  return {
    variantId: outcome.variantId,
    ...statusOf(built, digest, sameAs),
    sameAs: sameAs ?? null,
    imageUri: build?.exported['IMAGE_URI'] || null,
    digest,
    compressedBytes: image ? bytesOf(image.layers) : null,
    layers: image ? image.layers.length : null,
    bytesBeyondReference: image && reference ? bytesBeyond(image.layers, reference.layers) : null,
    buildMs: build?.durationMs ?? null,
    steps: numberOf(build?.exported['BUILD_STEPS']),
    cachedSteps: numberOf(build?.exported['BUILD_STEPS_CACHED']),
    base: build?.exported['IMAGE_BASE'] || null,
    builder: build?.exported['BUILDER'] || null,
    configDigest: image?.configDigest ?? null,
    content: content ?? null,
    buildSteps,
    ...source,
    gates: [],
  };
};
