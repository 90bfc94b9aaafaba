/** Learns what was built: digests, sizes, what failed, what is the same twice; and so which arms can run. */

import type * as z from 'zod';
import type { Documents } from '../../aws/documents.ts';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { ImageBuild, ImageBuilds } from '../../aws/imageBuilds.ts';
import type { ImageRegistry, RegistryImage } from '../../aws/imageRegistry.ts';
import { meaningfulLine } from '../../core/drill/buildOutput.ts';
import { bytesBeyond, bytesOf, duplicates, runnableArms } from '../../core/drill/images.ts';
import { DrillError } from '../../core/errors.ts';
import type { DrillPlan } from '../../events/drillRecord.ts';
import type {
  BuildOutcome,
  ImageFacts,
  InspectImagesInput,
  InspectImagesOutput,
} from '../../events/image.ts';
import type { Base } from '../_entry.ts';
import { readSources, type SourceFacts } from './source.ts';

type Needs = Base & {
  records: DrillRecords;
  documents: Pick<Documents, 'read'>;
  builds: ImageBuilds;
  registry: ImageRegistry;
  repository: string;
};

type Built = {
  outcome: BuildOutcome;
  build: ImageBuild | undefined;
  image: RegistryImage | undefined;
};

const numberOf = (text: string | undefined): number | null =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : null;

/** The line that says what broke, else what CodeBuild says of the phase. */
const whyOf = (build: ImageBuild | undefined): string | null =>
  meaningfulLine(build?.exported['BUILD_TAIL'] ?? '') ?? build?.reason ?? null;

const factsOf = (
  { outcome, build, image }: Built,
  reference: RegistryImage | undefined,
  sameAs: string | undefined,
  source: SourceFacts,
): ImageFacts => {
  const digest = build?.exported['IMAGE_DIGEST'] || null;
  const built = outcome.status === 'SUCCEEDED' && digest !== null;
  return {
    variantId: outcome.variantId,
    status: !built ? 'failed' : sameAs === undefined ? 'built' : 'duplicate',
    reason: built
      ? sameAs === undefined
        ? null
        : `the same image as ${sameAs} (${digest})`
      : (whyOf(build) ?? outcome.reason ?? 'the build exported no IMAGE_DIGEST'),
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
    configDigest: null,
    content: null,
    buildSteps: [],
    ...source,
    gates: [],
  };
};

const assertReference = (facts: readonly ImageFacts[], reference: string): void => {
  const own = facts.find(({ variantId }) => variantId === reference);
  if (own?.status === 'built') return;
  throw new DrillError(
    'ReferenceFailed',
    `the reference ${reference} could not be built: ${own?.reason ?? 'no build of it ran'}. ` +
      'Without it there is nothing to compare with; mend its build, or name another image.reference',
  );
};

const placeable = (plan: DrillPlan, facts: readonly ImageFacts[]): InspectImagesOutput['arms'] => {
  const runnable = new Map(
    facts.flatMap(({ status, variantId, imageUri, digest }) =>
      status === 'built' && imageUri && digest ? [[variantId, { imageUri, digest }]] : [],
    ),
  );
  return plan.servingRegions.flatMap((region) =>
    runnableArms(plan.arms, new Set(runnable.keys())).flatMap(({ id, variantId }) => {
      const image = runnable.get(variantId);
      return image
        ? [{ region, armId: id, imageUri: image.imageUri, imageDigest: image.digest }]
        : [];
    }),
  );
};

export const inspectImages =
  ({ records, documents, builds, registry, repository, clock, count }: Needs) =>
  async (
    { drillId, builds: outcomes }: z.output<typeof InspectImagesInput>,
    signal: AbortSignal,
  ): Promise<InspectImagesOutput> => {
    const plan = await records.plan(drillId, signal);
    const sources = await readSources(documents, plan, signal);
    const ids = outcomes.flatMap(({ buildId }) => (buildId ? [buildId] : []));
    const known = new Map(
      (await builds.describe(ids, signal)).map((build) => [build.buildId, build]),
    );
    const built: Built[] = await Promise.all(
      outcomes.map(async (outcome) => {
        const build = known.get(outcome.buildId ?? '');
        const digest = build?.exported['IMAGE_DIGEST'];
        const image = digest ? await registry.find(repository, digest, signal) : undefined;
        return { outcome, build, image };
      }),
    );
    const reference = built.find(({ outcome }) => outcome.variantId === plan.reference)?.image;
    const order = [...built].sort(
      (a, b) =>
        Number(b.outcome.variantId === plan.reference) -
        Number(a.outcome.variantId === plan.reference),
    );
    const same = duplicates(
      order.map(({ outcome, build }) => ({
        variantId: outcome.variantId,
        digest: build?.exported['IMAGE_DIGEST'] || null,
      })),
    );
    const facts = built.map((one) => {
      const { variantId } = one.outcome;
      return factsOf(one, reference, same.get(variantId), sources.facts(variantId));
    });
    for (const image of facts) await records.putImage(drillId, image, clock.now(), signal);
    count('VariantsBuilt', facts.filter(({ status }) => status === 'built').length);
    assertReference(facts, plan.reference);
    return { arms: placeable(plan, facts), cells: [...plan.cells] };
  };
