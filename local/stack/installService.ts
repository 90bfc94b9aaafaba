/**
 * Runs the image of a watched service in both regions, each behind a load balancer of its own, and
 * lets each show that it lives. What comes back is what `installWatch` needs to know of the regions.
 */

import type { Config } from '../../events/config.ts';
import { dataTableOf, dataTableParams } from '../../events/dataTable.ts';
import type { PromotionPlace } from '../../events/promotion.ts';
import type { TargetFacts } from '../../events/watchPlanOf.ts';
import type { Cloud } from '../cloud.ts';
import { functionBundles, PROJECT_FOLDER } from './bundles.ts';
import { type Clients, openClients } from './clients.ts';
import { deploy } from './deploy.ts';
import { ensureReplicatedTable, homeRegionOf } from './install.ts';
import { promotedOf } from './installPromotion.ts';
import { ensureImage, type Source } from './serviceImage.ts';
import {
  awaitServing,
  ensureRegionStack,
  ensureStaging,
  type RegionStack,
  runnerOf,
} from './serviceStack.ts';

export type ServiceInstallOptions = {
  readonly cloud: Cloud;
  readonly config: Config & { readonly image: NonNullable<Config['image']> };
  /** Where bundled functions are kept, for all data folders. */
  readonly bundleDir: string;
  readonly nowMs: number;
  /** The build context, packed as for a drill. */
  readonly source: Source;
  /** Hears what takes long. */
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
};

export type ServiceInstallation = {
  readonly targets: { readonly primary: TargetFacts; readonly standby: TargetFacts };
  /** Where versions are replaced: staging if there is one, the standby, the primary. */
  readonly places: readonly PromotionPlace[];
  /** The image that the configuration asks for; a promotion may have put another there. */
  readonly referenceDigest: string;
  /** How tasks are run here, such as `runc`, or `process` where no container engine is. */
  readonly runner: string | null;
  /** What has to be invoked so that the heartbeats begin at once. */
  readonly beats: readonly { readonly region: string; readonly functionName: string }[];
};

type Deploying = Pick<ServiceInstallOptions, 'cloud' | 'config' | 'bundleDir' | 'nowMs'>;

const deployRole = async (
  { cloud, config, bundleDir, nowMs }: Deploying,
  role: string,
  region: string,
  wanted: readonly string[],
): Promise<void> => {
  await deploy({
    folder: PROJECT_FOLDER,
    endpoint: cloud.endpoint,
    lambda: cloud.lambda,
    iam: cloud.iam,
    bundleOf: await functionBundles(bundleDir, nowMs, wanted),
    wanted,
    region,
    params: {
      role,
      service: config.service,
      homeRegion: homeRegionOf(config),
      scheduleState: 'DISABLED',
      ...dataTableParams(config),
    },
  });
};

/** Heartbeats live in the data that is replicated; without such data there is nothing to lose. */
const startHeartbeats = async (
  options: Deploying,
  clients: Clients,
  regions: readonly string[],
): Promise<ServiceInstallation['beats']> => {
  const { cloud, config } = options;
  const dataTable = dataTableOf(config);
  if (dataTable === null) return [];
  await ensureReplicatedTable(cloud, clients, dataTable, regions);
  await Promise.all(regions.map((region) => deployRole(options, 'heartbeat', region, ['beat'])));
  return regions.map((region) => ({
    region,
    functionName: `failover-drill-${config.service}-beat`,
  }));
};

/**
 * Builds or finds the image, runs it in both regions, and waits until both serve. Safe to repeat.
 * @throws DrillError `ReferenceFailed` when it cannot be built, `NotReady` when it does not answer.
 */
export const installService = async (
  options: ServiceInstallOptions,
): Promise<ServiceInstallation> => {
  const { cloud, config, source, note, signal } = options;
  const { primary, standby } = config.regions;
  const home = openClients(cloud.endpoint, homeRegionOf(config));
  const inPrimary = openClients(cloud.endpoint, primary.name);
  const inStandby = openClients(cloud.endpoint, standby.name);
  try {
    // The drill's bucket, registry and project, without its functions.
    await deployRole(options, 'control', homeRegionOf(config), []);
    const regions = [primary.name, standby.name];
    await Promise.all(regions.map((region) => deployRole(options, 'serving', region, [])));
    const image = await ensureImage(home, config, source, note, signal);
    const images = { image, promoted: await promotedOf(cloud, config, image.digest) };
    const raise = async (
      clients: Clients,
      role: 'primary' | 'standby',
      region: string,
    ): Promise<RegionStack> => {
      const stack = await ensureRegionStack(clients, config, { role, region }, images);
      await awaitServing(clients, config, region, stack, config.drill.readyTimeout, signal);
      return stack;
    };
    const [first, second, beats] = await Promise.all([
      raise(inPrimary, 'primary', primary.name),
      raise(inStandby, 'standby', standby.name),
      startHeartbeats(options, inPrimary, regions),
    ]);
    const staging = config.promotion.staging
      ? [await ensureStaging(inStandby, config, standby.name, images)]
      : [];
    const runner = await runnerOf(inPrimary, config);
    if (runner === 'process') {
      note('no container engine works here: the service runs as plain processes');
    }
    return {
      targets: { primary: first.facts, standby: second.facts },
      places: [...staging, second.place, first.place],
      referenceDigest: image.digest,
      ...{ runner, beats },
    };
  } finally {
    for (const clients of [home, inPrimary, inStandby]) clients.close();
  }
};
