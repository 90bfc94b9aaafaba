/** Log files of the embedded cloud, for people who look into a failure. */
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { LogLine } from '../local/lambda/types.ts';

export const openLogs = (dataDir: string) => {
  const folder = path.join(dataDir, 'log');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (file: string, line: string): void => {
    try {
      appendFileSync(path.join(folder, file), `${line}\n`, { mode: 0o600 });
    } catch (error) {
      // On a full disk what matters fails by itself, and says so.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  };
  return {
    lambda: ({ functionName, region, text }: LogLine) =>
      write('functions.log', `${functionName} ${region} ${text}`),
    build: (build: string, line: string) => write('builds.log', `${build} ${line}`),
    fault: (error: unknown, what: string) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      write('faults.log', `${new Date().toISOString()} ${what}: ${text}`);
    },
  };
};
