import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Fault } from './faults.ts';
import type { RelaySpec } from './relay.ts';

/** What the proxy process is asked, each answered by one ProxyReply. */
export type ProxyRequest =
  | {
      readonly op: 'start';
      /** Round-trip milliseconds by caller's and called region. */
      readonly rtt: Readonly<Record<string, Readonly<Record<string, number>>>>;
      readonly seed: number;
    }
  | { readonly op: 'listen'; readonly id: number; readonly spec: RelaySpec }
  | { readonly op: 'close'; readonly id: number }
  | { readonly op: 'faults'; readonly faults: readonly Fault[] };

export type ProxyReply =
  | { readonly seq: number; readonly port: number }
  | { readonly seq: number; readonly error: string };

export type ProxyClient = {
  /** Rejects with the proxy's reason, or because the proxy has gone. */
  ask(request: ProxyRequest): Promise<number>;
  close(): Promise<void>;
};

type Pending = { resolve: (port: number) => void; reject: (error: Error) => void };

const SCRIPT = path.join(import.meta.dirname, 'proxyProcess.ts');

/** Starts the proxy process; `onLost` hears when it ends without having been told to. */
export const startProxy = (onLost: (reason: string) => void): ProxyClient => {
  // A process group of its own: Ctrl-C at the terminal must not cut the network while the parent
  // still cleans up. It ends by itself when the channel to the parent closes.
  const child: ChildProcess = spawn(process.execPath, [SCRIPT], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  const pending = new Map<number, Pending>();
  let seq = 0;
  let closing = false;
  let lost: string | undefined;

  const lose = (reason: string): void => {
    if (lost !== undefined) return;
    lost = reason;
    for (const { reject } of pending.values()) reject(new Error(reason));
    pending.clear();
    if (!closing) onLost(reason);
  };
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      lose(`the network proxy process ended (${signal ?? `exit status ${code}`})`);
      resolve();
    });
    child.once('error', (error) => {
      lose(`the network proxy process failed: ${error.message}`);
      if (child.pid === undefined) resolve();
    });
  });
  // Only a question under way keeps this process alive, not the proxy as such.
  const settle = (seq: number): Pending | undefined => {
    const entry = pending.get(seq);
    pending.delete(seq);
    if (pending.size === 0) child.channel?.unref();
    return entry;
  };
  child.on('message', (reply: ProxyReply) => {
    const entry = settle(reply.seq);
    if ('error' in reply) entry?.reject(new Error(reply.error));
    else entry?.resolve(reply.port);
  });
  child.unref();
  child.channel?.unref();

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (lost !== undefined) {
          reject(new Error(lost));
          return;
        }
        seq += 1;
        pending.set(seq, { resolve, reject });
        child.channel?.ref();
        child.send({ seq, request }, (error) => {
          if (error) lose(`the network proxy process cannot be reached: ${error.message}`);
        });
      }),
    async close() {
      closing = true;
      child.ref();
      if (child.connected) child.disconnect();
      await exited;
    },
  };
};
