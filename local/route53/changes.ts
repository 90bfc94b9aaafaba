import type { Change } from '@aws-sdk/client-route-53';
import { RdataError } from '../dns/rdata.ts';
import { AwsError } from '../wire/types.ts';
import { balancerName } from './balancers.ts';
import { invalidInput, readChange } from './readChange.ts';
import { aliasFaults, faultsOf, siblingFaults } from './recordRules.ts';
import { inOrder, type StoredSet, sameSet, wireName } from './recordSets.ts';

export type ZoneRecords = {
  readonly id: string;
  /** With a trailing dot. */
  readonly name: string;
  readonly recordSets: readonly StoredSet[];
};

const CHANGES_MAX = 1_000;
/** Characters of all values of a batch; those of an UPSERT count twice, as Route 53 counts them. */
const VALUE_CHARACTERS_MAX = 32_000;

const sameContent = (a: StoredSet, b: StoredSet): boolean => {
  const content = (set: StoredSet) => [
    set.policy ?? null,
    set.healthCheckId ?? null,
    'alias' in set ? set.alias : { ttlS: set.ttlS, values: [...set.values].sort() },
  ];
  return JSON.stringify(content(a)) === JSON.stringify(content(b));
};

const title = ({ name, type, policy }: StoredSet) => {
  const identifier = policy ? `, set-identifier='${policy.setIdentifier}'` : '';
  return `[name='${wireName(name)}', type='${type}'${identifier}]`;
};

/** One change against the records so far: the new records, or what is wrong. */
const applyOne = (
  action: string,
  set: StoredSet,
  sets: readonly StoredSet[],
  zone: ZoneRecords,
): { sets: readonly StoredSet[] } | { fault: string } => {
  const current = sets.find((other) => sameSet(other, set));
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
  const neighbours = others.filter(({ name, type }) => name === set.name && type !== set.type);
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

const checkSize = (changes: readonly Change[]): void => {
  if (changes.length === 0) {
    throw invalidInput('Invalid request: Expected at least one Change in ChangeBatch');
  }
  if (changes.length > CHANGES_MAX) {
    throw batchError([`Number of records limit of ${CHANGES_MAX} exceeded.`]);
  }
  const characters = changes.reduce((sum, { Action, ResourceRecordSet: set }) => {
    const own = (set?.ResourceRecords ?? []).reduce((n, { Value }) => n + (Value ?? '').length, 0);
    return sum + (Action === 'UPSERT' ? 2 : 1) * own;
  }, 0);
  if (characters > VALUE_CHARACTERS_MAX) {
    throw batchError([`Number of characters limit of ${VALUE_CHARACTERS_MAX} exceeded.`]);
  }
};

/**
 * The records of `zone` after the whole batch, in the order of the API. All or nothing: throws
 * InvalidInput for a malformed request, NoSuchHealthCheck, and InvalidChangeBatch with every fault
 * of a well-formed one. Record sets are held against one another as they stand at the end.
 */
export const applyChanges = (
  zone: ZoneRecords,
  changes: readonly Change[],
  {
    isHealthCheck,
    isBalancer,
  }: {
    readonly isHealthCheck: (id: string) => boolean;
    /** Whether there is a load balancer of this name. */
    readonly isBalancer: (dnsName: string) => boolean;
  },
): StoredSet[] => {
  checkSize(changes);
  const faults: string[] = [];
  const seen = new Map<string, string>();
  const changed: StoredSet[] = [];
  let sets = zone.recordSets;
  for (const change of changes) {
    try {
      const set = readChange(change, zone.id);
      const action = change.Action ?? '';
      if (action !== 'DELETE') requireHealthCheck(set, isHealthCheck);
      const key = `${set.type} ${wireName(set.name)} ${set.policy?.setIdentifier ?? ''}`.trim();
      const before = seen.get(key);
      if (before !== undefined && !(before === 'DELETE' && action !== 'DELETE')) {
        faults.push(
          `The request contains an invalid set of changes for a resource record set '${key}'`,
        );
      }
      seen.set(key, action);
      const own = action === 'DELETE' ? [] : faultsOf(set, zone.name);
      const result = own.length > 0 ? undefined : applyOne(action, set, sets, zone);
      faults.push(...own);
      if (result && 'fault' in result) faults.push(result.fault);
      else if (result) sets = result.sets;
      if (action !== 'DELETE') changed.push(set);
    } catch (error) {
      if (!(error instanceof RdataError)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length === 0) {
    const standing = sets;
    // A load balancer that is gone is no fault of a change that leaves its alias alone.
    const untouched = (dnsName: string): boolean =>
      !changed.some((set) => 'alias' in set && balancerName(set.alias.dnsName) === dnsName);
    faults.push(
      ...changed.flatMap((set) => siblingFaults(set, standing)),
      ...aliasFaults(sets, (dnsName) => untouched(dnsName) || isBalancer(dnsName)),
    );
  }
  if (faults.length > 0) throw batchError(faults);
  return inOrder(sets);
};

const requireHealthCheck = (set: StoredSet, isHealthCheck: (id: string) => boolean): void => {
  const { healthCheckId } = set;
  if (healthCheckId === undefined || isHealthCheck(healthCheckId)) return;
  throw new AwsError(
    'NoSuchHealthCheck',
    `A health check with id ${healthCheckId} does not exist, so that '${wireName(set.name)}' cannot use it`,
  );
};

const batchError = (messages: string[]) =>
  new AwsError('InvalidChangeBatch', `[${messages.join(', ')}]`, { messages });
