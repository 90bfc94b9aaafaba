// Goal: checkers reach endpoints through the network of the regions and feel its faults; DNS answers
// follow what they see.
// Method: the real checkers every second over relays, the DNS servers, and the caching resolvers.

import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetHealthCheckStatusCommand, UpdateHealthCheckCommand } from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rttMs } from '../../../core/regions/regions.ts';
import { realClock } from '../../../local/clock.ts';
import { type DnsServer, startDnsServer } from '../../../local/dns/server.ts';
import { regionAddress, regionOfAddress } from '../../../local/network/addresses.ts';
import { createNetwork, type Listener, type Network } from '../../../local/network/network.ts';
import { CHECKER_REGIONS } from '../../../local/route53/health/config.ts';
import { NAME_SERVERS } from '../../../local/route53/nameServers.ts';
import { eventually } from '../../contract/endpoint.ts';
import { plain, startRoute53 } from '../../support/route53.ts';

const PRIMARY = regionAddress('eu-west-1', 300);
const STANDBY = regionAddress('eu-central-1', 300);

let network: Network;
let web: http.Server;
let listeners: Listener[];
let dns: DnsServer;
let world: Awaited<ReturnType<typeof startRoute53>>;
let check: string;
const callers = new Set<string | undefined>();

beforeAll(async () => {
  network = createNetwork({ rtt: rttMs, random: Math.random, clock: realClock });
  web = http.createServer((_, response) => response.end('ok'));
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const target = { host: '127.0.0.1', port: (web.address() as AddressInfo).port };
  listeners = await Promise.all(
    [
      { region: 'eu-west-1', host: PRIMARY },
      { region: 'eu-central-1', host: STANDBY },
    ].map((place) => network.listen({ ...place, port: 0, target, httpFaults: true })),
  );
  world = await startRoute53({ clock: realClock, random: Math.random, requestIntervalsS: [1] });
  dns = await startDnsServer({
    zones: world.route53.dnsZones,
    listen: NAME_SERVERS.map(({ host }) => ({ host, port: 0 })),
    clock: realClock,
  });
  check = await world.createCheck({
    IPAddress: PRIMARY,
    Port: listeners[0]!.port,
    ResourcePath: '/health',
    RequestInterval: 1,
    FailureThreshold: 1,
  });
  const failover = (Failover: 'PRIMARY' | 'SECONDARY', address: string) => ({
    ...plain('www.ex.test', 'A', address),
    TTL: 1,
    SetIdentifier: Failover,
    Failover,
  });
  await world.change(
    ['CREATE', { ...failover('PRIMARY', PRIMARY), HealthCheckId: check }],
    ['CREATE', failover('SECONDARY', STANDBY)],
  );
});
afterAll(async () => {
  await world.close();
  await dns.close();
  for (const listener of listeners) await listener.close();
  await network.close();
  web.close();
});

/** What each of the four name servers answers. */
const served = () =>
  Promise.all(
    dns.addresses.map(async ({ host, port }) => {
      const resolver = new Resolver({ timeout: 2_000, tries: 1 });
      resolver.setServers([`${host}:${port}`]);
      return String(await resolver.resolve4('www.ex.test'));
    }),
  );
const allServe = (address: string) => async () =>
  (await served()).every((answer) => answer === address);
const statuses = async () => {
  const found = await world.client.send(new GetHealthCheckStatusCommand({ HealthCheckId: check }));
  return found.HealthCheckObservations ?? [];
};
const cut = (regions: readonly string[]) =>
  Promise.all(
    regions.map((from) =>
      network.setFault({ id: from, kind: 'refuse', scope: { from, to: 'eu-west-1' } }),
    ),
  );
const heal = (regions: readonly string[]) =>
  Promise.all(regions.map((region) => network.clearFault(region)));

describe('the checkers', () => {
  it('come from eight regions and find the endpoint healthy', async () => {
    await eventually('all have looked', async () => (await statuses()).length === 16);
    for (const { Region, IPAddress, StatusReport } of await statuses()) {
      callers.add(regionOfAddress(IPAddress!));
      expect(Region).toBe(regionOfAddress(IPAddress!));
      expect(StatusReport?.Status).toBe('Success: HTTP Status Code 200, OK');
    }
    expect(callers).toEqual(new Set(CHECKER_REGIONS));
    expect(new Set(await served())).toEqual(new Set([PRIMARY]));
  });

  it('in six cut-off regions of eight are not enough to take it out; in seven they are', async () => {
    await cut(CHECKER_REGIONS.slice(0, 6));
    await eventually('twelve say no', async () => {
      const seen = await statuses();
      return (
        seen.filter(({ StatusReport }) => StatusReport?.Status?.includes('reset')).length === 12
      );
    });
    expect(new Set(await served())).toEqual(new Set([PRIMARY]));
    await cut(CHECKER_REGIONS.slice(6, 7));
    await eventually('all name servers answer with the standby', allServe(STANDBY));
    await heal(CHECKER_REGIONS);
    await eventually('all name servers answer with the primary', allServe(PRIMARY));
  });

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    [
      'refuses',
      () => network.setFault({ id: 'x', kind: 'refuse', scope: { region: 'eu-west-1' } }),
      () => network.clearFault('x'),
    ],
    [
      'answers with errors',
      () =>
        network.setFault({ id: 'x', kind: 'error-rate', share: 1, scope: { region: 'eu-west-1' } }),
      () => network.clearFault('x'),
    ],
    [
      'is called off by Inverted',
      () =>
        world.client.send(new UpdateHealthCheckCommand({ HealthCheckId: check, Inverted: true })),
      () =>
        world.client.send(new UpdateHealthCheckCommand({ HealthCheckId: check, Inverted: false })),
    ],
  ])('move the answer when the primary %s, and back', async (_name, breakIt, repair) => {
    await breakIt();
    await eventually('all name servers answer with the standby', allServe(STANDBY));
    await repair();
    await eventually('all name servers answer with the primary', allServe(PRIMARY));
  });

  it('find a name through the zones that they serve', async () => {
    await world.change(['CREATE', plain('origin.ex.test', 'A', STANDBY)]);
    const byName = await world.createCheck({
      IPAddress: undefined,
      FullyQualifiedDomainName: 'origin.ex.test',
      Port: listeners[1]!.port,
      RequestInterval: 1,
      FailureThreshold: 1,
    });
    const gone = await world.createCheck({
      IPAddress: undefined,
      FullyQualifiedDomainName: 'gone.ex.test',
      RequestInterval: 1,
      FailureThreshold: 1,
    });
    await eventually('the name that is not there is unhealthy', () => !world.route53.healthy(gone));
    expect(world.route53.healthy(byName)).toBe(true);
  });
});
