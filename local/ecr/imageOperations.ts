import type {
  BatchDeleteImageRequest,
  BatchGetImageRequest,
  DescribeImagesRequest,
  ImageFailure,
  ImageIdentifier,
  ListImagesRequest,
  PutImageRequest,
} from '@aws-sdk/client-ecr';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../wire/types.ts';
import {
  MANIFEST_TYPE,
  missingBlobs,
  PROCESS_ANNOTATION,
  parseManifest,
  readManifest,
  repositoryFolder,
  sha256,
  sweepBlobs,
  writeManifest,
} from './layout.ts';
import { type VisibleImage, withImage, withoutImage } from './state.ts';
import { findImage, page, type Store } from './store.ts';

const identifiers = (image: VisibleImage): ImageIdentifier[] =>
  image.tags.length === 0
    ? [{ imageDigest: image.digest }]
    : image.tags.map((imageTag) => ({ imageDigest: image.digest, imageTag }));

const detail = (image: VisibleImage, repositoryName: string) => ({
  registryId: ACCOUNT_ID,
  repositoryName,
  imageDigest: image.digest,
  ...(image.tags.length > 0 ? { imageTags: image.tags } : {}),
  ...(image.sizeBytes === null ? {} : { imageSizeInBytes: image.sizeBytes }),
  imagePushedAt: new Date(image.pushedAtMs),
  imageManifestMediaType: image.mediaType,
});

const idFault = (id: ImageIdentifier): ImageFailure | undefined =>
  id.imageDigest === undefined && id.imageTag === undefined
    ? {
        imageId: id,
        failureCode: 'MissingDigestAndTag',
        failureReason: 'Image identifier has neither digest nor tag',
      }
    : undefined;

const notFound = (id: ImageIdentifier): ImageFailure => ({
  imageId: id,
  failureCode: 'ImageNotFound',
  failureReason: 'Requested image not found',
});

const DOCKER_MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/** A caller that names no media types understands container images. */
const notAccepted = (
  image: VisibleImage,
  id: ImageIdentifier,
  accepted: readonly string[] = [MANIFEST_TYPE, DOCKER_MANIFEST_TYPE],
): ImageFailure | undefined =>
  accepted.includes(image.mediaType)
    ? undefined
    : {
        imageId: id,
        failureCode: 'ImageInaccessible',
        failureReason: `The image has the media type ${image.mediaType}`,
      };

const byTagStatus = (image: VisibleImage, status: string | undefined): boolean =>
  status === undefined || status === 'ANY' || (status === 'TAGGED') === image.tags.length > 0;

/** The operations on images. */
export const imageOperations = (store: Store): Operations => {
  const { dataDir, clock, seen, own, save } = store;

  const describeImages = (input: DescribeImagesRequest, { region }: CallContext) => {
    const repository = seen(region, input.repositoryName);
    const chosen = input.imageIds
      ? input.imageIds.map((id) => {
          const image = findImage(repository, id);
          if (image) return image;
          const named = `{imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'}`;
          throw new AwsError(
            'ImageNotFoundException',
            `The image with imageId ${named} does not exist within the repository with name '${repository.name}' in the registry with id '${ACCOUNT_ID}'`,
          );
        })
      : repository.images.filter((image) => byTagStatus(image, input.filter?.tagStatus));
    const { items, nextToken } = page(chosen, input.nextToken, input.maxResults);
    return { imageDetails: items.map((image) => detail(image, repository.name)), nextToken };
  };

  const listImages = (input: ListImagesRequest, { region }: CallContext) => {
    const ids = seen(region, input.repositoryName)
      .images.filter((image) => byTagStatus(image, input.filter?.tagStatus))
      .flatMap(identifiers);
    const { items, nextToken } = page(ids, input.nextToken, input.maxResults);
    return { imageIds: items, nextToken };
  };

  const batchGetImage = async (input: BatchGetImageRequest, { region }: CallContext) => {
    const repository = seen(region, input.repositoryName);
    const images = [];
    const failures: ImageFailure[] = [];
    for (const id of input.imageIds ?? []) {
      const image = findImage(repository, id);
      const fault =
        idFault(id) ?? (image ? notAccepted(image, id, input.acceptedMediaTypes) : notFound(id));
      if (fault || !image) {
        if (fault) failures.push(fault);
        continue;
      }
      const folder = repositoryFolder(dataDir, image.homeRegion, repository.name);
      images.push({
        registryId: ACCOUNT_ID,
        repositoryName: repository.name,
        imageId: {
          imageDigest: image.digest,
          ...(id.imageTag === undefined ? {} : { imageTag: id.imageTag }),
        },
        imageManifest: await readManifest(folder, image.digest),
        imageManifestMediaType: image.mediaType,
      });
    }
    return { images, failures };
  };

  const batchDeleteImage = async (input: BatchDeleteImageRequest, { region }: CallContext) => {
    let repository = own(region, input.repositoryName);
    const imageIds: ImageIdentifier[] = [];
    const failures: ImageFailure[] = [];
    for (const id of input.imageIds ?? []) {
      const image = findImage(seen(region, input.repositoryName), id);
      const fault = idFault(id) ?? (image ? undefined : notFound(id));
      if (fault || !image) {
        if (fault) failures.push(fault);
        continue;
      }
      imageIds.push(
        ...(id.imageTag === undefined
          ? identifiers(image)
          : [{ imageDigest: image.digest, imageTag: id.imageTag }]),
      );
      const byTag = id.imageDigest === undefined ? id.imageTag : undefined;
      repository =
        image.homeRegion === region
          ? withoutImage(repository, image.digest, byTag)
          : { ...repository, deletedReplicas: [...repository.deletedReplicas, image.digest] };
    }
    await save(repository);
    const folder = repositoryFolder(dataDir, region, repository.name);
    await sweepBlobs(
      folder,
      repository.images.map(({ digest }) => digest),
      clock.now(),
    );
    return { imageIds, failures };
  };

  const putImage = async (input: PutImageRequest, { region }: CallContext) => {
    const repository = own(region, input.repositoryName);
    const text = input.imageManifest ?? '';
    const manifest = parseManifest(text);
    if (!manifest) {
      throw new AwsError('InvalidParameterException', 'Invalid parameter at imageManifest');
    }
    const digest = sha256(text);
    if (input.imageDigest !== undefined && input.imageDigest !== digest) {
      throw new AwsError(
        'ImageDigestDoesNotMatchException',
        `The image digest ${input.imageDigest} does not match the manifest's ${digest}`,
      );
    }
    const folder = repositoryFolder(dataDir, region, repository.name);
    const lost = missingBlobs(folder, manifest);
    if (lost.length > 0) {
      throw new AwsError('LayersNotFoundException', `These layers were not pushed: ${lost}`);
    }
    const holder = repository.images.find(({ tags }) => tags.includes(input.imageTag ?? ''));
    if (holder?.digest === digest) {
      throw new AwsError(
        'ImageAlreadyExistsException',
        `Image with digest '${digest}' and tag '${input.imageTag}' already exists in the repository with name '${repository.name}'`,
      );
    }
    if (holder && repository.immutableTags) {
      throw new AwsError(
        'ImageTagAlreadyExistsException',
        `The image tag '${input.imageTag}' already exists in the '${repository.name}' repository and cannot be overwritten because the repository is immutable`,
      );
    }
    await writeManifest(folder, text);
    const isFolder = manifest.annotations?.[PROCESS_ANNOTATION] !== undefined;
    const mediaType = input.imageManifestMediaType ?? manifest.mediaType ?? MANIFEST_TYPE;
    await save(
      withImage(repository, {
        digest,
        mediaType,
        manifestBytes: Buffer.byteLength(text),
        sizeBytes: isFolder
          ? null
          : manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size),
        tags: input.imageTag === undefined ? [] : [input.imageTag],
        pushedAtMs: clock.now(),
      }),
    );
    return {
      image: {
        registryId: ACCOUNT_ID,
        repositoryName: repository.name,
        imageId: { imageDigest: digest, imageTag: input.imageTag },
        imageManifest: text,
        imageManifestMediaType: mediaType,
      },
    };
  };

  return {
    DescribeImages: describeImages,
    ListImages: listImages,
    BatchGetImage: batchGetImage,
    BatchDeleteImage: batchDeleteImage,
    PutImage: putImage,
  };
};
