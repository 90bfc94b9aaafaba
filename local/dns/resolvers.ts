/** Caching resolvers as they are out there: honest ones, and those that do not respect a TTL. */
import type { Answer, DecodedPacket, RecordType } from 'dns-packet';
import type { Clock } from '../clock.ts';
import { askServer, type ExchangeNeeds } from './exchange.ts';
import {
  type DnsAddress,
  type DnsListener,
  type DnsListenerOptions,
  startDnsListener,
} from './listener.ts';
import { encodeAnswer, readQuery } from './message.ts';
import { canonicalName } from './rdata.ts';
import { RCODE, type Resolution } from './resolve.ts';

/** What a resolver makes of the TTL of a record. */
export type TtlModel =
  | { readonly kind: 'honest' }
  /** Keeps a record for this long at least, as resolvers that save themselves work do. */
  | { readonly kind: 'clamp-min'; readonly minS: number }
  /** Keeps a record for this long at most. */
  | { readonly kind: 'clamp-max'; readonly maxS: number }
  /** Keeps a record for this many times its TTL. */
  | { readonly kind: 'ignore-ttl'; readonly factor: number };

export type ResolverOptions = Pick<DnsListenerOptions, 'listen' | 'delay' | 'limits'> & {
  readonly model: TtlModel;
  /** Authoritative servers of all names that it will be asked for; asked in random order. */
  readonly servers: readonly [DnsAddress, ...DnsAddress[]];
  readonly clock: Clock;
  readonly random: () => number;
  /** Where its own queries come from, and so its region; 127.0.0.1 when left out. */
  readonly sourceAddress?: string;
  /** For one server; the next is asked then. */
  readonly timeoutMs?: number;
};

export type DnsResolver = DnsListener & {
  /** Forgets everything. */
  flush(): void;
};

type Known = {
  readonly atMs: number;
  readonly keptMs: number;
  readonly rcode: number;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
};

const TIMEOUT_MS = 1_500;
const SERVERS_ASKED_MAX = 3;
const CACHED_MAX = 10_000;
/** Longest time for which a name is remembered not to exist (RFC 2308, section 5). */
const NEGATIVE_S_MAX = 10_800;

/** For how many seconds a resolver keeps a record of this TTL. */
export const keptS = (model: TtlModel, ttlS: number): number => {
  switch (model.kind) {
    case 'honest':
      return ttlS;
    case 'clamp-min':
      return Math.max(ttlS, model.minS);
    case 'clamp-max':
      return Math.min(ttlS, model.maxS);
    case 'ignore-ttl':
      return ttlS * model.factor;
  }
};

/** The response code is the last four bits of the header's flags. */
const rcodeOf = ({ flags }: DecodedPacket): number => (flags ?? 0) & 0xf;

const ttlOf = (record: Answer): number => ('ttl' in record ? (record.ttl ?? 0) : 0);

const withTtl = (record: Answer, ttl: number): Answer =>
  record.type === 'OPT' ? record : { ...record, ttl };

/** What to remember of an answer: each record with the time the model keeps it. */
const toKnow = (packet: DecodedPacket, model: TtlModel, atMs: number): Known => {
  const kept = (record: Answer, mostS: number) =>
    withTtl(record, Math.min(mostS, keptS(model, ttlOf(record))));
  const answers = (packet.answers ?? []).map((record) => kept(record, Number.POSITIVE_INFINITY));
  const soas = (packet.authorities ?? []).filter(({ type }) => type === 'SOA');
  const authorities = soas.map((record) => kept(record, NEGATIVE_S_MAX));
  const rcode = rcodeOf(packet);
  const lives = (answers.length > 0 && rcode === RCODE.NOERROR ? answers : authorities).map(ttlOf);
  // An answer without any lifetime, such as a negative one without a SOA, is not kept.
  const keptMs = lives.length > 0 ? 1_000 * Math.min(...lives) : 0;
  return { atMs, keptMs, rcode, answers, authorities };
};

const aged = (known: Known, nowMs: number): Resolution => {
  const ageS = Math.floor((nowMs - known.atMs) / 1_000);
  const older = (record: Answer) => withTtl(record, Math.max(0, ttlOf(record) - ageS));
  return {
    rcode: known.rcode,
    authoritative: false,
    answers: known.answers.map(older),
    authorities: known.authorities.map(older),
    additionals: [],
    fixed: true,
  };
};

/** An answer of an authoritative server that is worth passing on. */
const isUsable = (packet: DecodedPacket): boolean =>
  packet.flag_aa && (rcodeOf(packet) === RCODE.NOERROR || rcodeOf(packet) === RCODE.NXDOMAIN);

const failed = (rcode: number): Resolution => ({
  rcode,
  authoritative: false,
  answers: [],
  authorities: [],
  additionals: [],
  fixed: true,
});

const createCache = (clock: Clock) => {
  const cached = new Map<string, Known>();
  return {
    find: (key: string): Known | undefined => {
      const known = cached.get(key);
      if (known && clock.monotonicMs() - known.atMs < known.keptMs) return known;
      cached.delete(key);
      return undefined;
    },
    keep: (key: string, known: Known): void => {
      if (known.keptMs <= 0) return;
      const [oldest] = cached.keys();
      if (cached.size >= CACHED_MAX && oldest !== undefined) cached.delete(oldest);
      cached.set(key, known);
    },
    clear: () => cached.clear(),
  };
};

/** Starts a caching resolver over UDP and TCP. */
export const startResolver = async (options: ResolverOptions): Promise<DnsResolver> => {
  const { model, servers, clock, random } = options;
  const cache = createCache(clock);
  const underWay = new Map<string, Promise<Known | undefined>>();
  const exchange: ExchangeNeeds = {
    clock,
    random,
    sourceAddress: options.sourceAddress ?? '127.0.0.1',
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
  };

  const ask = async (name: string, type: RecordType): Promise<Known | undefined> => {
    const first = Math.floor(random() * servers.length);
    for (let n = 0; n < Math.min(SERVERS_ASKED_MAX, servers.length); n += 1) {
      const server = servers[(first + n) % servers.length] ?? servers[0];
      const packet = await askServer({ name, type }, server, exchange).catch(() => undefined);
      if (packet && isUsable(packet)) return toKnow(packet, model, clock.monotonicMs());
    }
    return undefined;
  };
  /** What the servers say; those who ask the same meanwhile wait for the same answer. */
  const learn = (key: string, name: string, type: RecordType) => {
    const asked = underWay.get(key);
    if (asked) return asked;
    const answer = ask(name, type).then((known) => {
      underWay.delete(key);
      if (known) cache.keep(key, known);
      return known;
    });
    underWay.set(key, answer);
    return answer;
  };

  const listener = await startDnsListener({
    clock,
    listen: options.listen,
    ...(options.delay && { delay: options.delay }),
    ...(options.limits && { limits: options.limits }),
    answer: (bytes, { transport }) => {
      const read = readQuery(bytes);
      if ('reply' in read) return read.reply;
      const { query } = read;
      const { name, type } = query.question;
      const say = (said: Resolution) => encodeAnswer(query, said, transport, true);
      if ((query.question.class ?? 'IN') !== 'IN') return say(failed(RCODE.REFUSED));
      const key = `${canonicalName(name)} ${type}`;
      const known = cache.find(key);
      if (known) return say(aged(known, clock.monotonicMs()));
      return learn(key, name, type).then((learnt) =>
        say(learnt ? aged(learnt, clock.monotonicMs()) : failed(RCODE.SERVFAIL)),
      );
    },
  });
  return { ...listener, flush: cache.clear };
};
