import { accessSync, constants, realpathSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './command.ts';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Absolute path of a program of this machine, or undefined. */
export const findProgram = (name: string, searchPath = process.env['PATH'] ?? SYSTEM_PATH) => {
  for (const folder of [...searchPath.split(':'), ...SYSTEM_PATH.split(':')]) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not in this folder
    }
  }
  return undefined;
};

/** A shared library as the loader names it (`path`) and the file behind the links (`real`). */
export type SharedFile = { readonly path: string; readonly real: string };

/** Reads the output of `ldd`: the libraries found, and the names of those that were not. */
export const parseLdd = (text: string): { found: string[]; missing: string[] } => {
  const found: string[] = [];
  const missing: string[] = [];
  for (const line of text.split('\n')) {
    const lost = /^\s*(\S+) => not found/.exec(line);
    if (lost?.[1]) missing.push(lost[1]);
    const at = /(?:=>\s*)?(\/\S+)\s+\(0x[0-9a-f]+\)/.exec(line);
    if (at?.[1]) found.push(at[1]);
  }
  return { found, missing };
};

/** The shared libraries that these programs of this machine load, each once. */
export const sharedLibraries = async (
  files: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ found: SharedFile[]; missing: string[] }> => {
  const { stdout } = await runCommand('ldd', files, { env });
  const { found, missing } = parseLdd(stdout);
  return {
    found: [...new Set(found)].sort().map((file) => ({ path: file, real: realpathSync(file) })),
    missing: [...new Set(missing)],
  };
};
