// Made-up images for made-up drills: layers cut so that they share with the reference what the model says.
import { contentsOf, type ImageSource, type LayerSource } from '../../core/images/content.ts';
import type { TarEntry } from '../../core/images/tar.ts';
import type { ImageFacts } from '../../events/image.ts';

type Sized = { readonly id: string; readonly bytes?: number; readonly beyondBytes?: number };

const digestOf = (name: string): string =>
  `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
const file = (path: string, bytes: number): TarEntry => ({ path, kind: 'file', bytes });

const layer = (
  name: string,
  bytes: number,
  createdBy: string,
  entries: readonly TarEntry[],
): LayerSource => ({
  digest: digestOf(name),
  compressedBytes: bytes,
  createdBy,
  read: { entries, uncompressedBytes: Math.round(2.4 * bytes) },
});

const CACHE_BYTES = 3_100_000;

/** Pieces of the reference, cut where the others stop to share with it. */
const sharedLayers = (variants: readonly Sized[]): { end: number; layer: LayerSource }[] => {
  const ends = [
    ...new Set(variants.map(({ bytes = 0, beyondBytes = 0 }) => bytes - beyondBytes)),
  ].filter((end) => end > 0);
  let from = 0;
  return ends
    .sort((a, b) => a - b)
    .map((end, at) => {
      const bytes = end - from;
      from = end;
      const cache = at === 0 ? [file('var/cache/apt/pkgcache.bin', CACHE_BYTES)] : [];
      const entries = [file(`usr/lib/part-${at}`, 2 * bytes), ...cache];
      const createdBy = at === 0 ? 'COPY dir in /' : `RUN npm ci --omit=dev # part ${at}`;
      return { end, layer: layer(`shared-${end}`, bytes, createdBy, entries) };
    });
};

const sourceOf = (variant: Sized, shared: ReturnType<typeof sharedLayers>): ImageSource => {
  const { id, bytes = 0, beyondBytes = 0 } = variant;
  const common = shared.filter(({ end }) => end <= bytes - beyondBytes).map((one) => one.layer);
  const removal = id === 'fat' ? [file('var/cache/apt/.wh.pkgcache.bin', 0)] : [];
  const own = [
    layer(`own-${id}`, beyondBytes, `COPY dir in /app/${id}`, [
      file(`app/${id}.js`, 2 * beyondBytes),
      ...removal,
    ]),
  ];
  return {
    variantId: id,
    layers: [...common, ...(beyondBytes > 0 ? own : [])],
    ofBase: common.length > 0 ? 1 : undefined,
    notRead: null,
  };
};

/** By variant; none for those that were not built. */
export const madeUpContents = (variants: readonly Sized[]) => {
  const built = variants.filter(({ bytes }) => bytes !== undefined);
  const shared = sharedLayers(built);
  return contentsOf(built.map((variant) => sourceOf(variant, shared)));
};

/** The stages of a build that took `ms`, of a file with two stages. */
export const madeUpStages = (id: string): Pick<ImageFacts, 'stages'>['stages'] => [
  {
    ...{ name: 'deps', line: 2, part: 'built' as const, takesFrom: [] },
    from: { kind: 'image', name: 'node:24-slim' },
  },
  {
    ...{ name: id, line: 9, part: 'shipped' as const, takesFrom: ['deps'] },
    from: { kind: 'image', name: 'node:24-slim' },
  },
];

export const madeUpSteps = (id: string, ms: number, cached: boolean): ImageFacts['buildSteps'] => {
  const part = Math.round(ms / 10);
  return [
    {
      stage: 'deps',
      step: 1,
      instruction: 'FROM node:24-slim AS deps',
      fromMs: 0,
      ms: part,
      cached: false,
    },
    {
      stage: 'deps',
      step: 2,
      instruction: 'RUN npm ci',
      fromMs: part,
      ms: cached ? 0 : 6 * part,
      cached,
    },
    {
      stage: id,
      step: 1,
      instruction: `FROM node:24-slim AS ${id}`,
      fromMs: 7 * part,
      ms: 0,
      cached: true,
    },
    {
      stage: id,
      step: 2,
      instruction: 'COPY --from=deps /app /app',
      fromMs: 7 * part,
      ms: 2 * part,
      cached: false,
    },
  ];
};
