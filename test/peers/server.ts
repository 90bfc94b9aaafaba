/** Peers that serve: started on a free port of loopback, and stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

const READY_WITHIN_MS = 60_000;

export type PeerServer = { readonly url: string; stop(): Promise<void> };

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

/** @throws Error with what the program said when it ends or does not answer in time. */
export const startPeer = async (
  program: string,
  argsAt: (port: string) => readonly string[],
  env: Record<string, string> = {},
): Promise<PeerServer> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(program, argsAt(String(port)), {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  let failed: Error | undefined;
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2_000);
  });
  child.once('error', (error) => {
    failed = error;
  });
  const stopWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', stopWithUs);
  const stop = async (): Promise<void> => {
    process.off('exit', stopWithUs);
    child.kill('SIGKILL');
    await ended(child);
  };
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await answers(url))) {
    if (failed) throw failed;
    const over = child.exitCode !== null || performance.now() > deadline;
    if (over) {
      await stop();
      throw new Error(`${program} does not serve: ${said || `no answer in ${READY_WITHIN_MS} ms`}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, stop };
};
