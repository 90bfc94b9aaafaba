import { existsSync, readFileSync } from 'node:fs';
import { link, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { readLayoutImage } from '../../containers/layout.ts';
import { withLock } from '../../containers/lock.ts';
import type { PushedImage } from '../../containers/types.ts';
import { blobFile, missingBlobs, parseManifest, repositoryFolder } from '../../ecr/layout.ts';
import { type EcrImageUri, parseEcrUri } from '../../ecr/uri.ts';
import { UsageError } from './dockerArguments.ts';
import type { ShimSettings } from './settings.ts';

const Digests = z.record(z.string(), z.string());

/** Digest by image name of what this build has pushed. */
export const readPushed = (file: string): Record<string, string> =>
  existsSync(file) ? Digests.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};

/** Keeps the digest of a push for `docker image inspect`. */
export const notePushed = (file: string, name: string, digest: string): Promise<void> =>
  withLock(`${file}.lock`, 10_000, async () => {
    await writeFile(file, JSON.stringify({ ...readPushed(file), [name]: digest }));
  });

/** The ECR image a name stands for. @throws UsageError for a registry that is not embedded here. */
export const ecrImage = (name: string): EcrImageUri => {
  const uri = parseEcrUri(name);
  if (!uri || uri.digest !== undefined) {
    throw new UsageError(
      `docker push: "${name}" is no tag of an ECR registry; only the embedded one can be pushed to here`,
    );
  }
  return uri;
};

/** Tells the registry of a manifest whose blobs are in place, as a registry client does last. */
export const announce = async (
  uri: EcrImageUri,
  manifest: string,
  mediaType: string,
): Promise<void> => {
  // Loaded only when something is pushed: the other commands should start fast.
  const { ECRClient, PutImageCommand } = await import('@aws-sdk/client-ecr');
  const client = new ECRClient({ region: uri.region });
  try {
    await client.send(
      new PutImageCommand({
        repositoryName: uri.repository,
        imageManifest: manifest,
        imageManifestMediaType: mediaType,
        imageTag: uri.tag ?? 'latest',
      }),
    );
  } catch (error) {
    // The same image under the same tag: pushing again changes nothing.
    if (!(error instanceof Error) || error.name !== 'ImageAlreadyExistsException') throw error;
  } finally {
    client.destroy();
  }
};

const Index = z.object({ manifests: z.array(z.object({ digest: z.string() })) });

/** The image of the repository that has this configuration: the same layers, compressed before. */
const alreadyThere = (repository: string, configDigest: string): PushedImage | undefined => {
  const index = path.join(repository, 'index.json');
  if (!existsSync(index)) return undefined;
  const { manifests } = Index.parse(JSON.parse(readFileSync(index, 'utf8')));
  for (const digest of new Set(manifests.map((manifest) => manifest.digest))) {
    const image = readLayoutImage(repository, digest);
    if (image.configDigest === configDigest) return image;
  }
  return undefined;
};

/** What a push has left in the registry, and what it has to say of it. */
export type Pushed = { readonly digest: string; readonly mediaType: string; readonly said: string };

/**
 * Pushes an image: its compressed blobs into the repository's OCI layout, then the manifest through
 * the registry's API. `write` puts the image into the layout folder it is given.
 */
export const pushImage = async (
  settings: ShimSettings,
  name: string,
  configDigest: string,
  write: (folder: string, ref: string) => Promise<PushedImage>,
): Promise<Pushed> => {
  const uri = ecrImage(name);
  const repository = repositoryFolder(settings.dataDir, uri.region, uri.repository);
  const staging = path.join(repository, 'uploads', crypto.randomUUID());
  await mkdir(staging, { recursive: true });
  await mkdir(path.join(repository, 'blobs', 'sha256'), { recursive: true });
  // Blobs go straight to the repository, so layers it has already are neither written nor kept twice.
  await symlink('../../blobs', path.join(staging, 'blobs'));
  try {
    const image = alreadyThere(repository, configDigest) ?? (await write(staging, 'image'));
    const manifest = await readFile(blobFile(repository, image.manifestDigest), 'utf8');
    await announce(uri, manifest, image.manifestMediaType);
    await notePushed(settings.pushedFile, name, image.manifestDigest);
    const layers = image.layers.map((layer) => `${layer.digest.slice(7, 19)}: Pushed`);
    const summary = `${uri.tag ?? 'latest'}: digest: ${image.manifestDigest} size: ${Buffer.byteLength(manifest)}`;
    return {
      digest: image.manifestDigest,
      mediaType: image.manifestMediaType,
      said: [...layers, summary].join('\n'),
    };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
};

/**
 * Gives another repository the very manifest that one has, and its blobs: a second push that compresses the layers
 * once more need not end in the same bytes, and so in the same digest.
 */
export const copyImage = async (
  settings: ShimSettings,
  from: string,
  { digest, mediaType }: Pushed,
  to: string,
): Promise<string> => {
  const folderOf = ({ region, repository }: EcrImageUri): string =>
    repositoryFolder(settings.dataDir, region, repository);
  const source = folderOf(ecrImage(from));
  const target = folderOf(ecrImage(to));
  const manifest = await readFile(blobFile(source, digest), 'utf8');
  const parsed = parseManifest(manifest);
  await mkdir(path.join(target, 'blobs', 'sha256'), { recursive: true });
  for (const blob of parsed ? missingBlobs(target, parsed) : []) {
    // Blobs are written once and never changed, so two repositories can have one file. Its time is that of this push:
    // an old one would be swept as of a push that was given up.
    const now = new Date();
    await utimes(blobFile(source, blob), now, now);
    await link(blobFile(source, blob), blobFile(target, blob)).catch((error: unknown) => {
      // Another build has brought it meanwhile.
      if (!existsSync(blobFile(target, blob))) throw error;
    });
  }
  await announce(ecrImage(to), manifest, mediaType);
  await notePushed(settings.pushedFile, to, digest);
  return `${ecrImage(to).tag ?? 'latest'}: digest: ${digest} size: ${Buffer.byteLength(manifest)}`;
};
