import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ImageConfig } from '../../containers/types.ts';
import type { Identity } from './ociConfig.ts';
import { type ContainerSpec, StartError } from './types.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The command of a container. An entry point given by the task drops the command of the image, as a
 * new entry point makes the old arguments meaningless.
 */
export const commandLine = (
  image: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
  { entryPoint, command }: Pick<ContainerSpec, 'entryPoint' | 'command'>,
): readonly string[] => {
  const first = entryPoint ?? image.entrypoint;
  const rest = command ?? (entryPoint === undefined ? image.cmd : []);
  const args = [...first, ...rest];
  if (args.length === 0) {
    throw new StartError('CannotCreateContainerError: the image names no command and no task does');
  }
  return args;
};

/** Environment entries: the image's own, then the task's over them, and the two every program needs. */
export const environmentOf = (
  image: readonly string[],
  task: Readonly<Record<string, string>>,
  home: string,
): string[] => {
  const all = new Map<string, string>([
    ['PATH', DEFAULT_PATH],
    ['HOME', home],
  ]);
  for (const entry of image) {
    const cut = entry.indexOf('=');
    if (cut > 0) all.set(entry.slice(0, cut), entry.slice(cut + 1));
  }
  for (const [name, value] of Object.entries(task)) all.set(name, value);
  return [...all].map(([name, value]) => `${name}=${value}`);
};

/** The fields of the lines of a passwd or group file of the image; none when it has no such file. */
const entriesOf = (rootfs: string, file: string): string[][] => {
  try {
    return readFileSync(path.join(rootfs, 'etc', file), 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length >= 4);
  } catch {
    return [];
  }
};

const NUMBER = /^\d+$/;

/**
 * Looks `user[:group]` up in the image, as docker does: names must exist, numbers need not.
 * @throws StartError for a name that the image does not have.
 */
export const identityOf = (rootfs: string, user: string): Identity => {
  const [name = '', group] = (user === '' ? '0' : user).split(':');
  const passwd = entriesOf(rootfs, 'passwd');
  const groups = entriesOf(rootfs, 'group');
  const entry = passwd.find((fields) => fields[0] === name || fields[2] === name);
  if (!entry && !NUMBER.test(name)) {
    throw new StartError(`CannotStartContainerError: the image has no user '${name}'`);
  }
  const uid = Number(entry?.[2] ?? name);
  const groupEntry = groups.find((fields) => fields[0] === group || fields[2] === group);
  if (group !== undefined && !groupEntry && !NUMBER.test(group)) {
    throw new StartError(`CannotStartContainerError: the image has no group '${group}'`);
  }
  const additionalGids =
    group === undefined && entry
      ? groups
          .filter((fields) => (fields[3] ?? '').split(',').includes(entry[0] ?? ''))
          .map((fields) => Number(fields[2]))
      : [];
  return {
    uid,
    gid: group === undefined ? Number(entry?.[3] ?? 0) : Number(groupEntry?.[2] ?? group),
    additionalGids,
    home: entry?.[5] || '/',
  };
};
