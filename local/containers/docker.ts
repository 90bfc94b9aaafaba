import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import * as z from 'zod';
import { type CommandOptions, runCommand } from './command.ts';
import { blobPath, parseConfigFile, prepareLayout, readLayoutImage } from './layout.ts';
import { must, runBuild, type Tool } from './storage.ts';
import type { BuildRequest, ContainerEngine, ImageFacts } from './types.ts';

const Inspected = z
  .array(
    z.object({
      Id: z.string(),
      Created: z.string(),
      Size: z.number(),
      Config: z.unknown(),
      RootFS: z.object({ Layers: z.array(z.string()).nullish() }).optional(),
    }),
  )
  .min(1);
const SavedManifest = z.array(z.object({ Config: z.string(), Layers: z.array(z.string()) })).min(1);

const factsOf = (stdout: string): ImageFacts => {
  const [seen] = Inspected.parse(JSON.parse(stdout));
  return {
    ...parseConfigFile({
      created: seen?.Created,
      config: seen?.Config,
      rootfs: { diff_ids: seen?.RootFS?.Layers ?? [] },
    }),
    imageId: seen?.Id ?? '',
    sizeBytes: seen?.Size ?? 0,
  };
};

type Descriptor = { mediaType: string; digest: string; size: number };

const OCI = 'application/vnd.oci.image';

/** Compresses one layer into the layout; gzip of the same bytes gives the same digest. */
const addLayer = async (tar: string, folder: string): Promise<Descriptor> => {
  const hash = createHash('sha256');
  const temporary = path.join(folder, `layer-${crypto.randomUUID()}`);
  const tap = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(createReadStream(tar), createGzip(), tap, createWriteStream(temporary));
  const digest = `sha256:${hash.digest('hex')}`;
  const { size } = await stat(temporary);
  await rename(temporary, blobPath(folder, digest));
  return { mediaType: `${OCI}.layer.v1.tar+gzip`, digest, size };
};

const addBlob = async (
  bytes: Uint8Array,
  mediaType: string,
  folder: string,
): Promise<Descriptor> => {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await writeFile(blobPath(folder, digest), bytes);
  return { mediaType, digest, size: bytes.length };
};

/** Turns what `docker save` wrote (unpacked in `saved`) into an OCI layout with gzip layers. */
const layoutFromSaved = async (saved: string, folder: string, ref: string): Promise<void> => {
  prepareLayout(folder);
  const text = await readFile(path.join(saved, 'manifest.json'), 'utf8');
  const [entry] = SavedManifest.parse(JSON.parse(text));
  const config = await addBlob(
    await readFile(path.join(saved, entry?.Config ?? '')),
    `${OCI}.config.v1+json`,
    folder,
  );
  const layers: Descriptor[] = [];
  for (const layer of entry?.Layers ?? []) {
    layers.push(await addLayer(path.join(saved, layer), folder));
  }
  const mediaType = `${OCI}.manifest.v1+json`;
  const manifest = { schemaVersion: 2, mediaType, config, layers };
  const pushed = await addBlob(Buffer.from(JSON.stringify(manifest)), mediaType, folder);
  const named = { ...pushed, annotations: { 'org.opencontainers.image.ref.name': ref } };
  await writeFile(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const index = { schemaVersion: 2, manifests: [named] };
  await writeFile(path.join(folder, 'index.json'), JSON.stringify(index));
};

const dockerBuildArguments = (request: BuildRequest): string[] => {
  const pairs = (flag: string, record: Readonly<Record<string, string>> = {}) =>
    Object.entries(record).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  return [
    '--network=host',
    '--progress=plain',
    ...(request.noCache ? ['--no-cache'] : []),
    ...(request.target === undefined ? [] : ['--target', request.target]),
    ...pairs('--build-arg', request.buildArgs),
    ...pairs('--label', request.labels),
    ...request.tags.flatMap((tag) => ['--tag', tag]),
    '--file',
    request.dockerfile,
  ];
};

/** docker with BuildKit. `scratch` is a folder for exports; images stay in the user's daemon. */
export const dockerEngine = (version: string, scratch: string): ContainerEngine => {
  const env = { ...process.env, DOCKER_BUILDKIT: '1' };
  const tool: Tool = (args, options: CommandOptions = {}) =>
    runCommand('docker', args, { env, ...options });
  const call = (args: readonly string[], timeoutMs?: number) =>
    must('docker', tool, args, timeoutMs === undefined ? {} : { timeoutMs });
  const folderFor = async (what: string) => {
    await mkdir(scratch, { recursive: true });
    return mkdtemp(path.join(scratch, `${what}-`));
  };

  const inspect = async (name: string) => {
    const result = await tool(['image', 'inspect', name]);
    return result.code === 0 ? factsOf(result.stdout) : undefined;
  };

  const build = async (request: BuildRequest) => {
    const args = ['build', ...dockerBuildArguments(request), request.context];
    const ms = await runBuild('docker', (options) => tool(args, options), request);
    return { imageId: (await inspect(request.tags[0] ?? ''))?.imageId ?? '', ms };
  };

  const pushToLayout = async (name: string, folder: string, ref: string) => {
    const saved = await folderFor('save');
    try {
      const archive = path.join(saved, 'image.tar');
      await call(['save', '--output', archive, name]);
      await must('tar', (args) => runCommand('tar', args), ['-xf', archive, '-C', saved]);
      await layoutFromSaved(saved, folder, ref);
    } finally {
      await rm(saved, { recursive: true, force: true });
    }
    return readLayoutImage(folder, ref);
  };

  const loadFromLayout = async (folder: string, ref: string, name: string) => {
    const work = await folderFor('load');
    try {
      const image = readLayoutImage(folder, ref);
      const manifest = [
        {
          Config: path.join('blobs', ...image.configDigest.split(':')),
          RepoTags: [name],
          Layers: image.layers.map(({ digest }) => path.join('blobs', ...digest.split(':'))),
        },
      ];
      await writeFile(path.join(work, 'manifest.json'), JSON.stringify(manifest));
      const archive = path.join(work, 'image.tar');
      const files = [manifest[0]?.Config ?? '', ...(manifest[0]?.Layers ?? [])];
      await must('tar', (args) => runCommand('tar', args), [
        ...['-cf', archive, '-C', work, 'manifest.json', '-C', folder],
        ...new Set(files),
      ]);
      await call(['load', '--input', archive]);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  };

  const rootfs = async (name: string) => {
    const folder = await folderFor('rootfs');
    const archive = `${folder}.tar`;
    const { stdout } = await call(['create', '--pull=never', '--network=none', name, 'none']);
    try {
      await call(['export', '--output', archive, stdout.trim()]);
      await must('tar', (args) => runCommand('tar', args), ['-xpf', archive, '-C', folder]);
    } finally {
      await tool(['rm', '--force', stdout.trim()]);
      await rm(archive, { force: true });
    }
    return { path: folder, release: () => rm(folder, { recursive: true, force: true }) };
  };

  return {
    kind: 'docker',
    version,
    build,
    inspect,
    rootfs,
    pushToLayout,
    loadFromLayout,
    cleanUp: () => rm(scratch, { recursive: true, force: true }),
    pull: async (name, timeoutMs) => {
      await call(['pull', '--quiet', name], timeoutMs);
    },
    tag: async (name, as) => {
      await call(['tag', name, as]);
    },
    remove: async (name) => {
      await call(['rmi', '--force', name]);
    },
  };
};
