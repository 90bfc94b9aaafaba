/**
 * Runs the image of a watched service in both regions, each behind a load balancer of its own, and
 * lets each show that it lives. What comes back is what `installWatch` needs to know of the regions.
 */

import { openDeployments } from '../../aws/deployments.ts';
import { imageToRun, type Promoted } from '../../core/promotion/kept.ts';
import type { Config } from '../../events/config.ts';
import { dataTableOf, dataTableParams } from '../../events/dataTable.ts';
import type { PromotionPlace } from '../../events/promotion.ts';
import type { TargetFacts } from '../../events/watchPlanOf.ts';
import type { Cloud } from '../cloud.ts';
import { repositoryUri } from '../ecr/uri.ts';
import { functionBundles, PROJECT_FOLDER } from './bundles.ts';
import { type Clients, CREDENTIALS, openClients } from './clients.ts';
import { deploy } from './deploy.ts';
import { ensureReplicatedTable, homeRegionOf } from './install.ts';
import { promotedOf } from './installPromotion.ts';
import { embeddedPlace, ensureImage, type ServiceImage, type Source } from './serviceImage.ts';
import { readWithEnvironment, versionParams } from './serviceParams.ts';
import {
  addressOf,
  awaitServing,
  balancerIn,
  clusterOf,
  factsOf,
  placeOf,
  runnerOf,
  stagingOf,
  urlAt,
} from './serviceStack.ts';
import type { Params } from './variables.ts';

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

/** For a look at one service. */
const LOOK_MS = 10_000;

type Deploying = Pick<ServiceInstallOptions, 'cloud' | 'config' | 'bundleDir' | 'nowMs'>;

const deployRole = async (
  { cloud, config, bundleDir, nowMs }: Deploying,
  role: string,
  region: string,
  wanted: readonly string[],
  more: Params = {},
): Promise<void> => {
  await deploy({
    read: readWithEnvironment(config),
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
      ...more,
    },
  });
};

/** Where a service is in a network that there is no more of here than this. */
const NETWORK = {
  vpc: 'vpc-embedded',
  serviceSubnets: 'subnet-0',
  balancerSubnets: 'subnet-0',
} as const;

/** The image that a service runs now; null where there is none. */
const runningIn = async (
  { cloud, config }: Deploying,
  region: string,
  service: string,
): Promise<string | null> => {
  const sdk = { endpoint: cloud.endpoint, credentials: CREDENTIALS };
  const deployments = openDeployments(region, sdk);
  try {
    const place = { cluster: clusterOf(config.service), service };
    return await deployments.running(place, AbortSignal.timeout(LOOK_MS));
  } finally {
    deployments.close();
  }
};

type Images = { readonly image: ServiceImage; readonly promoted: Promoted };

/** The stack of the service, or of its staging; left alone while a promotion is at work on it. */
const raiseStack = async (
  options: Deploying,
  region: string,
  service: string,
  { image, promoted }: Images,
): Promise<void> => {
  const { config } = options;
  const running = await runningIn(options, region, service);
  if (running !== null && promoted.underWay) return;
  const uri = repositoryUri(region, image.repository);
  const digest = imageToRun(running, promoted, image.digest);
  await deployRole(options, 'service', region, [], {
    ...NETWORK,
    ...versionParams(config, { uri, digest }),
    listenerPort: String(config.run.port),
    ecsService: service,
    balancer: service,
  });
};

/** Raises the service in a region, and waits until it serves. */
const raise = async (
  options: Deploying & Pick<ServiceInstallOptions, 'signal'>,
  clients: Clients,
  place: Pick<PromotionPlace, 'role' | 'region'>,
  images: Images,
): Promise<{ readonly facts: TargetFacts; readonly place: PromotionPlace }> => {
  const { cloud, config, signal } = options;
  const { service } = config;
  await raiseStack(options, place.region, service, images);
  const facts = await factsOf(clients, config);
  const sdk = { endpoint: cloud.endpoint, credentials: CREDENTIALS };
  const balancer = await balancerIn(place.region, service, sdk);
  await awaitServing(clients, config, place.region, balancer, signal);
  return { facts, place: placeOf(service, place, balancer, facts) };
};

/** A service of its own that gets a new version first, and no traffic. */
const raiseStaging = async (
  options: Deploying,
  clients: Clients,
  region: string,
  images: Images,
): Promise<PromotionPlace> => {
  const { cloud, config } = options;
  const service = stagingOf(config.service);
  await raiseStack(options, region, service, images);
  const sdk = { endpoint: cloud.endpoint, credentials: CREDENTIALS };
  const { listener, groups } = await balancerIn(region, service, sdk);
  const url = urlAt(await addressOf(clients, { ...config, service }), config);
  return {
    ...{ role: 'staging', region, cluster: clusterOf(config.service), service, next: null },
    balancer: { url, serverName: null, listener, groups },
  };
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
    const registries = new Map([
      [homeRegionOf(config), home.ecr],
      [primary.name, inPrimary.ecr],
    ]);
    const at = embeddedPlace(config, registries);
    const image = await ensureImage(home, config, source, at, { note, signal });
    const images = { image, promoted: await promotedOf(cloud, config, image.digest) };
    const [first, second, beats] = await Promise.all([
      raise(options, inPrimary, { role: 'primary', region: primary.name }, images),
      raise(options, inStandby, { role: 'standby', region: standby.name }, images),
      startHeartbeats(options, inPrimary, regions),
    ]);
    const staging = config.promotion.staging
      ? [await raiseStaging(options, inStandby, standby.name, images)]
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
