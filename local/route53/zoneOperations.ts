import type {
  CreateHostedZoneRequest,
  DeleteHostedZoneRequest,
  GetHostedZoneRequest,
  ListHostedZonesByNameRequest,
  ListHostedZonesRequest,
} from '@aws-sdk/client-route-53';
import { assertDomainName, RdataError } from '../dns/rdata.ts';
import { AwsError, type Operations } from '../wire/types.ts';
import type { ChangeState, HostedZoneState } from './hostedZones.ts';
import { NAME_SERVERS, ZONE_SOA } from './nameServers.ts';
import { pageSize } from './paging.ts';
import { inOrder, type StoredSet, sortKey, storedName, wireName } from './recordSets.ts';
import { bareId, type Route53Store } from './store.ts';

const PAGE_MAX = 100;
const DELEGATION_SET = { NameServers: NAME_SERVERS.map(({ name }) => name) };

const zoneToWire = (zone: HostedZoneState) => ({
  Id: `/hostedzone/${zone.id}`,
  Name: wireName(zone.name),
  CallerReference: zone.callerReference,
  Config: { PrivateZone: false, ...(zone.comment !== undefined && { Comment: zone.comment }) },
  ResourceRecordSetCount: zone.recordSets.length,
});

const apexRecords = (name: string): StoredSet[] => [
  { name, type: 'NS', ttlS: 172_800, values: NAME_SERVERS.map((server) => `${server.name}.`) },
  { name, type: 'SOA', ttlS: 900, values: [ZONE_SOA] },
];

const checkZoneRequest = (request: CreateHostedZoneRequest): string => {
  if (!request.Name) throw new AwsError('InvalidInput', 'Name is required');
  if (!request.CallerReference) throw new AwsError('InvalidInput', 'CallerReference is required');
  if (request.VPC || request.HostedZoneConfig?.PrivateZone) {
    throw new AwsError('InvalidInput', 'Private hosted zones are not supported; leave VPC out');
  }
  if (request.DelegationSetId) {
    throw new AwsError('InvalidInput', 'Reusable delegation sets are not supported');
  }
  const name = storedName(request.Name);
  try {
    assertDomainName(name);
  } catch (error) {
    if (!(error instanceof RdataError)) throw error;
    throw new AwsError('InvalidDomainName', `${request.Name}: ${error.message}`);
  }
  return name;
};

type Needs = {
  readonly store: Route53Store;
  /** A change that is accepted now. */
  readonly newChange: () => ChangeState;
};

export const zoneOperations = ({ store, newChange }: Needs) =>
  ({
    CreateHostedZone: async (request: CreateHostedZoneRequest) => {
      const name = checkZoneRequest(request);
      const { zones } = store.value;
      const callerReference = request.CallerReference ?? '';
      if (zones.some((zone) => zone.callerReference === callerReference)) {
        throw new AwsError(
          'HostedZoneAlreadyExists',
          `A hosted zone has already been created with the specified caller reference: ${callerReference}`,
        );
      }
      if (zones.some((zone) => zone.name === name)) {
        throw new AwsError(
          'ConflictingDomainExists',
          `A hosted zone named ${name} exists already and these name servers can serve one only`,
        );
      }
      const comment = request.HostedZoneConfig?.Comment;
      const zone: HostedZoneState = {
        id: store.newId('Z'),
        name,
        callerReference,
        ...(comment !== undefined && { comment }),
        recordSets: inOrder(apexRecords(name)),
        pending: [],
      };
      const change = newChange();
      await store.saveChange([...zones, zone], change);
      return {
        HostedZone: zoneToWire(zone),
        ChangeInfo: store.changeToWire(change),
        DelegationSet: DELEGATION_SET,
        Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
      };
    },
    DeleteHostedZone: async ({ Id }: DeleteHostedZoneRequest) => {
      const zone = store.zoneById(Id);
      if (
        zone.recordSets.some(({ name, type }) => name !== zone.name || !/^(NS|SOA)$/.test(type))
      ) {
        throw new AwsError(
          'HostedZoneNotEmpty',
          'The specified hosted zone contains non-required resource record sets and so cannot be deleted.',
        );
      }
      const change = newChange();
      await store.saveChange(
        store.value.zones.filter((other) => other !== zone),
        change,
      );
      return { ChangeInfo: store.changeToWire(change) };
    },
    GetHostedZone: ({ Id }: GetHostedZoneRequest) => ({
      HostedZone: zoneToWire(store.zoneById(Id)),
      DelegationSet: DELEGATION_SET,
    }),
    GetHostedZoneCount: () => ({ HostedZoneCount: store.value.zones.length }),
    ListHostedZones: (request: ListHostedZonesRequest) => {
      const size = pageSize(request.MaxItems, PAGE_MAX);
      const zones = store.value.zones.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const rest = zones.filter(({ id }) => id >= bareId(request.Marker));
      return {
        HostedZones: rest.slice(0, size).map(zoneToWire),
        Marker: request.Marker ?? '',
        IsTruncated: rest.length > size,
        ...(rest[size] && { NextMarker: rest[size].id }),
        MaxItems: size,
      };
    },
    ListHostedZonesByName: (request: ListHostedZonesByNameRequest) => {
      const { DNSName, HostedZoneId } = request;
      if (HostedZoneId !== undefined && DNSName === undefined) {
        throw new AwsError('InvalidInput', 'HostedZoneId needs DNSName beside it');
      }
      const size = pageSize(request.MaxItems, PAGE_MAX);
      const from = DNSName === undefined ? '' : sortKey(storedName(DNSName), bareId(HostedZoneId));
      const keyOf = (zone: HostedZoneState) => sortKey(zone.name, zone.id);
      const rest = store.value.zones
        .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
        .filter((zone) => keyOf(zone) >= from);
      const next = rest[size];
      return {
        HostedZones: rest.slice(0, size).map(zoneToWire),
        ...(DNSName !== undefined && { DNSName }),
        ...(HostedZoneId !== undefined && { HostedZoneId }),
        IsTruncated: next !== undefined,
        ...(next && { NextDNSName: wireName(next.name), NextHostedZoneId: next.id }),
        MaxItems: size,
      };
    },
  }) satisfies Operations;
