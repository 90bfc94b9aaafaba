/** What package managers of distributions install and remove. */
import type { Command } from './shell.ts';

export type PackageAction = {
  readonly manager: 'apt' | 'apk' | 'dnf' | 'zypper';
  readonly action: 'install' | 'remove' | 'update' | 'clean';
  readonly packages: readonly string[];
  /** Name under which apk can remove them all. */
  readonly group?: string;
};

type Action = PackageAction['action'];

const MANAGERS: Readonly<Record<string, PackageAction['manager']>> = {
  'apt-get': 'apt',
  apt: 'apt',
  aptitude: 'apt',
  apk: 'apk',
  dnf: 'dnf',
  yum: 'dnf',
  microdnf: 'dnf',
  tdnf: 'dnf',
  zypper: 'zypper',
};

const ACTIONS: Readonly<Record<string, Action>> = {
  install: 'install',
  in: 'install',
  add: 'install',
  groupinstall: 'install',
  purge: 'remove',
  remove: 'remove',
  autoremove: 'remove',
  erase: 'remove',
  del: 'remove',
  rm: 'remove',
  update: 'update',
  upgrade: 'update',
  'dist-upgrade': 'update',
  refresh: 'update',
  clean: 'clean',
};

/** Flags that take the next word. */
const WITH_VALUE = /^(?:-t|--virtual|-o|--option|-X|--repository|--target-release|-c|--setopt|-p)$/;

const baseName = (word: string): string => word.slice(word.lastIndexOf('/') + 1);

/** What a command does to the packages of its distribution, or undefined when it is no package manager. */
export const packageAction = ({ words }: Command): PackageAction | undefined => {
  const manager = MANAGERS[baseName(words[0] ?? '')];
  if (!manager) return undefined;
  let action: Action | undefined;
  let group: string | undefined;
  const packages: string[] = [];
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? '';
    if (WITH_VALUE.test(word)) {
      const value = words[++at];
      if (manager === 'apk' && /^(?:-t|--virtual)$/.test(word)) group = value;
    } else if (word.startsWith('--virtual=')) group = word.slice('--virtual='.length);
    else if (word.startsWith('-') || /[<>]/.test(word)) continue;
    else if (action === undefined) action = ACTIONS[word];
    // `gcc=12.2`, `gcc:amd64`, `cmake>=3`: the name alone. A group of dnf begins with @.
    else packages.push(word.replace(/(?!^)[=:~@].*$/, ''));
  }
  if (action === undefined) return undefined;
  return { manager, action, packages, ...(group === undefined ? {} : { group }) };
};

/** Packages that are still there at the end of one RUN instruction. */
export const leftInstalled = (commands: readonly Command[]): string[] => {
  const left = new Set<string>();
  const groups = new Map<string, readonly string[]>();
  // The official images mark what is needed at run time and remove the rest.
  let marked = false;
  for (const command of commands) {
    if (command.words[0] === 'apt-mark') marked = true;
    const found = packageAction(command);
    if (!found) continue;
    const { action, packages, group } = found;
    if (action === 'install') {
      for (const name of packages) left.add(name);
      if (group !== undefined) groups.set(group, packages);
    }
    if (action !== 'remove') continue;
    const auto = command.words.some((word) => /auto-?remove/.test(word));
    if (marked && auto) left.clear();
    for (const name of packages.flatMap((one) => groups.get(one) ?? [one])) left.delete(name);
  }
  return [...left];
};
