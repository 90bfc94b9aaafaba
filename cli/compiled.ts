/** Keeps compiled code between calls of the command: loading it is most of what a short one takes. */
import { enableCompileCache } from 'node:module';
import { compiledFolder } from './dataFolder.ts';

/** A folder that cannot be written only makes the next start as slow as this one. */
export const keepCompiled = (env: NodeJS.ProcessEnv): void => {
  enableCompileCache(compiledFolder(env));
};
