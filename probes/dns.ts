/** The `dns` probe: one query over UDP, asked again over TCP when the answer was cut short. */
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import { type DnsAnswer, type DnsQuestion, decodeAnswer, encodeQuery } from './dnsMessage.ts';
import {
  type FailureReason,
  failure,
  messageOf,
  type Probe,
  type ProbeOutcome,
  reasonOf,
} from './probe.ts';

export type DnsServer = { readonly address: string; readonly port: number };

export type DnsTarget = DnsQuestion & {
  /** The first server of the system when left out. */
  readonly server?: DnsServer;
  /** `NOERROR` when left out. */
  readonly expectCode?: string;
  /**
   * Every record of the type must be one of these, and there must be one. When left out, any record
   * will do for `NOERROR`.
   */
  readonly expectAnswers?: readonly string[];
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

const judge = (
  target: DnsTarget,
  answer: DnsAnswer,
  phases: Readonly<Record<string, number>>,
  totalMs: number,
): ProbeOutcome => {
  const expected = target.expectCode ?? 'NOERROR';
  if (answer.code !== expected) {
    return failure('status', totalMs, `${answer.code} instead of ${expected}`);
  }
  const { records } = answer;
  const { expectAnswers } = target;
  const found = records.join(', ');
  if (expected === 'NOERROR' && records.length === 0) {
    return failure('body', totalMs, `no ${target.type} record`);
  }
  if (expectAnswers && !records.every((record) => expectAnswers.includes(record))) {
    return failure('body', totalMs, `${found} instead of ${expectAnswers.join(' or ')}`);
  }
  return {
    ok: true,
    totalMs,
    phases,
    detail: { answers: found, ...(answer.ttlS === undefined ? {} : { ttlS: answer.ttlS }) },
  };
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

/** The server to ask; undefined when the system knows none. */
const serverOf = (target: DnsTarget): DnsServer | undefined => {
  const [first] = target.server ? [] : dns.getServers();
  return target.server ?? (first === undefined ? undefined : parseServer(first));
};

export const dnsProbe: Probe<DnsTarget> = (target, { timeoutMs, signal }) =>
  new Promise((resolve) => {
    const server = serverOf(target);
    if (server === undefined) {
      resolve(failure('local', 0, 'the system has no name server: set one'));
      return;
    }
    const id = randomInt(QUERY_IDS);
    const query = encodeQuery(id, target);
    const startMs = performance.now();
    let queryMs: number | undefined;
    let closeSocket = (): void => {};

    const settle = (outcome: ProbeOutcome): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      closeSocket();
      resolve(outcome);
    };
    const fail = (reason: FailureReason, detail: string): void =>
      settle(failure(reason, performance.now() - startMs, detail));
    const onAbort = (): void => fail('aborted', 'the probe was stopped by its caller');
    const failed = (error: unknown): void => fail(reasonOf(error, 'closed'), messageOf(error));
    const timer = setTimeout(
      () => fail('timeout', `no answer from ${server.address}:${server.port} in ${timeoutMs} ms`),
      timeoutMs,
    );

    const message = (bytes: Buffer): boolean => {
      const totalMs = performance.now() - startMs;
      let answer: DnsAnswer | undefined;
      try {
        answer = decodeAnswer(bytes, id, target);
      } catch (error) {
        fail('protocol', messageOf(error));
        return true;
      }
      if (answer === undefined) return false;
      if (!answer.truncated) {
        const phases =
          queryMs === undefined ? { queryMs: totalMs } : { queryMs, tcpMs: totalMs - queryMs };
        settle(judge(target, answer, phases, totalMs));
      } else if (queryMs === undefined) {
        queryMs = totalMs;
        closeSocket();
        closeSocket = overTcp({ server, query, message, failed });
      } else fail('protocol', 'the answer over TCP is cut short, too');
      return true;
    };

    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else closeSocket = overUdp({ server, query, message, failed });
  });
