import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lineReader, runCommand } from '../../containers/command.ts';
import { enforceableLimits } from './cgroups.ts';
import { launch, whenStarted } from './launch.ts';
import { free } from './leftovers.ts';
import { ociConfig } from './ociConfig.ts';
import type { Limit } from './types.ts';
import { createLinks } from './veth.ts';

/** How real containers can be run without a daemon, or why they cannot. */
export type RuncFinding =
  | {
      readonly ok: true;
      readonly runtime: string;
      readonly layering: 'overlay' | 'copy';
      readonly enforced: readonly Limit[];
    }
  | { readonly ok: false; readonly reason: string };

/** The programs of the launch, and the Debian package that has each. */
const PROGRAMS = {
  ip: 'iproute2',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
} as const;
const RUNTIMES = ['runc', 'crun'];
const PROOF_TIMEOUT_MS = 10_000;

const has = async (program: string): Promise<boolean> =>
  (await runCommand(program, ['--version'])).code === 0 ||
  (await runCommand(program, ['-V'])).code === 0;

type Trial = {
  readonly folder: string;
  readonly id: string;
  readonly runtime: string;
  readonly layering: 'overlay' | 'copy';
  readonly enforced: readonly Limit[];
};

/** Runs `true` of this machine in a container. Returns the last words when that does not work. */
const tryOut = async (trial: Trial): Promise<string | undefined> => {
  const { folder, id, runtime, layering, enforced } = trial;
  const bundle = path.join(folder, id);
  const cgroup = `/failover-drill-${id}`;
  const link = createLinks(process.pid).take();
  for (const name of ['rootfs', 'upper', 'work', 'state', 'empty']) {
    mkdirSync(path.join(bundle, name), { recursive: true });
  }
  symlinkSync(path.join(bundle, 'empty'), path.join(bundle, 'lower'));
  const libraries = ['/bin', '/lib', '/lib64', '/usr'].filter((name) => existsSync(name));
  const config = ociConfig({
    args: ['true'],
    env: ['PATH=/usr/bin:/bin'],
    cwd: '/',
    identity: { uid: 0, gid: 0, additionalGids: [], home: '/' },
    hostname: 'proof',
    readonlyRoot: false,
    cgroupPath: cgroup,
    cpuUnits: 1024,
    memoryMb: 128,
    enforced,
    files: libraries.map((name) => ({ host: name, inside: name })),
  });
  writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config));
  const child = launch({ bundle, id, layering, link, runtime });
  let words = '';
  const reader = lineReader((line) => {
    words = line;
  });
  child.stderr?.on('data', (chunk: Buffer) => reader.write(chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), PROOF_TIMEOUT_MS);
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
    child.once('error', () => resolve(null));
  });
  const started = await whenStarted(bundle, child);
  const code = await ended;
  clearTimeout(timer);
  reader.end();
  await free({ cgroup, folder: bundle });
  link.release();
  return started && code === 0 ? undefined : words || `exit code ${code}`;
};

const prove = async (
  folder: string,
  id: string,
  runtime: string,
): Promise<RuncFinding | { readonly failed: string }> => {
  const limits = enforceableLimits(`/failover-drill-${id}`);
  let failed = '';
  for (const layering of ['overlay', 'copy'] as const) {
    for (const enforced of limits.length > 0 ? [limits, []] : [limits]) {
      const words = await tryOut({ folder, id, runtime, layering, enforced });
      if (words === undefined) return { ok: true, runtime, layering, enforced };
      failed = words;
    }
  }
  return { failed };
};

/**
 * Finds out by running a container whether this process can run containers with an OCI runtime.
 * `folder` is on the file system of the tasks; `id` is unique on this machine.
 */
export const detectRunc = async (folder: string, id: string): Promise<RuncFinding> => {
  const no = (reason: string): RuncFinding => ({ ok: false, reason });
  if (process.platform !== 'linux') return no('containers without a daemon need Linux');
  if (process.getuid?.() !== 0) return no('containers without a daemon need root');
  for (const [program, pack] of Object.entries(PROGRAMS)) {
    if (!(await has(program))) return no(`the program ${program} is missing (package ${pack})`);
  }
  const obstacles: string[] = [];
  try {
    for (const runtime of RUNTIMES) {
      if (!(await has(runtime))) {
        obstacles.push(`${runtime} is not installed`);
        continue;
      }
      const finding = await prove(folder, id, runtime);
      if ('ok' in finding) return finding;
      obstacles.push(`${runtime} runs no container: ${finding.failed}`);
    }
  } finally {
    rmSync(path.join(folder, id), { recursive: true, force: true });
  }
  return no(obstacles.join('; '));
};
