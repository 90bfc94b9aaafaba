// Goal: the resolver models cache as the resolvers out there do, and the honest one by the RFCs.
// Method: real sockets before an authoritative server, on a clock that is moved by hand.
import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../../../local/clock.ts';
import { type DnsResolver, startResolver, type TtlModel } from '../../../../local/dns/resolvers.ts';
import { type DnsServer, startDnsServer } from '../../../../local/dns/server.ts';
import { createZone, type DnsZone, type RecordSet } from '../../../../local/dns/zone.ts';
import { regionAddress } from '../../../../local/network/addresses.ts';

const APEX: RecordSet[] = [
  {
    name: 'ex.test.',
    type: 'SOA',
    ttlS: 300,
    values: ['ns1.ex.test. admin.ex.test. 1 7200 900 1209600 20'],
  },
  { name: 'ex.test.', type: 'NS', ttlS: 60, values: ['ns1.ex.test.'] },
];
const record = (name: string, address: string, ttlS = 60): RecordSet => ({
  name,
  type: 'A',
  ttlS,
  values: [address],
});
const big: RecordSet = {
  name: 'big.ex.test.',
  type: 'TXT',
  ttlS: 60,
  values: Array.from({ length: 40 }, (_, n) => `"${'x'.repeat(60)}${n}"`),
};

let seconds = 0;
const clock = { ...realClock, monotonicMs: () => seconds * 1_000 };
let asked: string[] = [];
let zones: DnsZone[] = [];
const serve = (...sets: RecordSet[]) => {
  const routed = {
    name: 'who.ex.test.',
    type: 'A' as const,
    choose: (asker: string) => {
      asked.push(asker);
      return [{ name: 'who.ex.test', type: 'A' as const, ttl: 60, data: '127.0.0.5' }];
    },
  };
  zones = [createZone('ex.test.', [...APEX, big, ...sets], [routed])];
};

let server: DnsServer;
const opened: DnsResolver[] = [];
beforeAll(async () => {
  server = await startDnsServer({
    zones: () => zones,
    listen: [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: 0 },
    ],
    clock: realClock,
  });
});
beforeEach(() => {
  seconds = 0;
  asked = [];
  serve(record('a.ex.test.', '127.0.0.1'));
});
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await server.close();
});

/** A resolver of a model, and what asks it. */
const open = async (model: TtlModel, extra: Partial<Parameters<typeof startResolver>[0]> = {}) => {
  const resolver = await startResolver({
    model,
    servers: [server.addresses[0]!, server.addresses[1]!],
    listen: [{ host: '127.0.0.1', port: 0 }],
    clock,
    random: Math.random,
    ...extra,
  });
  opened.push(resolver);
  const client = new Resolver({ timeout: 3_000, tries: 1 });
  client.setServers([`127.0.0.1:${resolver.addresses[0]!.port}`]);
  const ask = async (name = 'a.ex.test') => {
    const found = await client.resolve4(name, { ttl: true }).catch((error) => [error.code]);
    return found.map((one) => (typeof one === 'object' ? `${one.address} ${one.ttl}` : one)).join();
  };
  return { resolver, client, ask };
};

describe.each<[string, TtlModel, number, string[]]>([
  ['an honest resolver', { kind: 'honest' }, 60, ['127.0.0.1 60', '127.0.0.1 1']],
  [
    'one that clamps from below',
    { kind: 'clamp-min', minS: 300 },
    300,
    ['127.0.0.1 300', '127.0.0.1 1'],
  ],
  [
    'one that clamps from above',
    { kind: 'clamp-max', maxS: 30 },
    30,
    ['127.0.0.1 30', '127.0.0.1 1'],
  ],
  [
    'one that ignores the TTL',
    { kind: 'ignore-ttl', factor: 10 },
    600,
    ['127.0.0.1 600', '127.0.0.1 1'],
  ],
])('%s', (_name, model, keptS, answers) => {
  it(`keeps a record of 60 s for ${keptS} s, and no longer`, async () => {
    const { ask } = await open(model);
    const first = await ask();
    serve(record('a.ex.test.', '127.0.0.2'));
    seconds = keptS - 1;
    expect([first, await ask()]).toEqual(answers);
    seconds = keptS;
    expect(await ask()).toMatch(/^127\.0\.0\.2 /);
  });
});

describe('an honest resolver', () => {
  it('remembers that a name does not exist: never delete first and create then', async () => {
    const { ask } = await open({ kind: 'honest' });
    serve();
    expect(await ask()).toBe('ENOTFOUND');
    serve(record('a.ex.test.', '127.0.0.2'));
    seconds = 19;
    expect(await ask()).toBe('ENOTFOUND');
    seconds = 20;
    expect(await ask()).toBe('127.0.0.2 60');
  });

  it('remembers that a type does not exist beside another', async () => {
    const { client } = await open({ kind: 'honest' });
    const six = () => client.resolve6('a.ex.test').catch(({ code }) => code);
    expect(await six()).toBe('ENODATA');
    serve({ name: 'a.ex.test.', type: 'AAAA', ttlS: 60, values: ['::1'] });
    expect(await six()).toBe('ENODATA');
    seconds = 20;
    expect(await six()).toEqual(['::1']);
  });

  it('does not keep a record without lifetime, nor a failure', async () => {
    const { ask } = await open({ kind: 'honest' });
    serve(record('a.ex.test.', '127.0.0.1', 0));
    expect(await ask()).toBe('127.0.0.1 0');
    serve(record('a.ex.test.', '127.0.0.2', 0));
    expect(await ask()).toBe('127.0.0.2 0');
    expect(await ask('www.elsewhere.test')).toBe('ESERVFAIL');
  });

  it('asks once for many who ask at the same time, from its own region', async () => {
    const sourceAddress = regionAddress('eu-west-1', 2);
    const { ask } = await open({ kind: 'honest' }, { sourceAddress });
    const all = await Promise.all(Array.from({ length: 20 }, () => ask('who.ex.test')));
    expect(new Set(all)).toEqual(new Set(['127.0.0.5 60']));
    expect(asked).toEqual([sourceAddress]);
  });

  it('goes to TCP for a long answer, and gives it over TCP', async () => {
    const { client } = await open({ kind: 'honest' });
    expect(await client.resolveTxt('big.ex.test')).toHaveLength(40);
  });

  it('asks another server when one is silent, and fails when all are', async () => {
    const dead = { host: '127.0.0.1', port: 9 };
    const half = await open(
      { kind: 'honest' },
      { servers: [dead, server.addresses[0]!], random: () => 0, timeoutMs: 100 },
    );
    expect(await half.ask()).toBe('127.0.0.1 60');
    const none = await open({ kind: 'honest' }, { servers: [dead], timeoutMs: 100 });
    expect(await none.ask()).toBe('ESERVFAIL');
  });

  it('forgets when told to', async () => {
    const { ask, resolver } = await open({ kind: 'honest' });
    await ask();
    serve(record('a.ex.test.', '127.0.0.2'));
    resolver.flush();
    expect(await ask()).toBe('127.0.0.2 60');
  });
});
