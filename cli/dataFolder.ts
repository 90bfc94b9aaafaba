/** Where things are kept: the user's directories for data and for caches, unless told otherwise. */
import os from 'node:os';
import path from 'node:path';

/** The folder that holds drills and watches: `--data`, or the user's own. */
export const dataFolder = (option: string | undefined, env: NodeJS.ProcessEnv): string => {
  if (option !== undefined) return path.resolve(option);
  const base = env['XDG_DATA_HOME'] ?? path.join(os.homedir(), '.local', 'share');
  return path.join(base, 'failover');
};

/** A path as people write it: `~` for the home folder, which a shell reads back. */
export const shownPath = (file: string, home = os.homedir()): string =>
  file.startsWith(`${home}${path.sep}`) ? `~${file.slice(home.length)}` : file;

const cacheFolder = (env: NodeJS.ProcessEnv): string =>
  path.join(env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'failover');

/** Where Node keeps code it has compiled. */
export const compiledFolder = (env: NodeJS.ProcessEnv): string =>
  path.join(cacheFolder(env), 'compiled');

/** Where bundled functions are kept. */
export const bundleFolder = (env: NodeJS.ProcessEnv): string =>
  path.join(cacheFolder(env), 'bundles');
