/** What the stacks need to begin: the configuration with its sources, the plan of the watch, the switch, the record. */
import { Route53Client } from '@aws-sdk/client-route-53';
import { SSMClient } from '@aws-sdk/client-ssm';
import { openDocuments } from '../../aws/documents.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { drillBucketOf, watchTableOf } from '../../core/deploy/deployed.ts';
import type { RecordVerdict } from '../../core/deploy/liveRecord.ts';
import type { PlannedStack } from '../../core/deploy/stacks.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { controllersIn, watchPlanOf } from '../../events/watchPlanOf.ts';
import { slackParameterOf } from '../../local/stack/install.ts';
import {
  formerOf,
  putPlans,
  retireSecond,
  shareSwitchKey,
} from '../../local/stack/installControllers.ts';
import {
  ensureQuorumSwitch,
  ensureSwitchObjects,
  planQuorumSwitch,
} from '../../local/stack/watchQuorum.ts';
import { ensureSimpleRecord } from '../../local/stack/watchRecord.ts';
import { type StoredConfig, storeDocument } from '../drill/configDocument.ts';
import { targetFacts } from './service.ts';
import { controllerRegionsOf, type DeploySetup } from './setup.ts';

/** Far from each other, and none of them AWS's: what they answer is what people hear. */
const RESOLVERS = ['1.1.1.1:53', '8.8.8.8:53', '9.9.9.9:53'];
/** Where its API stands, whatever region the environment names, if any. */
const ROUTE53_REGION = 'us-east-1';
/** Route 53 takes five calls a second. */
const ROUTE53_ATTEMPTS = 8;
/** Checkers of a new health check begin within a minute or two. */
const UNHEALTHY_WITHIN_MS = 240_000;

/** Of the control stack. */
export const bucketOf = ({ service, homeRegion }: DeploySetup, accountId: string): string =>
  drillBucketOf({ service, accountId, region: homeRegion });

export const storeConfig = async (
  setup: DeploySetup,
  accountId: string,
  stored: StoredConfig,
): Promise<void> =>
  storeDocument(openDocuments(bucketOf(setup, accountId), { region: setup.homeRegion }), stored);

/** A plan, and what the former deployment and the watch have left. */
export type Watched = {
  readonly plan: WatchPlan;
  readonly former: WatchPlan | null;
  readonly active: string;
  readonly epoch: number;
};

/** What the controller of one region knows; all null where it has no table. */
export const readWatchIn = async (service: string, region: string) => {
  const table = openWatchTable(watchTableOf(service), { region });
  try {
    return await formerOf(table, service);
  } finally {
    table.close();
  }
};

/** Where traffic is, and by which plan; all null before the first deployment. */
export const readWatch = async (
  setup: Pick<DeploySetup, 'service' | 'homeRegion' | 'planned'>,
): Promise<Awaited<ReturnType<typeof formerOf>>> => {
  const found = await Promise.all(
    controllerRegionsOf(setup).map((region) => readWatchIn(setup.service, region)),
  );
  // Where there are two, whoever is in charge knows where traffic is.
  const [home = { plan: null, state: null }] = found;
  return found.find(({ state }) => state?.charge?.held === true) ?? home;
};

/**
 * Before any stack changes: what the first controller needs for a lease with another is gone after that.
 * Where the lease of both goes, even a second one that stays has to let go of it first.
 */
export const retireFormer = async (
  setup: DeploySetup,
  removes: readonly PlannedStack[],
  signal: AbortSignal,
): Promise<void> => {
  const { plan: former } = await readWatch(setup);
  const { controllers } = controllersIn(setup.checked.config);
  const at = (region: string) => ({ region });
  const leaseGoes = removes.some(({ role }) => role === 'lease');
  await retireSecond(former, leaseGoes ? undefined : controllers?.second, {
    table: watchTableOf(setup.service),
    at,
    signal,
  });
};

/** What the watch of this configuration would know. The switch stays where it is, once it is somewhere. */
export const planWatch = async (
  setup: DeploySetup,
  accountId: string,
  zoneId: string,
): Promise<Watched> => {
  const { config } = setup.checked;
  const former = await readWatch(setup);
  const { regions } = config;
  const [primary, standby] = await Promise.all([
    targetFacts(setup, regions.primary.name),
    targetFacts(setup, regions.standby.name),
  ]);
  const plan = watchPlanOf(config, {
    zoneId,
    targets: { primary, standby },
    dns: { nameServers: [], resolvers: RESOLVERS },
    switch:
      config.dns.driver === 'record'
        ? { driver: 'record' }
        : planQuorumSwitch(config, former.plan, config.service, accountId),
    slackParameter: slackParameterOf(config),
  });
  return {
    plan,
    former: former.plan,
    active: former.state?.active ?? plan.primary,
    epoch: former.state?.epoch ?? 0,
  };
};

const openTools = ({ homeRegion }: DeploySetup) => {
  const ssm = new SSMClient({ region: homeRegion });
  const route53 = new Route53Client({ region: ROUTE53_REGION, maxAttempts: ROUTE53_ATTEMPTS });
  const close = (): void => {
    ssm.destroy();
    route53.destroy();
  };
  // The stacks are there already.
  return { sdk: {}, clients: { ssm, route53 }, deployRole: async () => undefined, close };
};

/** The switch says `home` where it says nothing yet, and the functions learn what to watch. */
export const startWatch = async (
  setup: DeploySetup,
  { plan }: Watched,
  signal: AbortSignal,
): Promise<void> => {
  const tools = openTools(setup);
  const at = (region: string) => ({ region });
  try {
    await ensureSwitchObjects(plan, tools, signal);
    await shareSwitchKey(plan, at);
    await putPlans(plan, watchTableOf(setup.service), at);
  } finally {
    tools.close();
  }
};

/** Names of health checks are used up for ever once a check is deleted: the switch's own key makes them new. */
export const referenceOf = ({ service, switch: own }: WatchPlan): string =>
  own.driver === 'quorum'
    ? `${service} ${own.objects[0]?.key.split('/').at(-1)?.slice(0, 8) ?? ''}`
    : service;

/** Lets the live record fail over. @returns what a person should know, or null. */
export const startRecord = async (
  setup: DeploySetup,
  watched: Watched,
  found: RecordVerdict,
  signal: AbortSignal,
): Promise<string | null> => {
  const tools = openTools(setup);
  const placeholder = found.kind === 'same-answer' ? found.values.join() : '';
  try {
    return watched.plan.switch.driver === 'record'
      ? await ensureSimpleRecord({ ...watched, placeholder }, { region: ROUTE53_REGION }, signal)
      : await ensureQuorumSwitch(
          {
            ...watched,
            placeholder,
            reference: referenceOf(watched.plan),
            unhealthyWithinMs: UNHEALTHY_WITHIN_MS,
          },
          tools,
          signal,
        );
  } finally {
    tools.close();
  }
};
