import { readdirSync, readFileSync, statSync } from 'node:fs';
import { lastWords, runCommand } from './command.ts';

/** buildah builds; runc starts containers also where cgroups are hybrid, which crun refuses. */
const PACKAGES = ['buildah', 'runc'] as const;

const APT_TIMEOUT_MS = 300_000;
const LISTS_AGE_MS_MAX = 7 * 86_400_000;
const LISTS = '/var/lib/apt/lists';

type OsRelease = { readonly id: string; readonly like: string };

/** Reads ID and ID_LIKE of an os-release file. */
const parseOsRelease = (text: string): OsRelease => {
  const value = (name: string) =>
    new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(text)?.[1]?.trim() ?? '';
  return { id: value('ID'), like: value('ID_LIKE') };
};

/** Why packages cannot be installed here, or undefined when they can. */
export const installObstacle = (uid: number | undefined, osRelease: string): string | undefined => {
  const { id, like } = parseOsRelease(osRelease);
  if (![id, ...like.split(/\s+/)].some((name) => name === 'debian' || name === 'ubuntu')) {
    return `this is ${id === '' ? 'an unknown system' : id}, not Debian or Ubuntu`;
  }
  return uid === 0 ? undefined : 'only root may install packages';
};

export const readOsRelease = (): string => {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
};

/** True when apt has no package lists, or ones older than a week. */
const listsAreOld = (nowMs: number): boolean => {
  try {
    const files = readdirSync(LISTS).filter((name) => name.includes('Packages'));
    return !files.some((name) => nowMs - statSync(`${LISTS}/${name}`).mtimeMs < LISTS_AGE_MS_MAX);
  } catch {
    return true;
  }
};

const apt = (args: readonly string[], log: (line: string) => void) =>
  runCommand('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=60', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: APT_TIMEOUT_MS,
    onLine: (line) => {
      if (/^(Setting up|E:|Err:)/.test(line)) log(`  ${line}`);
    },
  });

/**
 * Installs the container builder with apt-get.
 * @returns why it failed, or undefined.
 */
export const installBuilder = async (
  nowMs: number,
  log: (line: string) => void,
): Promise<string | undefined> => {
  log(`no container builder works: installing ${PACKAGES.join(' and ')} with apt-get`);
  const install = ['install', '--yes', '--no-install-recommends', ...PACKAGES];
  if (listsAreOld(nowMs)) {
    log('reading package lists (apt-get update)');
    await apt(['update'], log);
  }
  let result = await apt(install, log);
  if (result.code === 100 && !result.timedOut) {
    // Lists can be newer than a week and still name versions that the mirror has replaced.
    log('the package lists are out of date (apt-get update)');
    await apt(['update'], log);
    result = await apt(install, log);
  }
  return result.code === 0 ? undefined : `apt-get failed: ${lastWords(result, 2)}`;
};
