/** A configuration as the lint reads it: its regions, its stacks, and the health checks of its switch. */

import { defaultVantages } from '../../core/drill/plan.ts';
import { switchCheck } from '../../core/failover/switchChecks.ts';
import type { HealthCheck, Setup } from '../../core/lint/model.ts';
import { type StackPlace, stackPlaces } from '../../core/regions/stackPlaces.ts';
import type { Config } from '../../events/config.ts';
import { dataTableOf, dataTableParams } from '../../events/dataTable.ts';
import { ecsServiceOf, promotedServices } from '../../events/ecsService.ts';
import { fencedListenerOf, rulesOfListener } from '../../events/fencedListener.ts';
import { controllersIn } from '../../events/watchPlanOf.ts';
import { slackParameterOf } from '../../local/stack/install.ts';
import { controllerParams, recordParams } from '../../local/stack/installWatch.ts';
import { planQuorumSwitch } from '../../local/stack/watchQuorum.ts';
import type { LoadedConfig } from '../config/load.ts';

/** Driver `record` has a finding of its own. */
const oneControllerIn = (config: Config): Setup['oneController'] => {
  const chosen = controllersIn(config);
  if (config.record === undefined || config.dns.driver === 'record') return null;
  if (chosen.controllers !== null) return null;
  return { why: chosen.why, isAsked: config.failover?.controllers === 'one' };
};

export const setupOf = ({ config, file }: LoadedConfig): Setup => {
  const { primary, standby } = config.regions;
  const endpointOf = (side: Config['regions']['primary']): string | null =>
    'endpoint' in side ? (side.endpoint ?? null) : null;
  return {
    primary: primary.name,
    standby: standby.name,
    driver: config.dns.driver,
    oneController: oneControllerIn(config),
    endpoints: { primary: endpointOf(primary), standby: endpointOf(standby) },
    residency: config.residency ?? { data: 'any', logs: 'any', images: 'any' },
    placeOf: (...path) => ({ file, path }),
  };
};

type Region = Config['regions']['primary'];

/** Whether nothing tells where the region is reached, so that the image is run there. */
const isOurs = (region: Region): boolean =>
  !('endpoint' in region) || region.endpoint === undefined;

/** Regions in which the service that people are answered by is ours to run. */
export const servesIn = ({ image, record, regions }: Config): string[] =>
  image === undefined || record === undefined
    ? []
    : [regions.primary, regions.standby].filter(isOurs).map(({ name }) => name);

/** Every stack that the configuration asks for. */
export const placesOf = (config: Config): StackPlace[] => {
  const { primary, standby, witness } = config.regions;
  const serving = [primary.name, standby.name];
  const watches = config.record !== undefined;
  return stackPlaces({
    primary: primary.name,
    standby: standby.name,
    witness: witness?.name ?? null,
    observers: config.observers,
    vantages: config.drill.vantages ?? defaultVantages(serving, witness?.name, config.observers),
    driver: config.dns.driver,
    controllers: controllersIn(config).controllers,
    serves: servesIn(config),
    drills: config.image !== undefined,
    watches,
    beats: dataTableOf(config) !== null,
    rehearses: watches && config.image !== undefined,
    promotes: watches && (config.image !== undefined || promotedIn(config) !== null),
  });
};

/** Of the region of a stack: the network of its tasks, and that of the functions that speak to tasks. */
const networkParams = ({ aws, run }: Config, region: string): Record<string, string> => {
  const network = aws.network[region];
  const probes = aws.probes[region];
  return {
    port: String(run.port),
    ...(network === undefined ? {} : { vpc: network.vpc, access: network.access }),
    ...(probes === undefined
      ? {}
      : {
          attachment: 'own',
          probeSubnets: probes.subnets.join(','),
          probeGroups: probes.securityGroups.join(','),
        }),
  };
};

const promotedIn = ({ regions: { primary, standby } }: Config) =>
  promotedServices([primary, standby]);

/** What promotions may change of services that the configuration names. */
const promotedParams = (config: Config): Record<string, string> => {
  const [first, second] = promotedIn(config) ?? [];
  if (first === undefined || second === undefined) return {};
  const roles = [...new Set([first, second].flatMap(({ promotion }) => promotion.roles))];
  return {
    promoted: 'named',
    primaryNext: first.promotion.next,
    standbyNext: second.promotion.next,
    primaryListener: first.promotion.listener,
    standbyListener: second.promotion.listener,
    ...(roles.length === 0 ? {} : { passedRoles: roles.join(',') }),
  };
};

/** Which services of ECS may be looked at and scaled, where the configuration names them. */
const servedParams = (
  { regions: { primary, standby } }: Config,
  { role, region }: StackPlace,
): Record<string, string> => {
  const [first, second] = [ecsServiceOf(primary), ecsServiceOf(standby)];
  if (first === null && second === null) return {};
  const own = region === primary.name ? first : second;
  return {
    served: 'named',
    primaryRegion: primary.name,
    ...(first === null ? {} : { primaryCluster: first.cluster, primaryEcs: first.service }),
    ...(second === null ? {} : { standbyCluster: second.cluster, standbyEcs: second.service }),
    // A heartbeat tells of the service of its own region alone.
    ...(role === 'heartbeat' && own !== null
      ? { ecsCluster: own.cluster, ecsService: own.service }
      : {}),
  };
};

/** Which listener may be closed, where the configuration names one. */
const fenceParams = ({ regions: { primary } }: Config): Record<string, string> => {
  const listener = fencedListenerOf(primary);
  return listener === null
    ? {}
    : { fencedListener: listener, fencedRules: rulesOfListener(listener) };
};

/** What the templates are told of a service, for a stack in a region. */
export const stackParams = (config: Config, place: StackPlace): Record<string, string> => {
  return {
    service: config.service,
    homeRegion: config.regions.standby.name,
    slackParameter: slackParameterOf(config),
    ...(config.aws.alarmEmail === undefined ? {} : { alarmEmail: config.aws.alarmEmail }),
    ...(config.aws.taskRole === undefined ? {} : { taskRole: config.aws.taskRole }),
    ...dataTableParams(config),
    ...recordParams(config),
    ...controllerParams(config),
    ...networkParams(config, place.region),
    ...servedParams(config, place),
    ...fenceParams(config),
    ...promotedParams(config),
  };
};

const SOURCE_OF_CHECKS = 'core/failover/switchChecks.ts';

/** The checks that read the switch, as they would be made. */
export const checksOf = (config: Config): HealthCheck[] => {
  if (config.record === undefined || config.dns.driver !== 'quorum') return [];
  return planQuorumSwitch(config, null, config.service).objects.map((object) => {
    const { type, host, searchString } = switchCheck(object);
    const place = { file: SOURCE_OF_CHECKS, path: [] };
    return { type, host, searchString, disabled: false, place };
  });
};
