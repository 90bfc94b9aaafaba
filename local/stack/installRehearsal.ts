/**
 * Puts what a rehearsal needs into the embedded cloud: the watch, whose functions move the shadow as
 * they would move the service, and the machine that rehearses. Nobody observes the service itself
 * unless `failover watch` runs.
 */
import { openWatchTable } from '../../aws/watchTable.ts';
import type { Config } from '../../events/config.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { TargetFacts } from '../../events/watchPlanOf.ts';
import { HOSTS, regionAddress } from '../network/addresses.ts';
import { functionBundles, PROJECT_FOLDER } from './bundles.ts';
import { CREDENTIALS } from './clients.ts';
import { deploy } from './deploy.ts';
import { formerOf } from './installControllers.ts';
import {
  installWatch,
  recordParams,
  type WatchInstallOptions,
  watchNamesOf,
} from './installWatch.ts';
import { bareZoneId } from './zones.ts';

const FUNCTIONS = ['begin-rehearsal', 'step-rehearsal', 'end-rehearsal'] as const;

/** Where the service would be, had somebody put it there: a rehearsal places its own. */
const nowhere = ({ run }: Config, region: string): TargetFacts => {
  const host = regionAddress(region, HOSTS.task);
  return { url: `http://${host}:${run.port}${run.health}`, answers: { A: [host] } };
};

/** A service that is watched in this data folder stays where it is. */
const targetsOf = (
  plan: WatchPlan | null,
  config: Config,
): NonNullable<WatchInstallOptions['targets']> => {
  const { primary, standby } = config.regions;
  const at = (region: string): TargetFacts =>
    plan?.targets.find((target) => target.region === region) ?? nowhere(config, region);
  return { primary: at(primary.name), standby: at(standby.name) };
};

const storedPlan = async ({ cloud, config }: WatchInstallOptions): Promise<WatchPlan | null> => {
  const { homeRegion, table: name } = watchNamesOf(config);
  const sdk = { endpoint: cloud.endpoint, region: homeRegion, credentials: CREDENTIALS };
  const table = openWatchTable(name, sdk);
  try {
    return (await formerOf(table, config.service)).plan;
  } finally {
    table.close();
  }
};

type Options = Omit<WatchInstallOptions, 'targets' | 'shadow'>;

/** The functions and the table of a watch, for a service that nobody watches in this process. */
export const installUnwatched = async (options: Options): Promise<WatchPlan> => {
  const targets = targetsOf(await storedPlan(options), options.config);
  return (await installWatch({ ...options, targets })).plan;
};

export const installRehearsal = async (options: Options): Promise<void> => {
  const { cloud, config, bundleDir, nowMs } = options;
  const plan = await installUnwatched(options);
  await deploy({
    folder: PROJECT_FOLDER,
    endpoint: cloud.endpoint,
    lambda: cloud.lambda,
    iam: cloud.iam,
    bundleOf: await functionBundles(bundleDir, nowMs, FUNCTIONS),
    wanted: FUNCTIONS,
    region: plan.homeRegion,
    params: {
      role: 'rehearsal',
      service: config.service,
      homeRegion: plan.homeRegion,
      zoneId: bareZoneId(plan.zoneId),
      ...recordParams(config),
    },
  });
};
