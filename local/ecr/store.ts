import path from 'node:path';
import type { ImageIdentifier } from '@aws-sdk/client-ecr';
import type { Clock } from '../clock.ts';
import { openStateFile } from '../state/stateFile.ts';
import { ACCOUNT_ID, AwsError } from '../wire/types.ts';
import { repositoryFolder, writeIndex } from './layout.ts';
import {
  EcrState,
  putRepository,
  type Repository,
  type VisibleImage,
  type VisibleRepository,
  visibleRepository,
} from './state.ts';

export type EcrOptions = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Time from a push to the arrival of a replica, where a rule asks for one. */
  readonly replicationLagMs?: number;
};

const PAGE_MAX = 1000;

/** One page of a list; the token is the index of the next item. */
export const page = <T>(all: readonly T[], token: string | undefined, max: number | undefined) => {
  const from = token === undefined ? 0 : Number.parseInt(token, 10);
  if (Number.isNaN(from)) throw new AwsError('InvalidParameterException', 'Invalid nextToken');
  const items = all.slice(from, from + Math.min(max ?? 100, PAGE_MAX));
  const next = from + items.length;
  return { items, nextToken: next < all.length ? String(next) : undefined };
};

/** The image with this tag and digest, as far as they are given. */
export const findImage = (
  repository: VisibleRepository,
  id: ImageIdentifier,
): VisibleImage | undefined =>
  repository.images.find(
    (image) =>
      (id.imageDigest === undefined || image.digest === id.imageDigest) &&
      (id.imageTag === undefined || image.tags.includes(id.imageTag)),
  );

export const openStore = async (options: EcrOptions) => {
  const { dataDir, clock, replicationLagMs = 0 } = options;
  const file = path.join(dataDir, 'ecr', 'state.json');
  const initial: EcrState = { repositories: [], replication: {} };
  const state = await openStateFile(file, EcrState, initial);

  const seen = (region: string, name: string | undefined): VisibleRepository => {
    const found = visibleRepository(state.value, region, name ?? '', clock.now(), replicationLagMs);
    if (found) return found;
    throw new AwsError(
      'RepositoryNotFoundException',
      `The repository with name '${name}' does not exist in the registry with id '${ACCOUNT_ID}'`,
    );
  };

  /** The repository of this region itself; made when so far only replicas were seen in it. */
  const own = (region: string, name: string | undefined): Repository => {
    const visible = seen(region, name);
    const stored = state.value.repositories.find(
      (r) => r.region === region && r.name === visible.name,
    );
    return stored ?? { ...visible, images: [] };
  };

  const save = async (repository: Repository): Promise<void> => {
    await state.save(putRepository(state.value, repository));
    const folder = repositoryFolder(dataDir, repository.region, repository.name);
    await writeIndex(folder, repository.images);
  };

  /** The image that a URI names in its region, for a container runtime on this machine. */
  const locate = (region: string, repositoryName: string, id: ImageIdentifier) => {
    const repository = visibleRepository(
      state.value,
      region,
      repositoryName,
      clock.now(),
      replicationLagMs,
    );
    const image = repository && findImage(repository, id);
    if (!image) return undefined;
    const folder = repositoryFolder(dataDir, image.homeRegion, repositoryName);
    return { digest: image.digest, folder };
  };

  return { state, dataDir, clock, replicationLagMs, seen, own, save, locate };
};

export type Store = Awaited<ReturnType<typeof openStore>>;
