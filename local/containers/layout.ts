import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { EngineError } from './errors.ts';
import type { ImageConfig, PushedImage } from './types.ts';

const Descriptor = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const Index = z.object({ manifests: z.array(Descriptor) });
const Manifest = z.object({
  mediaType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor),
});

const ConfigFile = z.object({
  created: z.string().optional(),
  config: z
    .object({
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Env: z.array(z.string()).nullish(),
      WorkingDir: z.string().nullish(),
      User: z.string().nullish(),
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
      StopSignal: z.string().nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .optional(),
  rootfs: z.object({ diff_ids: z.array(z.string()).nullish() }).optional(),
});

/** Reads an OCI or Docker image configuration. */
export const parseConfigFile = (
  json: unknown,
): { config: ImageConfig; diffIds: string[]; createdAt: string } => {
  const file = ConfigFile.parse(json);
  const config = file.config;
  return {
    createdAt: file.created ?? '',
    diffIds: file.rootfs?.diff_ids ?? [],
    config: {
      entrypoint: config?.Entrypoint ?? [],
      cmd: config?.Cmd ?? [],
      env: config?.Env ?? [],
      workingDir: config?.WorkingDir ?? '',
      user: config?.User ?? '',
      exposedPorts: Object.keys(config?.ExposedPorts ?? {})
        .filter((port) => !port.endsWith('/udp'))
        .map((port) => Number.parseInt(port, 10)),
      stopSignal: config?.StopSignal ?? undefined,
      labels: config?.Labels ?? {},
    },
  };
};

export const blobPath = (folder: string, digest: string): string =>
  path.join(folder, 'blobs', ...digest.split(':'));

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** The manifest that the OCI layout `folder` holds under `ref` (a tag or a manifest digest). */
export const readLayoutImage = (
  folder: string,
  ref: string,
): PushedImage & { configDigest: string; config: unknown } => {
  const index = Index.parse(readJson(path.join(folder, 'index.json')));
  const entry = index.manifests.find(
    (m) => m.digest === ref || m.annotations?.['org.opencontainers.image.ref.name'] === ref,
  );
  if (!entry) throw new EngineError(`the OCI layout ${folder} holds no image ${ref}`);
  const manifest = Manifest.parse(readJson(blobPath(folder, entry.digest)));
  return {
    manifestDigest: entry.digest,
    manifestMediaType: entry.mediaType,
    configDigest: manifest.config.digest,
    config: readJson(blobPath(folder, manifest.config.digest)),
    layers: manifest.layers.map(({ digest, size }) => ({ digest, sizeBytes: size })),
    compressedBytes: manifest.layers.reduce((sum, l) => sum + l.size, manifest.config.size),
  };
};

/** Makes the folders of an OCI layout that do not exist yet. */
export const prepareLayout = (folder: string): void => {
  mkdirSync(path.join(folder, 'blobs', 'sha256'), { recursive: true });
};
