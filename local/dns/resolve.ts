import type { Answer } from 'dns-packet';
import { canonicalName } from './rdata.ts';
import { type DnsZone, isWithin, parentOf, type ZoneNode } from './zone.ts';

/** Response codes of RFC 1035, RFC 6891 (BADVERS). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

export type Resolution = {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  readonly additionals: readonly Answer[];
};

const CNAME_CHAIN_MAX = 8;

const zoneOf = (zones: readonly DnsZone[], name: string): DnsZone | undefined =>
  zones
    .filter((zone) => isWithin(name, zone.origin))
    .reduce<DnsZone | undefined>(
      (best, zone) => (best && best.origin.length >= zone.origin.length ? best : zone),
      undefined,
    );

/** The names from `name` up to just below the apex, the lowest first. */
const namesBelowApex = (name: string, zone: DnsZone): string[] => {
  const names: string[] = [];
  for (let at = name; at !== zone.origin; at = parentOf(at)) names.push(at);
  return names;
};

/**
 * The node that answers for `name`: its own, or the wildcard below its closest encloser (RFC
 * 4592).
 */
const nodeFor = (name: string, zone: DnsZone): ZoneNode | undefined => {
  const own = zone.find(name);
  if (own) return own;
  let encloser = parentOf(name);
  while (!zone.find(encloser)) encloser = parentOf(encloser);
  return zone.find(encloser === '' ? '*' : `*.${encloser}`);
};

/** The negative-answer SOA: its lifetime is the lesser of its TTL and its minimum (RFC 2308). */
const negativeSoa = (zone: DnsZone): Answer[] =>
  (zone.find(zone.origin)?.get('SOA') ?? []).map((soa) =>
    soa.type === 'SOA' ? { ...soa, ttl: Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0) } : soa,
  );

const referral = (cut: readonly Answer[], zone: DnsZone): Resolution => {
  const glue = cut.flatMap((ns) => {
    const node = ns.type === 'NS' ? zone.find(canonicalName(ns.data)) : undefined;
    return [...(node?.get('A') ?? []), ...(node?.get('AAAA') ?? [])];
  });
  return {
    rcode: RCODE.NOERROR,
    authoritative: false,
    answers: [],
    authorities: cut,
    additionals: glue,
  };
};

const cutAbove = (name: string, zone: DnsZone): readonly Answer[] | undefined => {
  const cuts = namesBelowApex(name, zone).map((at) => zone.find(at)?.get('NS'));
  return cuts.findLast((ns) => ns !== undefined);
};

/**
 * What an authoritative server for `zones` says to one question. CNAMEs are followed through every
 * zone held here; the response code is that of the last name in the chain (RFC 6604).
 */
export const resolve = (
  question: { readonly name: string; readonly type: string },
  zones: readonly DnsZone[],
): Resolution => {
  const answers: Answer[] = [];
  let owner = question.name;
  for (let hop = 0; hop <= CNAME_CHAIN_MAX; hop += 1) {
    const name = canonicalName(owner === '.' ? '' : owner);
    const zone = zoneOf(zones, name);
    const end = (rcode: number, authorities: readonly Answer[] = []): Resolution => ({
      rcode,
      authoritative: zone !== undefined || hop > 0,
      answers,
      authorities,
      additionals: [],
    });
    if (!zone) return end(hop === 0 ? RCODE.REFUSED : RCODE.NOERROR);
    const cut = cutAbove(name, zone);
    if (cut) return hop === 0 ? referral(cut, zone) : end(RCODE.NOERROR);
    const node = nodeFor(name, zone);
    if (!node) return end(RCODE.NXDOMAIN, negativeSoa(zone));
    const named = (found: readonly Answer[]) => found.map((answer) => ({ ...answer, name: owner }));
    // RFC 8482: one record set is answer enough for ANY.
    const direct = question.type === 'ANY' ? [...node.values()][0] : node.get(question.type);
    if (direct) {
      answers.push(...named(direct));
      return end(RCODE.NOERROR);
    }
    const alias = node.get('CNAME')?.[0];
    if (alias?.type !== 'CNAME') return end(RCODE.NOERROR, negativeSoa(zone));
    answers.push(...named([alias]));
    owner = alias.data;
  }
  return {
    rcode: RCODE.SERVFAIL,
    authoritative: false,
    answers: [],
    authorities: [],
    additionals: [],
  };
};
