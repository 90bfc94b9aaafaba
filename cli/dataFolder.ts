/** Where drills are kept: `--data`, or the user's data directory. */
import os from 'node:os';
import path from 'node:path';

export const dataFolder = (option: string | undefined, env: NodeJS.ProcessEnv): string => {
  if (option !== undefined) return path.resolve(option);
  const base = env['XDG_DATA_HOME'] ?? path.join(os.homedir(), '.local', 'share');
  return path.join(base, 'failover');
};
