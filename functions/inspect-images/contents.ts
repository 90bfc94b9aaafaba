/** What is inside the images that were built. */
import type { ImageHistory, ImageRegistry, RegistryImage } from '../../aws/imageRegistry.ts';
import { imageOf } from '../../core/dockerfile/image.ts';
import { resolveStages, stageCalled } from '../../core/dockerfile/resolve.ts';
import { contentsOf, type ImageContent, type ImageSource } from '../../core/images/content.ts';
import { baseLayers, layerMakers } from '../../core/images/history.ts';
import type { DrillPlan } from '../../events/drillRecord.ts';
import type { Base } from '../_entry.ts';
import { type LayerReading, readLayers } from './readLayers.ts';
import type { Sources } from './source.ts';

type Needs = Pick<Base, 'log'> & {
  readonly registry: Pick<ImageRegistry, 'open' | 'history'>;
  readonly repository: string;
};

export type BuiltImage = { readonly variantId: string; readonly image: RegistryImage };

type Variant = DrillPlan['variants'][number];

/** The instructions whose layers the variant ships; undefined when they are not known. */
const shippedSteps = (dockerfile: Sources['dockerfile'], variant: Variant | undefined) => {
  if (!dockerfile || !variant) return undefined;
  const stages = resolveStages(dockerfile, variant.args);
  const last = stageCalled(stages, variant.target);
  return last && imageOf(last, stages).steps;
};

const sourceOf = (
  { variantId, image }: BuiltImage,
  { read, failed }: LayerReading,
  history: ImageHistory | undefined,
  steps: ReturnType<typeof shippedSteps>,
): ImageSource => {
  const makers = layerMakers(history ?? [], image.layers.length);
  const [why] = image.layers.flatMap(({ digest }) => failed.get(digest) ?? []);
  return {
    variantId,
    layers: image.layers.map(({ digest, compressedBytes }, at) => ({
      ...{ digest, compressedBytes },
      createdBy: makers[at] ?? null,
      read: read.get(digest),
    })),
    ofBase: steps && baseLayers(makers, steps),
    notRead: why ?? null,
  };
};

/** By variant. What cannot be read is null there, with the reason, and never ends the drill. */
export const readContents = async (
  { registry, repository, log }: Needs,
  plan: DrillPlan,
  sources: Sources,
  images: readonly BuiltImage[],
  signal: AbortSignal,
): Promise<Map<string, ImageContent>> => {
  const layers = images.flatMap(({ image }) => image.layers);
  const reading = await readLayers(registry, repository, layers, signal);
  for (const [digest, why] of reading.failed) log.warn('layer not read', { digest, why });
  const historyOf = async ({ image, variantId }: BuiltImage): Promise<ImageHistory | undefined> => {
    if (image.configDigest === null) return undefined;
    return registry.history(repository, image.configDigest, signal).catch((error: unknown) => {
      log.warn('history not read', { variantId, why: String(error) });
      return undefined;
    });
  };
  const found = await Promise.all(
    images.map(async (built) => {
      const variant = plan.variants.find(({ id }) => id === built.variantId);
      const steps = shippedSteps(sources.dockerfile, variant);
      return sourceOf(built, reading, await historyOf(built), steps);
    }),
  );
  return contentsOf(found);
};
