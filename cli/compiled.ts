/** Keeps compiled code between calls of the command: loading it is most of what a short one takes. */
import { enableCompileCache } from 'node:module';
import os from 'node:os';
import path from 'node:path';

/** Where Node keeps it; a folder that cannot be written only makes the next start as slow as this one. */
export const keepCompiled = (env: NodeJS.ProcessEnv): void => {
  const base = env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache');
  enableCompileCache(path.join(base, 'failover', 'compiled'));
};
