/** One question to one DNS server, over UDP with TCP behind it, or over TCP at once. */
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { type DnsAnswer, type DnsQuestion, decodeAnswer, encodeQuery } from './dnsMessage.ts';
import {
  type FailureReason,
  failure,
  messageOf,
  type Phases,
  type ProbeOptions,
  type ProbeOutcome,
  reasonOf,
} from './probe.ts';

export type DnsServer = { readonly address: string; readonly port: number };

export type Exchanged =
  | {
      readonly ok: true;
      readonly answer: DnsAnswer;
      /** `queryMs` over UDP, `tcpMs` over TCP. */
      readonly phases: Phases;
      readonly totalMs: number;
    }
  | Extract<ProbeOutcome, { ok: false }>;

export type ExchangeOptions = ProbeOptions & {
  /** `udp` when left out: asked again over TCP when the answer was cut short. */
  readonly transport?: 'udp' | 'tcp';
};

const DNS_PORT = 53;
const QUERY_IDS = 65_536;

/** `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` or `[2001:db8::1]:53`, as `dns.getServers` gives them. */
export const parseServer = (text: string): DnsServer => {
  const bracketed = /^\[([^\]]+)\]:(\d+)$/.exec(text);
  const withPort = /^([^:]+):(\d+)$/.exec(text);
  const [, address, port] = bracketed ?? withPort ?? [];
  return address === undefined
    ? { address: text, port: DNS_PORT }
    : { address, port: Number(port) };
};

type Exchange = {
  readonly server: DnsServer;
  readonly query: Buffer;
  /** Takes one message; true when it was the answer. */
  readonly message: (bytes: Buffer) => boolean;
  readonly failed: (error: unknown) => void;
};

const overUdp = ({ server, query, message, failed }: Exchange): (() => void) => {
  const socket = dgram.createSocket(net.isIPv6(server.address) ? 'udp6' : 'udp4');
  let open = true;
  const close = (): void => {
    if (open) socket.close();
    open = false;
  };
  socket.on('error', failed);
  socket.on('message', (bytes) => {
    if (open && message(bytes)) close();
  });
  // Connected, so that a refusal is heard of and nobody else is listened to.
  socket.connect(server.port, server.address, () => {
    if (open) socket.send(query);
  });
  return close;
};

/** Messages over TCP come after their length in two bytes (RFC 7766). */
const overTcp = ({ server, query, message, failed }: Exchange): (() => void) => {
  let held = Buffer.alloc(0);
  const socket = net.connect({ host: server.address, port: server.port }, () => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  });
  socket.on('error', failed);
  socket.once('end', () => failed(new Error('the server closed before its answer was complete')));
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    if (held.length < 2 || held.length < 2 + held.readUInt16BE(0)) return;
    const bytes = held.subarray(2, 2 + held.readUInt16BE(0));
    if (!message(bytes)) failed(new Error('the server answered another question'));
  });
  return () => socket.destroy();
};

/** Asks, and settles with the answer or with why there is none; it never rejects. */
export const askServer = (
  question: DnsQuestion,
  server: DnsServer,
  { timeoutMs, signal, transport = 'udp' }: ExchangeOptions,
): Promise<Exchanged> =>
  new Promise((resolve) => {
    const id = randomInt(QUERY_IDS);
    const query = encodeQuery(id, question);
    const startMs = performance.now();
    let queryMs: number | undefined;
    let overStream = transport === 'tcp';
    let closeSocket = (): void => {};

    const settle = (exchanged: Exchanged): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      closeSocket();
      resolve(exchanged);
    };
    const fail = (reason: FailureReason, detail: string): void =>
      settle(failure(reason, performance.now() - startMs, detail));
    const onAbort = (): void => fail('aborted', 'the probe was stopped by its caller');
    const failed = (error: unknown): void => fail(reasonOf(error, 'closed'), messageOf(error));
    const timer = setTimeout(
      () => fail('timeout', `no answer from ${server.address}:${server.port} in ${timeoutMs} ms`),
      timeoutMs,
    );

    const phasesAt = (totalMs: number): Phases => ({
      ...(queryMs === undefined ? {} : { queryMs }),
      ...(overStream ? { tcpMs: totalMs - (queryMs ?? 0) } : { queryMs: totalMs }),
    });
    const message = (bytes: Buffer): boolean => {
      const totalMs = performance.now() - startMs;
      let answer: DnsAnswer | undefined;
      try {
        answer = decodeAnswer(bytes, id, question);
      } catch (error) {
        fail('protocol', messageOf(error));
        return true;
      }
      if (answer === undefined) return false;
      if (!answer.truncated) settle({ ok: true, answer, phases: phasesAt(totalMs), totalMs });
      else if (overStream) fail('protocol', 'the answer over TCP is cut short, too');
      else {
        queryMs = totalMs;
        overStream = true;
        closeSocket();
        closeSocket = overTcp({ server, query, message, failed });
      }
      return true;
    };

    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else closeSocket = (overStream ? overTcp : overUdp)({ server, query, message, failed });
  });
