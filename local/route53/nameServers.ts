import { createZone, type DnsZone } from '../dns/zone.ts';

/** A name server of every zone: its name in the NS records, and its loopback address. */
export type NameServer = { readonly name: string; readonly host: string };

// Names under localhost belong to this machine (RFC 6761). The addresses lie outside every region's
// block, as the name servers of Route 53 are near to every region.
const DOMAIN = 'dns.localhost';

/** The four name servers of a zone. */
export const NAME_SERVERS: readonly [NameServer, ...NameServer[]] = [
  { name: `ns-1.${DOMAIN}`, host: '127.0.53.1' },
  { name: `ns-2.${DOMAIN}`, host: '127.0.53.2' },
  { name: `ns-3.${DOMAIN}`, host: '127.0.53.3' },
  { name: `ns-4.${DOMAIN}`, host: '127.0.53.4' },
];

const [FIRST] = NAME_SERVERS;

/** The SOA of each zone, with the times that Route 53 sets. */
export const ZONE_SOA = `${FIRST.name}. hostmaster.${DOMAIN}. 1 7200 900 1209600 86400`;

/** The zone in which the name servers themselves are found. */
export const nameServerZone = (): DnsZone =>
  createZone(DOMAIN, [
    { name: DOMAIN, type: 'SOA', ttlS: 900, values: [ZONE_SOA] },
    { name: DOMAIN, type: 'NS', ttlS: 172_800, values: NAME_SERVERS.map(({ name }) => `${name}.`) },
    ...NAME_SERVERS.map(({ name, host }) => ({
      name,
      type: 'A' as const,
      ttlS: 172_800,
      values: [host],
    })),
  ]);

/** The number of the name server at an address, from 1; 0 for any other address. */
export const numberOfServer = (address: string): number =>
  NAME_SERVERS.findIndex(({ host }) => host === address) + 1;
