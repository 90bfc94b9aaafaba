// Images made by hand and pushed into the embedded registry: real tar layers, compressed as builders do.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { CreateRepositoryCommand, type ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { blobFile, repositoryFolder, sha256 } from '../../local/ecr/layout.ts';
import { type Member, tarball } from './tarball.ts';

export type MadeLayer = {
  readonly members: readonly Member[];
  readonly createdBy: string;
  readonly compression?: 'gzip' | 'zstd' | 'none' | 'docker-gzip';
};

const OCI = 'application/vnd.oci.image';

const MEDIA_TYPES = {
  gzip: `${OCI}.layer.v1.tar+gzip`,
  zstd: `${OCI}.layer.v1.tar+zstd`,
  none: `${OCI}.layer.v1.tar`,
  'docker-gzip': 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

const packed = (archive: Uint8Array, compression: keyof typeof MEDIA_TYPES): Uint8Array => {
  if (compression === 'none') return archive;
  return compression === 'zstd' ? zstdCompressSync(archive) : gzipSync(archive);
};

export type Place = {
  readonly dataDir: string;
  readonly region: string;
  readonly repository: string;
};

/** Puts a blob where a push puts it. */
export const putBlob = (
  { dataDir, region, repository }: Place,
  bytes: Uint8Array,
  mediaType: string,
) => {
  const digest = sha256(bytes);
  const file = blobFile(repositoryFolder(dataDir, region, repository), digest);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return { mediaType, digest, size: bytes.length };
};

export const createRepository = async (
  client: ECRClient,
  repositoryName: string,
): Promise<void> => {
  await client.send(new CreateRepositoryCommand({ repositoryName }));
};

/** @returns the digest of the image, and of each layer. */
export const pushImage = async (
  client: ECRClient,
  place: Place,
  made: readonly MadeLayer[],
): Promise<{ digest: string; layers: string[] }> => {
  const layers = made.map(({ members, compression = 'gzip' }) =>
    putBlob(place, packed(tarball(members), compression), MEDIA_TYPES[compression]),
  );
  const history = made.flatMap(({ createdBy }) => [
    { created_by: 'ENV PATH=/bin', empty_layer: true },
    { created_by: createdBy },
  ]);
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', history }));
  const imageManifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: putBlob(place, config, `${OCI}.config.v1+json`),
    layers,
  });
  await client.send(new PutImageCommand({ repositoryName: place.repository, imageManifest }));
  return { digest: sha256(imageManifest), layers: layers.map(({ digest }) => digest) };
};
