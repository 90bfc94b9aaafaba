/** Puts every question of a verification once, all at the same time. */
import { SocketAddress } from 'node:net';
import type { Query } from '../../core/failover/verification.ts';
import type { DnsAnswerShape } from '../../events/failoverEvidence.ts';
import { type Exchanged, parseServer } from '../../probes/dnsExchange.ts';
import type { DnsAnswer } from '../../probes/dnsMessage.ts';
import type { Clock } from '../_entry.ts';
import type { Outside } from '../_outside.ts';

const TIMEOUT_MS = 2_000;
/** Far more than a record has: an answer of thousands is a wrong one, and need not be kept. */
const VALUES_MAX = 100;

/** How addresses are compared: each has one spelling. */
export const canonicalAddress = (address: string): string => {
  if (!address.includes(':')) return address.toLowerCase().replace(/\.$/, '');
  try {
    return new SocketAddress({ family: 'ipv6', address }).address;
  } catch {
    return address.toLowerCase();
  }
};

/** What the answer means for the record: an alias where the record is one, else the addresses. */
const valuesOf = (answer: DnsAnswer, alias: boolean): string[] =>
  (alias ? answer.aliases.slice(0, 1) : answer.records.slice(0, VALUES_MAX))
    .map(canonicalAddress)
    .sort();

const told = (exchanged: Exchanged, alias: boolean) =>
  exchanged.ok
    ? {
        rcode: exchanged.answer.code,
        values: valuesOf(exchanged.answer, alias),
        ttlS: exchanged.answer.ttlS ?? null,
        ms: exchanged.totalMs,
        detail: null,
      }
    : {
        rcode: 'no answer',
        values: [],
        ttlS: null,
        ms: exchanged.totalMs,
        detail: `${exchanged.reason}: ${exchanged.detail}`.slice(0, 500),
      };

export type Round = {
  readonly name: string;
  readonly queries: readonly Query[];
  /** The record is a CNAME. */
  readonly alias: boolean;
};

export const askRound = (
  { name, queries, alias }: Round,
  { clock, askServer }: { readonly clock: Pick<Clock, 'now'> } & Pick<Outside, 'askServer'>,
  signal: AbortSignal,
): Promise<DnsAnswerShape[]> =>
  Promise.all(
    queries.map(async ({ server, role, transport, type }) => {
      const options = { timeoutMs: TIMEOUT_MS, signal, transport };
      const exchanged = await askServer({ name, type }, parseServer(server), options);
      return { server, role, transport, type, atMs: clock.now(), ...told(exchanged, alias) };
    }),
  );
