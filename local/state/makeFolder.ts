import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EEXIST: 'something else has that name',
  ELOOP: 'a link there leads back to itself',
  ENAMETOOLONG: 'a name in it is too long',
  // What a file system says of a folder that it does not make at all, such as /proc.
  ENOENT: 'that file system takes no folders',
  ENOTDIR: 'a part of it is a file',
  EPERM: 'that file system takes no folders',
  EROFS: 'that file system is read-only',
};

/** Why a folder cannot be made, where a person can name another; undefined for faults of other kinds. */
export const whyNoFolder = (folder: string, error: unknown): string | undefined => {
  const { code, path: at } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const why = WHY[code ?? ''];
  if (why === undefined) return undefined;
  return at === undefined || at === folder ? `${why} (${code})` : `${why} (${code} at ${at})`;
};

const isFolder = (file: string): boolean =>
  statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Makes a folder that a person has named, and those above it. Node's own `recursive` takes ENOENT for a folder
 * above that is missing, and asks for ever where the file system itself says it, as /proc does: no signal ends that.
 */
export const makeFolder = (folder: string, mode = 0o777): void => {
  if (isFolder(folder)) return;
  const above = path.dirname(folder);
  if (above !== folder) makeFolder(above, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(folder)) throw error;
  }
};
