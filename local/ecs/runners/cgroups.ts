import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Limit } from './types.ts';

/** A mounted cgroup hierarchy. Machines have one (version 2), several (version 1) or both (hybrid). */
type Hierarchy = { readonly folder: string; readonly controllers: readonly string[] };

const LIMITS: readonly Limit[] = ['cpu', 'memory', 'pids'];

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const hierarchies = (): Hierarchy[] =>
  read('/proc/self/mountinfo')
    .split('\n')
    .flatMap((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const folder = left.split(' ')[4] ?? '';
      const [type, , options = ''] = right.split(' ');
      if (type === 'cgroup') return [{ folder, controllers: options.split(',') }];
      if (type !== 'cgroup2') return [];
      const available = read(path.join(folder, 'cgroup.controllers')).trim().split(/\s+/);
      return [{ folder, controllers: available }];
    });

const LIMIT_FILES: Readonly<Record<Limit, readonly string[]>> = {
  cpu: ['cpu.cfs_quota_us', 'cpu.max'],
  memory: ['memory.limit_in_bytes', 'memory.max'],
  pids: ['pids.max'],
};

const settable = (hierarchy: Hierarchy, limit: Limit, group: string): boolean => {
  const folder = path.join(hierarchy.folder, group);
  try {
    if (existsSync(path.join(hierarchy.folder, 'cgroup.subtree_control'))) {
      writeFileSync(path.join(hierarchy.folder, 'cgroup.subtree_control'), `+${limit}`);
    }
    mkdirSync(folder, { recursive: true });
    return LIMIT_FILES[limit].some((file) => existsSync(path.join(folder, file)));
  } catch {
    return false;
  }
};

/** The limits that can be set here, found by making a group; `group` must not be in use. */
export const enforceableLimits = (group: string): Limit[] => {
  const all = hierarchies();
  const found = LIMITS.filter((limit) =>
    all.some((h) => h.controllers.includes(limit) && settable(h, limit, group)),
  );
  removeGroup(group);
  return found;
};

/** How many processes of the group the kernel killed for want of memory. */
export const outOfMemoryKills = (group: string): number => {
  for (const { folder, controllers } of hierarchies()) {
    if (!controllers.includes('memory')) continue;
    const text =
      read(path.join(folder, group, 'memory.oom_control')) +
      read(path.join(folder, group, 'memory.events'));
    const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
    if (count !== undefined) return Number(count);
  }
  return 0;
};

const removeTree = (folder: string): boolean => {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(path.join(folder, entry.name))) return false;
    }
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
};

/** Removes the group from every hierarchy. False while a process in it still lives. */
export const removeGroup = (group: string): boolean =>
  hierarchies()
    .map(({ folder }) => removeTree(path.join(folder, group)))
    .every(Boolean);
