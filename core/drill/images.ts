import type { Arm } from './plan.ts';

type Layer = { readonly digest: string; readonly compressedBytes: number };

/** Compressed bytes of a set of layers, each digest counted once. */
export const bytesOf = (layers: readonly Layer[]): number =>
  [...new Map(layers.map((layer) => [layer.digest, layer.compressedBytes])).values()].reduce(
    (sum, bytes) => sum + bytes,
    0,
  );

/** What a host that has the layers of `base` must still pull for `layers`. */
export const bytesBeyond = (layers: readonly Layer[], base: readonly Layer[]): number => {
  const held = new Set(base.map(({ digest }) => digest));
  return bytesOf(layers.filter(({ digest }) => !held.has(digest)));
};

/** Variants whose image is the image of an earlier one, as pairs of (variant, the earlier). */
export const duplicates = (
  images: readonly { readonly variantId: string; readonly digest: string | null }[],
): Map<string, string> => {
  const first = new Map<string, string>();
  const same = new Map<string, string>();
  for (const { variantId, digest } of images) {
    if (digest === null) continue;
    const known = first.get(digest);
    if (known === undefined) first.set(digest, variantId);
    else same.set(variantId, known);
  }
  return same;
};

/** Arms whose variant is among those that can run. */
export const runnableArms = (arms: readonly Arm[], variants: ReadonlySet<string>): Arm[] =>
  arms.filter(({ variantId }) => variants.has(variantId));
