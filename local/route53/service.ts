import path from 'node:path';
import type {
  ChangeResourceRecordSetsRequest,
  CreateHostedZoneRequest,
  DeleteHostedZoneRequest,
  GetChangeRequest,
  GetHostedZoneRequest,
  ListHostedZonesByNameRequest,
  ListHostedZonesRequest,
  ListResourceRecordSetsRequest,
  ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import type { Clock } from '../clock.ts';
import { assertDomainName, RdataError } from '../dns/rdata.ts';
import type { DnsZone } from '../dns/zone.ts';
import { openStateFile } from '../state/stateFile.ts';
import { AwsError, type Operations } from '../wire/types.ts';
import { applyChanges } from './changes.ts';
import {
  type ChangeState,
  createZoneIndex,
  type HostedZoneState,
  route53State,
  withRecords,
} from './hostedZones.ts';
import { inOrder, type StoredSet, sortKey, storedName, wireName } from './recordSets.ts';

export type Route53Options = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Uniform from 0 up to 1; gives the ids of zones and changes. */
  readonly random: () => number;
  /** From an accepted change to INSYNC and to the new DNS answer, in milliseconds. */
  readonly propagationMs?: number;
  /** Names of the name servers in each zone's NS record. */
  readonly nameServers?: readonly [string, ...string[]];
};

export type Route53 = {
  readonly operations: Operations;
  /** The zones as the name servers know them now, for `startDnsServer`. */
  dnsZones(): readonly DnsZone[];
  /** Changes accepted from now on take this long to reach the name servers. */
  setPropagationMs(ms: number): void;
  close(): Promise<void>;
};

const PROPAGATION_MS = 1_000;
// Names under localhost belong to this machine (RFC 6761), as the name servers do.
const NAME_SERVERS: readonly [string, ...string[]] = [
  'ns-1.dns.localhost',
  'ns-2.dns.localhost',
  'ns-3.dns.localhost',
  'ns-4.dns.localhost',
];
const PAGE_MAX = 300;
const ZONES_PAGE_MAX = 100;
const CHANGES_KEPT_MAX = 1_000;
const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

const pageSize = (asked: number | undefined, max: number): number => {
  if (asked === undefined) return max;
  if (Number.isInteger(asked) && asked >= 1) return Math.min(asked, max);
  throw new AwsError('InvalidInput', `MaxItems must be a whole number >= 1, not ${asked}`);
};

const bareId = (id: string | undefined): string =>
  (id ?? '').replace(/^\/(hostedzone|change)\//, '');

const toWire = (set: StoredSet): ResourceRecordSet => {
  const owner = { Name: wireName(set.name), Type: set.type };
  if (!('alias' in set)) {
    return { ...owner, TTL: set.ttlS, ResourceRecords: set.values.map((Value) => ({ Value })) };
  }
  const { zoneId, dnsName, evaluate } = set.alias;
  const target = { HostedZoneId: zoneId, DNSName: dnsName, EvaluateTargetHealth: evaluate };
  return { ...owner, AliasTarget: target };
};

const zoneToWire = (zone: HostedZoneState) => ({
  Id: `/hostedzone/${zone.id}`,
  Name: wireName(zone.name),
  CallerReference: zone.callerReference,
  Config: { PrivateZone: false, ...(zone.comment !== undefined && { Comment: zone.comment }) },
  ResourceRecordSetCount: zone.recordSets.length,
});

const apexRecords = (name: string, nameServers: readonly [string, ...string[]]): StoredSet[] => [
  { name, type: 'NS', ttlS: 172_800, values: nameServers.map((server) => `${server}.`) },
  {
    name,
    type: 'SOA',
    ttlS: 900,
    values: [`${nameServers[0]}. hostmaster.dns.localhost. 1 7200 900 1209600 86400`],
  },
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

/**
 * The embedded Route 53: public hosted zones with simple records. Global, whatever region is
 * asked.
 */
export const createRoute53 = async (options: Route53Options): Promise<Route53> => {
  const { dataDir, clock, random, nameServers = NAME_SERVERS } = options;
  let propagationMs = options.propagationMs ?? PROPAGATION_MS;
  const file = path.join(dataDir, 'route53', 'state.json');
  const state = await openStateFile(file, route53State, { zones: [], changes: [] });
  const indexZones = createZoneIndex();
  const delegationSet = { NameServers: [...nameServers] };

  const newId = (prefix: string, taken: readonly { readonly id: string }[]): string => {
    for (;;) {
      const letters = Array.from({ length: 20 }, () => ID_LETTERS[Math.floor(random() * 36)]);
      const id = prefix + letters.join('');
      if (!taken.some((other) => other.id === id)) return id;
    }
  };
  const zoneById = (id: string | undefined): HostedZoneState => {
    const zone = state.value.zones.find((candidate) => candidate.id === bareId(id));
    if (zone) return zone;
    throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${bareId(id)}`);
  };
  const newChange = (dueAtMs: number, comment?: string): ChangeState => ({
    id: newId('C', state.value.changes),
    submittedAtMs: clock.now(),
    dueAtMs,
    ...(comment !== undefined && { comment }),
  });
  const changeInfo = (change: ChangeState) => ({
    Id: `/change/${change.id}`,
    Status: clock.now() >= change.dueAtMs ? ('INSYNC' as const) : ('PENDING' as const),
    SubmittedAt: new Date(change.submittedAtMs),
    ...(change.comment !== undefined && { Comment: change.comment }),
  });
  const keep = (zones: HostedZoneState[], change: ChangeState) =>
    state.save({ zones, changes: [...state.value.changes, change].slice(-CHANGES_KEPT_MAX) });

  const byName = (): HostedZoneState[] =>
    state.value.zones.toSorted((a, b) => (sortKey(a.name, a.id) < sortKey(b.name, b.id) ? -1 : 1));

  const operations = {
    CreateHostedZone: async (request: CreateHostedZoneRequest) => {
      const name = checkZoneRequest(request);
      const { zones } = state.value;
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
      const recordSets = inOrder(apexRecords(name, nameServers));
      const comment = request.HostedZoneConfig?.Comment;
      const zone: HostedZoneState = {
        id: newId('Z', zones),
        name,
        callerReference,
        ...(comment !== undefined && { comment }),
        recordSets,
        served: recordSets,
        pending: [],
      };
      const change = newChange(clock.now() + propagationMs);
      await keep([...zones, zone], change);
      return {
        HostedZone: zoneToWire(zone),
        ChangeInfo: changeInfo(change),
        DelegationSet: delegationSet,
        Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
      };
    },
    DeleteHostedZone: async ({ Id }: DeleteHostedZoneRequest) => {
      const zone = zoneById(Id);
      if (
        zone.recordSets.some(({ name, type }) => name !== zone.name || !/^(NS|SOA)$/.test(type))
      ) {
        throw new AwsError(
          'HostedZoneNotEmpty',
          'The specified hosted zone contains non-required resource record sets and so cannot be deleted.',
        );
      }
      const change = newChange(clock.now() + propagationMs);
      await keep(
        state.value.zones.filter((other) => other !== zone),
        change,
      );
      return { ChangeInfo: changeInfo(change) };
    },
    GetHostedZone: ({ Id }: GetHostedZoneRequest) => ({
      HostedZone: zoneToWire(zoneById(Id)),
      DelegationSet: delegationSet,
    }),
    GetHostedZoneCount: () => ({ HostedZoneCount: state.value.zones.length }),
    ListHostedZones: (request: ListHostedZonesRequest) => {
      const size = pageSize(request.MaxItems, ZONES_PAGE_MAX);
      const zones = state.value.zones.toSorted((a, b) => (a.id < b.id ? -1 : 1));
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
      const size = pageSize(request.MaxItems, ZONES_PAGE_MAX);
      const from = DNSName === undefined ? '' : sortKey(storedName(DNSName), bareId(HostedZoneId));
      const rest = byName().filter((zone) => sortKey(zone.name, zone.id) >= from);
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
    ChangeResourceRecordSets: async (request: ChangeResourceRecordSetsRequest) => {
      const zone = zoneById(request.HostedZoneId);
      const recordSets = applyChanges(zone, request.ChangeBatch?.Changes ?? []);
      const now = clock.now();
      // Name servers get changes in order, also when the delay has been shortened meanwhile.
      const dueAtMs = Math.max(now + propagationMs, zone.pending.at(-1)?.dueAtMs ?? 0);
      const change = newChange(dueAtMs, request.ChangeBatch?.Comment);
      const changed = withRecords(zone, recordSets, now, dueAtMs);
      await keep(
        state.value.zones.map((other) => (other === zone ? changed : other)),
        change,
      );
      return { ChangeInfo: changeInfo(change) };
    },
    ListResourceRecordSets: (request: ListResourceRecordSetsRequest) => {
      const zone = zoneById(request.HostedZoneId);
      const { StartRecordName, StartRecordType, StartRecordIdentifier } = request;
      if (StartRecordType !== undefined && StartRecordName === undefined) {
        throw new AwsError(
          'InvalidInput',
          'The request has StartRecordType without StartRecordName',
        );
      }
      if (StartRecordIdentifier !== undefined) {
        throw new AwsError('InvalidInput', 'StartRecordIdentifier: no record set here has one');
      }
      const size = pageSize(request.MaxItems, PAGE_MAX);
      const from =
        StartRecordName === undefined ? '' : sortKey(storedName(StartRecordName), StartRecordType);
      const rest = zone.recordSets.filter((set) => sortKey(set.name, set.type) >= from);
      const next = rest[size];
      return {
        ResourceRecordSets: rest.slice(0, size).map(toWire),
        IsTruncated: next !== undefined,
        ...(next && { NextRecordName: wireName(next.name), NextRecordType: next.type }),
        MaxItems: size,
      };
    },
    GetChange: ({ Id }: GetChangeRequest) => {
      const change = state.value.changes.find(({ id }) => id === bareId(Id));
      if (!change) {
        throw new AwsError('NoSuchChange', `Could not find resource with ID: ${bareId(Id)}`);
      }
      return { ChangeInfo: changeInfo(change) };
    },
  } satisfies Operations;

  return {
    operations,
    dnsZones: () => indexZones(state.value.zones, clock.now()),
    setPropagationMs: (ms) => {
      propagationMs = ms;
    },
    close: () => state.save(state.value),
  };
};
