/** The image that a watched service runs: that of the drill's reference variant, built as in a drill. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetBuildsCommand, StartBuildCommand } from '@aws-sdk/client-codebuild';
import { DescribeImagesCommand, type ECRClient } from '@aws-sdk/client-ecr';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { DrillError } from '../../core/errors.ts';
import { nameIn } from '../../core/images/registry.ts';
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
  /** The repository at home. */
  readonly uri: string;
  /** Of each region that is to have the image, the home's first. */
  readonly registries: ReadonlyMap<string, ECRClient>;
  readonly lookEveryMs: number;
};

type BuildClients = Pick<Clients, 'codebuild' | 's3'>;

export const embeddedPlace = (config: Config, registries: ImagePlace['registries']): ImagePlace => {
  const { bucket, homeRegion } = installationOf(config);
  const uri = repositoryUri(homeRegion, `failover-drill-${config.service}`);
  return { bucket, uri, registries, lookEveryMs: LOOK_EVERY_MS };
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
  ecr: ECRClient,
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

/** Its digest, where all registries have the tag on one; else those that have not what the first has. */
const lookUp = async (
  { registries }: ImagePlace,
  repository: string,
  tag: string,
): Promise<{ readonly digest: string } | { readonly lacking: readonly string[] }> => {
  const found = await Promise.all(
    [...registries].map(async ([region, ecr]) => ({
      region,
      digest: await digestIn(ecr, repository, tag),
    })),
  );
  const first = found[0]?.digest;
  if (first === undefined) return { lacking: found.slice(0, 1).map(({ region }) => region) };
  const lacking = found.filter(({ digest }) => digest !== first).map(({ region }) => region);
  return lacking.length === 0 ? { digest: first } : { lacking };
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
 * Finds the reference variant's image of this source in the registries, or has it built for all of them with the
 * drill's project and buildspec.
 * @throws DrillError `ReferenceFailed` with the end of the build's output.
 */
export const ensureImage = async (
  clients: BuildClients,
  config: Config & { readonly image: Image },
  source: Source,
  place: ImagePlace,
  { note, signal }: { readonly note: (line: string) => void; readonly signal: AbortSignal },
): Promise<ServiceImage> => {
  const { bucket, uri, registries, lookEveryMs } = place;
  const { image, service } = config;
  const variant = referenceOf(image);
  const repository = `failover-drill-${service}`;
  const tag = `${service}-${variant.id}-${source.sha256.slice(0, 12)}`;
  const known = await lookUp(place, repository, tag);
  if ('digest' in known) return { repository, tag, digest: known.digest, reused: true };
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
  const [name, ...copies] = [...registries.keys()].map((region) => nameIn(region, `${uri}:${tag}`));
  const { build } = await clients.codebuild.send(
    new StartBuildCommand({
      projectName: repository,
      sourceLocationOverride: `${bucket}/${key}`,
      environmentVariablesOverride: [
        { name: 'VARIANT', value: variant.id },
        { name: 'TARGET', value: variant.target },
        { name: 'DOCKERFILE', value: image.dockerfile },
        { name: 'BUILD_ARGS_JSON', value: JSON.stringify(variant.args) },
        { name: 'IMAGE_URI', value: name },
        { name: 'COPY_URIS', value: copies.join(' ') },
      ],
    }),
  );
  await awaitBuild(clients, build?.id ?? '', lookEveryMs, signal);
  const built = await lookUp(place, repository, tag);
  if ('digest' in built) return { repository, tag, digest: built.digest, reused: false };
  throw new DrillError(
    'ReferenceFailed',
    `the build of ${tag} succeeded, and ${built.lacking.join(', ')} has no such image`,
  );
};
