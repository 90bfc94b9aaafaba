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
  /** The same question gets the same answer, whoever asks, until the zones change. */
  readonly fixed: boolean;
};

type Question = { readonly name: string; readonly type: string };

const CNAME_CHAIN_MAX = 8;

const zoneOf = (zones: readonly DnsZone[], name: string): DnsZone | undefined => {
  let best: DnsZone | undefined;
  for (const zone of zones) {
    const closer = !best || zone.origin.length > best.origin.length;
    if (closer && isWithin(name, zone.origin)) best = zone;
  }
  return best;
};

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

/** What a node holds of a type, and whether that was chosen for this asker. */
const heldBy = (node: ZoneNode | undefined, type: string, asker: string) => {
  const held = node?.get(type);
  if (held === undefined) return undefined;
  return typeof held === 'function'
    ? { answers: held(asker), chosen: true }
    : { answers: held, chosen: false };
};

const answersAt = (node: ZoneNode | undefined, type: string, asker: string) =>
  heldBy(node, type, asker)?.answers ?? [];

/** The negative-answer SOA: its lifetime is the lesser of its TTL and its minimum (RFC 2308). */
const negativeSoa = (zone: DnsZone, asker: string): Answer[] =>
  answersAt(zone.find(zone.origin), 'SOA', asker).map((soa) =>
    soa.type === 'SOA' ? { ...soa, ttl: Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0) } : soa,
  );

const referral = (cut: readonly Answer[], zone: DnsZone, asker: string): Resolution => {
  const glue = cut.flatMap((ns) => {
    const node = ns.type === 'NS' ? zone.find(canonicalName(ns.data)) : undefined;
    return [...answersAt(node, 'A', asker), ...answersAt(node, 'AAAA', asker)];
  });
  return {
    rcode: RCODE.NOERROR,
    authoritative: false,
    answers: [],
    authorities: cut,
    additionals: glue,
    fixed: false,
  };
};

const cutAbove = (name: string, zone: DnsZone, asker: string): readonly Answer[] | undefined => {
  const top = namesBelowApex(name, zone).findLast((at) => zone.find(at)?.has('NS'));
  return top === undefined ? undefined : answersAt(zone.find(top), 'NS', asker);
};

const renamed = (answers: readonly Answer[], name: string): Answer[] =>
  answers.map((answer) => ({ ...answer, name }));

/**
 * What an authoritative server for `zones` says to one question of the caller at `asker`. CNAMEs
 * are followed through every zone held here; the response code is that of the last name in the
 * chain (RFC 6604).
 */
export const resolve = (
  question: Question,
  zones: readonly DnsZone[],
  asker: string,
): Resolution => {
  const answers: Answer[] = [];
  let owner = question.name;
  let fixed = true;
  for (let hop = 0; hop <= CNAME_CHAIN_MAX; hop += 1) {
    const name = canonicalName(owner === '.' ? '' : owner);
    const zone = zoneOf(zones, name);
    const end = (rcode: number, authorities: readonly Answer[] = []): Resolution => ({
      rcode,
      authoritative: zone !== undefined || hop > 0,
      answers,
      authorities,
      additionals: [],
      fixed,
    });
    if (!zone) return end(hop === 0 ? RCODE.REFUSED : RCODE.NOERROR);
    const cut = cutAbove(name, zone, asker);
    if (cut) return hop === 0 ? referral(cut, zone, asker) : end(RCODE.NOERROR);
    const node = nodeFor(name, zone);
    if (!node) return end(RCODE.NXDOMAIN, negativeSoa(zone, asker));
    // RFC 8482: one record set is answer enough for ANY.
    const type = question.type === 'ANY' ? ([...node.keys()][0] ?? '') : question.type;
    const direct = heldBy(node, type, asker);
    if (direct?.chosen) fixed = false;
    if (direct) {
      answers.push(...renamed(direct.answers, owner));
      return end(RCODE.NOERROR);
    }
    const alias = heldBy(node, 'CNAME', asker);
    if (alias?.chosen) fixed = false;
    const target = alias?.answers[0];
    if (target?.type !== 'CNAME') return end(RCODE.NOERROR, negativeSoa(zone, asker));
    answers.push(...renamed([target], owner));
    owner = target.data;
  }
  return {
    rcode: RCODE.SERVFAIL,
    authoritative: false,
    answers: [],
    authorities: [],
    additionals: [],
    fixed: false,
  };
};
