import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const Descriptor = z.object({ mediaType: z.string(), digest: z.string(), size: z.number() });

const ImageManifest = z.object({
  mediaType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type ImageManifest = z.infer<typeof ImageManifest>;

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** Manifest of a folder of processes: whoever asks for container images does not get it. */
export const PROCESS_MANIFEST_TYPE = 'application/vnd.failover-drill.process.manifest.v1+json';

/** Says in a manifest that its image is a plain folder, run as ordinary processes. */
export const PROCESS_ANNOTATION = 'failover-drill.process-image';

/** The OCI layout of a repository. Pushes put blobs there before they announce the manifest. */
export const repositoryFolder = (dataDir: string, region: string, repository: string): string =>
  path.join(dataDir, 'ecr', region, encodeURIComponent(repository));

export const sha256 = (bytes: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const blobFile = (folder: string, digest: string): string =>
  path.join(folder, 'blobs', ...digest.split(':'));

/** The name under which a layout offers a manifest by its digest. */
export const refOfDigest = (digest: string): string => digest.replace(':', '-');

/** Undefined when the text is no image manifest. */
export const parseManifest = (text: string): ImageManifest | undefined => {
  try {
    return ImageManifest.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const replace = async (file: string, content: string): Promise<void> => {
  await writeFile(`${file}.draft`, content);
  await rename(`${file}.draft`, file);
};

export const writeManifest = async (folder: string, text: string): Promise<string> => {
  const digest = sha256(text);
  await mkdir(path.join(folder, 'blobs', 'sha256'), { recursive: true });
  await replace(blobFile(folder, digest), text);
  return digest;
};

export const readManifest = (folder: string, digest: string): Promise<string> =>
  readFile(blobFile(folder, digest), 'utf8');

/** Digests of the manifest's blobs that the layout does not hold. */
export const missingBlobs = (folder: string, manifest: ImageManifest): string[] =>
  [manifest.config, ...manifest.layers]
    .map(({ digest }) => digest)
    .filter((digest) => !existsSync(blobFile(folder, digest)));

type IndexEntry = {
  readonly digest: string;
  readonly mediaType: string;
  readonly manifestBytes: number;
  readonly tags: readonly string[];
};

/** Rewrites index.json, so that any OCI tool can read the repository by tag or digest. */
export const writeIndex = async (folder: string, entries: readonly IndexEntry[]): Promise<void> => {
  const manifests = entries.flatMap(({ digest, mediaType, manifestBytes, tags }) =>
    [refOfDigest(digest), ...tags].map((ref) => ({
      mediaType,
      digest,
      size: manifestBytes,
      annotations: { 'org.opencontainers.image.ref.name': ref },
    })),
  );
  await mkdir(folder, { recursive: true });
  await replace(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await replace(path.join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
};

/** How long a blob may wait for the manifest that names it. */
const UPLOAD_MS_MAX = 30 * 60_000;

/** Deletes blobs that no manifest names, but not those of a push that is still under way. */
export const sweepBlobs = async (
  folder: string,
  digests: readonly string[],
  nowMs: number,
): Promise<void> => {
  const kept = new Set(digests);
  for (const digest of digests) {
    const manifest = parseManifest(await readManifest(folder, digest));
    for (const blob of manifest ? [manifest.config, ...manifest.layers] : []) kept.add(blob.digest);
  }
  const blobs = path.join(folder, 'blobs', 'sha256');
  for (const name of existsSync(blobs) ? await readdir(blobs) : []) {
    if (kept.has(`sha256:${name}`)) continue;
    const file = path.join(blobs, name);
    if (nowMs - (await stat(file)).mtimeMs > UPLOAD_MS_MAX) await rm(file, { force: true });
  }
};
