/** Zones of the embedded Route 53, and the record of a service in one. */
import {
  CreateHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { epochRecordName } from '../../core/failover/switchRecord.ts';
import type { Config } from '../../events/config.ts';
import { HOSTS, regionAddress } from '../network/addresses.ts';

/** The zone of this name, made when there is none. */
export const ensureZone = async (route53: Route53Client, zone: string): Promise<string> => {
  const known = await route53.send(
    new ListHostedZonesByNameCommand({ DNSName: zone, MaxItems: 1 }),
  );
  const found = known.HostedZones?.find(({ Name }) => Name === `${zone}.`)?.Id;
  if (found !== undefined) return found;
  const made = await route53.send(
    new CreateHostedZoneCommand({ Name: zone, CallerReference: `failover-drill-${zone}` }),
  );
  const id = made.HostedZone?.Id;
  if (id === undefined) throw new Error(`the zone ${zone} was made and has no id`);
  return id;
};

/** As policies write it; the API puts its kind before it. */
export const bareZoneId = (zoneId: string): string => zoneId.replace(/^\/hostedzone\//, '');

/** What a drill lets the record answer until something is watched there. */
export const placeholderOf = (config: Config): string =>
  regionAddress(config.regions.primary.name, HOSTS.task);

/** Whether the record says where traffic is: it has an epoch, or answers by health checks. */
export const isWatched = async (
  route53: Route53Client,
  zoneId: string,
  record: string,
): Promise<boolean> => {
  const { ResourceRecordSets: sets = [] } = await route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, StartRecordName: record }),
  );
  return sets.some(
    ({ Name, SetIdentifier }) =>
      Name === `${epochRecordName(record)}.` ||
      (Name === `${record}.` && SetIdentifier !== undefined),
  );
};
