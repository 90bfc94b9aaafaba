import { isRegion } from '../../core/regions/regions.ts';
import { RdataError, readRecord } from '../dns/rdata.ts';
import { isWithin } from '../dns/zone.ts';
import { BALANCER_ZONE, balancerName } from './balancers.ts';
import { type StoredSet, sameOwner, sameSet, wireName } from './recordSets.ts';
import { ALIAS_HOPS_MAX } from './routing.ts';

const RECORDS_IN_SET_MAX = 400;
const TTL_S_MAX = 2_147_483_647;

const described = ({ name, type, policy }: StoredSet): string =>
  `RRSet with DNS name ${wireName(name)}, type ${type}` +
  (policy ? `, SetIdentifier ${policy.setIdentifier}` : '');

const valueFaults = (set: StoredSet & { readonly values: readonly string[] }): string[] => {
  const { name, type, values } = set;
  const faults: string[] = [];
  if (values.length > RECORDS_IN_SET_MAX) {
    faults.push(`Number of records limit of ${RECORDS_IN_SET_MAX} exceeded.`);
  }
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice !== undefined) faults.push(`Duplicate Resource Record: '${twice}'`);
  if ((type === 'CNAME' || type === 'SOA') && values.length > 1) {
    faults.push(`RRSet of type ${type} with DNS name ${name} must have exactly one record`);
  }
  for (const value of values) {
    try {
      readRecord(name, type, 0, value);
    } catch (error) {
      if (!(error instanceof RdataError)) throw error;
      faults.push(
        `Invalid Resource Record: 'FATAL problem: ${error.problem} (${error.message}) encountered with '${value}''`,
      );
    }
  }
  return faults;
};

const policyFaults = (set: StoredSet): string[] => {
  const { policy } = set;
  if (policy?.kind === 'latency' && !isRegion(policy.region)) {
    return [`${described(set)}: there is no region ${policy.region}`];
  }
  if (policy?.kind === 'multivalue' && ('alias' in set || /^(NS|SOA|CNAME)$/.test(set.type))) {
    return [`${described(set)} cannot be multivalue: aliases, CNAME, NS and SOA records cannot`];
  }
  const isPrimary = policy?.kind === 'failover' && policy.role === 'PRIMARY';
  if (isPrimary && !('alias' in set) && set.healthCheckId === undefined) {
    return ['A non-alias primary ResourceRecordSet must have an associated health check.'];
  }
  return [];
};

/** What is wrong with a record set by itself or with its place, in the words of Route 53. */
export const faultsOf = (set: StoredSet, zoneName: string): string[] => {
  const { name, type } = set;
  const faults = policyFaults(set);
  if (!isWithin(name, zoneName)) {
    faults.push(`RRSet with DNS name ${wireName(name)} is not permitted in zone ${zoneName}`);
  }
  if (type === 'CNAME' && name === zoneName) {
    faults.push(
      `RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zoneName}`,
    );
  }
  if ('alias' in set) return faults;
  if (set.ttlS < 0 || set.ttlS > TTL_S_MAX) {
    faults.push(`Invalid TTL ${set.ttlS}: it must be from 0 to ${TTL_S_MAX}`);
  }
  return [...faults, ...valueFaults(set)];
};

/** What keeps a record set from standing beside the others of its name and type. */
export const siblingFaults = (set: StoredSet, sets: readonly StoredSet[]): string[] => {
  const siblings = sets.filter((other) => sameOwner(other, set) && !sameSet(other, set));
  const { policy } = set;
  if (!policy) {
    return siblings.length === 0
      ? []
      : [`${described(set)} cannot be created as other RRSets exist with the same name and type.`];
  }
  if (siblings.some((other) => other.policy?.kind !== policy.kind)) {
    const reason =
      policy.kind === 'multivalue'
        ? 'because a non multivalue answer rrset exists'
        : `as a non-${policy.kind} set exists`;
    return [`${described(set)} cannot be created ${reason} with the same name and type.`];
  }
  for (const { policy: other } of siblings) {
    if (policy.kind === 'latency' && other?.kind === 'latency' && other.region === policy.region) {
      return [
        `${described(set)}, and Region Name=${policy.region} cannot be created because a latency RRSet with the same name, type and region already exists.`,
      ];
    }
    if (policy.kind === 'failover' && other?.kind === 'failover' && other.role === policy.role) {
      return [
        `${described(set)}, and Failover=${policy.role} cannot be created because a failover RRSet with the same name, type and failover already exists.`,
      ];
    }
  }
  return [];
};

/** Aliases that end nowhere, or in a circle. Those to load balancers are judged when they are made alone. */
export const aliasFaults = (
  sets: readonly StoredSet[],
  isBalancer: (dnsName: string) => boolean = () => true,
): string[] => {
  const keyOf = (name: string, type: string) => `${name} ${type}`;
  const groups = Map.groupBy(sets, ({ name, type }) => keyOf(name, type));
  const hops = new Map<string, number>();
  /** Aliases one after the other from here on; a circle has no end. */
  const hopsFrom = (key: string): number => {
    const known = hops.get(key);
    if (known !== undefined) return known;
    hops.set(key, Number.POSITIVE_INFINITY);
    const further = (groups.get(key) ?? []).map((set) =>
      'alias' in set ? 1 + hopsFrom(keyOf(set.alias.dnsName, set.type)) : 0,
    );
    const most = Math.max(0, ...further);
    hops.set(key, most);
    return most;
  };
  return sets.flatMap((set) => {
    if (!('alias' in set)) return [];
    const { dnsName, zoneId } = set.alias;
    const tried = `Tried to create an alias that targets ${dnsName}, type ${set.type} in zone ${zoneId}, but`;
    if (zoneId === BALANCER_ZONE) {
      // Ours are reached by IPv4 alone.
      const isThere = set.type === 'A' && isBalancer(balancerName(dnsName));
      return isThere ? [] : `${tried} that target was not found`;
    }
    if (!groups.has(keyOf(dnsName, set.type))) return `${tried} that target was not found`;
    return hopsFrom(keyOf(set.name, set.type)) <= ALIAS_HOPS_MAX
      ? []
      : `${tried} the aliases from there form a circle or a chain of more than ${ALIAS_HOPS_MAX}`;
  });
};

/** Everything that is wrong with the records of a zone, for zones that come from a file. */
export const zoneFaults = (zone: {
  readonly name: string;
  readonly recordSets: readonly StoredSet[];
}): string[] => {
  const { name, recordSets } = zone;
  const twice = recordSets.filter((set, at) =>
    recordSets.some((other, index) => index < at && sameSet(set, other)),
  );
  const cnames = recordSets.filter(
    (set) =>
      set.type === 'CNAME' &&
      recordSets.some((other) => other.name === set.name && other.type !== 'CNAME'),
  );
  const apex = (type: string) => recordSets.some((set) => sameOwner(set, { name, type }));
  return [
    ...recordSets.flatMap((set) => faultsOf(set, name)),
    ...recordSets.flatMap((set) => siblingFaults(set, recordSets)),
    ...twice.map((set) => `${described(set)} is there twice`),
    ...cnames.map((set) => `${described(set)} stands beside records of another type`),
    ...aliasFaults(recordSets),
    ...(apex('SOA') && apex('NS') ? [] : [`zone ${name} needs a SOA and an NS record of its own`]),
  ];
};
