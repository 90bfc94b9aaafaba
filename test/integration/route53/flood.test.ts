// Goal: a flood of queries, sound or not, costs neither right answers nor the health checks.
// Method: a second process floods the name servers over UDP and TCP; meanwhile we ask, change and
// check.
import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { type DnsServer, startDnsServer } from '../../../local/dns/server.ts';
import { eventually } from '../../contract/endpoint.ts';
import { plain, startRoute53 } from '../../support/route53.ts';

const FLOOD = `
  const { createSocket } = require('node:dgram');
  const { connect } = require('node:net');
  const [, port] = process.argv;
  const socket = createSocket('udp4');
  const query = (name) => {
    const labels = name.split('.').map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)]));
    const head = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
  };
  let n = 0;
  const turn = () => {
    for (let i = 0; i < 200; i += 1) {
      n += 1;
      const bytes = n % 3 === 0 ? Buffer.alloc(n % 600, n) : query('n' + n + '.ex.test');
      socket.send(bytes, Number(port), '127.0.0.1');
    }
    setImmediate(turn);
  };
  for (let i = 0; i < 400; i += 1) {
    const tcp = connect(Number(port), '127.0.0.1');
    tcp.on('error', () => {});
    tcp.write(Buffer.from([0, 40, 1]));
  }
  turn();
  process.stdout.write('flooding');
`;

let world: Awaited<ReturnType<typeof startRoute53>>;
let dns: DnsServer;
let flood: ChildProcess;
let probes = 0;
let broken = false;

beforeAll(async () => {
  world = await startRoute53({
    clock: realClock,
    requestIntervalsS: [1],
    prober: async () => {
      probes += 1;
      return { ok: !broken, status: broken ? 'Failure' : 'Success' };
    },
  });
  dns = await startDnsServer({
    zones: world.route53.dnsZones,
    listen: [{ host: '127.0.0.1', port: 0 }],
    clock: realClock,
  });
  const HealthCheckId = await world.createCheck({ RequestInterval: 1, FailureThreshold: 1 });
  const failover = (Failover: 'PRIMARY' | 'SECONDARY', address: string) => ({
    ...plain('www.ex.test', 'A', address),
    SetIdentifier: Failover,
    Failover,
  });
  await world.change(
    ['CREATE', { ...failover('PRIMARY', '127.0.1.1'), HealthCheckId }],
    ['CREATE', failover('SECONDARY', '127.0.2.1')],
  );
  flood = spawn(process.execPath, ['-e', FLOOD, String(dns.addresses[0]!.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(flood.stdout!, 'data');
});
afterAll(async () => {
  flood.kill('SIGKILL');
  await dns.close();
  await world.close();
});

/** As a resolver asks: several times before it gives up. */
const ask = () => {
  const resolver = new Resolver({ timeout: 300, tries: 10 });
  resolver.setServers([`127.0.0.1:${dns.addresses[0]!.port}`]);
  return resolver.resolve4('www.ex.test').then(String, ({ code }) => String(code));
};

describe('during a flood', () => {
  it('questions are answered right', async () => {
    for (let n = 0; n < 5; n += 1) expect(await ask()).toBe('127.0.1.1');
  });

  it('checkers go on, and what they see changes the answer', async () => {
    const before = probes;
    broken = true;
    await eventually('the standby answers', async () => (await ask()) === '127.0.2.1');
    expect(probes - before).toBeGreaterThanOrEqual(14);
  });

  it('the control plane takes changes', async () => {
    await world.change(['UPSERT', plain('new.ex.test', 'A', '127.0.0.9')]);
    expect(world.answers('new.ex.test')).toEqual(['127.0.0.9']);
  });
});
