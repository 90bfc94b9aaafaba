/**
 * Puts a watched service into the embedded cloud: its record or switch first, so that DNS answers
 * at once, then the stacks that watch and move it. Safe to repeat: a service that has failed over
 * keeps its answer.
 */

import { openWatchTable } from '../../aws/watchTable.ts';
import { watchBucketOf, watchTableOf } from '../../core/deploy/deployed.ts';
import { DrillError } from '../../core/errors.ts';
import type { Config } from '../../events/config.ts';
import { dataTableParams } from '../../events/dataTable.ts';
import { controllerRegions, shadowOf, type WatchPlan } from '../../events/watchPlan.ts';
import { controllersIn, type TargetFacts, watchPlanOf, zoneOf } from '../../events/watchPlanOf.ts';
import type { Cloud } from '../cloud.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import { functionBundles, PROJECT_FOLDER } from './bundles.ts';
import { CREDENTIALS, openClients } from './clients.ts';
import { deploy } from './deploy.ts';
import { homeRegionOf, slackParameterOf } from './install.ts';
import { formerOf, installControllers, retireSecond } from './installControllers.ts';
import { ensureQuorumSwitch, planQuorumSwitch } from './watchQuorum.ts';
import { ensureSimpleRecord } from './watchRecord.ts';
import { ensureWebhook, type SlackRoute } from './webhook.ts';
import { bareZoneId, ensureZone, placeholderOf } from './zones.ts';

export type WatchInstallOptions = {
  readonly cloud: Cloud;
  readonly config: Config;
  readonly bundleDir: string;
  readonly nowMs: number;
  /** A real incoming webhook; empty for the sink, undefined for what was chosen last. */
  readonly webhook: string | undefined;
  /** What only the one who runs the service knows of its regions; from the endpoints otherwise. */
  readonly targets?: { readonly primary: TargetFacts; readonly standby: TargetFacts };
  /** The shadow name of a rehearsal instead of the real one. */
  readonly shadow?: { readonly record: string };
  readonly signal?: AbortSignal;
};

export type WatchInstallation = {
  readonly plan: WatchPlan;
  readonly homeRegion: string;
  readonly table: string;
  readonly bucket: string;
  readonly machineArns: readonly string[];
  /** Gathers what a move would rest on, and has started what it would run on. */
  readonly prepareFunction: string;
  /** What has to be invoked so that observers look at once. */
  readonly observers: readonly {
    readonly region: string;
    readonly functionName: string;
    readonly input: { readonly service: string };
  }[];
  readonly slack: SlackRoute;
  /** What a person should know, such as a record that another hand has edited. */
  readonly warnings: readonly string[];
};

/** Folders under functions/ that the watch of this configuration runs on. */
const functionsOf = ({ image, failover }: Config): string[] => [
  ...['observe', 'evaluate', 'prepare', 'acquire-lease', 'flip', 'verify', 'finish', 'tell'],
  ...(image === undefined ? [] : ['scale-standby']),
  ...(failover?.mode === 'auto' ? [] : ['approve']),
  ...(failover?.singleWriter || failover?.fence.length ? ['fence'] : []),
];

/** Which names the roles may edit. */
export const recordParams = ({ record, dns }: Config): Record<string, string> =>
  record === undefined
    ? {}
    : { record, ...(dns.driver === 'record' ? { editedRecord: record } : {}) };

/** What templates are told of two controllers; nothing where there is one. */
export const controllerParams = (config: Config): Record<string, string> => {
  const { controllers } = controllersIn(config);
  if (config.record === undefined || controllers === null) return {};
  const { first, second, third } = controllers;
  return {
    controllers: 'two',
    homeRegions: `${first},${second}`,
    secondRegion: second,
    thirdRegion: third,
  };
};

const NOTHING_KNOWN = { primary: {}, standby: {} } as const;

/** Names of things in the home region, as the templates spell them. */
export const watchNamesOf = (config: Config) => {
  const homeRegion = homeRegionOf(config);
  const { service } = config;
  const machine = (kind: string) =>
    `arn:aws:states:${homeRegion}:${ACCOUNT_ID}:stateMachine:failover-drill-${service}-${kind}`;
  return {
    homeRegion,
    table: watchTableOf(service),
    bucket: watchBucketOf({ service, accountId: ACCOUNT_ID, region: homeRegion }),
    machineArns: [machine('failover'), machine('failback')],
    prepareFunction: `failover-drill-${service}-prepare`,
  };
};

type Former = Awaited<ReturnType<typeof formerOf>>;

/** @throws DrillError `ConfigInvalid` when the regions are not those that the state speaks of. */
const activeIn = ({ state }: Former, { service, regions }: Config): string => {
  const { primary, standby } = regions;
  if (state === null) return primary.name;
  if (state.home === primary.name && [state.active, state.other].includes(standby.name)) {
    return state.active;
  }
  throw new DrillError(
    'ConfigInvalid',
    `${service} was watched with home ${state.home} and standby ` +
      `${state.home === state.active ? state.other : state.active}; the configuration names ` +
      `${primary.name} and ${standby.name}. Use another data folder with --data`,
  );
};

const addressOf = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`;

const observersOf = (plan: WatchPlan, config: Config) =>
  (plan.observers.length === 0 ? [plan.homeRegion] : plan.observers).map((region) => ({
    region,
    functionName: `failover-drill-${config.service}-observe`,
    input: { service: plan.service },
  }));

/** Where each controller tells what it does: the same place. */
const ensureWebhooks = async (
  { cloud, config, webhook }: WatchInstallOptions,
  plan: WatchPlan,
): Promise<SlackRoute> => {
  let route: SlackRoute = 'sink';
  for (const region of controllerRegions(plan).reverse()) {
    const clients = openClients(cloud.endpoint, region);
    try {
      route = await ensureWebhook(clients, slackParameterOf(config), cloud.slack.url, webhook);
    } finally {
      clients.close();
    }
  }
  return route;
};

export const installWatch = async (options: WatchInstallOptions): Promise<WatchInstallation> => {
  const { cloud, config, targets = NOTHING_KNOWN, shadow } = options;
  const signal = options.signal ?? new AbortController().signal;
  const names = watchNamesOf(config);
  const service = shadow ? shadowOf(config.service) : config.service;
  const record = shadow?.record ?? config.record;
  if (record === undefined)
    throw new DrillError('ConfigInvalid', 'the configuration has no record');
  const wanted = functionsOf(config);
  const at = (region: string) => ({ endpoint: cloud.endpoint, region, credentials: CREDENTIALS });
  const sdk = at(names.homeRegion);
  const table = openWatchTable(names.table, sdk);
  const clients = openClients(cloud.endpoint, names.homeRegion);
  try {
    const bundling = functionBundles(options.bundleDir, options.nowMs, wanted);
    // Awaited below; a failure before that must not be one that nobody waits for.
    bundling.catch(() => undefined);
    const [former, zoneId] = await Promise.all([
      formerOf(table, service),
      ensureZone(clients.route53, zoneOf(config, record)),
    ]);
    const active = activeIn(former, config);
    const plan = watchPlanOf(config, {
      zoneId,
      targets,
      dns: {
        nameServers: cloud.dns.nameServers.map(addressOf),
        resolvers: cloud.dns.resolvers.map(addressOf),
      },
      switch:
        config.dns.driver === 'record'
          ? { driver: 'record' }
          : planQuorumSwitch(config, former.plan, service),
      slackParameter: slackParameterOf(config),
      ...(shadow ? { shadow: { service, record: shadow.record } } : {}),
    });
    const moving = { plan, former: former.plan, active, epoch: former.state?.epoch ?? 0 };
    const deployRole = async (role: string, region: string) =>
      deploy({
        folder: PROJECT_FOLDER,
        endpoint: cloud.endpoint,
        lambda: cloud.lambda,
        iam: cloud.iam,
        bundleOf: await bundling,
        wanted,
        region,
        params: {
          role,
          service: config.service,
          homeRegion: names.homeRegion,
          zoneId: bareZoneId(zoneId),
          slackParameter: slackParameterOf(config),
          ...recordParams(config),
          ...controllerParams(config),
          ...dataTableParams(config),
        },
      });
    const observers = observersOf(plan, config);
    const placed = { ...moving, placeholder: placeholderOf(config) };
    // First, so that people are answered while the rest is installed.
    const warning =
      plan.switch.driver === 'record'
        ? await ensureSimpleRecord(placed, sdk, signal)
        : await ensureQuorumSwitch(
            placed,
            { sdk: { endpoint: cloud.endpoint, credentials: CREDENTIALS }, deployRole, clients },
            signal,
          );
    await retireSecond(former.plan, plan.controllers?.second, { table: names.table, at, signal });
    const [slack] = await Promise.all([
      ensureWebhooks(options, plan),
      installControllers(plan, names.table, { at, deployRole }),
      ...observers.map(({ region }) => deployRole('watcher', region)),
    ]);
    return { plan, ...names, observers, slack, warnings: warning === null ? [] : [warning] };
  } finally {
    table.close();
    clients.close();
  }
};
