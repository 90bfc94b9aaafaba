import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Waits beside this process and frees what it held when it is gone, however it went. */
export type Reaper = { dismiss(): void };

// The shell waits because it is small; a line on the pipe means that all is freed already.
const SCRIPT = `
trap '' HUP INT TERM
if read -r word; then exit 0; fi
exec "$@"
`;

export const startReaper = (ledgerFolder: string): Reaper => {
  const sweeper = fileURLToPath(new URL('./sweeper.ts', import.meta.url));
  const shell = spawn(
    '/bin/sh',
    ['-c', SCRIPT, 'reaper', process.execPath, sweeper, ledgerFolder],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' },
  );
  // Without a reaper the next start sweeps.
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.unref();
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return { dismiss: () => void shell.stdin.end('done\n') };
};
