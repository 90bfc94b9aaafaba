/** The service itself on AWS: the image that it runs, what its stacks are told, and where it is once they are there. */
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { ECRClient } from '@aws-sdk/client-ecr';
import { S3Client } from '@aws-sdk/client-s3';
import { type Balancer, openBalancers } from '../../aws/balancers.ts';
import { openDeployments } from '../../aws/deployments.ts';
import { openPromotionRecords } from '../../aws/promotionRecords.ts';
import { isAwsError } from '../../aws/sdk.ts';
import { watchTableOf } from '../../core/deploy/deployed.ts';
import { balancerSubnetsOf } from '../../core/deploy/serviceStacks.ts';
import { DrillError } from '../../core/errors.ts';
import { nameIn } from '../../core/images/registry.ts';
import { imageToRun } from '../../core/promotion/kept.ts';
import type { Config } from '../../events/config.ts';
import { ecsServiceOf, promotedServices } from '../../events/ecsService.ts';
import { fencedListenerOf } from '../../events/fencedListener.ts';
import type { PromotionPlace } from '../../events/promotion.ts';
import { promotionPlanOf } from '../../events/promotionPlanOf.ts';
import { type TargetFacts, zoneOf } from '../../events/watchPlanOf.ts';
import { promotedIn } from '../../local/stack/installPromotion.ts';
import { ensureImage } from '../../local/stack/serviceImage.ts';
import { versionParams } from '../../local/stack/serviceParams.ts';
import { clusterOf, placeOf, type Reached, TASKS } from '../../local/stack/serviceStack.ts';
import { servesIn } from '../lint/setup.ts';
import type { PackedSource } from '../source.ts';
import { balancerAnswers, type DeploySetup } from './setup.ts';

const LOOK_EVERY_MS = 5_000;
const LOOK_MS = 10_000;
const SECOND_MS = 1_000;
const USUAL_PORT = { http: 80, https: 443 } as const;

type Named = Pick<DeploySetup, 'service' | 'homeRegion'>;

const withRecords = async <T>(
  { service, homeRegion }: Named,
  work: (records: ReturnType<typeof openPromotionRecords>) => Promise<T>,
): Promise<T> => {
  const records = openPromotionRecords(watchTableOf(service), { region: homeRegion });
  try {
    return await work(records);
  } finally {
    records.close();
  }
};

/** The promotion that is under way; null where none is, or where there is no table yet. */
export const promotionUnderWay = (setup: Named): Promise<string | null> =>
  withRecords(setup, async (records) => {
    try {
      const [last] = await records.list(setup.service, 1);
      return last === undefined || last.memory.over ? null : last.promotionId;
    } catch (error) {
      if (isAwsError(error, 'ResourceNotFoundException')) return null;
      throw error;
    }
  });

/** The image that the service runs in a region now; null where there is no service yet. */
const runningIn = async (
  region: string,
  service: string,
  signal: AbortSignal,
): Promise<string | null> => {
  const deployments = openDeployments(region);
  try {
    return await deployments.running({ cluster: clusterOf(service), service }, signal);
  } finally {
    deployments.close();
  }
};

/** Where images are at home, which image each region is to run, and which one the configuration asks for. */
export type Versions = {
  readonly uri: string;
  readonly reference: string;
  readonly byRegion: ReadonlyMap<string, string>;
};

type Telling = { readonly note: (line: string) => void; readonly signal: AbortSignal };

/**
 * Has the reference built where the registry does not have it; what a promotion has put into a region stays there.
 * @throws DrillError `ReferenceFailed`
 */
export const versionsOf = async (
  { checked, service, homeRegion }: DeploySetup,
  accountId: string,
  { bucket, source }: { readonly bucket: string; readonly source: PackedSource | undefined },
  { note, signal }: Telling,
): Promise<Versions | null> => {
  const { config } = checked;
  const { image } = config;
  const serves = servesIn(config);
  if (image === undefined || source === undefined || serves.length === 0) return null;
  const settings = { region: homeRegion };
  const clients = { s3: new S3Client(settings), codebuild: new CodeBuildClient(settings) };
  const { primary, standby } = config.regions;
  const registries = new Map(
    [homeRegion, primary.name, standby.name].map((region) => [region, new ECRClient({ region })]),
  );
  const uri = `${accountId}.dkr.ecr.${homeRegion}.amazonaws.com/failover-drill-${service}`;
  try {
    const at = { bucket, uri, registries, lookEveryMs: LOOK_EVERY_MS };
    const telling = { note, signal };
    const built = await ensureImage(clients, { ...config, image }, source, at, telling);
    const promoted = await withRecords({ service, homeRegion }, (records) =>
      promotedIn(records, service, built.digest),
    );
    const running = await Promise.all(
      serves.map(
        async (region): Promise<[string, string]> => [
          region,
          imageToRun(await runningIn(region, service, signal), promoted, built.digest),
        ],
      ),
    );
    return { uri, reference: built.digest, byRegion: new Map(running) };
  } finally {
    for (const client of [...Object.values(clients), ...registries.values()]) client.destroy();
  }
};

/** What the stack of a region is told. */
export const serviceStackParams = (
  { checked: { config } }: DeploySetup,
  region: string,
  { uri, byRegion, reference }: Versions,
): Readonly<Record<string, string>> => {
  const { aws, drill } = config;
  const network = Object.entries(aws.network).find(([name]) => name === region)?.[1];
  if (network === undefined) {
    throw new DrillError('ConfigInvalid', `aws.network names no network in ${region}`);
  }
  const certificate = Object.entries(aws.certificates).find(([name]) => name === region)?.[1];
  return {
    ...versionParams(config, {
      uri: nameIn(region, uri),
      digest: byRegion.get(region) ?? reference,
    }),
    graceS: String(Math.ceil(drill.readyTimeout / SECOND_MS)),
    serviceSubnets: network.subnets.join(','),
    balancerSubnets: (balancerSubnetsOf(network) ?? []).join(','),
    // Without an address of the internet, images are pulled through what the private network has for it.
    assignPublicIp: network.access === 'public' ? 'ENABLED' : 'DISABLED',
    ...(certificate === undefined ? {} : { certificate }),
  };
};

/** The load balancer of the service in a region; null before its stack is there, or where it is not ours. */
export const balancerOf = async (
  { checked, service }: Pick<DeploySetup, 'checked' | 'service'>,
  region: string,
): Promise<Balancer | null> => {
  if (!servesIn(checked.config).includes(region)) return null;
  const balancers = openBalancers(region);
  try {
    return await balancers.find(service);
  } finally {
    balancers.close();
  }
};

const wholeBalancerOf = async (setup: DeploySetup, region: string): Promise<Balancer> => {
  const found = await balancerOf(setup, region);
  if (found !== null) return found;
  throw new DrillError(
    'DeployFailed',
    `${region} has no whole load balancer ${setup.service}: the same command makes it`,
  );
};

/** Where a load balancer is asked. Its certificate is one of the record, and not of the name that AWS made up. */
const factsAt = (
  { checked: { config } }: Pick<DeploySetup, 'checked'>,
  { dnsName, protocol, port }: Balancer,
): Reached => ({
  url: `${protocol}://${dnsName.toLowerCase()}${port === USUAL_PORT[protocol] ? '' : `:${port}`}${config.run.health}`,
  ...(protocol === 'https' && config.record !== undefined ? { serverName: config.record } : {}),
});

/** A service that is ours to run has a record. */
const recordOf = (config: Config): { record: string; zone: string } => {
  const { record = '' } = config;
  return { record, zone: zoneOf(config, record) };
};

/** Of a region whose service is somebody else's: where its tasks are ordered and its listener, if the configuration names them. */
const namedFacts = ({ regions: { primary, standby } }: Config, region: string): TargetFacts => {
  const found = [primary, standby].find(({ name }) => name === region);
  const ecs = found === undefined ? null : ecsServiceOf(found);
  const listener = found === undefined ? null : fencedListenerOf(found);
  return {
    ...(ecs === null
      ? {}
      : { capacity: { cluster: ecs.cluster, service: ecs.service, wanted: ecs.tasks } }),
    ...(listener === null ? {} : { listener }),
  };
};

/** What the watch must know of a region beyond its endpoint. */
export const targetFacts = async (setup: DeploySetup, region: string): Promise<TargetFacts> => {
  const { config } = setup.checked;
  if (!servesIn(config).includes(region)) return namedFacts(config, region);
  const balancer = await wholeBalancerOf(setup, region);
  const { service } = setup;
  return {
    ...factsAt(setup, balancer),
    answers: balancerAnswers(recordOf(config), balancer),
    capacity: { cluster: clusterOf(service), service, wanted: TASKS },
  };
};

/** The only target group of a service that somebody else runs. @throws DrillError `InputInvalid` */
const groupOf = async (place: { region: string; cluster: string; service: string }) => {
  const { region, cluster, service } = place;
  const deployments = openDeployments(region);
  try {
    const { targetGroups } = await deployments.look(place, AbortSignal.timeout(LOOK_MS));
    const [group, ...others] = targetGroups;
    if (group !== undefined && others.length === 0) return group;
    throw new DrillError(
      'InputInvalid',
      `service ${service} of cluster ${cluster} in ${region} has ${targetGroups.length} target groups: a promotion shares requests out between one of each service`,
    );
  } finally {
    deployments.close();
  }
};

const ROLES = ['standby', 'primary'] as const;

/** Where versions are replaced of services that the configuration names. */
const namedPlaces = ({ regions }: Config): Promise<PromotionPlace[]> => {
  const named = promotedServices([regions.primary, regions.standby]) ?? [];
  return Promise.all(
    ROLES.flatMap((role) => {
      const { name, ...region } = regions[role];
      const found = named.find((one) => one.region === name);
      if (found === undefined || !('endpoint' in region) || !region.endpoint) return [];
      const { cluster, service, promotion } = found;
      const { next, listener } = promotion;
      const placed = async (url: string): Promise<PromotionPlace> => {
        const at = { region: name, cluster };
        const groups = {
          main: await groupOf({ ...at, service }),
          next: await groupOf({ ...at, service: next }),
        };
        const balancer = { url, serverName: null, listener, groups };
        return { role, ...at, service, next: { service: next }, balancer };
      };
      return [placed(region.endpoint)];
    }),
  );
};

const ownPlaces = async (setup: DeploySetup): Promise<PromotionPlace[]> => {
  const { service, checked } = setup;
  const serves = servesIn(checked.config);
  const places: PromotionPlace[] = [];
  for (const role of ROLES) {
    const region = checked.config.regions[role].name;
    if (!serves.includes(region)) continue;
    const balancer = await wholeBalancerOf(setup, region);
    places.push(placeOf(service, { role, region }, balancer, factsAt(setup, balancer)));
  }
  return places;
};

/**
 * How versions are replaced, once the services and what promotes them are there: the standby first.
 * @returns false where there is nothing to replace
 */
export const storePromotionPlan = async (
  setup: DeploySetup,
  versions: Pick<Versions, 'reference'> | null,
): Promise<boolean> => {
  const { config } = setup.checked;
  const places = versions === null ? await namedPlaces(config) : await ownPlaces(setup);
  if (places.length === 0) return false;
  const plan = promotionPlanOf(config, places, versions?.reference ?? null);
  await withRecords(setup, (records) => records.putPlan(plan));
  return true;
};
