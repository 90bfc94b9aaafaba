import { readdirSync, readFileSync } from 'node:fs';

/**
 * Kills processes of a build that left its process group, or outlived a killed service: they still
 * carry the build's id in their environment. Linux only; elsewhere there is nothing to read.
 */
export const killLeftovers = (id: string): number => {
  const sign = `\0CODEBUILD_BUILD_ID=${id}\0`;
  let killed = 0;
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return 0;
  }
  for (const pid of pids) {
    try {
      if (!`\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(sign)) continue;
      process.kill(Number(pid), 'SIGKILL');
      killed += 1;
    } catch {
      // ended meanwhile, or not ours to look at
    }
  }
  return killed;
};
