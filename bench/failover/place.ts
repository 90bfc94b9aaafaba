// Where one system is measured: a network namespace of its own where they can be made, else addresses
// and ports of its own on the machine's loopback. And a folder of its own.
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Address } from './messages.ts';

export type Place = {
  /** Null on the machine's own loopback. */
  readonly namespace: string | null;
  readonly dir: string;
  readonly primary: Address;
  readonly standby: Address;
  /** Where the system answers. */
  readonly answers: Address;
  /** Gives the namespace back, and the folder too unless it is to be kept. */
  readonly remove: (keepFolder: boolean) => void;
};

const running = new Set<ChildProcess>();
const places = new Set<Place>();
// Whatever ends the benchmark, nothing of it goes on.
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
  for (const place of places) place.remove(false);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const ip = (...args: string[]): boolean => spawnSync('ip', args).status === 0;

/** Whether this user may make network namespaces on this machine. */
export const namespacesWork = (): boolean => {
  const name = `failover-bench-${process.pid}-try`;
  const made = ip('netns', 'add', name) && spawnSync('nsenter', ['--version']).status === 0;
  ip('netns', 'delete', name);
  return made;
};

const BACKEND_PORT = 8_080;
const ANSWER_PORT = 5_302;

export const createPlace = (system: string, index: number, ownNamespace: boolean): Place => {
  const dir = mkdtempSync(path.join(tmpdir(), `failover-bench-${system}-`));
  const namespace = ownNamespace ? `failover-bench-${process.pid}-${system}` : null;
  if (namespace !== null) {
    // A pair of devices inside, since VRRP does not run on loopback.
    const made =
      ip('netns', 'add', namespace) &&
      ip('-n', namespace, 'link', 'set', 'lo', 'up') &&
      ip('-n', namespace, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1') &&
      ip('-n', namespace, 'address', 'add', '192.0.2.1/24', 'dev', 'v0') &&
      ip('-n', namespace, 'link', 'set', 'v0', 'up') &&
      ip('-n', namespace, 'link', 'set', 'v1', 'up');
    if (!made) throw new Error(`cannot set up the network namespace ${namespace}`);
  }
  const shared = namespace === null ? 10 * (index + 1) : 0;
  const place: Place = {
    namespace,
    dir,
    primary: { host: `127.0.${shared + 1}.1`, port: BACKEND_PORT },
    standby: { host: `127.0.${shared + 2}.1`, port: BACKEND_PORT },
    answers: { host: '127.0.0.1', port: ANSWER_PORT + shared },
    remove: (keepFolder) => {
      places.delete(place);
      if (namespace !== null) ip('netns', 'delete', namespace);
      if (!keepFolder) rmSync(dir, { recursive: true, force: true });
    },
  };
  places.add(place);
  return place;
};

/** Starts a program in the place. Its process id is the child's: nothing stands between. */
export const spawnIn = (
  { namespace, dir }: Place,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess => {
  const full =
    namespace === null
      ? [command, ...args]
      : ['nsenter', `--net=/run/netns/${namespace}`, '--', command, ...args];
  const [program = command, ...rest] = full;
  const child = spawn(program, rest, { cwd: dir, ...options });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
};

/** Asks it to stop, makes it stop after `patienceMs`, and waits until it has. */
export const stop = async (child: ChildProcess, patienceMs = 5_000): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await gone;
  clearTimeout(timer);
};
