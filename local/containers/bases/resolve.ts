import path from 'node:path';
import type { Clock } from '../../clock.ts';
import { findStage, neededFor, type StageGraph } from '../dockerfile.ts';
import { BaseImageError } from '../errors.ts';
import { withLock } from '../lock.ts';
import type { ContainerEngine } from '../types.ts';
import { ASSEMBLED_LABEL, assembleBase } from './assemble.ts';
import { describeRecipe, recipeFor } from './recipes.ts';
import { type ImageName, parseImageName } from './reference.ts';
import { createRegistryProbe } from './registry.ts';

/** Where a base image came from. `content` says what an assembled one really holds. */
export type BaseImage = {
  /** As the Dockerfile names it. */
  readonly name: string;
  readonly full: string;
  readonly origin: 'registry' | 'assembled' | 'local';
  readonly content: string;
  readonly ms: number;
};

export type BaseOptions = {
  readonly engine: ContainerEngine;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: (line: string) => void;
};

const PULL_TIMEOUT_MS = 180_000;
const LOCK_TIMEOUT_MS = 300_000;

const pulled = async (name: ImageName, { engine, log }: BaseOptions): Promise<boolean> => {
  try {
    log(`base ${name.full}: pulling from ${name.registry}`);
    await engine.pull(name.full, PULL_TIMEOUT_MS);
    return true;
  } catch (error) {
    log(`base ${name.full}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
};

const resolveBase = async (text: string, options: BaseOptions): Promise<BaseImage> => {
  const { engine, dataDir, clock, log } = options;
  const name = parseImageName(text);
  const folder = path.join(dataDir, 'containers');
  const started = clock.monotonicMs();
  const done = (origin: BaseImage['origin'], content: string): BaseImage => ({
    name: text,
    full: name.full,
    origin,
    content,
    ms: clock.monotonicMs() - started,
  });

  const facts = await engine.inspect(name.full);
  const assembled = facts?.config.labels[ASSEMBLED_LABEL] === 'assembled';
  if (facts && !assembled) return done('local', 'in the image storage already');
  const registryAnswers = createRegistryProbe(folder, clock);
  if ((await registryAnswers(name.registry)) && (await pulled(name, options))) {
    return done('registry', `pulled from ${name.registry}`);
  }
  const recipe = await recipeFor(name);
  const { cached, ms } = await assembleBase(
    engine,
    recipe,
    name.full,
    path.join(folder, 'scratch'),
  );
  const content = describeRecipe(recipe);
  const spent = cached ? 'cached' : `${(ms / 1000).toFixed(1)} s`;
  log(`base ${name.full}: assembled on this machine (${content}; ${spent})`);
  return done('assembled', content);
};

/**
 * Makes every image that the stages of `target` start from available to the engine: pulled where
 * its registry answers, otherwise assembled from this machine.
 * @throws BaseImageError naming the FROM line when an image can be had in neither way.
 */
export const ensureBases = async (
  graph: StageGraph,
  target: string | undefined,
  file: string,
  options: BaseOptions,
): Promise<BaseImage[]> => {
  const { images } = neededFor(graph, findStage(graph, target, file));
  const lock = path.join(options.dataDir, 'containers', 'bases.lock');
  const found: BaseImage[] = [];
  for (const { name, line } of images) {
    const work = () => resolveBase(name, options);
    try {
      found.push(await withLock(lock, LOCK_TIMEOUT_MS, work));
    } catch (error) {
      if (!(error instanceof BaseImageError)) throw error;
      throw new BaseImageError(
        `${file}:${line}: base image ${name}: its registry does not answer and it cannot be ` +
          `assembled here: ${error.message}. Make the registry reachable or name another base.`,
      );
    }
  }
  return found;
};
