import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { isServedType, RdataError } from '../dns/rdata.ts';
import { AwsError } from '../wire/types.ts';
import { BALANCER_ZONE } from './balancers.ts';
import { type Policy, type StoredSet, storedName, WEIGHT_MAX } from './recordSets.ts';

export const invalidInput = (message: string) => new AwsError('InvalidInput', message);

/** Members that ask for routing which has no evaluator here. */
const REFUSED_MEMBERS = [
  ['GeoLocation', 'geolocation'],
  ['GeoProximityLocation', 'geoproximity'],
  ['CidrRoutingConfig', 'IP-based'],
  ['TrafficPolicyInstanceId', 'traffic policy'],
] as const satisfies readonly (readonly [keyof ResourceRecordSet, string])[];

const POLICY_MEMBERS = ['Weight', 'Region', 'Failover', 'MultiValueAnswer'] as const;

const refuseRouting = (set: ResourceRecordSet): void => {
  for (const [member, policy] of REFUSED_MEMBERS) {
    if (set[member] === undefined) continue;
    throw invalidInput(
      `Invalid request: ${member} asks for ${policy} routing of '${set.Name}', which this Route 53 does not offer; it has failover, weighted, latency and multivalue answer routing`,
    );
  }
};

const named = ({ Action, ResourceRecordSet: set }: Change): string =>
  `Change with [Action=${Action}, Name=${set?.Name}, Type=${set?.Type}, SetIdentifier=${set?.SetIdentifier ?? null}]`;

const policyOf = (set: ResourceRecordSet, setIdentifier: string): Policy => {
  const { Failover, Weight, Region } = set;
  if (Failover === 'PRIMARY' || Failover === 'SECONDARY') {
    return { kind: 'failover', setIdentifier, role: Failover };
  }
  if (Failover !== undefined) {
    throw invalidInput(`Invalid request: Failover is PRIMARY or SECONDARY, not '${Failover}'`);
  }
  if (Weight !== undefined) {
    if (Number.isInteger(Weight) && Weight >= 0 && Weight <= WEIGHT_MAX) {
      return { kind: 'weighted', setIdentifier, weight: Weight };
    }
    throw invalidInput(
      `Invalid request: Weight is a whole number from 0 to ${WEIGHT_MAX}, not ${Weight}`,
    );
  }
  if (Region !== undefined) return { kind: 'latency', setIdentifier, region: Region };
  if (set.MultiValueAnswer) return { kind: 'multivalue', setIdentifier };
  throw invalidInput('Invalid request: MultiValueAnswer false is not offered, leave it out');
};

const readPolicy = (change: Change, set: ResourceRecordSet): Policy | undefined => {
  const given = POLICY_MEMBERS.filter((member) => set[member] !== undefined);
  if (set.SetIdentifier === undefined) {
    if (given.length === 0) return undefined;
    throw invalidInput(`Invalid request: Missing field 'SetIdentifier' in ${named(change)}`);
  }
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : 'more than one';
    throw invalidInput(
      `Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, or MultiValueAnswer], but found ${found} in ${named(change)}`,
    );
  }
  if (set.SetIdentifier.length < 1 || set.SetIdentifier.length > 128) {
    throw invalidInput(
      `Invalid request: SetIdentifier has 1 to 128 characters in ${named(change)}`,
    );
  }
  return policyOf(set, set.SetIdentifier);
};

const readAlias = (set: ResourceRecordSet, ownZoneId: string) => {
  const target = set.AliasTarget;
  const zoneId = target?.HostedZoneId?.replace(/^\/hostedzone\//, '') ?? '';
  const dnsName = storedName(target?.DNSName ?? '');
  const evaluate = target?.EvaluateTargetHealth ?? false;
  if (zoneId !== ownZoneId && zoneId !== BALANCER_ZONE) {
    throw new RdataError(
      'AliasTarget',
      `Tried to create an alias that targets ${dnsName}, type ${set.Type} in zone ${zoneId}, but that target was not found`,
    );
  }
  if (zoneId === BALANCER_ZONE && evaluate) {
    throw new RdataError(
      'AliasTarget',
      `The embedded Route 53 does not ask load balancers for their health: set EvaluateTargetHealth of ${set.Name} to false`,
    );
  }
  return { zoneId, dnsName, evaluate };
};

/**
 * The record set of a change request. Throws InvalidInput for a malformed one and an RdataError for
 * an alias that leads out of the zone.
 */
export const readChange = (change: Change, zoneId: string): StoredSet => {
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
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found ${found} in ${named(change)}`,
    );
  }
  if (!isServedType(set.Type)) {
    throw invalidInput(`Invalid request: records of type ${set.Type} are not served here`);
  }
  const policy = readPolicy(change, set);
  const owner = {
    name: storedName(set.Name),
    type: set.Type,
    ...(policy && { policy }),
    ...(set.HealthCheckId !== undefined && { healthCheckId: set.HealthCheckId }),
  };
  if (set.AliasTarget) return { ...owner, alias: readAlias(set, zoneId) };
  const values = (set.ResourceRecords ?? []).map(({ Value }) => (Value ?? '').trim());
  return { ...owner, ttlS: set.TTL ?? 0, values };
};
