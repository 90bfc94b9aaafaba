import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Transport } from './message.ts';

export type DnsAddress = { readonly host: string; readonly port: number };

/** How a message came. */
export type Via = {
  readonly transport: Transport;
  readonly sourceAddress: string;
  readonly serverAddress: string;
};

/** Answers one message; undefined is silence. */
export type Answerer = (
  query: Buffer,
  via: Via,
) => Buffer | undefined | Promise<Buffer | undefined>;

/** Bounds that keep a flood from taking the whole process. Beyond them queries are dropped. */
export type DnsLimits = {
  readonly queriesPerS: number;
  readonly waitingAnswers: number;
  readonly tcpConnections: number;
  readonly tcpIdleMs: number;
};

const LIMITS: DnsLimits = {
  queriesPerS: 50_000,
  waitingAnswers: 10_000,
  tcpConnections: 256,
  tcpIdleMs: 10_000,
};

export type DnsListenerOptions = {
  readonly answer: Answerer;
  /** Loopback addresses, one per region that has its own; port 0 takes a free one. */
  readonly listen: readonly DnsAddress[];
  readonly clock: Clock;
  /** How long to hold an answer back, or 'drop' for none, by caller and called address. */
  readonly delay?: (sourceAddress: string, serverAddress: string) => number | 'drop';
  readonly limits?: Partial<DnsLimits>;
};

export type DnsListener = {
  /** Where it really listens, in the order asked for. */
  readonly addresses: readonly DnsAddress[];
  close(): Promise<void>;
};

const BIND_ATTEMPTS_MAX = 20;
/** Answers a caller may leave unread before it is cut off. */
const UNREAD_BYTES_MAX = 1_000_000;

/** Lets `perS` queries a second through, with bursts of a second's worth. */
const rateGate = (clock: Clock, perS: number): (() => boolean) => {
  if (!Number.isFinite(perS)) return () => true;
  let left = perS;
  let seenMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.monotonicMs();
    left = Math.min(perS, left + ((nowMs - seenMs) / 1_000) * perS);
    seenMs = nowMs;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
};

type Ask = (query: Buffer, via: Via, reply: (answer: Buffer) => void) => void;

const createAsk = ({ answer, clock, delay }: DnsListenerOptions, limits: DnsLimits) => {
  const mayPass = rateGate(clock, limits.queriesPerS);
  const waiting = new Set<() => void>();
  let open = 0;
  const ask: Ask = (query, via, reply) => {
    if (!mayPass() || waiting.size + open >= limits.waitingAnswers) return;
    const delayMs = delay?.(via.sourceAddress, via.serverAddress) ?? 0;
    if (delayMs === 'drop') return;
    const send = () => {
      const found = answer(query, via);
      if (!(found instanceof Promise)) {
        if (found) reply(found);
        return;
      }
      open += 1;
      found
        .then((late) => late && reply(late))
        .catch(() => undefined)
        .finally(() => {
          open -= 1;
        });
    };
    if (delayMs <= 0) {
      send();
      return;
    }
    const cancel = clock.after(delayMs, () => {
      waiting.delete(cancel);
      send();
    });
    waiting.add(cancel);
  };
  const stop = () => {
    for (const cancel of waiting) cancel();
    waiting.clear();
  };
  return { ask, stop };
};

/** Cuts a TCP stream into messages, each behind its two-byte length (RFC 7766). */
const serveStream = (socket: Socket, ask: Ask, idleMs: number): void => {
  const via: Via = {
    transport: 'tcp',
    sourceAddress: socket.remoteAddress ?? '',
    serverAddress: socket.localAddress ?? '',
  };
  let pending: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.setTimeout(idleMs, () => socket.destroy());
  // A caller that hangs up in the middle is its own business.
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2) {
      const length = pending.readUInt16BE(0);
      if (length === 0) {
        socket.destroy();
        return;
      }
      if (pending.length < 2 + length) return;
      const query = Buffer.from(pending.subarray(2, 2 + length));
      pending = pending.subarray(2 + length);
      ask(query, via, (answer) => {
        if (socket.destroyed) return;
        if (socket.writableLength > UNREAD_BYTES_MAX) {
          socket.destroy();
          return;
        }
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([prefix, answer]));
      });
    }
  });
};

const bindUdp = async (address: DnsAddress, ask: Ask): Promise<UdpSocket> => {
  const socket = createSocket('udp4');
  let closed = false;
  socket.once('close', () => {
    closed = true;
  });
  socket.on('message', (query, from) => {
    const via: Via = {
      transport: 'udp',
      sourceAddress: from.address,
      serverAddress: address.host,
    };
    ask(query, via, (answer) => {
      // The caller's port may be gone by now; UDP has nobody to tell.
      if (!closed) socket.send(answer, from.port, from.address, () => undefined);
    });
  });
  socket.bind({ address: address.host, port: address.port, exclusive: true });
  try {
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  // A caller that closed its port comes back as an error of the socket, which is shared by all.
  socket.on('error', () => undefined);
  return socket;
};

const bindTcp = async (address: DnsAddress, ask: Ask, limits: DnsLimits): Promise<Server> => {
  const server = createServer((socket) => serveStream(socket, ask, limits.tcpIdleMs));
  server.maxConnections = limits.tcpConnections;
  server.listen({ host: address.host, port: address.port, exclusive: true });
  await once(server, 'listening');
  return server;
};

const portOf = (server: Server): number => {
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? bound.port : 0;
};

type Bound = { readonly address: DnsAddress; close(): Promise<void> };

/** Takes one port for both transports; a free TCP port may be taken for UDP, so it tries again. */
const bind = async (asked: DnsAddress, ask: Ask, limits: DnsLimits): Promise<Bound> => {
  if (!/^127\./.test(asked.host)) {
    throw new Error(`the DNS server binds to loopback only, not to '${asked.host}'; use 127.x.y.z`);
  }
  for (let attempt = 1; ; attempt += 1) {
    const sockets = new Set<Socket>();
    const tcp = await bindTcp(asked, ask, limits);
    tcp.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    const address = { host: asked.host, port: portOf(tcp) };
    const closeTcp = async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    };
    try {
      const udp = await bindUdp(address, ask);
      const closeUdp = () => new Promise<void>((resolve) => udp.close(() => resolve()));
      return { address, close: async () => void (await Promise.all([closeTcp(), closeUdp()])) };
    } catch (error) {
      await closeTcp();
      if (asked.port !== 0 || attempt >= BIND_ATTEMPTS_MAX) throw error;
    }
  }
};

/** Hears DNS messages over UDP and TCP on every address of `listen` and answers them. */
export const startDnsListener = async (options: DnsListenerOptions): Promise<DnsListener> => {
  const limits = { ...LIMITS, ...options.limits };
  const { ask, stop } = createAsk(options, limits);
  const bound: Bound[] = [];
  const close = async () => {
    stop();
    await Promise.all(bound.map((each) => each.close()));
  };
  try {
    for (const address of options.listen) bound.push(await bind(address, ask, limits));
  } catch (error) {
    await close();
    throw error;
  }
  return { addresses: bound.map((each) => each.address), close };
};
