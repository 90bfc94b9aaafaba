import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { findStage, neededFor, readStages } from './dockerfile.ts';
import { withLock } from './lock.ts';
import { baseFolder, SCRATCH, type StageBase } from './processes/baseFolder.ts';
import { hostCommand } from './processes/commands.ts';
import { ignoreRule } from './processes/copyFiles.ts';
import { hashTree } from './processes/hashTree.ts';
import { detectIsolation } from './processes/isolation.ts';
import { type MadeStage, makeStage } from './processes/makeStage.ts';

/**
 * A stage of a Dockerfile made without any container engine: a plain folder, and the command that
 * runs in it as an ordinary process of this machine. Its size and layers mean nothing.
 */
const ProcessImage = z.object({
  /** The same input gives the same key. */
  key: z.string(),
  /** The root folder of the stage. */
  folder: z.string(),
  /** Where to start the command. */
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
  /** The whole command line, which also shuts the process into the folder where the kernel allows. */
  command: z.array(z.string()),
  /** What its base holds; all bases are assembled on this machine. */
  base: z.string(),
});
export type ProcessImage = z.infer<typeof ProcessImage>;

export type ProcessBuild = {
  readonly context: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly dataDir: string;
  readonly onLine: (line: string) => void;
};

const LOCK_TIMEOUT_MS = 30 * 60_000;
const FILE = 'image.json';

export const processFolder = (dataDir: string): string =>
  path.join(dataDir, 'containers', 'processes');

const makeAll = async (build: ProcessBuild): Promise<MadeStage> => {
  const { context, dockerfile, target, buildArgs, dataDir, onLine } = build;
  const folder = processFolder(dataDir);
  const shown = path.basename(dockerfile);
  const graph = readStages(readFileSync(dockerfile, 'utf8'), buildArgs, shown);
  const wanted = findStage(graph, target, shown);
  const { stages, images } = neededFor(graph, wanted);
  const isolation = await detectIsolation();
  onLine(`no container engine: running the steps as processes of this machine (${isolation})`);
  const bases = new Map<string, StageBase>([['scratch', SCRATCH]]);
  for (const { name, line } of images) {
    bases.set(name, await baseFolder(name, `${shown}:${line}`, folder, isolation));
  }
  const ignored = ignoreRule(context);
  const contextKey = hashTree(context, ignored);
  const made = new Map<number, MadeStage>();
  const source = (before: number) => (name: string, line: number) => {
    const stage = stages.findLast(
      (s) => s.index < before && (s.name === name.toLowerCase() || String(s.index) === name),
    );
    const found = (stage && made.get(stage.index)) ?? bases.get(name);
    if (found) return found;
    throw new Error(`${shown}:${line}: "${name}" is neither an earlier stage nor an image`);
  };
  for (const [at, stage] of stages.entries()) {
    const usesContext = stage.steps.some(
      ({ keyword, flags }) => /^(COPY|ADD)$/.test(keyword) && flags['from'] === undefined,
    );
    const work = {
      ...{ stage, context, ignored, buildArgs, folder, isolation, onLine },
      position: `${at + 1}/${stages.length}`,
      base: source(stage.index)(stage.from, stage.line),
      contextKey: usesContext ? contextKey : '',
      source: source(stage.index),
      globalArgs: graph.globalArgs,
    };
    made.set(stage.index, await makeStage(work));
  }
  const last = made.get(wanted.index);
  if (!last) throw new Error(`stage ${wanted.index} of ${shown} was not made`);
  return last;
};

/**
 * Makes a stage of a Dockerfile without a container engine: every step is an ordinary process, shut
 * into the stage's folder where the kernel allows it.
 * @throws DockerfileError, BuildError or BaseImageError when a step cannot be carried out so.
 */
export const buildProcessImage = async (build: ProcessBuild): Promise<ProcessImage> => {
  const folder = processFolder(build.dataDir);
  await mkdir(folder, { recursive: true });
  const lock = path.join(folder, 'lock');
  const { key, root, config, content } = await withLock(lock, LOCK_TIMEOUT_MS, () =>
    makeAll(build),
  );
  const home = path.dirname(root);
  const privateAt = path.join(home, 'private');
  await mkdir(privateAt, { recursive: true });
  const argv = [...config.entrypoint, ...config.cmd];
  const isolation = await detectIsolation();
  const { argv: command, cwd, env } = hostCommand(isolation, root, config, argv, privateAt);
  const image = { key, folder: root, cwd, env, command: [...command], base: content };
  await writeFile(path.join(home, FILE), JSON.stringify(image));
  return image;
};

/** The image whose root is `folder`, as `buildProcessImage` left it. */
export const readProcessImage = (folder: string): ProcessImage =>
  ProcessImage.parse(JSON.parse(readFileSync(path.join(path.dirname(folder), FILE), 'utf8')));
