// The far end of bench/dns.ts: the authoritative server with one zone, in a process of its own. One name
// is routed: a failover pair behind a health check.
import { realClock } from '../local/clock.ts';
import { startDnsServer } from '../local/dns/server.ts';
import { createZone, type RecordSet } from '../local/dns/zone.ts';
import { routeSets } from '../local/route53/routing.ts';

const failover = (role: 'PRIMARY' | 'SECONDARY', address: string) => ({
  name: 'routed.ex.test.',
  type: 'A' as const,
  ttlS: 60,
  values: [address],
  policy: { kind: 'failover' as const, setIdentifier: role, role },
  healthCheckId: role,
});
const { routed } = routeSets(
  [failover('PRIMARY', '127.1.0.1'), failover('SECONDARY', '127.2.0.1')],
  {
    healthy: (id) => id === 'SECONDARY',
    random: Math.random,
    regionOf: () => 'us-east-1',
    balancerAddress: () => undefined,
    rttMs: () => 0,
  },
);
const plain: RecordSet[] = [
  {
    name: 'ex.test.',
    type: 'SOA',
    ttlS: 900,
    values: ['ns-1.ex.test. admin.ex.test. 1 7200 900 1209600 5'],
  },
  { name: 'ex.test.', type: 'NS', ttlS: 60, values: ['ns-1.ex.test.', 'ns-2.ex.test.'] },
  ...Array.from({ length: 1_000 }, (_, n) => ({
    name: `host-${n}.ex.test.`,
    type: 'A' as const,
    ttlS: 60,
    values: [`127.1.${n >> 8}.${n & 255}`],
  })),
];
const zones = [createZone('ex.test.', plain, routed)];
const server = await startDnsServer({
  zones: () => zones,
  listen: [{ host: '127.0.0.1', port: 0 }],
  clock: realClock,
  limits: { queriesPerS: Number.POSITIVE_INFINITY },
});
process.send?.(server.addresses[0]?.port);
process.on('disconnect', () => process.exit(0));
