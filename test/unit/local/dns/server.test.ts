// Goal: resolvers of others get from our server what the RFCs promise them.
// Method: node:dns and dig over real sockets, and messages made by hand where those are too polite.
import { execFile, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../../../local/clock.ts';
import { answerMessage } from '../../../../local/dns/message.ts';
import { type DnsServer, startDnsServer } from '../../../../local/dns/server.ts';
import { createZone, type RecordSet } from '../../../../local/dns/zone.ts';

const set = (name: string, type: RecordSet['type'], ...values: string[]): RecordSet => ({
  name,
  type,
  ttlS: 60,
  values,
});

const APEX = [
  set('ex.test.', 'SOA', 'ns1.ex.test. admin.ex.test. 1 7200 900 1209600 5'),
  set('ex.test.', 'NS', 'ns1.ex.test.'),
];
const zoneWith = (address: string) => [
  createZone('ex.test.', [
    ...APEX,
    set('api.ex.test.', 'A', address),
    set('api.ex.test.', 'AAAA', '2001:db8::1'),
    set('www.ex.test.', 'CNAME', 'api.ex.test.'),
    set('out.ex.test.', 'CNAME', 'elsewhere.example.'),
    set('lost.ex.test.', 'CNAME', 'nothing.ex.test.'),
    set('loop.ex.test.', 'CNAME', 'loop.ex.test.'),
    set('a.b.ex.test.', 'TXT', '"say \\"hi\\"" "two"'),
    set('*.wild.ex.test.', 'A', '127.9.9.9'),
    set('big.ex.test.', 'TXT', ...Array.from({ length: 40 }, (_, i) => `"${'x'.repeat(60)}${i}"`)),
    set('sub.ex.test.', 'NS', 'ns.sub.ex.test.'),
    set('ns.sub.ex.test.', 'A', '127.0.0.9'),
    set('mail.ex.test.', 'MX', '10 mx.ex.test.'),
    set('srv.ex.test.', 'SRV', '1 2 443 api.ex.test.'),
    set('caa.ex.test.', 'CAA', '0 issue "ca.example"'),
  ]),
];

let zones = zoneWith('127.0.0.1');
let server: DnsServer;
const resolver = new Resolver({ timeout: 2_000, tries: 1 });

beforeAll(async () => {
  server = await startDnsServer({
    zones: () => zones,
    listen: [
      { host: '127.0.0.1', port: 0 },
      { host: '127.11.0.2', port: 0 },
    ],
    clock: realClock,
    delay: (_source, called) => (called === '127.11.0.2' ? 80 : 0),
  });
  resolver.setServers([`127.0.0.1:${server.addresses[0]!.port}`]);
});
afterAll(() => server.close());

const code = (answer: Promise<unknown>) =>
  answer.then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code,
  );

const answered = (query: Buffer, via: 'udp' | 'tcp' = 'udp', source = '127.0.0.1') =>
  answerMessage(query, zones, via, source)?.bytes;
const ask = (name: string, type: dnsPacket.RecordType, extra: Partial<dnsPacket.Packet> = {}) => {
  const query = dnsPacket.encode({ type: 'query', id: 7, questions: [{ name, type }], ...extra });
  return dnsPacket.decode(answered(query)!);
};
const rcode = (message: Buffer | undefined) => message![3]! & 0xf;

describe('through node:dns', () => {
  it('answers every kind of record', async () => {
    expect(await resolver.resolve4('api.ex.test', { ttl: true })).toEqual([
      { address: '127.0.0.1', ttl: 60 },
    ]);
    expect(await resolver.resolve6('API.Ex.Test')).toEqual(['2001:db8::1']);
    expect(await resolver.resolve4('www.ex.test')).toEqual(['127.0.0.1']);
    expect(await resolver.resolveTxt('a.b.ex.test')).toEqual([['say "hi"', 'two']]);
    expect(await resolver.resolve4('any.thing.wild.ex.test')).toEqual(['127.9.9.9']);
    expect(await resolver.resolveNs('ex.test')).toEqual(['ns1.ex.test']);
    expect((await resolver.resolveSoa('ex.test')).minttl).toBe(5);
    expect(await resolver.resolveMx('mail.ex.test')).toMatchObject([
      { exchange: 'mx.ex.test', priority: 10 },
    ]);
    expect((await resolver.resolveSrv('srv.ex.test'))[0]?.port).toBe(443);
    expect(await resolver.resolveCaa('caa.ex.test')).toMatchObject([
      { critical: 0, issue: 'ca.example' },
    ]);
  });

  it('tells no such name, no such record and not my zone apart', async () => {
    expect(await code(resolver.resolve4('no.ex.test'))).toBe('ENOTFOUND');
    expect(await code(resolver.resolve4('lost.ex.test'))).toBe('ENOTFOUND');
    expect(await code(resolver.resolveMx('api.ex.test'))).toBe('ENODATA');
    expect(await code(resolver.resolve4('b.ex.test'))).toBe('ENODATA');
    expect(await code(resolver.resolve4('other.org'))).toBe('EREFUSED');
    expect(await code(resolver.resolve4('ex.test.org'))).toBe('EREFUSED');
    expect(await code(resolver.resolve4('loop.ex.test'))).toBe('ESERVFAIL');
  });

  it('truncates over UDP and answers whole over TCP', async () => {
    expect(ask('big.ex.test', 'TXT')).toMatchObject({ flag_tc: true, answers: [] });
    expect(await resolver.resolveTxt('big.ex.test')).toHaveLength(40);
  });

  it('shows a change at once', async () => {
    zones = zoneWith('127.0.0.2');
    expect(await resolver.resolve4('api.ex.test')).toEqual(['127.0.0.2']);
    zones = zoneWith('127.0.0.1');
  });

  it('holds answers back by the address that was asked', async () => {
    const far = new Resolver({ timeout: 2_000, tries: 1 });
    far.setServers([`127.11.0.2:${server.addresses[1]!.port}`]);
    const start = performance.now();
    expect(await far.resolve4('api.ex.test')).toEqual(['127.0.0.1']);
    expect(performance.now() - start).toBeGreaterThanOrEqual(79);
  });
});

describe('the message', () => {
  it('carries a SOA with the negative lifetime when there is nothing', () => {
    for (const said of [ask('no.ex.test', 'A'), ask('api.ex.test', 'MX')]) {
      expect(said).toMatchObject({ flag_aa: true, authorities: [{ type: 'SOA', ttl: 5 }] });
    }
  });

  it('refers to a delegated zone without authority', () => {
    expect(ask('x.sub.ex.test', 'A')).toMatchObject({
      flag_aa: false,
      answers: [],
      authorities: [{ type: 'NS', data: 'ns.sub.ex.test' }],
      additionals: [{ type: 'A', data: '127.0.0.9' }],
    });
  });

  it('stops at a name outside its zones', () => {
    expect(ask('out.ex.test', 'A').answers).toMatchObject([{ data: 'elsewhere.example' }]);
  });

  it('keeps the case of the question and the size the caller can take', () => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0 } as dnsPacket.OptAnswer;
    const said = ask('ApI.ex.TEST', 'A', { additionals: [opt] });
    expect(said.questions?.[0]?.name).toBe('ApI.ex.TEST');
    expect(said.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }]);
    expect(ask('big.ex.test', 'TXT', { additionals: [opt] }).flag_tc).toBe(true);
  });

  it('refuses what it does not do', () => {
    const query = dnsPacket.encode({ id: 1, questions: [{ name: 'api.ex.test', type: 'A' }] });
    const update = Buffer.from(query);
    update[2] = 5 << 3;
    expect(rcode(answered(update))).toBe(4);
    const chaos = dnsPacket.encode({ questions: [{ name: 'ex.test', type: 'TXT', class: 'CH' }] });
    expect(rcode(answered(chaos))).toBe(5);
    const none = Buffer.from(query);
    none.writeUInt16BE(0, 4);
    expect(rcode(answered(none))).toBe(1);
    const response = Buffer.from(query);
    response[2] = 0x80;
    expect(answered(response)).toBeUndefined();
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 512, ednsVersion: 1 };
    const said = ask('api.ex.test', 'A', { additionals: [opt as dnsPacket.OptAnswer] });
    expect(said.additionals).toMatchObject([{ type: 'OPT', extendedRcode: 1 }]);
  });
});

describe('hostile input', () => {
  it('never throws, and never answers a response', () => {
    const valid = dnsPacket.encode({ id: 9, questions: [{ name: 'api.ex.test', type: 'A' }] });
    const mutated = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
      .map((edits) => {
        const bytes = Buffer.from(valid);
        for (const [at, value] of edits) bytes[at] = value;
        return bytes;
      });
    const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
    const cut = fc.nat(valid.length).map((length) => valid.subarray(0, length));
    fc.assert(
      fc.property(fc.oneof(mutated, noise, cut), fc.constantFrom('udp', 'tcp'), (bytes, via) => {
        const answer = answered(bytes, via as 'udp' | 'tcp');
        if (bytes.length < 12 || bytes[2]! & 0x80) return answer === undefined;
        return answer?.readUInt16BE(0) === bytes.readUInt16BE(0) && (answer[2]! & 0x80) !== 0;
      }),
      { numRuns: 3_000 },
    );
  });

  it('lives on after broken datagrams and broken streams', async () => {
    const { port } = server.addresses[0]!;
    const udp = createSocket('udp4');
    for (let i = 0; i < 50; i += 1) udp.send(Buffer.alloc(i * 9, i), port, '127.0.0.1');
    const sendTcp = async (bytes: Buffer) => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.on('error', () => undefined);
      socket.end(bytes);
      socket.resume();
      await once(socket, 'close');
    };
    await sendTcp(Buffer.from([0, 0]));
    await sendTcp(Buffer.from([0, 40, 1, 2, 3]));
    await sendTcp(Buffer.concat([Buffer.from([0, 20]), Buffer.alloc(20, 0x41)]));
    udp.close();
    expect(await resolver.resolve4('api.ex.test')).toEqual(['127.0.0.1']);
  });

  it('answers pipelined TCP queries that arrive in crumbs', async () => {
    const socket = connect(server.addresses[0]!.port, '127.0.0.1');
    await once(socket, 'connect');
    const query = (id: number) =>
      dnsPacket.streamEncode({ id, questions: [{ name: 'api.ex.test', type: 'A' }] });
    const stream = Buffer.concat([query(1), query(2), query(3)]);
    let got = Buffer.alloc(0);
    const done = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        got = Buffer.concat([got, chunk]);
        if (got.length >= 3 * (2 + got.readUInt16BE(0))) resolve();
      });
    });
    for (let at = 0; at < stream.length; at += 7) {
      socket.write(stream.subarray(at, at + 7));
      await new Promise(setImmediate);
    }
    await done;
    socket.destroy();
    const size = 2 + got.readUInt16BE(0);
    expect([0, 1, 2].map((i) => got.readUInt16BE(i * size + 2))).toEqual([1, 2, 3]);
  });

  it('drops what is beyond its rate', async () => {
    const slow = await startDnsServer({
      zones: () => zones,
      listen: [{ host: '127.0.0.1', port: 0 }],
      clock: { ...realClock, monotonicMs: () => 0 },
      limits: { queriesPerS: 2 },
    });
    const impatient = new Resolver({ timeout: 200, tries: 1 });
    impatient.setServers([`127.0.0.1:${slow.addresses[0]!.port}`]);
    expect(await code(impatient.resolve4('api.ex.test'))).toBe('answered');
    expect(await code(impatient.resolve4('api.ex.test'))).toBe('answered');
    expect(await code(impatient.resolve4('api.ex.test'))).toBe('ETIMEOUT');
    await slow.close();
  });

  it('denies nothing while records are still being made', async () => {
    let settled = false;
    const young = await startDnsServer({
      zones: () => zones,
      listen: [{ host: '127.0.0.1', port: 0 }],
      clock: realClock,
      isSettled: () => settled,
    });
    const asking = new Resolver({ timeout: 200, tries: 1 });
    asking.setServers([`127.0.0.1:${young.addresses[0]!.port}`]);
    expect(await asking.resolve4('api.ex.test')).toHaveLength(1);
    expect(await code(asking.resolve4('not-yet.ex.test'))).toBe('ETIMEOUT');
    settled = true;
    expect(await code(asking.resolve4('not-yet.ex.test'))).toBe('ENOTFOUND');
    await young.close();
  });

  it('binds to loopback only, and says when a port is taken', async () => {
    const on = (host: string, port: number) =>
      startDnsServer({ zones: () => zones, listen: [{ host, port }], clock: realClock });
    await expect(on('0.0.0.0', 0)).rejects.toThrow('loopback only');
    await expect(on('127.0.0.1', server.addresses[0]!.port)).rejects.toThrow('EADDRINUSE');
  });
});

describe.skipIf(spawnSync('dig', ['-v']).error)('through dig', () => {
  const dig = async (...args: string[]) => {
    const at = ['@127.0.0.1', '-p', `${server.addresses[0]!.port}`, '+tries=1', '+norecurse'];
    return (await promisify(execFile)('dig', [...at, ...args])).stdout;
  };

  it('agrees about flags, sections and codes', async () => {
    const found = await dig('api.ex.test', 'A');
    expect(found).toContain('status: NOERROR');
    expect(found).toMatch(/flags: qr aa;.*ANSWER: 1/);
    expect(found).toMatch(/api\.ex\.test\.\s+60\s+IN\s+A\s+127\.0\.0\.1/);
    expect(found).toContain('EDNS: version: 0, flags:; udp: 1232');
    expect(await dig('no.ex.test')).toContain('status: NXDOMAIN');
    expect(await dig('api.ex.test', 'HTTPS')).toMatch(/status: NOERROR.*AUTHORITY: 1/s);
    expect(await dig('other.org')).toContain('status: REFUSED');
    expect(await dig('+short', '+tcp', 'www.ex.test')).toBe('api.ex.test.\n127.0.0.1\n');
    expect(await dig('+bufsize=512', 'big.ex.test', 'TXT')).toContain('retrying in TCP mode');
  });
});
