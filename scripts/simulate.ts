/** `failover sim` over many seeds on all processors, as a command of its own: for scripts that run several. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { ProfileName } from '../sim/faults/profiles.ts';
import type { LevelName } from '../sim/levels.ts';
import { PROJECT_FOLDER } from './package.ts';

const CLI = path.join(PROJECT_FOLDER, 'cli/main.ts');

export type Seeds = {
  readonly level: LevelName;
  readonly profile: ProfileName;
  readonly seeds: string;
  /** `3/8`: the third of eight parts, each of which has seeds of its own. */
  readonly shard: string;
};

/** Prints what it prints; gives its exit status. `further` is passed on as it is. */
export const simulate = (
  { level, profile, seeds, shard }: Seeds,
  further: readonly string[] = [],
): number => {
  const asked = ['--level', level, '--profile', profile, '--seeds', seeds, '--shard', shard];
  const args = [CLI, 'sim', ...asked, ...further];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
};
