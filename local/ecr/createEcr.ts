import type { Operations } from '../wire/types.ts';
import { createDownloads } from './downloads.ts';
import { imageOperations } from './imageOperations.ts';
import { layerOperations } from './layerOperations.ts';
import { repositoryOperations } from './repositoryOperations.ts';
import { type EcrOptions, openStore } from './store.ts';

/**
 * The embedded container registry. Images lie in one OCI layout for each region and repository; a
 * push writes the blobs there and then announces the manifest with PutImage, as a registry client does.
 */
export const createEcr = async (options: EcrOptions) => {
  const store = await openStore(options);
  const downloads = createDownloads(options.clock);
  const operations: Operations = {
    ...repositoryOperations(store),
    ...imageOperations(store),
    ...layerOperations(store, downloads),
  };
  return { operations, locate: store.locate, close: downloads.close };
};

export type Ecr = Awaited<ReturnType<typeof createEcr>>;
