/** What a cloud left on this machine: processes, mounts, control groups, run folders. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const processesNaming = (named: (text: string) => boolean): string[] =>
  (existsSync('/proc') ? readdirSync('/proc') : [])
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => named(read(`/proc/${pid}/cmdline`)) || named(read(`/proc/${pid}/environ`)))
    .map((pid) => `process ${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);

/** Everything on this machine that names one of the marks: a data folder, a task. Zombies hold nothing. */
export const leftovers = (marks: readonly string[]): string[] => {
  const named = (text: string) => marks.some((mark) => text.includes(mark));
  const mounts = read('/proc/self/mountinfo').split('\n').filter(named);
  const groups = globSync('/sys/fs/cgroup/*/failover-drill-*').filter(named);
  const runs = marks.flatMap((mark) => globSync(`${mark}/ecs/run/*`));
  return [...processesNaming(named), ...mounts, ...groups, ...runs];
};

/** Waits a while for those that are on their way out; answers with what stays. */
export const untilNothing = async (marks: readonly string[], withinMs = 60_000) => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = leftovers(marks);
    if (found.length === 0 || performance.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
