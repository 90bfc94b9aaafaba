import * as z from 'zod';

const StoredImage = z.object({
  digest: z.string(),
  mediaType: z.string(),
  manifestBytes: z.number(),
  /** Compressed bytes of config and layers; null for an image that is a folder of processes. */
  sizeBytes: z.number().nullable(),
  tags: z.array(z.string()),
  pushedAtMs: z.number(),
});
export type StoredImage = z.infer<typeof StoredImage>;

const Repository = z.object({
  region: z.string(),
  name: z.string(),
  createdAtMs: z.number(),
  immutableTags: z.boolean(),
  images: z.array(StoredImage),
  /** Digests of replicas that were deleted in this region only. */
  deletedReplicas: z.array(z.string()),
});
export type Repository = z.infer<typeof Repository>;

export const EcrState = z.object({
  repositories: z.array(Repository),
  /** Destination regions by source region. */
  replication: z.record(z.string(), z.array(z.string())),
});
export type EcrState = z.infer<typeof EcrState>;

/** An image as a region sees it: its own, or a replica whose bytes stay in the source's folder. */
export type VisibleImage = StoredImage & { readonly homeRegion: string };

export type VisibleRepository = Omit<Repository, 'images'> & { readonly images: VisibleImage[] };

const destinations = (state: EcrState, source: string): readonly string[] =>
  state.replication[source] ?? [];

const moveTag = (images: VisibleImage[], next: VisibleImage): VisibleImage[] => [
  ...images
    .filter(({ digest }) => digest !== next.digest)
    .map((image) => ({ ...image, tags: image.tags.filter((tag) => !next.tags.includes(tag)) })),
  next,
];

/**
 * The repository `name` in `region` with what has been replicated to it by `nowMs`, oldest first.
 * Replication creates the repository where it does not exist, as ECR does.
 */
export const visibleRepository = (
  state: EcrState,
  region: string,
  name: string,
  nowMs: number,
  lagMs: number,
): VisibleRepository | undefined => {
  const own = state.repositories.find((r) => r.region === region && r.name === name);
  const replicas = state.repositories
    .filter((r) => r.name === name && r.region !== region)
    .filter((r) => destinations(state, r.region).includes(region))
    .flatMap((r) => r.images.map((image) => ({ ...image, homeRegion: r.region })))
    .map((image) => ({ ...image, pushedAtMs: image.pushedAtMs + lagMs }))
    .filter((image) => image.pushedAtMs <= nowMs)
    .filter((image) => !own?.deletedReplicas.includes(image.digest));
  const mine = (own?.images ?? []).map((image) => ({ ...image, homeRegion: region }));
  const images = [...mine, ...replicas]
    .sort((a, b) => a.pushedAtMs - b.pushedAtMs)
    .reduce<VisibleImage[]>(moveTag, []);
  if (own) return { ...own, images };
  const first = replicas[0];
  if (!first) return undefined;
  const createdAtMs = first.pushedAtMs;
  return { region, name, createdAtMs, immutableTags: false, images, deletedReplicas: [] };
};

/** Every repository that `region` sees, by name. */
export const visibleRepositories = (
  state: EcrState,
  region: string,
  nowMs: number,
  lagMs: number,
): VisibleRepository[] =>
  [...new Set(state.repositories.map(({ name }) => name))]
    .sort()
    .map((name) => visibleRepository(state, region, name, nowMs, lagMs))
    .filter((repository) => repository !== undefined);

/** Adds an image, or gives one that is there a further tag; a tag is at one image only. */
export const withImage = (repository: Repository, image: StoredImage): Repository => {
  const known = repository.images.find(({ digest }) => digest === image.digest);
  const tags = [...new Set([...(known?.tags ?? []), ...image.tags])];
  const others = repository.images
    .filter(({ digest }) => digest !== image.digest)
    .map((other) => ({ ...other, tags: other.tags.filter((tag) => !image.tags.includes(tag)) }));
  return { ...repository, images: [...others, { ...image, tags }] };
};

/** Takes a tag off (and the image, when that was its last), or the image when no tag is named. */
export const withoutImage = (
  repository: Repository,
  digest: string,
  tag: string | undefined,
): Repository => ({
  ...repository,
  images: repository.images.flatMap((image) => {
    if (image.digest !== digest) return [image];
    const tags = tag === undefined ? [] : image.tags.filter((t) => t !== tag);
    return tags.length > 0 ? [{ ...image, tags }] : [];
  }),
});

export const putRepository = (state: EcrState, repository: Repository): EcrState => ({
  ...state,
  repositories: [
    ...state.repositories.filter(
      (r) => r.region !== repository.region || r.name !== repository.name,
    ),
    repository,
  ],
});
