import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { isServedType, RdataError, readRecord } from '../dns/rdata.ts';
import { isWithin } from '../dns/zone.ts';
import { AwsError } from '../wire/types.ts';
import { inOrder, type StoredSet, sameOwner, storedName, wireName } from './recordSets.ts';

export type ZoneRecords = {
  readonly id: string;
  /** With a trailing dot. */
  readonly name: string;
  readonly recordSets: readonly StoredSet[];
};

const CHANGES_MAX = 1_000;
const RECORDS_IN_SET_MAX = 400;
const TTL_S_MAX = 2_147_483_647;

const invalidInput = (message: string) => new AwsError('InvalidInput', message);

/**
 * Members that make a record set anything but simple; each needs an evaluator that is not there
 * yet.
 */
const ROUTING_MEMBERS = [
  ['Weight', 'weighted'],
  ['Region', 'latency'],
  ['Failover', 'failover'],
  ['GeoLocation', 'geolocation'],
  ['GeoProximityLocation', 'geoproximity'],
  ['CidrRoutingConfig', 'IP-based'],
  ['MultiValueAnswer', 'multivalue answer'],
] as const satisfies readonly (readonly [keyof ResourceRecordSet, string])[];

const refuseRouting = (set: ResourceRecordSet): void => {
  for (const [member, policy] of ROUTING_MEMBERS) {
    if (set[member] === undefined) continue;
    throw invalidInput(
      `Invalid request: ${member} asks for ${policy} routing of '${set.Name}', but this Route 53 serves simple record sets only`,
    );
  }
  const extra = (['SetIdentifier', 'HealthCheckId', 'TrafficPolicyInstanceId'] as const).find(
    (member) => set[member] !== undefined,
  );
  if (extra) {
    throw invalidInput(
      `Invalid request: ${extra} of '${set.Name}' is not supported, this Route 53 serves simple record sets only`,
    );
  }
};

const readAlias = (set: ResourceRecordSet, zone: ZoneRecords) => {
  const target = set.AliasTarget;
  const zoneId = target?.HostedZoneId?.replace(/^\/hostedzone\//, '') ?? '';
  const dnsName = storedName(target?.DNSName ?? '');
  if (zoneId !== zone.id) {
    throw new RdataError(
      'AliasTarget',
      `Tried to create an alias that targets ${dnsName}, type ${set.Type} in zone ${zoneId}, but that target was not found`,
    );
  }
  return { zoneId, dnsName, evaluate: target?.EvaluateTargetHealth ?? false };
};

const readSet = (change: Change, zone: ZoneRecords): StoredSet => {
  const set = change.ResourceRecordSet;
  if (!set?.Name || !set.Type || !change.Action) {
    throw invalidInput(
      'Invalid request: a change needs Action, and a record set with Name and Type',
    );
  }
  refuseRouting(set);
  const plain = set.TTL !== undefined && (set.ResourceRecords?.length ?? 0) > 0;
  const none = set.TTL === undefined && set.ResourceRecords === undefined;
  if (set.AliasTarget ? !none : !plain) {
    const found = set.AliasTarget ? 'more than one' : 'none';
    throw invalidInput(
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found ${found} in Change with [Action=${change.Action}, Name=${set.Name}, Type=${set.Type}, SetIdentifier=null]`,
    );
  }
  if (!isServedType(set.Type)) {
    throw invalidInput(`Invalid request: records of type ${set.Type} are not served here`);
  }
  const owner = { name: storedName(set.Name), type: set.Type };
  if (set.AliasTarget) return { ...owner, alias: readAlias(set, zone) };
  const values = (set.ResourceRecords ?? []).map(({ Value }) => (Value ?? '').trim());
  return { ...owner, ttlS: set.TTL ?? 0, values };
};

/** What is wrong with a record set by itself or with its place, in the words of Route 53. */
const faultsOf = (set: StoredSet, zone: ZoneRecords): string[] => {
  const { name, type } = set;
  const faults: string[] = [];
  if (!isWithin(name, zone.name)) {
    faults.push(`RRSet with DNS name ${wireName(name)} is not permitted in zone ${zone.name}`);
  }
  if (type === 'CNAME' && name === zone.name) {
    faults.push(
      `RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone.name}`,
    );
  }
  if ('alias' in set) return faults;
  if (set.ttlS < 0 || set.ttlS > TTL_S_MAX) {
    faults.push(`Invalid TTL ${set.ttlS}: it must be from 0 to ${TTL_S_MAX}`);
  }
  if (set.values.length > RECORDS_IN_SET_MAX) {
    faults.push(`Number of records limit of ${RECORDS_IN_SET_MAX} exceeded.`);
  }
  const twice = set.values.find((value, at) => set.values.indexOf(value) !== at);
  if (twice !== undefined) faults.push(`Duplicate Resource Record: '${twice}'`);
  if ((type === 'CNAME' || type === 'SOA') && set.values.length > 1) {
    faults.push(`RRSet of type ${type} with DNS name ${name} must have exactly one record`);
  }
  for (const value of set.values) {
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

const sameContent = (a: StoredSet, b: StoredSet): boolean => {
  const content = (set: StoredSet) =>
    'alias' in set ? { alias: set.alias } : { ttlS: set.ttlS, values: [...set.values].sort() };
  return JSON.stringify(content(a)) === JSON.stringify(content(b));
};

const title = ({ name, type }: StoredSet) => `[name='${wireName(name)}', type='${type}']`;

/** One change against the records so far: the new records, or what is wrong. */
const applyOne = (
  action: string,
  set: StoredSet,
  sets: readonly StoredSet[],
  zone: ZoneRecords,
): { sets: readonly StoredSet[] } | { fault: string } => {
  const current = sets.find((other) => sameOwner(other, set));
  const others = sets.filter((other) => other !== current);
  if (action === 'DELETE') {
    const tried = `Tried to delete resource record set ${title(set)} but`;
    if (!current) return { fault: `${tried} it was not found` };
    if (!sameContent(current, set)) {
      return { fault: `${tried} the values provided do not match the current values` };
    }
    if (set.name === zone.name && set.type === 'SOA') {
      return { fault: 'A HostedZone must contain exactly one SOA record.' };
    }
    if (set.name === zone.name && set.type === 'NS') {
      return { fault: 'A HostedZone must contain at least one NS record for the zone itself.' };
    }
    return { sets: others };
  }
  if (action === 'CREATE' && current) {
    return {
      fault: `Tried to create resource record set ${title(set)} but it already exists`,
    };
  }
  const neighbours = others.filter((other) => other.name === set.name);
  if (set.type === 'CNAME' && neighbours.length > 0) {
    return {
      fault: `RRSet of type CNAME with DNS name ${wireName(set.name)} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
    };
  }
  if (neighbours.some(({ type }) => type === 'CNAME')) {
    return {
      fault: `RRSet of type ${set.type} with DNS name ${wireName(set.name)} is not permitted because a conflicting RRSet of type  CNAME with the same DNS name already exists in zone ${zone.name}`,
    };
  }
  return { sets: [...others, set] };
};

const danglingAliases = (sets: readonly StoredSet[]): string[] =>
  sets.flatMap((set) => {
    if (!('alias' in set)) return [];
    const { dnsName, zoneId } = set.alias;
    const found = sets.some((other) => sameOwner(other, { name: dnsName, type: set.type }));
    return found
      ? []
      : `Tried to create an alias that targets ${dnsName}, type ${set.type} in zone ${zoneId}, but that target was not found`;
  });

/**
 * The records of `zone` after the whole batch, in the order of the API. All or nothing: throws
 * InvalidInput for a malformed request and InvalidChangeBatch with every fault of a well-formed one.
 */
export const applyChanges = (zone: ZoneRecords, changes: readonly Change[]): StoredSet[] => {
  if (changes.length === 0) {
    throw invalidInput('Invalid request: Expected at least one Change in ChangeBatch');
  }
  if (changes.length > CHANGES_MAX)
    throw batchError([`Number of records limit of ${CHANGES_MAX} exceeded.`]);
  const faults: string[] = [];
  const seen = new Map<string, string>();
  let sets = zone.recordSets;
  for (const change of changes) {
    try {
      const set = readSet(change, zone);
      const action = change.Action ?? '';
      const key = `${set.type} ${wireName(set.name)}`;
      const before = seen.get(key);
      if (before !== undefined && !(before === 'DELETE' && action !== 'DELETE')) {
        faults.push(
          `The request contains an invalid set of changes for a resource record set '${key}'`,
        );
      }
      seen.set(key, action);
      const own = action === 'DELETE' ? [] : faultsOf(set, zone);
      const result = own.length > 0 ? undefined : applyOne(action, set, sets, zone);
      faults.push(...own);
      if (result && 'fault' in result) faults.push(result.fault);
      else if (result) sets = result.sets;
    } catch (error) {
      if (!(error instanceof RdataError)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length === 0) faults.push(...danglingAliases(sets));
  if (faults.length > 0) throw batchError(faults);
  return inOrder(sets);
};

const batchError = (messages: string[]) =>
  new AwsError('InvalidChangeBatch', `[${messages.join(', ')}]`, { messages });
