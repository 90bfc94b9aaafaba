/**
 * DNS of a simulation: the name servers answer from the zones of the embedded Route 53, resolvers
 * remember what they heard as the resolvers of the embedded cloud do. No packet is made.
 */
import type { Random } from '../../core/random.ts';
import type { Outside } from '../../functions/_outside.ts';
import type { Clock } from '../../local/clock.ts';
import { resolve } from '../../local/dns/resolve.ts';
import { keptS, type TtlModel } from '../../local/dns/resolvers.ts';
import type { DnsZone } from '../../local/dns/zone.ts';
import type { DnsAnswer, DnsQuestion } from '../../probes/dnsMessage.ts';

type Answer = ReturnType<typeof resolve>['answers'][number];
type Known = { readonly answer: DnsAnswer; readonly atMs: number; readonly keptMs: number };

const CODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const MS_PER_S = 1_000;
/** For how long a name is remembered not to exist, where nothing says so. */
const NEGATIVE_S = 60;

const dataOf = (record: Answer): string => {
  if (record.type === 'TXT') return [record.data].flat().map(String).join('');
  return 'data' in record ? String(record.data) : '';
};

const ttlOf = (record: Answer): number => ('ttl' in record ? (record.ttl ?? 0) : 0);

/** What the name servers say now. */
export const askZones = (
  zones: readonly DnsZone[],
  { name, type }: DnsQuestion,
  asker: string,
): DnsAnswer => {
  const { rcode, answers } = resolve({ name, type }, zones, asker);
  const ttls = answers.map(ttlOf);
  return {
    code: CODES[rcode] ?? 'SERVFAIL',
    truncated: false,
    records: answers
      .filter((record) => record.type === type)
      .map(dataOf)
      .sort(),
    aliases: answers.filter((record) => record.type === 'CNAME').map(dataOf),
    ttlS: ttls.length === 0 ? undefined : Math.min(...ttls),
  };
};

type Needs = {
  readonly clock: Clock;
  readonly random: Random;
  readonly zones: () => readonly DnsZone[];
};

/** A cache over the name servers, as one resolver has it. */
export const createResolver = ({ clock, zones }: Omit<Needs, 'random'>, model: TtlModel) => {
  const cache = new Map<string, Known>();
  return (question: DnsQuestion): DnsAnswer => {
    const key = `${question.name} ${question.type}`;
    const known = cache.get(key);
    const ageMs = known === undefined ? 0 : clock.monotonicMs() - known.atMs;
    if (known && ageMs < known.keptMs) {
      const { ttlS } = known.answer;
      const leftS =
        ttlS === undefined ? undefined : Math.max(0, ttlS - Math.floor(ageMs / MS_PER_S));
      return { ...known.answer, ttlS: leftS };
    }
    const found = askZones(zones(), question, '127.0.0.1');
    const ttlS = keptS(model, found.ttlS ?? NEGATIVE_S);
    const answer = { ...found, ttlS: found.ttlS === undefined ? undefined : ttlS };
    cache.set(key, { answer, atMs: clock.monotonicMs(), keptMs: ttlS * MS_PER_S });
    return answer;
  };
};

/** Time of one exchange with a server nearby. */
const EXCHANGE_MS = { from: 2, to: 30 };

/** `resolvers` by `address:port`; every other server is a name server. */
export const createNames = (
  { clock, random, zones }: Needs,
  resolvers: ReadonlyMap<string, TtlModel>,
) => {
  const caches = new Map(
    [...resolvers].map(([address, model]) => [address, createResolver({ clock, zones }, model)]),
  );
  const askServer: Outside['askServer'] = (question, { address, port }) =>
    new Promise((settle) => {
      const ms = EXCHANGE_MS.from + (EXCHANGE_MS.to - EXCHANGE_MS.from) * random.unit();
      const totalMs = Math.round(ms * 10) / 10;
      clock.after(totalMs, () => {
        const cached = caches.get(`${address}:${port}`);
        const answer = cached ? cached(question) : askZones(zones(), question, address);
        settle({ ok: true, answer, phases: { queryMs: totalMs }, totalMs });
      });
    });
  return { askServer };
};
