import { readFileSync } from 'node:fs';
import * as z from 'zod';

/** A process that is not mixed up with a later one of the same number. */
export const ProcessMark = z.object({
  pid: z.number().int().positive(),
  /** Start time in clock ticks since boot, and the boot it counts from; empty where unknown. */
  startedAt: z.string(),
});
export type ProcessMark = z.infer<typeof ProcessMark>;

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const bootId = (): string => read('/proc/sys/kernel/random/boot_id').trim();

/** The fields of /proc/PID/stat after the program name, which may itself hold blanks. */
export const statFields = (pid: number): string[] => {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

export const markOf = (pid: number): ProcessMark => {
  const ticks = statFields(pid)[19];
  return { pid, startedAt: ticks === undefined ? '' : `${bootId()}:${ticks}` };
};

export const isAlive = (mark: ProcessMark): boolean => {
  try {
    process.kill(mark.pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  if (statFields(mark.pid)[0] === 'Z') return false;
  return mark.startedAt === '' || markOf(mark.pid).startedAt === mark.startedAt;
};

/** The children of a process, oldest first. Linux only. */
export const childrenOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`).trim().split(/\s+/).filter(Boolean).map(Number);
