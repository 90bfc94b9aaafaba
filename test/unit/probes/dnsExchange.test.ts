// Goal: a question gets its answer over either transport, and no bytes of a server bring the asker down.
// Method: name servers on loopback that answer in pieces, with aliases, or with broken messages.
import dgram from 'node:dgram';
import { once } from 'node:events';
import dnsPacket from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { askServer, parseServer } from '../../../probes/dnsExchange.ts';
import { portOf, tcpServer } from './servers.ts';

let closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers) close();
  closers = [];
});

const question = { name: 'shop.test', type: 'A' as const };
const options = { timeoutMs: 300, signal: new AbortController().signal };

const answerTo = (query: Buffer): Buffer => {
  const asked = dnsPacket.decode(query);
  return dnsPacket.encode({
    type: 'response',
    id: asked.id ?? 0,
    questions: asked.questions ?? [],
    answers: [
      { type: 'CNAME', name: 'shop.test', ttl: 5, data: 'Eu.Shop.Test.' },
      { type: 'A', name: 'eu.shop.test', ttl: 60, data: '192.0.2.9' },
    ],
  });
};

/** A server over UDP that answers with whatever bytes it is told to. */
const udpServer = async (answer: (query: Buffer) => Buffer) => {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (bytes, from) => socket.send(answer(bytes), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  return { address: '127.0.0.1', port: portOf(socket) };
};

const overTcp = async (answer: (query: Buffer) => Buffer) => {
  const server = await tcpServer((socket) => {
    socket.once('data', (bytes) => {
      const said = answer(bytes.subarray(2));
      const length = Buffer.alloc(2);
      length.writeUInt16BE(said.length);
      socket.end(Buffer.concat([length, said]));
    });
  });
  closers.push(server.close);
  return { address: '127.0.0.1', port: server.port };
};

describe('a question to one server', () => {
  it.each(['udp', 'tcp'] as const)(
    'is answered over %s, with its chain of aliases',
    async (way) => {
      const server = await (way === 'udp' ? udpServer(answerTo) : overTcp(answerTo));
      const exchanged = await askServer(question, server, { ...options, transport: way });
      if (!exchanged.ok) throw new Error(exchanged.detail);
      expect(exchanged.answer).toMatchObject({
        code: 'NOERROR',
        records: ['192.0.2.9'],
        aliases: ['eu.shop.test'],
        ttlS: 60,
      });
      expect(Object.keys(exchanged.phases)).toEqual([way === 'udp' ? 'queryMs' : 'tcpMs']);
    },
  );

  it('fails over TCP when the server says another thing, or closes', async () => {
    const other = await overTcp(() => Buffer.from('no dns at all'));
    const ask = (server: { address: string; port: number }) =>
      askServer(question, server, { ...options, transport: 'tcp' });
    expect(await ask(other)).toMatchObject({ ok: false, reason: 'closed' });
    const closing = await tcpServer((socket) => socket.end());
    closers.push(closing.close);
    expect(await ask({ address: '127.0.0.1', port: closing.port })).toMatchObject({ ok: false });
  });

  it('survives broken messages of any kind', async () => {
    const { unit: random, below } = seededRandom('dns', 'broken');
    const broken = (query: Buffer): Buffer => {
      const good = Buffer.from(answerTo(query));
      for (let n = 0; n < 4; n++) {
        // The id stays, so that the message is taken for the answer.
        good[2 + below(good.length - 2)] = below(256);
      }
      return random() < 0.3 ? good.subarray(0, below(good.length)) : good;
    };
    const server = await udpServer(broken);
    const asked = Array.from({ length: 150 }, () => askServer(question, server, options));
    const outcomes = await Promise.all(asked);
    const failures = outcomes.flatMap((one) => (one.ok ? [] : [one.reason]));
    expect(failures.length).toBeGreaterThan(20);
    expect(new Set(failures)).toEqual(new Set(['protocol', 'timeout']));
  });

  it.each([
    ['192.0.2.1', '192.0.2.1', 53],
    ['127.12.0.2:5300', '127.12.0.2', 5300],
    ['2001:db8::1', '2001:db8::1', 53],
    ['[2001:db8::1]:5300', '2001:db8::1', 5300],
  ])('goes to the server %s', (text, address, port) => {
    expect(parseServer(text)).toEqual({ address, port });
  });
});
