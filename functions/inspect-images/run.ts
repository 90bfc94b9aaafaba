/**
 * Learns what was built: digests, sizes, what is inside, how it was built, what failed, what is the same
 * twice; and so which arms can run.
 */
import type * as z from 'zod';
import type { BuildLogs } from '../../aws/buildLogs.ts';
import type { Documents } from '../../aws/documents.ts';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { ImageBuilds } from '../../aws/imageBuilds.ts';
import type { ImageRegistry } from '../../aws/imageRegistry.ts';
import { duplicates, runnableArms } from '../../core/drill/images.ts';
import { DrillError } from '../../core/errors.ts';
import { nameIn } from '../../core/images/registry.ts';
import type { DrillPlan } from '../../events/drillRecord.ts';
import type {
  BuildOutcome,
  ImageFacts,
  InspectImagesInput,
  InspectImagesOutput,
} from '../../events/image.ts';
import type { Base } from '../_entry.ts';
import { readBuildSteps } from './buildSteps.ts';
import { readContents } from './contents.ts';
import { type Built, factsOf } from './facts.ts';
import { readSources } from './source.ts';

type Needs = Base & {
  records: DrillRecords;
  documents: Pick<Documents, 'read'>;
  builds: ImageBuilds;
  logs: BuildLogs;
  registry: ImageRegistry;
  repository: string;
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
        ? [
            {
              region,
              armId: id,
              imageUri: nameIn(region, image.imageUri),
              imageDigest: image.digest,
            },
          ]
        : [];
    }),
  );
};

/** Of two variants with one image the reference keeps it, then the one that is planned first. */
const sameImages = (built: readonly Built[], reference: string): Map<string, string> => {
  const isReference = ({ outcome }: Built): number => Number(outcome.variantId === reference);
  const order = [...built].sort((a, b) => isReference(b) - isReference(a));
  return duplicates(
    order.map(({ outcome, build }) => ({
      variantId: outcome.variantId,
      digest: build?.exported['IMAGE_DIGEST'] || null,
    })),
  );
};

const readBuilt = async (
  needs: Needs,
  outcomes: readonly BuildOutcome[],
  signal: AbortSignal,
): Promise<Built[]> => {
  const { builds, registry, repository } = needs;
  const ids = outcomes.flatMap(({ buildId }) => (buildId ? [buildId] : []));
  const known = new Map(
    (await builds.describe(ids, signal)).map((build) => [build.buildId, build]),
  );
  return Promise.all(
    outcomes.map(async (outcome) => {
      const build = known.get(outcome.buildId ?? '');
      const digest = build?.exported['IMAGE_DIGEST'];
      const image = digest ? await registry.find(repository, digest, signal) : undefined;
      return { outcome, build, image, buildSteps: await readBuildSteps(needs, build, signal) };
    }),
  );
};

export const inspectImages =
  (needs: Needs) =>
  async (
    { drillId, builds: outcomes }: z.output<typeof InspectImagesInput>,
    signal: AbortSignal,
  ): Promise<InspectImagesOutput> => {
    const { records, documents, clock, count } = needs;
    const plan = await records.plan(drillId, signal);
    const sources = await readSources(documents, plan, signal);
    const built = await readBuilt(needs, outcomes, signal);
    const images = built.flatMap(({ outcome: { variantId }, image }) =>
      image ? [{ variantId, image }] : [],
    );
    const contents = await readContents(needs, plan, sources, images, signal);
    const reference = images.find(({ variantId }) => variantId === plan.reference)?.image;
    const same = sameImages(built, plan.reference);
    const facts = built.map((one) => {
      const { variantId } = one.outcome;
      const sameAs = same.get(variantId);
      const source = sources.facts(variantId);
      return factsOf(one, { reference, sameAs, source, content: contents.get(variantId) });
    });
    for (const image of facts) await records.putImage(drillId, image, clock.now(), signal);
    count('VariantsBuilt', facts.filter(({ status }) => status === 'built').length);
    assertReference(facts, plan.reference);
    return { arms: placeable(plan, facts), cells: [...plan.cells] };
  };
