// The far end of bench/dns.ts: the authoritative server with one zone, in a process of its own.
import { realClock } from '../local/clock.ts';
import { startDnsServer } from '../local/dns/server.ts';
import { createZone } from '../local/dns/zone.ts';

const zone = createZone('ex.test.', [
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
]);
const zones = [zone];
const server = await startDnsServer({
  zones: () => zones,
  listen: [{ host: '127.0.0.1', port: 0 }],
  clock: realClock,
  limits: { queriesPerS: Number.POSITIVE_INFINITY },
});
process.send?.(server.addresses[0]?.port);
process.on('disconnect', () => process.exit(0));
