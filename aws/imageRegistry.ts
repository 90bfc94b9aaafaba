/** What ECR knows of an image: its digest and its layers. */
import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import * as z from 'zod';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Manifest = z.object({
  layers: z.array(z.object({ digest: z.string(), size: z.number() })),
});

export type RegistryImage = {
  readonly digest: string;
  readonly layers: readonly { readonly digest: string; readonly compressedBytes: number }[];
};

const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

export const openImageRegistry = (sdk: SdkSettings = {}) => {
  const client = new ECRClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });

  /** The image of a digest, or undefined when the registry has none. */
  const find = async (
    repository: string,
    imageDigest: string,
    signal: AbortSignal,
  ): Promise<RegistryImage | undefined> => {
    const answer = await client
      .send(
        new BatchGetImageCommand({
          repositoryName: repository,
          imageIds: [{ imageDigest }],
          acceptedMediaTypes: MANIFEST_TYPES,
        }),
        { abortSignal: signal },
      )
      .catch((error: unknown) => {
        if (isAwsError(error, 'RepositoryNotFoundException')) return { images: [] };
        throw error;
      });
    const text = answer.images?.[0]?.imageManifest;
    if (text === undefined) return undefined;
    const { layers } = Manifest.parse(JSON.parse(text));
    return {
      digest: imageDigest,
      layers: layers.map(({ digest, size }) => ({ digest, compressedBytes: size })),
    };
  };

  return { find };
};

export type ImageRegistry = ReturnType<typeof openImageRegistry>;
