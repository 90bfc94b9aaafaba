/**
 * A service that has just been moved, with all that a proof is sought from: name servers, resolvers
 * of every kind, and the two regions as web servers on addresses of their own. Time is virtual: a
 * pause of the function under test moves it, and what was planned for a moment happens then.
 */
import { createServer, type Server } from 'node:http';
import { realClock } from '../../local/clock.ts';
import { startResolver, type TtlModel } from '../../local/dns/resolvers.ts';
import { startDnsServer } from '../../local/dns/server.ts';
import { createZone, type DnsZone, type RecordSet } from '../../local/dns/zone.ts';
import { HOME, STANDBY, START_MS } from './failovers.ts';

export const RECORD = 'www.example.test';
export const HOME_ADDRESS = '127.0.1.1';
export const STANDBY_ADDRESS = '127.0.2.1';
const NAME_SERVERS = ['127.0.53.101', '127.0.53.102'];

/** A clock that only pauses move, and what is to happen on the way. */
export const virtualTime = (startMs = START_MS) => {
  let nowMs = startMs;
  let planned: { atMs: number; run: () => void }[] = [];
  const moveTo = (untilMs: number): void => {
    for (const { run } of planned.filter(({ atMs }) => atMs <= untilMs)) run();
    planned = planned.filter(({ atMs }) => atMs > untilMs);
    nowMs = untilMs;
  };
  return {
    now: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    sleep: async (ms: number) => moveTo(nowMs + ms),
    at: (atMs: number, run: () => void) => void planned.push({ atMs, run }),
    moveTo,
  };
};
export type VirtualTime = ReturnType<typeof virtualTime>;

const APEX: RecordSet[] = [
  {
    name: 'example.test.',
    type: 'SOA',
    ttlS: 300,
    values: ['ns1.example.test. admin.example.test. 1 7200 900 1209600 20'],
  },
  { name: 'example.test.', type: 'NS', ttlS: 60, values: ['ns1.example.test.'] },
  { name: 'ns1.example.test.', type: 'A', ttlS: 60, values: NAME_SERVERS.slice(0, 1) },
];

/** What the record answers: addresses of either kind. */
export type Answering = {
  readonly A?: string[];
  readonly AAAA?: string[];
  readonly CNAME?: string[];
};

const zoneOf = (answering: Answering, ttlS: number): DnsZone =>
  createZone('example.test.', [
    ...APEX,
    ...(['A', 'AAAA', 'CNAME'] as const).flatMap((type): RecordSet[] => {
      const values = answering[type];
      return values === undefined ? [] : [{ name: `${RECORD}.`, type, ttlS, values }];
    }),
  ]);

const listening = async (server: Server, host: string, port: number): Promise<number> => {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

export const startProofWorld = async (time: VirtualTime, ttlS = 60) => {
  let zones: DnsZone[] = [];
  const balancers = createZone('elb.test.', [
    {
      name: 'elb.test.',
      type: 'SOA',
      ttlS: 300,
      values: ['ns1.elb.test. a.elb.test. 1 7200 900 9 20'],
    },
    { name: 'elb.test.', type: 'NS', ttlS: 60, values: ['ns1.elb.test.'] },
    { name: 'home.elb.test.', type: 'A', ttlS: 60, values: [HOME_ADDRESS] },
    { name: 'standby.elb.test.', type: 'A', ttlS: 60, values: [STANDBY_ADDRESS] },
  ]);
  const serve = (answering: Answering): void => {
    zones = [zoneOf(answering, ttlS), balancers];
  };
  serve({ A: [HOME_ADDRESS] });
  const dns = await startDnsServer({
    zones: () => zones,
    listen: NAME_SERVERS.map((host) => ({ host, port: 0 })),
    clock: realClock,
  });
  const [first, ...others] = dns.addresses;
  if (first === undefined) throw new Error('no name server');
  const resolvers = await Promise.all(
    (
      [
        { kind: 'honest' },
        { kind: 'clamp-max', maxS: 30 },
        { kind: 'ignore-ttl', factor: 10 },
      ] satisfies TtlModel[]
    ).map((model) =>
      startResolver({
        model,
        servers: [first, ...others],
        listen: [{ host: '127.0.53.111', port: 0 }],
        clock: { ...realClock, monotonicMs: time.monotonicMs },
        random: Math.random,
      }),
    ),
  );
  /** What each region says of itself in `X-Region`; null says nothing. */
  const says: Record<string, string | null> = { [HOME]: HOME, [STANDBY]: STANDBY };
  const hosts: string[] = [];
  const regionServer = (region: string) =>
    createServer((request, response) => {
      hosts.push(`${region} ${request.headers.host ?? ''}`);
      const said = says[region];
      response.writeHead(200, typeof said === 'string' ? { 'x-region': said } : {}).end('ok');
    });
  const [home, standby] = [regionServer(HOME), regionServer(STANDBY)];
  const port = await listening(home, HOME_ADDRESS, 0);
  await listening(standby, STANDBY_ADDRESS, port);
  const text = ({ host, port: at }: { host: string; port: number }) => `${host}:${at}`;
  return {
    serve,
    says,
    hosts,
    port,
    nameServers: dns.addresses.map(text),
    resolvers: resolvers.flatMap(({ addresses }) => addresses.map(text)),
    close: async () => {
      for (const server of [home, standby]) {
        server.closeAllConnections();
        server.close();
      }
      await Promise.all(resolvers.map((resolver) => resolver.close()));
      await dns.close();
    },
  };
};
export type ProofWorld = Awaited<ReturnType<typeof startProofWorld>>;
