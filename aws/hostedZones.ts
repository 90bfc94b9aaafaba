/** Zones of Route 53, and what is answered there for one name. */
import {
  GetHealthCheckCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

export type ZoneSet = {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
  /** An alias answers by what it points at. */
  readonly alias: string | null;
  /** PRIMARY or SECONDARY; null where the set answers alone. */
  readonly failover: string | null;
  /** Another policy than failover, or none. */
  readonly identifier: string | null;
  /** The reference under which its health check was made. */
  readonly checkReference: string | null;
};

const ZONES_MAX = 10;

/** As a person writes it: Route 53 ends names with a dot. */
const plain = (name: string): string => name.replace(/\.$/, '').toLowerCase();

export const openHostedZones = (sdk: SdkSettings = {}) => {
  const route53 = new Route53Client({ maxAttempts: MAX_ATTEMPTS, region: 'us-east-1', ...sdk });

  /** Ids of the public zones of exactly this name. */
  const publicZones = async (zone: string): Promise<string[]> => {
    const { HostedZones = [] } = await route53.send(
      new ListHostedZonesByNameCommand({ DNSName: zone, MaxItems: ZONES_MAX }),
    );
    return HostedZones.filter(
      ({ Name, Config }) => plain(Name ?? '') === plain(zone) && Config?.PrivateZone !== true,
    ).flatMap(({ Id }) => (Id === undefined ? [] : [Id.replace(/^\/hostedzone\//, '')]));
  };

  const referenceOf = async (id: string): Promise<string | null> => {
    const { HealthCheck } = await route53.send(new GetHealthCheckCommand({ HealthCheckId: id }));
    return HealthCheck?.CallerReference ?? null;
  };

  /** All sets of one name. */
  const sets = async (zoneId: string, name: string): Promise<ZoneSet[]> => {
    const { ResourceRecordSets = [] } = await route53.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, StartRecordName: name }),
    );
    const own = ResourceRecordSets.filter(({ Name }) => plain(Name ?? '') === plain(name));
    return Promise.all(
      own.map(async (set) => ({
        name: plain(set.Name ?? ''),
        type: set.Type ?? '',
        values: (set.ResourceRecords ?? []).map(({ Value }) => Value ?? ''),
        alias: set.AliasTarget?.DNSName ?? null,
        failover: set.Failover ?? null,
        identifier: set.SetIdentifier ?? null,
        checkReference:
          set.HealthCheckId === undefined ? null : await referenceOf(set.HealthCheckId),
      })),
    );
  };

  const close = (): void => route53.destroy();
  return { publicZones, sets, close };
};

export type HostedZones = ReturnType<typeof openHostedZones>;
