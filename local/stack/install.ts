/**
 * Puts a service into the embedded cloud: the stacks of every region, and what on AWS the service itself
 * brings along (its zone with the record, its data table), so that a drill finds all it asks for.
 */

import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { ChangeResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { isAwsError } from '../../aws/sdk.ts';
import { defaultVantages } from '../../core/drill/plan.ts';
import type { Config } from '../../events/config.ts';
import { dataTableParams } from '../../events/dataTable.ts';
import { zoneOf } from '../../events/watchPlanOf.ts';
import type { Cloud } from '../cloud.ts';
import { functionBundles, PROJECT_FOLDER } from './bundles.ts';
import { type Clients, openClients } from './clients.ts';
import { deploy } from './deploy.ts';
import { ensureWebhook, type SlackRoute } from './webhook.ts';
import { ensureZone, isWatched, placeholderOf } from './zones.ts';

/** Where the drill's own state lives: in the standby, never in the primary. */
export const homeRegionOf = (config: Config): string => config.regions.standby.name;

/** Regions that place variants, and regions that probe. */
export const regionsOf = (config: Config): { serving: string[]; vantages: string[] } => {
  const { primary, standby, witness } = config.regions;
  const serving = [primary.name, standby.name];
  return {
    serving,
    vantages: config.drill.vantages ?? defaultVantages(serving, witness?.name, config.observers),
  };
};

export const SCHEDULE_PREFIX = 'failover-drill-';

/** Name of the nightly schedule, as the template spells it. */
export const scheduleNameOf = ({ service }: Config): string => `${SCHEDULE_PREFIX}${service}`;

/** The SSM parameter of the configuration, or the one the embedded sink gets when none is named. */
export const slackParameterOf = (config: Config): string =>
  config.notify.slack?.replace(/^ssm:/, '') ?? `/failover/${config.service}/slack-webhook`;

const ensureDataTable = async ({ dynamodb }: Clients, table: string): Promise<void> => {
  await dynamodb
    .send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    .catch((error: unknown) => {
      if (!isAwsError(error, 'ResourceInUseException')) throw error;
    });
};

/** A table of the service, in all its regions. `clients` are those of one of them. */
export const ensureReplicatedTable = async (
  cloud: Pick<Cloud, 'dynamodb'>,
  clients: Clients,
  table: string,
  regions: readonly string[],
): Promise<void> => {
  await ensureDataTable(clients, table);
  await cloud.dynamodb.replicate(table, regions);
};

/**
 * The record answers with the primary's first address, as a service that runs there would have it.
 * One that is watched says where traffic is, and is left alone.
 */
const ensureRecord = async (
  { route53 }: Clients,
  config: Config,
  record: string,
): Promise<void> => {
  const zoneId = await ensureZone(route53, zoneOf(config, record));
  if (await isWatched(route53, zoneId, record)) return;
  await route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zoneId,
      ChangeBatch: {
        Changes: [
          {
            Action: 'UPSERT',
            ResourceRecordSet: {
              Name: record,
              Type: 'A',
              TTL: Math.round(config.dns.ttl / 1_000),
              ResourceRecords: [{ Value: placeholderOf(config) }],
            },
          },
        ],
      },
    }),
  );
};

export type Installation = {
  /** Where Slack messages go. */
  readonly slack: SlackRoute;
  readonly homeRegion: string;
  readonly bucket: string;
  readonly table: string;
  readonly machineArn: string;
};

/** Name of things in the home region, as the templates spell them. */
export const installationOf = (config: Config): Omit<Installation, 'slack'> => {
  const homeRegion = homeRegionOf(config);
  return {
    homeRegion,
    bucket: `failover-drill-${config.service}-000000000000-${homeRegion}`,
    table: `failover-drill-${config.service}`,
    machineArn: `arn:aws:states:${homeRegion}:000000000000:stateMachine:failover-drill-${config.service}`,
  };
};

export type InstallOptions = {
  readonly cloud: Cloud;
  /** Where bundled functions are kept, for all data folders. */
  readonly bundleDir: string;
  readonly nowMs: number;
  readonly config: Config;
  /** S3 key of the configuration that the nightly schedule uses. */
  readonly configKey: string;
  /** Only `failover up` lets the schedule fire. */
  readonly scheduled: boolean;
  /** A real incoming webhook; empty for the sink, undefined for what was chosen last. */
  readonly webhook: string | undefined;
};

/** Deploys everything. Safe to repeat. */
export const install = async (options: InstallOptions): Promise<Installation> => {
  const { cloud, config, bundleDir, nowMs } = options;
  const { serving, vantages } = regionsOf(config);
  const { drill, service } = config;
  const dataTables = config.probes.flatMap((probe) =>
    probe.kind === 'database' ? [probe.table] : [],
  );
  const params = {
    service,
    configKey: options.configKey,
    timezone: drill.timezone,
    ...(drill.schedule ? { schedule: drill.schedule } : {}),
    scheduleState: drill.schedule && options.scheduled ? 'ENABLED' : 'DISABLED',
    slackParameter: slackParameterOf(config),
    // The relays of the embedded network accept connections themselves.
    connectPath: 'proxied',
    ...dataTableParams(config),
  };
  const bundleOf = await functionBundles(bundleDir, nowMs);
  const common = {
    folder: PROJECT_FOLDER,
    endpoint: cloud.endpoint,
    lambda: cloud.lambda,
    iam: cloud.iam,
    bundleOf,
  };
  const home = homeRegionOf(config);
  await deploy({ ...common, region: home, params: { ...params, role: 'control' } });
  for (const region of serving) {
    await deploy({ ...common, region, params: { ...params, role: 'serving' } });
  }
  for (const region of vantages) {
    await deploy({ ...common, region, params: { ...params, role: 'observer' } });
  }
  const clients = openClients(cloud.endpoint, home);
  const primary = openClients(cloud.endpoint, config.regions.primary.name);
  try {
    const slack = await ensureWebhook(
      clients,
      slackParameterOf(config),
      cloud.slack.url,
      options.webhook,
    );
    for (const table of dataTables) await ensureReplicatedTable(cloud, primary, table, serving);
    if (config.record) await ensureRecord(clients, config, config.record);
    return { ...installationOf(config), slack };
  } finally {
    clients.close();
    primary.close();
  }
};
