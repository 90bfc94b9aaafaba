import type { ResourceRecordSet, ResourceRecordSetRegion } from '@aws-sdk/client-route-53';
import * as z from 'zod';
import { canonicalName, isServedType, type ServedType } from '../dns/rdata.ts';

const servedType = z.custom<ServedType>(
  (value) => typeof value === 'string' && isServedType(value),
  'a record type that can be served',
);

export const WEIGHT_MAX = 255;
const SET_IDENTIFIER_LENGTH_MAX = 128;
const setIdentifier = z.string().min(1).max(SET_IDENTIFIER_LENGTH_MAX);

/** How one record set among several of the same name and type is chosen. */
const policy = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('failover'),
    setIdentifier,
    role: z.enum(['PRIMARY', 'SECONDARY']),
  }),
  z.strictObject({
    kind: z.literal('weighted'),
    setIdentifier,
    weight: z.int().min(0).max(WEIGHT_MAX),
  }),
  z.strictObject({ kind: z.literal('latency'), setIdentifier, region: z.string() }),
  z.strictObject({ kind: z.literal('multivalue'), setIdentifier }),
]);
export type Policy = z.infer<typeof policy>;

const common = {
  /** Lower case with a trailing dot. */
  name: z.string(),
  type: servedType,
  policy: policy.optional(),
  healthCheckId: z.string().optional(),
};

const plainSet = z.strictObject({
  ...common,
  ttlS: z.int().min(0),
  values: z.array(z.string()).min(1),
});

const aliasSet = z.strictObject({
  ...common,
  /** The record sets of a name of the same zone, with the same type; or a load balancer. */
  alias: z.strictObject({ zoneId: z.string(), dnsName: z.string(), evaluate: z.boolean() }),
});

/** A record set as the API stores it. */
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
 * Key of the documented order: labels reversed with a trailing dot, then type and set identifier,
 * all in ASCII.
 */
export const sortKey = (name: string, type = '', identifier = ''): string => {
  const reversed = wireName(name).replace(/\.$/, '').split('.').reverse().join('.');
  return `${reversed}.\u0000${type}\u0000${identifier}`;
};

export const sortKeyOf = ({ name, type, policy }: StoredSet): string =>
  sortKey(name, type, policy?.setIdentifier);

export const inOrder = (sets: readonly StoredSet[]): StoredSet[] => {
  const keyed = sets.map((set) => ({ set, key: sortKeyOf(set) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ set }) => set);
};

type Owner = { readonly name: string; readonly type: string };

/** Whether two record sets answer the same question. */
export const sameOwner = (a: Owner, b: Owner): boolean => a.name === b.name && a.type === b.type;

/** Whether two record sets are one and the same for a change. */
export const sameSet = (a: StoredSet, b: StoredSet): boolean =>
  sameOwner(a, b) && a.policy?.setIdentifier === b.policy?.setIdentifier;

const policyToWire = (policy: Policy): Partial<ResourceRecordSet> => {
  const { setIdentifier: SetIdentifier } = policy;
  switch (policy.kind) {
    case 'failover':
      return { SetIdentifier, Failover: policy.role };
    case 'weighted':
      return { SetIdentifier, Weight: policy.weight };
    case 'latency':
      return { SetIdentifier, Region: policy.region as ResourceRecordSetRegion };
    case 'multivalue':
      return { SetIdentifier, MultiValueAnswer: true };
  }
};

export const setToWire = (set: StoredSet): ResourceRecordSet => {
  const owner = {
    Name: wireName(set.name),
    Type: set.type,
    ...(set.policy && policyToWire(set.policy)),
    ...(set.healthCheckId !== undefined && { HealthCheckId: set.healthCheckId }),
  };
  if (!('alias' in set)) {
    return { ...owner, TTL: set.ttlS, ResourceRecords: set.values.map((Value) => ({ Value })) };
  }
  const { zoneId, dnsName, evaluate } = set.alias;
  const target = { HostedZoneId: zoneId, DNSName: dnsName, EvaluateTargetHealth: evaluate };
  return { ...owner, AliasTarget: target };
};
