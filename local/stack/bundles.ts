/** The functions of the project, bundled. */
import { globSync } from 'node:fs';
import path from 'node:path';
import { keptBundles } from '../lambda/bundleStore.ts';

/** Folder of the project: the one that holds serverless.yml. */
export const PROJECT_FOLDER = path.resolve(import.meta.dirname, '../..');

/**
 * Finds the bundle of a folder under functions/; those of all folders, or of the `wanted` ones, are
 * made when they are not in `bundleDir` yet.
 */
export const functionBundles = async (
  bundleDir: string,
  nowMs: number,
  wanted?: readonly string[],
): Promise<(folder: string) => string> => {
  const entries = Object.fromEntries(
    globSync('functions/*/handler.ts', { cwd: PROJECT_FOLDER })
      .map((file) => [path.basename(path.dirname(file)), path.join(PROJECT_FOLDER, file)] as const)
      .filter(([name]) => wanted === undefined || wanted.includes(name)),
  );
  const files = await keptBundles(bundleDir, entries, nowMs);
  return (folder) => {
    const file = files[folder];
    if (file === undefined)
      throw new Error(`serverless.yml names functions/${folder}, which is not there`);
    return file;
  };
};
