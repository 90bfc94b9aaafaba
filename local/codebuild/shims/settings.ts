import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { EngineChoice } from '../../containers/detect.ts';

/** What the commands in a build environment must know; a file only this user can read. */
export const ShimSettings = z.object({
  dataDir: z.string(),
  /** Null where no container builder works: stages become folders of plain processes. */
  engine: EngineChoice.nullable(),
  /** False: without an engine a build fails with NoContainerBuilder. */
  processImages: z.boolean(),
  /** A file of this build, where pushes note the digests they got. */
  pushedFile: z.string(),
  /** The folder of the commands themselves, to find the real docker behind them. */
  shimFolder: z.string(),
});
export type ShimSettings = z.infer<typeof ShimSettings>;

/** Names the settings file in the environment of a build. */
export const SETTINGS_VARIABLE = 'FAILOVER_BUILD_SETTINGS';

/** Names the folder of compiled code to Node; for the command alone, not for what it starts. */
export const COMPILED_VARIABLE = 'NODE_COMPILE_CACHE';

export const readShimSettings = (): ShimSettings => {
  const file = process.env[SETTINGS_VARIABLE];
  if (!file)
    throw new Error(`${SETTINGS_VARIABLE} is not set: this command runs inside builds only`);
  return ShimSettings.parse(JSON.parse(readFileSync(file, 'utf8')));
};
