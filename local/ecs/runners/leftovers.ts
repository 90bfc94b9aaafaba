import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { runCommand } from '../../containers/command.ts';
import { removeGroup } from './cgroups.ts';
import { isAlive, markOf, ProcessMark } from './processIdentity.ts';

/**
 * What a task or a shared image holds outside this process. It is written down before it is made, so
 * that whoever comes after a kill -9 can free it.
 */
const Holding = z.object({
  /** The leader of a process group, or of a tree that the kernel ends with it. */
  process: ProcessMark.optional(),
  cgroup: z.string().optional(),
  /** A mounted root file system of the container engine. */
  mount: z.string().optional(),
  /** A container of docker or podman, and the program call that removes it. */
  remove: z.object({ program: z.string(), args: z.array(z.string()) }).optional(),
  folder: z.string().optional(),
});
export type Holding = z.infer<typeof Holding>;

const OWNER = 'owner.json';
const RECORD = '.held.json';
const KILL_WAIT_MS = 5_000;
const POLL_MS = 10;
const REMOVE_TIMEOUT_MS = 20_000;

const write = (file: string, value: unknown): void => {
  writeFileSync(`${file}.draft`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${file}.draft`, file);
};

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

const names = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Two may sweep at once, a reaper and the next start: what the other removed meanwhile is no failure. */
const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const killGroup = (mark: ProcessMark): void => {
  for (const target of [-mark.pid, mark.pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
};

const unmount = async (mount: string): Promise<void> => {
  await runCommand('umount', ['--lazy', mount]);
  // The overlay driver mounts its own folder while any image is mounted; it is two levels up.
  const home = path.dirname(path.dirname(mount));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  const used = mounts.some((point) => point.startsWith(`${home}/`));
  if (mounts.includes(home) && !used) await runCommand('umount', ['--lazy', home]);
};

/** Ends and removes all that a record names. Safe to repeat. */
export const free = async (held: Holding): Promise<void> => {
  if (held.process && isAlive(held.process)) killGroup(held.process);
  if (held.remove) {
    await runCommand(held.remove.program, held.remove.args, { timeoutMs: REMOVE_TIMEOUT_MS });
  }
  for (let waitedMs = 0; waitedMs < KILL_WAIT_MS; waitedMs += POLL_MS) {
    if (!(held.process && isAlive(held.process)) && (!held.cgroup || removeGroup(held.cgroup))) {
      break;
    }
    await wait(POLL_MS);
  }
  if (held.mount) await unmount(held.mount);
  if (held.folder) removeFolder(held.folder);
};

/** The records of one run of the embedded ECS. */
export type Ledger = {
  /** Folder for what the run's tasks need on disk. */
  readonly folder: string;
  write(id: string, held: Holding): void;
  remove(id: string): void;
  /** Removes the folder; to be called when nothing is held any more. */
  close(): void;
};

/** Opens the ledger of this process under `root`. */
export const openLedger = (root: string, name: string): Ledger => {
  const folder = path.join(root, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  write(path.join(folder, OWNER), markOf(process.pid));
  const fileOf = (id: string) => path.join(folder, `${id}${RECORD}`);
  return {
    folder,
    write: (id, held) => write(fileOf(id), held),
    remove: (id) => rmSync(fileOf(id), { force: true }),
    close: () => removeFolder(folder),
  };
};

/** Frees all that the run with this ledger folder held. */
export const sweepRun = async (folder: string): Promise<void> => {
  const records = names(folder)
    .filter((name) => name.endsWith(RECORD))
    .map((name) => Holding.safeParse(readJson(path.join(folder, name))))
    .flatMap((read) => (read.success ? [read.data] : []));
  // Mounts last: the processes that use them must be gone.
  await Promise.all(records.filter((held) => !held.mount).map(free));
  for (const held of records.filter((one) => one.mount)) await free(held);
  removeFolder(folder);
};

/** Frees what earlier runs left under `root`, if their process is gone. Returns how many there were. */
export const sweepDead = async (root: string): Promise<number> => {
  const dead = names(root)
    .map((name) => path.join(root, name))
    .filter((folder) => {
      const owner = ProcessMark.safeParse(readJson(path.join(folder, OWNER)));
      return !owner.success || !isAlive(owner.data);
    });
  for (const folder of dead) await sweepRun(folder);
  return dead.length;
};
