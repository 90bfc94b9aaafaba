/** What ECR knows of an image: its digest, its layers, and their bytes. */
import {
  BatchGetImageCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
} from '@aws-sdk/client-ecr';
import * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Blob = z.object({ mediaType: z.string().default(''), digest: z.string(), size: z.number() });

const Manifest = z.object({ config: Blob.optional(), layers: z.array(Blob) });

/** One tag for several platforms, or for an image and what a builder attests of it. */
const Index = z.object({
  manifests: z.array(
    z.object({ digest: z.string(), platform: z.object({ os: z.string() }).optional() }),
  ),
});

const Config = z.object({
  history: z
    .array(z.object({ created_by: z.string().optional(), empty_layer: z.boolean().optional() }))
    .default([]),
});

export type RegistryLayer = {
  readonly digest: string;
  readonly compressedBytes: number;
  /** Says how its archive is compressed. */
  readonly mediaType: string;
};

export type RegistryImage = {
  readonly digest: string;
  readonly configDigest: string | null;
  /** Lowest first. */
  readonly layers: readonly RegistryLayer[];
};

/** How an image came to be, a line for each instruction of its base and its own. */
export type ImageHistory = z.output<typeof Config>['history'];

/** A configuration beyond this is none that a builder wrote. */
const CONFIG_BYTES_MAX = 4_000_000;

const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

export const openImageRegistry = (sdk: SdkSettings = {}) => {
  const client = new ECRClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });

  const manifestOf = async (
    repository: string,
    imageDigest: string,
    signal: AbortSignal,
  ): Promise<unknown> => {
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
    return text === undefined ? undefined : JSON.parse(text);
  };

  /** The image of a digest, the first for Linux where there are several; undefined when there is none. */
  const find = async (
    repository: string,
    imageDigest: string,
    signal: AbortSignal,
  ): Promise<RegistryImage | undefined> => {
    let manifest = await manifestOf(repository, imageDigest, signal);
    const index = Index.safeParse(manifest);
    if (index.success) {
      const own = index.data.manifests.find(({ platform }) => platform?.os === 'linux');
      manifest = own && (await manifestOf(repository, own.digest, signal));
    }
    if (manifest === undefined) return undefined;
    const { config, layers } = Manifest.parse(manifest);
    return {
      digest: imageDigest,
      configDigest: config?.digest ?? null,
      layers: layers.map(({ mediaType, digest, size }) => ({
        ...{ mediaType, digest },
        compressedBytes: size,
      })),
    };
  };

  /**
   * The bytes of a layer, or of the configuration, of an image in the repository.
   * @throws DrillError `TransientFailure`; the URL behind it is a secret and in no message.
   */
  const open = async (
    repository: string,
    digest: string,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> => {
    const { downloadUrl } = await client.send(
      new GetDownloadUrlForLayerCommand({ repositoryName: repository, layerDigest: digest }),
      { abortSignal: signal },
    );
    if (downloadUrl === undefined) throw notGiven(digest, 'ECR named no place to get it from');
    const answer = await fetch(downloadUrl, { signal });
    if (answer.ok && answer.body) return answer.body;
    await answer.body?.cancel();
    throw notGiven(digest, `HTTP ${answer.status}`);
  };

  /** @throws DrillError `TransientFailure`, `DataCorrupt` */
  const history = async (
    repository: string,
    configDigest: string,
    signal: AbortSignal,
  ): Promise<ImageHistory> => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of await open(repository, configDigest, signal)) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > CONFIG_BYTES_MAX) throw notReadable(configDigest);
    }
    try {
      return Config.parse(JSON.parse(text)).history;
    } catch {
      throw notReadable(configDigest);
    }
  };

  return { find, open, history };
};

export type ImageRegistry = ReturnType<typeof openImageRegistry>;

const notGiven = (digest: string, why: string): DrillError =>
  new DrillError('TransientFailure', `ECR did not give ${digest}: ${why}`);

const notReadable = (digest: string): DrillError =>
  new DrillError('DataCorrupt', `${digest} is no configuration of an image`);
