/** Packs a build context into a zip, leaving out what .dockerignore says; the same files give the same bytes. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import dockerignoreModule from '@balena/dockerignore';
import { type Zippable, zipSync } from 'fflate';
import { DrillError } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';

export type PackedSource = {
  readonly zip: Uint8Array;
  readonly sha256: string;
  readonly files: number;
};

/** A context beyond this is a mistake, such as node_modules without a .dockerignore. */
const BYTES_MAX = 200_000_000;
const FILES_MAX = 50_000;
/** Zip holds times from 1980 on; a fixed one keeps the bytes the same. */
const MTIME = new Date('2000-01-01T00:00:00Z');
const UNIX = 3;
const SYMLINK_MODE = 0o120777;

// The package is CommonJS whose types name a default export, which Node gives as a member.
const dockerignore = dockerignoreModule.default;

type Ignore = ReturnType<typeof dockerignore>;

const ignoreOf = (folder: string, dockerfile: string): Ignore => {
  const own = path.join(folder, `${dockerfile}.dockerignore`);
  const file = existsSync(own) ? own : path.join(folder, '.dockerignore');
  const ignore = dockerignore();
  if (existsSync(file)) ignore.add(readFileSync(file, 'utf8'));
  // The builder needs both, whatever the file says.
  return ignore.add([`!${dockerfile}`, '!.dockerignore']);
};

const walk = (folder: string, at: string, ignore: Ignore, found: string[]): void => {
  for (const entry of readdirSync(path.join(folder, at), { withFileTypes: true })) {
    const relative = at === '' ? entry.name : `${at}/${entry.name}`;
    if (entry.isDirectory()) walk(folder, relative, ignore, found);
    else if (!ignore.ignores(relative)) found.push(relative);
    if (found.length > FILES_MAX) {
      throw new DrillError(
        'ConfigInvalid',
        `${folder} holds more than ${FILES_MAX} files: list what the build does not need in .dockerignore`,
      );
    }
  }
};

/** @throws DrillError `ConfigInvalid` for a context that is too large. */
export const packSource = (folder: string, dockerfile: string): PackedSource => {
  const names: string[] = [];
  walk(folder, '', ignoreOf(folder, dockerfile), names);
  const files: Zippable = {};
  const hash = createHash('sha256');
  let bytes = 0;
  for (const name of names.sort()) {
    const file = path.join(folder, name);
    const stat = lstatSync(file);
    const isLink = stat.isSymbolicLink();
    const content = isLink ? Buffer.from(readlinkSync(file)) : readFileSync(file);
    bytes += content.length;
    if (bytes > BYTES_MAX) {
      throw new DrillError(
        'ConfigInvalid',
        `${folder} holds more than ${formatBytes(BYTES_MAX)}: list what the build does not need in .dockerignore`,
      );
    }
    const mode = isLink ? SYMLINK_MODE : 0o100000 | (stat.mode & 0o777);
    hash.update(`${name}\0${mode}\0${content.length}\0`).update(content);
    files[name] = [content, { mtime: MTIME, os: UNIX, attrs: (mode << 16) >>> 0 }];
  }
  return { zip: zipSync(files, { level: 1 }), sha256: hash.digest('hex'), files: names.length };
};
