// Two backends that change what they do on a message: `node backendsProcess.ts <primary> <standby>`,
// each as address:port.
import http from 'node:http';
import type { Socket } from 'node:net';
import { type Random, seededRandom } from '../../core/random.ts';
import {
  type BackendsReply,
  type BackendsRequest,
  type Mode,
  nowMs,
  type Side,
} from './messages.ts';

const SLOW_MS = 2_000;
const BURST_MS = { least: 100, most: 1_000 };
/** Between two bursts, so that they do not make one that is longer. */
const GAP_MS_LEAST = 300;

/** Turns `failing` on and off so that bursts take `share` of the time; returns what stops it. */
const bursts = (share: number, random: Random, set: (failing: boolean) => void): (() => void) => {
  const meanMs = (BURST_MS.least + BURST_MS.most) / 2;
  const meanGapMs = (meanMs * (1 - share)) / share;
  let timer: NodeJS.Timeout;
  const gap = () => {
    set(false);
    const rareMs = -Math.log(1 - random.unit()) * Math.max(0, meanGapMs - GAP_MS_LEAST);
    timer = setTimeout(burst, GAP_MS_LEAST + rareMs);
  };
  const burst = () => {
    set(true);
    timer = setTimeout(gap, BURST_MS.least + random.below(BURST_MS.most - BURST_MS.least + 1));
  };
  gap();
  return () => clearTimeout(timer);
};

const startBackend = async (side: Side, at: string) => {
  const [host, port] = at.split(':');
  const sockets = new Set<Socket>();
  let mode: Mode['kind'] = 'up';
  let failing: () => boolean = () => false;
  let stopSchedule = () => {};
  let requests = 0;

  const answer = (response: http.ServerResponse, status: number) =>
    response.writeHead(status, { 'content-type': 'text/plain' }).end(side);
  const server = http.createServer((_request, response) => {
    requests += 1;
    if (mode === 'blackhole') return;
    if (mode === 'slow') setTimeout(answer, SLOW_MS, response, 200);
    else answer(response, mode === 'error' || failing() ? 500 : 200);
  });
  server.keepAliveTimeout = 5_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A prober that gave up closes or resets; neither is of interest here.
    socket.on('error', () => {});
  });
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      if (server.listening) return resolve();
      server.once('error', reject);
      server.listen({ host, port: Number(port), backlog: 511 }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  const refuse = () => {
    if (server.listening) server.close();
    for (const socket of sockets) socket.destroy();
  };
  await listen();

  const flap = (eachMs: number): (() => void) => {
    let down = false;
    const turn = () => {
      down = !down;
      if (down) refuse();
      else void listen();
    };
    turn();
    const timer = setInterval(turn, eachMs);
    return () => clearInterval(timer);
  };
  const become = async (next: Mode) => {
    stopSchedule();
    stopSchedule = () => {};
    failing = () => false;
    mode = next.kind;
    if (next.kind === 'flapping') {
      stopSchedule = flap(next.eachMs);
      return;
    }
    if (next.kind === 'errors' || next.kind === 'bursts') {
      const random = seededRandom(next.kind, next.seed);
      let inBurst = false;
      if (next.kind === 'bursts') {
        stopSchedule = bursts(next.share, random, (on) => {
          inBurst = on;
        });
      }
      failing = next.kind === 'errors' ? () => random.unit() < next.share : () => inBurst;
    }
    if (next.kind === 'down') refuse();
    else await listen();
  };
  return { become, requests: () => requests };
};

const [primaryAt, standbyAt] = process.argv.slice(2);
const backends = {
  primary: await startBackend('primary', primaryAt ?? ''),
  standby: await startBackend('standby', standbyAt ?? ''),
};
process.on('message', async ({ id, switches }: BackendsRequest) => {
  await Promise.all([
    switches.primary && backends.primary.become(switches.primary),
    switches.standby && backends.standby.become(switches.standby),
  ]);
  const requests = {
    primary: backends.primary.requests(),
    standby: backends.standby.requests(),
  };
  process.send?.({ id, atMs: nowMs(), requests } satisfies BackendsReply);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
