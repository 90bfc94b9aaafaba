import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { dockerfileOf, recipeKey, writeTrees } from '../bases/assemble.ts';
import { describeRecipe, recipeFor } from '../bases/recipes.ts';
import { parseImageName } from '../bases/reference.ts';
import { createTree } from '../bases/tree.ts';
import { readStages } from '../dockerfile.ts';
import { BaseImageError } from '../errors.ts';
import type { Isolation } from './isolation.ts';
import { applySetting, EMPTY_CONFIG, type StageConfig } from './stageConfig.ts';

/** What a stage starts from. `root` is undefined when nothing but settings comes with it. */
export type StageBase = {
  readonly key: string;
  readonly root: string | undefined;
  readonly config: StageConfig;
  readonly content: string;
};

export const SCRATCH: StageBase = {
  key: 'scratch',
  root: undefined,
  config: EMPTY_CONFIG,
  content: 'nothing',
};

/**
 * The folder that stands in for a base image, assembled once and kept. Without isolation programs of
 * the machine itself are used, so only their settings are taken over.
 */
export const baseFolder = async (
  name: string,
  where: string,
  folder: string,
  isolation: Isolation,
): Promise<StageBase> => {
  try {
    const recipe = await recipeFor(parseImageName(name));
    if (isolation === 'none' && recipe.kind === 'nginx') {
      throw new BaseImageError(
        'nginx cannot be run without a container engine or a mount namespace',
      );
    }
    const key = await recipeKey(recipe);
    const [stage] = readStages(dockerfileOf(recipe).join('\n'), {}).stages.slice(-1);
    const config = (stage?.steps ?? [])
      .filter(({ keyword }) => keyword !== 'COPY')
      .reduce((now, step) => applySetting(now, step, {}, {}) ?? now, EMPTY_CONFIG);
    const base = { key, config, content: describeRecipe(recipe) };
    if (isolation === 'none') return { ...base, root: undefined };
    const root = path.join(folder, `base-${key.slice(0, 16)}`);
    if (!existsSync(root)) {
      const draft = `${root}.draft`;
      await rm(draft, { recursive: true, force: true });
      await mkdir(draft, { recursive: true });
      const tree = createTree(path.join(draft, 'root'));
      await writeTrees(recipe, () => tree, draft);
      await rename(draft, root);
    }
    return { ...base, root: path.join(root, 'root') };
  } catch (error) {
    if (!(error instanceof BaseImageError)) throw error;
    throw new BaseImageError(`${where}: base image ${name} cannot be assembled: ${error.message}`);
  }
};
