/** The DNS servers: one for people where they asked for it, and a resolver for each region. */
import type { Clock } from '../clock.ts';
import { startDnsServer } from '../dns/server.ts';
import type { DnsZone } from '../dns/zone.ts';
import { HOSTS, regionAddress, regionOfAddress } from '../network/addresses.ts';
import type { Network } from '../network/network.ts';
import type { Closing } from './closing.ts';

type Needs = {
  readonly clock: Clock;
  readonly zones: () => readonly DnsZone[];
  readonly network: Pick<Network, 'datagramMs'>;
  readonly regions: readonly string[];
  /** Where people ask. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
};

/** A query from one region's sandbox to the region's own resolver takes no trip; others do. */
const delayIn = (network: Needs['network']) => (source: string, server: string) =>
  network.datagramMs({
    caller: regionOfAddress(source),
    called: regionOfAddress(server),
    plane: 'service',
    back: true,
  }) ?? ('drop' as const);

/** Starts them; `learn` hears of each region's resolver as `address:port`. */
export const openDns = async (
  { clock, zones, network, regions, listen }: Needs,
  learn: (region: string, resolver: string) => void,
  keep: Closing,
) => {
  const own = listen ? [listen] : [];
  // Free ports for the regions, so that clouds beside one another do not meet.
  const perRegion = regions.map((region) => ({
    host: regionAddress(region, HOSTS.resolver),
    port: 0,
  }));
  const dns = keep(
    await startDnsServer({
      zones,
      clock,
      listen: [...own, ...perRegion],
      delay: delayIn(network),
    }),
  );
  for (const [at, { host, port }] of dns.addresses.slice(own.length).entries()) {
    const region = regions[at];
    if (region !== undefined) learn(region, `${host}:${port}`);
  }
  return dns;
};
