/**
 * The DNS servers: the name servers of every zone, one for people where they asked for it, a resolver
 * for each region, and the caching resolvers by which a flip is verified.
 */
import type { Clock } from '../clock.ts';
import type { DnsAddress } from '../dns/listener.ts';
import { startResolver, type TtlModel } from '../dns/resolvers.ts';
import { startDnsServer, type ZonesAt } from '../dns/server.ts';
import { HOSTS, regionAddress, regionOfAddress } from '../network/addresses.ts';
import type { Network } from '../network/network.ts';
import { NAME_SERVERS } from '../route53/nameServers.ts';
import type { Closing } from './closing.ts';

type Needs = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly zones: ZonesAt;
  readonly network: Pick<Network, 'datagramMs'>;
  readonly regions: readonly string[];
  /** Where people ask. */
  readonly listen: DnsAddress | undefined;
  /** False while what people ask for is being made. */
  readonly isSettled: () => boolean;
};

type Named = DnsAddress & { readonly name: string };

export type Dns = {
  /** Every address of the authoritative server, that for people first. */
  readonly addresses: readonly DnsAddress[];
  /** The authoritative name servers of every zone, all of which a flip must reach. */
  readonly nameServers: readonly Named[];
  /** Caching resolvers as clients have them, by what they make of a TTL. */
  readonly resolvers: readonly Named[];
};

const RESOLVER_HOST = '127.0.53.';

/** Resolvers beside the name servers: an honest one, and three that are known from the field. */
const RESOLVERS: readonly { readonly name: string; readonly model: TtlModel }[] = [
  { name: 'honest', model: { kind: 'honest' } },
  { name: 'clamp-min', model: { kind: 'clamp-min', minS: 30 } },
  { name: 'clamp-max', model: { kind: 'clamp-max', maxS: 30 } },
  { name: 'ignore-ttl', model: { kind: 'ignore-ttl', factor: 10 } },
];

/** A query from one region's sandbox to the region's own resolver takes no trip; others do. */
const delayIn = (network: Needs['network']) => (source: string, server: string) =>
  network.datagramMs({
    caller: regionOfAddress(source),
    called: regionOfAddress(server),
    plane: 'service',
    back: true,
  }) ?? ('drop' as const);

const openResolvers = async (
  { clock, random, network }: Needs,
  [first, ...others]: readonly DnsAddress[],
  keep: Closing,
): Promise<Named[]> => {
  if (!first) return [];
  const opened: Named[] = [];
  for (const [at, { name, model }] of RESOLVERS.entries()) {
    const host = `${RESOLVER_HOST}${11 + at}`;
    const resolver = keep(
      await startResolver({
        model,
        servers: [first, ...others],
        clock,
        random,
        listen: [{ host, port: 0 }],
        delay: delayIn(network),
      }),
    );
    opened.push(...resolver.addresses.map((address) => ({ name, ...address })));
  }
  return opened;
};

/** Starts them; `learn` hears of each region's resolver as `address:port`. */
export const openDns = async (
  needs: Needs,
  learn: (region: string, resolver: string) => void,
  keep: Closing,
): Promise<Dns> => {
  const { clock, zones, network, regions, listen, isSettled } = needs;
  const own = listen ? [listen] : [];
  // Free ports, so that clouds beside one another do not meet.
  const free = (host: string) => ({ host, port: 0 });
  const { addresses } = keep(
    await startDnsServer({
      zones,
      isSettled: (server) => server !== listen?.host || isSettled(),
      clock,
      listen: [
        ...own,
        ...NAME_SERVERS.map(({ host }) => free(host)),
        ...regions.map((region) => free(regionAddress(region, HOSTS.resolver))),
      ],
      delay: delayIn(network),
    }),
  );
  const servers = addresses.slice(own.length, own.length + NAME_SERVERS.length);
  const perRegion = addresses.slice(own.length + NAME_SERVERS.length);
  for (const [at, { host, port }] of perRegion.entries()) {
    const region = regions[at];
    if (region !== undefined) learn(region, `${host}:${port}`);
  }
  const nameServers = NAME_SERVERS.flatMap(({ name }, at) => {
    const address = servers[at];
    return address ? [{ name, ...address }] : [];
  });
  return { addresses, nameServers, resolvers: await openResolvers(needs, servers, keep) };
};
