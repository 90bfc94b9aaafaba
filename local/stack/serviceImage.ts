/** The image that a watched service runs: that of the drill's reference variant, built as in a drill. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetBuildsCommand, StartBuildCommand } from '@aws-sdk/client-codebuild';
import { DescribeImagesCommand } from '@aws-sdk/client-ecr';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { DrillError } from '../../core/errors.ts';
import { expandMatrix, type VariantSpec } from '../../core/variants/matrix.ts';
import type { Config } from '../../events/config.ts';
import { repositoryUri } from '../ecr/uri.ts';
import type { Clients } from './clients.ts';
import { installationOf } from './install.ts';

/** A build context, packed and named by its content. */
export type Source = { readonly zip: Uint8Array; readonly sha256: string };

export type ServiceImage = {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** False when it was built here and now. */
  readonly reused: boolean;
};

type Image = NonNullable<Config['image']>;

const LOOK_EVERY_MS = 500;

/** Where sources and images are kept, and how often a build is looked at. */
export type ImagePlace = {
  readonly bucket: string;
  readonly uri: string;
  readonly lookEveryMs: number;
};

type BuildClients = Pick<Clients, 'codebuild' | 'ecr' | 's3'>;

const embeddedPlace = (config: Config): ImagePlace => {
  const { bucket, homeRegion } = installationOf(config);
  const uri = repositoryUri(homeRegion, `failover-drill-${config.service}`);
  return { bucket, uri, lookEveryMs: LOOK_EVERY_MS };
};

const referenceOf = ({ matrix, exclude, reference }: Image): VariantSpec => {
  const variants = expandMatrix(matrix, exclude);
  const found = variants.find(({ id }) => id === reference);
  if (found) return found;
  const known = variants.map(({ id }) => id).join(', ');
  throw new DrillError(
    'ConfigInvalid',
    `image.reference "${reference}" is no variant. Variants: ${known}`,
  );
};

const digestIn = async (
  { ecr }: BuildClients,
  repositoryName: string,
  imageTag: string,
): Promise<string | undefined> => {
  try {
    const { imageDetails = [] } = await ecr.send(
      new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }),
    );
    return imageDetails[0]?.imageDigest;
  } catch (error) {
    if (error instanceof Error && error.name === 'ImageNotFoundException') return undefined;
    throw error;
  }
};

const awaitBuild = async (
  { codebuild }: BuildClients,
  id: string,
  lookEveryMs: number,
  signal: AbortSignal,
) => {
  for (;;) {
    signal.throwIfAborted();
    const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
    const [build] = builds;
    if (build?.buildStatus === 'SUCCEEDED') return;
    if (build?.buildStatus !== 'IN_PROGRESS') {
      const exported = build?.exportedEnvironmentVariables ?? [];
      const tail = exported.find(({ name }) => name === 'BUILD_TAIL')?.value;
      const said = tail ?? build?.phases?.flatMap((phase) => phase.contexts ?? [])[0]?.message;
      throw new DrillError(
        'ReferenceFailed',
        `the image that the service runs could not be built (${build?.buildStatus}): ${said ?? 'no reason given'}`,
      );
    }
    await sleep(lookEveryMs, undefined, { signal });
  }
};

/**
 * Finds the reference variant's image of this source in the registry, or builds it with the drill's
 * project and buildspec.
 * @throws DrillError `ReferenceFailed` with the end of the build's output.
 */
export const ensureImage = async (
  clients: BuildClients,
  config: Config & { readonly image: Image },
  source: Source,
  note: (line: string) => void,
  signal: AbortSignal,
  { bucket, uri, lookEveryMs }: ImagePlace = embeddedPlace(config),
): Promise<ServiceImage> => {
  const { image, service } = config;
  const variant = referenceOf(image);
  const repository = `failover-drill-${service}`;
  const tag = `${service}-${variant.id}-${source.sha256.slice(0, 12)}`;
  const known = await digestIn(clients, repository, tag);
  if (known !== undefined) return { repository, tag, digest: known, reused: true };
  note(`building ${variant.id} of ${image.dockerfile}, which the service runs`);
  const key = `source/${source.sha256}.zip`;
  await clients.s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: source.zip,
      ContentType: 'application/zip',
    }),
  );
  const { build } = await clients.codebuild.send(
    new StartBuildCommand({
      projectName: repository,
      sourceLocationOverride: `${bucket}/${key}`,
      environmentVariablesOverride: [
        { name: 'VARIANT', value: variant.id },
        { name: 'TARGET', value: variant.target },
        { name: 'DOCKERFILE', value: image.dockerfile },
        { name: 'BUILD_ARGS_JSON', value: JSON.stringify(variant.args) },
        { name: 'IMAGE_URI', value: `${uri}:${tag}` },
      ],
    }),
  );
  await awaitBuild(clients, build?.id ?? '', lookEveryMs, signal);
  const digest = await digestIn(clients, repository, tag);
  if (digest !== undefined) return { repository, tag, digest, reused: false };
  throw new DrillError('ReferenceFailed', `the build of ${tag} succeeded and pushed no image`);
};
