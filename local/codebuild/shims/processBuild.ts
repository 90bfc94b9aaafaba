import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { ASSEMBLED_LABEL, CONTENT_LABEL } from '../../containers/bases/assemble.ts';
import { withLock } from '../../containers/lock.ts';
import {
  buildProcessImage,
  processFolder,
  readProcessImage,
} from '../../containers/processImage.ts';
import {
  blobFile,
  PROCESS_ANNOTATION,
  PROCESS_MANIFEST_TYPE,
  repositoryFolder,
  sha256,
} from '../../ecr/layout.ts';
import { openDockerfile } from './build.ts';
import { type BuildCommand, UsageError } from './dockerArguments.ts';
import { announce, ecrImage, notePushed, type Pushed } from './push.ts';
import type { ShimSettings } from './settings.ts';

const Tags = z.record(z.string(), z.string());

const tagsFile = (dataDir: string): string => path.join(processFolder(dataDir), 'tags.json');

const readTags = (dataDir: string): Record<string, string> =>
  existsSync(tagsFile(dataDir))
    ? Tags.parse(JSON.parse(readFileSync(tagsFile(dataDir), 'utf8')))
    : {};

const addTags = (dataDir: string, names: readonly string[], folder: string): Promise<void> =>
  withLock(`${tagsFile(dataDir)}.lock`, 10_000, async () => {
    const added = Object.fromEntries(names.map((name) => [name, folder]));
    await writeFile(tagsFile(dataDir), JSON.stringify({ ...readTags(dataDir), ...added }));
  });

const folderOf = (dataDir: string, name: string): string => {
  const folder = readTags(dataDir)[name];
  if (folder === undefined) throw new UsageError(`Error: No such image: ${name}`);
  return folder;
};

/** `docker build` without an engine: the stage becomes a folder of processes under the given tags. */
export const buildAsProcesses = async (
  dataDir: string,
  command: BuildCommand,
  onLine: (line: string) => void,
): Promise<string> => {
  const { context, dockerfile } = openDockerfile(command);
  const { target, buildArgs } = command;
  const image = await buildProcessImage({
    context,
    dockerfile,
    target,
    buildArgs,
    dataDir,
    onLine,
  });
  onLine(`COMMIT ${command.tags[0] ?? image.key}`);
  await addTags(dataDir, command.tags, image.folder);
  return `sha256:${image.key}`;
};

export const tagProcesses = (dataDir: string, name: string, as: string): Promise<void> =>
  addTags(dataDir, [as], folderOf(dataDir, name));

/** What `docker image inspect` can say of such a folder: no size, no layers. */
export const inspectProcesses = (
  settings: ShimSettings,
  name: string,
  digest: string | undefined,
) => {
  const image = readProcessImage(folderOf(settings.dataDir, name));
  return {
    Id: `sha256:${image.key}`,
    RepoTags: [name],
    RepoDigests: digest === undefined ? [] : [`${name.replace(/:[^:/]*$/, '')}@${digest}`],
    Config: {
      Env: Object.entries(image.env).map(([variable, value]) => `${variable}=${value}`),
      Cmd: image.command,
      Labels: { [ASSEMBLED_LABEL]: 'assembled', [CONTENT_LABEL]: image.base },
    },
  };
};

/** Puts a manifest without layers into the registry, of a type that only our task runner asks for. */
export const pushProcesses = async (settings: ShimSettings, name: string): Promise<Pushed> => {
  const uri = ecrImage(name);
  const folder = folderOf(settings.dataDir, name);
  const image = readProcessImage(folder);
  const repository = repositoryFolder(settings.dataDir, uri.region, uri.repository);
  const config = JSON.stringify({ key: image.key });
  const configDigest = sha256(config);
  await mkdir(path.dirname(blobFile(repository, configDigest)), { recursive: true });
  await writeFile(blobFile(repository, configDigest), config);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: PROCESS_MANIFEST_TYPE,
    config: { mediaType: 'application/json', digest: configDigest, size: config.length },
    layers: [],
    annotations: { [PROCESS_ANNOTATION]: folder },
  });
  await announce(uri, manifest, PROCESS_MANIFEST_TYPE);
  const digest = sha256(manifest);
  await notePushed(settings.pushedFile, name, digest);
  return {
    digest,
    mediaType: PROCESS_MANIFEST_TYPE,
    said: `${uri.tag ?? 'latest'}: digest: ${digest} (a folder of processes, not a container image)`,
  };
};
