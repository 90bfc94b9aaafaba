/** Keeps compiled code between calls of the command: loading it is most of what a short one takes. */
import { enableCompileCache } from 'node:module';
import { makeFolder } from '../local/state/makeFolder.ts';
import { compiledFolder } from './dataFolder.ts';

/** A folder that cannot be written only makes the next start as slow as this one. */
export const keepCompiled = (env: NodeJS.ProcessEnv): void => {
  const folder = compiledFolder(env);
  try {
    // Node makes it, too, but never ends on a file system that takes no folders.
    makeFolder(folder, 0o700);
  } catch {
    return;
  }
  enableCompileCache(folder);
};
