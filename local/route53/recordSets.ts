import * as z from 'zod';
import { canonicalName, isServedType, type ServedType } from '../dns/rdata.ts';
import type { RecordSet } from '../dns/zone.ts';

const servedType = z.custom<ServedType>(
  (value) => typeof value === 'string' && isServedType(value),
  'a record type that can be served',
);

const plainSet = z.strictObject({
  name: z.string(),
  type: servedType,
  ttlS: z.int().min(0),
  values: z.array(z.string()),
});

const aliasSet = z.strictObject({
  name: z.string(),
  type: servedType,
  /** A record set of the same zone and type. */
  alias: z.strictObject({ zoneId: z.string(), dnsName: z.string(), evaluate: z.boolean() }),
});

/**
 * A record set with simple routing as the API stores it. `name` is lower case and ends with a dot.
 */
export const storedSet = z.union([plainSet, aliasSet]);
export type StoredSet = z.infer<typeof storedSet>;

/**
 * Lower case with a trailing dot and a plain `*`: how names are stored. Route 53 writes `*` as
 * `\052`.
 */
export const storedName = (name: string): string =>
  `${canonicalName(name.replaceAll('\\052', '*'))}.`;

export const wireName = (name: string): string => name.replaceAll('*', '\\052');

/**
 * Key of the documented order: labels reversed with a trailing dot, then the type, both in ASCII.
 */
export const sortKey = (name: string, type = ''): string =>
  `${wireName(name).replace(/\.$/, '').split('.').reverse().join('.')}.\u0000${type}`;

export const inOrder = (sets: readonly StoredSet[]): StoredSet[] => {
  const keyed = sets.map((set) => ({ set, key: sortKey(set.name, set.type) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ set }) => set);
};

export const sameOwner = (
  a: { readonly name: string; readonly type: string },
  b: { readonly name: string; readonly type: string },
): boolean => a.name === b.name && a.type === b.type;

const ALIAS_HOPS_MAX = 8;

/** The record sets as DNS serves them: an alias answers with what its target holds. */
export const servedSets = (sets: readonly StoredSet[]): RecordSet[] => {
  const follow = (set: StoredSet, hopsLeft: number): RecordSet | undefined => {
    if (!('alias' in set)) return set;
    const { type, alias } = set;
    const target = sets.find((other) => sameOwner(other, { name: alias.dnsName, type }));
    const end = target && hopsLeft > 0 ? follow(target, hopsLeft - 1) : undefined;
    return end && { ...end, name: set.name };
  };
  return sets.flatMap((set) => follow(set, ALIAS_HOPS_MAX) ?? []);
};
