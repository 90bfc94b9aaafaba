import { createHash, type Hash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

const addEntry = (hash: Hash, root: string, relative: string, skip: (file: string) => boolean) => {
  if (skip(relative)) return;
  const file = path.join(root, relative);
  const entry = lstatSync(file);
  if (entry.isDirectory()) {
    for (const name of readdirSync(file).sort()) {
      addEntry(hash, root, relative === '' ? name : path.join(relative, name), skip);
    }
    return;
  }
  const content = entry.isSymbolicLink() ? readlinkSync(file) : readFileSync(file);
  hash
    .update(`${relative}\0${entry.mode & 0o111}\0`)
    .update(content)
    .update('\0');
};

/** A digest of names, contents and executable bits of all files that `skip` does not leave out. */
export const hashTree = (root: string, skip: (relative: string) => boolean): string => {
  const hash = createHash('sha256');
  addEntry(hash, root, '', skip);
  return hash.digest('hex');
};
