import type { Operations } from '../wire/types.ts';
import { imageOperations } from './imageOperations.ts';
import { repositoryOperations } from './repositoryOperations.ts';
import { type EcrOptions, openStore } from './store.ts';

/**
 * The embedded container registry. Images lie in one OCI layout for each region and repository; a
 * push writes the blobs there and then announces the manifest with PutImage, as a registry client does.
 */
export const createEcr = async (options: EcrOptions) => {
  const store = await openStore(options);
  const operations: Operations = { ...repositoryOperations(store), ...imageOperations(store) };
  return { operations, locate: store.locate, close: async () => {} };
};

export type Ecr = Awaited<ReturnType<typeof createEcr>>;
