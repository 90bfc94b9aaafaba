import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { lastWords, runCommand } from '../command.ts';
import { BaseImageError } from '../errors.ts';
import { findProgram, sharedLibraries } from '../hostFiles.ts';

const DOWNLOAD_TIMEOUT_MS = 60_000;

/** Where each library is looked for: the unpacked packages come before the machine's own. */
const libraryPath = (root: string): string =>
  ['usr/lib', 'lib']
    .flatMap((base) => [
      path.join(root, base, `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`),
      path.join(root, base),
    ])
    .join(':');

/** Downloads Debian packages (nothing is installed) and unpacks them below `root`. */
export const unpackPackages = async (names: readonly string[], root: string): Promise<void> => {
  if (!findProgram('apt-get') || !findProgram('dpkg-deb')) {
    throw new BaseImageError('Debian packages can be had on Debian and Ubuntu only');
  }
  const downloads = `${root}.deb`;
  await rm(downloads, { recursive: true, force: true });
  await mkdir(downloads, { recursive: true });
  await mkdir(root, { recursive: true });
  // apt drops to its own user for downloads, which must be able to write here.
  await chmod(downloads, 0o777);
  const result = await runCommand('apt-get', ['-q', 'download', ...names], {
    cwd: downloads,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (result.code !== 0) {
    throw new BaseImageError(`apt-get download ${names.join(' ')} failed: ${lastWords(result, 1)}`);
  }
  for (const file of await readdir(downloads)) {
    const unpacked = await runCommand('dpkg-deb', ['-x', path.join(downloads, file), root]);
    if (unpacked.code !== 0) throw new BaseImageError(`cannot unpack ${file}: ${unpacked.stderr}`);
  }
  await rm(downloads, { recursive: true, force: true });
};

/** The version apt would download. */
export const candidateVersion = async (name: string): Promise<string | undefined> => {
  const { stdout } = await runCommand('apt-cache', ['policy', name]);
  const version = /Candidate:\s*(?:\d+:)?([^\s-]+)/.exec(stdout)?.[1];
  return version === undefined || version === '(none)' ? undefined : version;
};

/** The packages a package needs, first choice of each alternative. */
const dependencies = async (name: string): Promise<string[]> => {
  const { stdout } = await runCommand('apt-cache', ['depends', '--important', name]);
  return [...stdout.matchAll(/^\s*(?:Pre)?Depends:\s*([\w.+-]+)/gm)].map((match) => match[1] ?? '');
};

/**
 * The libraries a program needs, from `root` or this machine; those that neither has are downloaded
 * from the packages that `packageName` depends on.
 */
export const completeLibraries = async (program: string, root: string, packageName: string) => {
  const env = { ...process.env, LD_LIBRARY_PATH: libraryPath(root) };
  let { found, missing } = await sharedLibraries([program], env);
  if (missing.length > 0) {
    const wanted = (await dependencies(packageName)).filter((name) => name.startsWith('lib'));
    if (wanted.length > 0) await unpackPackages(wanted, root);
    ({ found, missing } = await sharedLibraries([program], env));
  }
  if (missing.length > 0) {
    throw new BaseImageError(`${packageName} needs ${missing.join(', ')}, which nothing here has`);
  }
  return found.filter((file) => existsSync(file.real));
};
