/** What is inside the images of a drill, and what they have in common. */
import { bytesBeyond, bytesOf } from '../drill/images.ts';
import type { TarEntry } from './tar.ts';
import { type Waste, type WastedFile, wasteOf } from './waste.ts';

/** A layer whose archive was read. */
export type ReadLayer = {
  readonly entries: readonly TarEntry[];
  readonly uncompressedBytes: number;
};

export type LayerSource = {
  readonly digest: string;
  readonly compressedBytes: number;
  readonly createdBy: string | null;
  /** Undefined when it was not read. */
  readonly read: ReadLayer | undefined;
};

export type ImageSource = {
  readonly variantId: string;
  readonly layers: readonly LayerSource[];
  /** How many of the lowest layers are those of the base image, where that can be told. */
  readonly ofBase: number | undefined;
  /** Why a layer was not read. */
  readonly notRead: string | null;
};

export type LayerFacts = {
  digest: string;
  compressedBytes: number;
  uncompressedBytes: number | null;
  files: number | null;
  fileBytes: number | null;
  wastedBytes: number | null;
  createdBy: string | null;
  ofBase: boolean | null;
  sharedWith: string[];
};

export type ImageContent = {
  layers: LayerFacts[];
  uncompressedBytes: number | null;
  largestLayerBytes: number;
  sharedBytes: number;
  uniqueBytes: number;
  bytesBeyondBase: number | null;
  bytesBeyond: Record<string, number>;
  wastedBytes: number | null;
  efficiency: number | null;
  wasted: WastedFile[];
  notRead: string | null;
};

/** Variants other than `own` whose image has the layer. */
const holdersOf = (
  digest: string,
  own: string,
  images: readonly Pick<ImageSource, 'variantId' | 'layers'>[],
): string[] =>
  images
    .filter(({ variantId }) => variantId !== own)
    .filter(({ layers }) => layers.some((layer) => layer.digest === digest))
    .map(({ variantId }) => variantId);

const layerFacts = (
  image: ImageSource,
  waste: Waste | undefined,
  images: readonly ImageSource[],
): LayerFacts[] =>
  image.layers.map(({ digest, compressedBytes, createdBy, read }, at) => {
    const own = waste?.layers[at];
    return {
      digest,
      compressedBytes,
      uncompressedBytes: read?.uncompressedBytes ?? null,
      files: own?.files ?? null,
      fileBytes: own?.fileBytes ?? null,
      wastedBytes: own?.wastedBytes ?? null,
      createdBy,
      ofBase: image.ofBase === undefined ? null : at < image.ofBase,
      sharedWith: holdersOf(digest, image.variantId, images),
    };
  });

const wasteIn = ({ layers }: ImageSource): Waste | undefined => {
  const read = layers.flatMap((layer) => layer.read ?? []);
  return read.length === layers.length ? wasteOf(read.map(({ entries }) => entries)) : undefined;
};

/** The content of every image, each against all the others. */
export const contentsOf = (images: readonly ImageSource[]): Map<string, ImageContent> =>
  new Map(
    images.map((image) => {
      const { layers, ofBase, notRead } = image;
      const waste = wasteIn(image);
      const facts = layerFacts(image, waste, images);
      const sharedBytes = bytesOf(facts.filter(({ sharedWith }) => sharedWith.length > 0));
      const sizes = layers.flatMap(({ read }) => read?.uncompressedBytes ?? []);
      const others = images.filter(({ variantId }) => variantId !== image.variantId);
      const content: ImageContent = {
        layers: facts,
        uncompressedBytes:
          sizes.length === layers.length ? sizes.reduce((sum, bytes) => sum + bytes, 0) : null,
        largestLayerBytes: Math.max(0, ...layers.map(({ compressedBytes }) => compressedBytes)),
        sharedBytes,
        uniqueBytes: bytesOf(layers) - sharedBytes,
        bytesBeyondBase:
          ofBase === undefined ? null : bytesBeyond(layers.slice(ofBase), layers.slice(0, ofBase)),
        bytesBeyond: Object.fromEntries(
          others.map((other) => [other.variantId, bytesBeyond(layers, other.layers)]),
        ),
        wastedBytes: waste?.wastedBytes ?? null,
        efficiency: waste?.efficiency ?? null,
        wasted: waste?.wasted ?? [],
        notRead,
      };
      return [image.variantId, content];
    }),
  );
