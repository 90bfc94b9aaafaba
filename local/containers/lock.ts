import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 25;

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

const holderOf = (file: string): number | undefined => {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
};

const take = (file: string): boolean => {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
};

/** Locks of this process, so that two callers in one process wait for each other too. */
const queues = new Map<string, Promise<unknown>>();

const withFile = async <T>(file: string, timeoutMs: number, work: () => Promise<T>): Promise<T> => {
  mkdirSync(path.dirname(file), { recursive: true });
  const deadline = performance.now() + timeoutMs;
  while (!take(file)) {
    const holder = holderOf(file);
    if (holder !== undefined && (holder === process.pid || !alive(holder))) {
      rmSync(file, { force: true });
      continue;
    }
    if (performance.now() > deadline) {
      throw new Error(`${file} is held by process ${holder ?? '?'} for more than ${timeoutMs} ms`);
    }
    await wait(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
};

/**
 * Runs `work` while no other process (and no other caller here) holds the lock file.
 * The lock of a killed process is taken over.
 */
export const withLock = <T>(
  file: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> => {
  const before = queues.get(file) ?? Promise.resolve();
  const turn = before.then(() => withFile(file, timeoutMs, work));
  const settled = turn.catch(() => undefined);
  queues.set(file, settled);
  return turn.finally(() => {
    if (queues.get(file) === settled) queues.delete(file);
  });
};
