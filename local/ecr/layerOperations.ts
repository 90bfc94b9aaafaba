import type { GetDownloadUrlForLayerRequest } from '@aws-sdk/client-ecr';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../wire/types.ts';
import type { Downloads } from './downloads.ts';
import { blobFile, parseManifest, readManifest, repositoryFolder } from './layout.ts';
import type { VisibleRepository } from './state.ts';
import type { Store } from './store.ts';

const LAYER_DIGEST = /^[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+$/;

/** The operations on single layers. */
export const layerOperations = (store: Store, downloads: Downloads): Operations => {
  const { dataDir, seen } = store;

  /** The folder that holds the blob for an image of the repository: only those are given out. */
  const folderOf = async (
    { name, images }: VisibleRepository,
    digest: string,
  ): Promise<string | undefined> => {
    for (const image of images) {
      const folder = repositoryFolder(dataDir, image.homeRegion, name);
      const manifest = parseManifest(await readManifest(folder, image.digest));
      if (!manifest) continue;
      if ([manifest.config, ...manifest.layers].some((blob) => blob.digest === digest))
        return folder;
    }
    return undefined;
  };

  const getDownloadUrlForLayer = async (
    input: GetDownloadUrlForLayerRequest,
    { region }: CallContext,
  ) => {
    const repository = seen(region, input.repositoryName);
    const layerDigest = input.layerDigest ?? '';
    if (!LAYER_DIGEST.test(layerDigest)) {
      throw new AwsError(
        'InvalidParameterException',
        `Invalid parameter at 'layerDigest' failed to satisfy constraint: 'must satisfy regular expression '${LAYER_DIGEST.source}''`,
      );
    }
    const folder = await folderOf(repository, layerDigest);
    if (folder === undefined) {
      throw new AwsError(
        'LayersNotFoundException',
        `The layer with digest '${layerDigest}' was not found in the repository with name '${repository.name}' in the registry with id '${ACCOUNT_ID}'`,
      );
    }
    return { downloadUrl: await downloads.urlOf(blobFile(folder, layerDigest)), layerDigest };
  };

  return { GetDownloadUrlForLayer: getDownloadUrlForLayer };
};
