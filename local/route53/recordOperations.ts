import type {
  ChangeResourceRecordSetsRequest,
  GetChangeRequest,
  ListResourceRecordSetsRequest,
} from '@aws-sdk/client-route-53';
import { AwsError, type Operations } from '../wire/types.ts';
import type { Route53Faults } from './accountLimits.ts';
import type { BalancerAddress } from './balancers.ts';
import { applyChanges } from './changes.ts';
import { type ChangeState, withRecords } from './hostedZones.ts';
import { pageSize } from './paging.ts';
import { setToWire, sortKey, sortKeyOf, storedName, wireName } from './recordSets.ts';
import { bareId, type Route53Store } from './store.ts';

const PAGE_MAX = 300;

type Needs = {
  readonly store: Route53Store;
  readonly faults: () => Route53Faults;
  /** A change that is accepted now and arrives no earlier than `notBeforeMs`. */
  readonly newChange: (comment?: string, notBeforeMs?: number) => ChangeState;
  readonly balancerAddress: BalancerAddress;
};

const notComplete = () =>
  new AwsError(
    'PriorRequestNotComplete',
    'The request was rejected because Route 53 was still processing a prior request.',
  );

const startOf = (request: ListResourceRecordSetsRequest): string => {
  const { StartRecordName, StartRecordType, StartRecordIdentifier } = request;
  if (StartRecordType !== undefined && StartRecordName === undefined) {
    throw new AwsError('InvalidInput', 'The request has StartRecordType without StartRecordName');
  }
  if (StartRecordIdentifier !== undefined && StartRecordType === undefined) {
    throw new AwsError(
      'InvalidInput',
      'The request has StartRecordIdentifier without StartRecordType',
    );
  }
  if (StartRecordName === undefined) return '';
  return sortKey(storedName(StartRecordName), StartRecordType, StartRecordIdentifier);
};

export const recordOperations = ({ store, faults, newChange, balancerAddress }: Needs) => {
  /** Zones with a change that is not on disk yet. */
  const changing = new Set<string>();

  const change = async (request: ChangeResourceRecordSetsRequest) => {
    const zone = store.zoneById(request.HostedZoneId);
    if (changing.has(zone.id) || faults().busy) throw notComplete();
    const { healthChecks, zones } = store.value;
    const recordSets = applyChanges(zone, request.ChangeBatch?.Changes ?? [], {
      isHealthCheck: (id) => healthChecks.some((check) => check.id === id),
      isBalancer: (dnsName) => balancerAddress(dnsName) !== undefined,
    });
    // Name servers get changes in order, also when the delay has been shortened meanwhile.
    const accepted = newChange(request.ChangeBatch?.Comment, zone.pending.at(-1)?.dueAtMs);
    if (faults().losesChanges) return { ChangeInfo: store.changeToWire(accepted) };
    const unseenBy = faults().unseenBy ?? [];
    const changed = withRecords(zone, recordSets, accepted, unseenBy);
    changing.add(zone.id);
    try {
      await store.saveChange(
        zones.map((other) => (other === zone ? changed : other)),
        accepted,
      );
    } finally {
      changing.delete(zone.id);
    }
    return { ChangeInfo: store.changeToWire(accepted) };
  };

  return {
    ChangeResourceRecordSets: change,
    ListResourceRecordSets: (request: ListResourceRecordSetsRequest) => {
      const zone = store.zoneById(request.HostedZoneId);
      const size = pageSize(request.MaxItems, PAGE_MAX);
      const from = startOf(request);
      const rest = zone.recordSets.filter((set) => sortKeyOf(set) >= from);
      const next = rest[size];
      const identifier = next?.policy?.setIdentifier;
      return {
        ResourceRecordSets: rest.slice(0, size).map(setToWire),
        IsTruncated: next !== undefined,
        ...(next && { NextRecordName: wireName(next.name), NextRecordType: next.type }),
        ...(identifier !== undefined && { NextRecordIdentifier: identifier }),
        MaxItems: size,
      };
    },
    GetChange: ({ Id }: GetChangeRequest) => {
      const found = store.value.changes.find(({ id }) => id === bareId(Id));
      if (!found) {
        throw new AwsError('NoSuchChange', `Could not find resource with ID: ${bareId(Id)}`);
      }
      return { ChangeInfo: store.changeToWire(found) };
    },
  } satisfies Operations;
};
