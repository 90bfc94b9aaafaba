// Goal: the dns probe believes only the answer to its own question, and judges what it says.
// Method: name servers on loopback, over UDP and TCP, some of them lying.
import dgram from 'node:dgram';
import { once } from 'node:events';
import dnsPacket from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { type DnsTarget, dnsProbe } from '../../../probes/dns.ts';
import { portOf, tcpServer } from './servers.ts';

type Packet = Parameters<typeof dnsPacket.encode>[0];
type Asked = ReturnType<typeof dnsPacket.decode>;
type Answers = (asked: Asked) => Packet[];

let closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers) close();
  closers = [];
});

const TRUNCATED = 1 << 9;

const answerTo = (asked: Asked, extra: Partial<Packet> = {}): Packet => ({
  type: 'response',
  id: asked.id ?? 0,
  questions: asked.questions ?? [],
  answers: [{ type: 'A', name: 'shop.test', ttl: 60, data: '192.0.2.7' }],
  ...extra,
});

const udpServer = async (answers: Answers, port = 0): Promise<number> => {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (bytes, from) => {
    for (const packet of answers(dnsPacket.decode(bytes))) {
      socket.send(dnsPacket.encode(packet), from.port, from.address);
    }
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  return portOf(socket);
};

const probe = (port: number, extra: Partial<DnsTarget> = {}, timeoutMs = 30_000) =>
  dnsProbe(
    { name: 'shop.test', type: 'A', server: { address: '127.0.0.1', port }, ...extra },
    { timeoutMs, signal: new AbortController().signal },
  );

describe('the dns probe', () => {
  it('reads the records, sorted, and the time to live', async () => {
    const port = await udpServer((asked) => [
      answerTo(asked, {
        answers: [
          { type: 'CNAME', name: 'shop.test', ttl: 5, data: 'eu.shop.test' },
          { type: 'A', name: 'eu.shop.test', ttl: 60, data: '192.0.2.9' },
          { type: 'A', name: 'eu.shop.test', ttl: 30, data: '192.0.2.7' },
        ],
      }),
    ]);
    const outcome = await probe(port);
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(outcome.detail).toEqual({ answers: '192.0.2.7, 192.0.2.9', ttlS: 30 });
    expect(outcome.phases).toEqual({ queryMs: outcome.totalMs });
  });

  it('accepts the records expected, and no others', async () => {
    const port = await udpServer((asked) => [answerTo(asked)]);
    const expected = { expectAnswers: ['192.0.2.7', '192.0.2.8'] };
    expect(await probe(port, expected)).toMatchObject({ ok: true });
    expect(await probe(port, { expectAnswers: ['192.0.2.8'] })).toMatchObject({
      ok: false,
      reason: 'body',
      detail: '192.0.2.7 instead of 192.0.2.8',
    });
  });

  it('judges the response code', async () => {
    const port = await udpServer((asked) => [answerTo(asked, { flags: 3, answers: [] })]);
    expect(await probe(port)).toMatchObject({
      reason: 'status',
      detail: 'NXDOMAIN instead of NOERROR',
    });
    expect(await probe(port, { expectCode: 'NXDOMAIN' })).toMatchObject({ ok: true });
  });

  it('fails on an answer without records of the type', async () => {
    const port = await udpServer((asked) => [answerTo(asked, { answers: [] })]);
    expect(await probe(port)).toMatchObject({ ok: false, reason: 'body', detail: 'no A record' });
  });

  it('ignores answers to other questions, as forged ones are', async () => {
    const forged = [{ type: 'A' as const, name: 'shop.test', ttl: 60, data: '203.0.113.1' }];
    const port = await udpServer((asked) => [
      answerTo(asked, { id: ((asked.id ?? 0) + 1) % 65_536, answers: forged }),
      answerTo(asked, { questions: [{ type: 'A', name: 'other.test' }], answers: forged }),
      answerTo(asked, { type: 'query', answers: forged }),
      answerTo(asked),
    ]);
    expect(await probe(port)).toMatchObject({ ok: true, detail: { answers: '192.0.2.7' } });
  });

  it('asks again over TCP when the answer is cut short', async () => {
    const tcp = await tcpServer((socket) => {
      socket.once('data', (bytes) => {
        const all = dnsPacket.streamEncode(answerTo(dnsPacket.decode(bytes.subarray(2))));
        socket.write(all.subarray(0, 9));
        setTimeout(() => socket.write(all.subarray(9)), 5);
      });
    });
    closers.push(tcp.close);
    const port = await udpServer(
      (asked) => [answerTo(asked, { flags: TRUNCATED, answers: [] })],
      tcp.port,
    );
    const outcome = await probe(port);
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(Object.keys(outcome.phases)).toEqual(['queryMs', 'tcpMs']);
    expect(outcome.detail).toMatchObject({ answers: '192.0.2.7' });
  });

  it('gives up on a server that says nothing', async () => {
    expect(await probe(await udpServer(() => []), {}, 40)).toMatchObject({ reason: 'timeout' });
  });

  it('hears of a port where nobody listens', async () => {
    const port = await udpServer(() => []);
    closers.pop()?.();
    expect(await probe(port)).toMatchObject({ ok: false, reason: 'refused' });
  });

  it('stops when told to', async () => {
    const target: DnsTarget = { name: 'shop.test', type: 'A' };
    const outcome = await dnsProbe(target, { timeoutMs: 500, signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ ok: false, reason: 'aborted' });
  });
});
