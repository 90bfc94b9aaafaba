/** What a deployment would make, from the configuration and the templates alone: no account is asked. */

import { globSync } from 'node:fs';
import path from 'node:path';
import type { Balancer } from '../../aws/balancers.ts';
import { namePartsIn, sharedPart } from '../../core/deploy/names.ts';
import { type PlannedStack, planStacks } from '../../core/deploy/stacks.ts';
import type { Stack } from '../../core/lint/model.ts';
import type { StackPlace } from '../../core/regions/stackPlaces.ts';
import type { Config } from '../../events/config.ts';
import type { Answers } from '../../events/watchPlan.ts';
import { answersOf, zoneOf } from '../../events/watchPlanOf.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { readStack } from '../../local/stack/stackModel.ts';
import { openYaml } from '../../local/stack/variables.ts';
import { loadConfig } from '../config/load.ts';
import { PRODUCTION } from '../config/stage.ts';
import { type CheckedConfig, checkConfig } from '../config/validate.ts';
import { Faults } from '../failure.ts';
import { placesOf, stackParams } from '../lint/setup.ts';

/** Stands in for the account while none is known. */
export const NO_ACCOUNT = '000000000000';

export type Live = {
  readonly record: string;
  readonly zone: string;
  readonly driver: 'quorum' | 'record';
  /** Of the primary; null where the service there is ours, behind a load balancer. */
  readonly endpoint: string | null;
};

export type DeploySetup = {
  readonly checked: CheckedConfig;
  readonly stage: string;
  /** The name that all names on AWS are made of: with the stage, where it is not production. */
  readonly service: string;
  readonly homeRegion: string;
  readonly planned: readonly PlannedStack[];
  /** The name that fails over; null where nothing is watched. */
  readonly live: Live | null;
};

const endpointOf = (region: Config['regions']['primary']): string | undefined =>
  'endpoint' in region ? region.endpoint : undefined;

/** A region without an endpoint runs the image. */
const liveOf = ({ config, file, lineOf }: CheckedConfig): Live | null => {
  const { record, dns, regions } = config;
  if (record === undefined) return null;
  const faults = (['primary', 'standby'] as const)
    .filter((role) => endpointOf(regions[role]) === undefined && config.image === undefined)
    .map(
      (role) =>
        `${file}:${lineOf(['regions', role])}: regions.${role}: nothing tells where ${regions[role].name} is reached on AWS. ` +
        `Give it an endpoint: { name: ${regions[role].name}, endpoint: "https://…/health" }, or the service an image`,
    );
  const zone = zoneOf(config, record);
  if (record !== zone && !record.endsWith(`.${zone}`)) {
    faults.push(
      `${file}:${lineOf(['record'])}: record ${record} is not in dns.zone ${zone}: name one that ends in .${zone}`,
    );
  }
  if (faults.length > 0) throw new Faults('ConfigInvalid', faults);
  return { record, zone, driver: dns.driver, endpoint: endpointOf(regions.primary) ?? null };
};

type Named = Pick<Balancer, 'dnsName' | 'zoneId'>;

const NOT_THERE: Named = { dnsName: 'a load balancer that is not there yet', zoneId: 'unknown' };

/** What the record answers while a region serves that has our load balancer: at the top of its zone no CNAME may stand. */
export const balancerAnswers = (
  { record, zone }: Pick<Live, 'record' | 'zone'>,
  { dnsName, zoneId }: Named,
): Answers => {
  const name = dnsName.toLowerCase();
  return record === zone ? { alias: { zoneId, name } } : { CNAME: [name] };
};

/** What the record answers while the primary serves: an address, or our load balancer, once there is one. */
export const primaryAnswers = (live: Live, balancer: Named | null): Answers =>
  live.endpoint === null ? balancerAnswers(live, balancer ?? NOT_THERE) : answersOf(live.endpoint);

/** What is known once the account has been looked at, and the stacks before have been made. */
export type Known = {
  readonly configKey: string;
  readonly zoneId: string | null;
  /** Ids of the security groups of tasks, by region. */
  readonly groups: ReadonlyMap<string, string>;
};

/** As functions read it: region, access, security group and subnets of each network. */
const networkParam = ({ aws }: Config, groups: Known['groups']): string =>
  Object.entries(aws.network)
    .flatMap(([region, network]) => {
      const group = groups.get(region);
      if (network === undefined || group === undefined) return [];
      return [[region, network.access, group, network.subnets.join('+')].join('/')];
    })
    .join(',');

/** The name without that of the stage, which serverless.yml puts before it. */
const bareService = ({ service, stage }: DeploySetup): string =>
  stage === PRODUCTION ? service : service.slice(stage.length + 1);

/** What a stack is told, with its stage. */
export const paramsOf = (setup: DeploySetup, known: Known, place: StackPlace) => {
  const { config } = setup.checked;
  const { schedule, timezone } = config.drill;
  const network = networkParam(config, known.groups);
  return {
    ...stackParams(config, place),
    service: bareService(setup),
    configKey: known.configKey,
    timezone,
    scheduleState: schedule === undefined ? 'DISABLED' : 'ENABLED',
    ...(schedule === undefined ? {} : { schedule }),
    ...(network === '' ? {} : { network }),
    ...(known.zoneId === null ? {} : { zoneId: known.zoneId }),
  };
};

/** Regions of the controllers of what is deployed, the home first; of none, the home. */
export const controllerRegionsOf = ({
  homeRegion,
  planned,
}: Pick<DeploySetup, 'homeRegion' | 'planned'>) => {
  const regions = planned.filter(({ role }) => role === 'failover').map(({ region }) => region);
  return [...new Set([homeRegion, ...regions])];
};

/** The stacks with all names filled in. */
export const stacksOf = (
  { planned, checked, stage }: Pick<DeploySetup, 'planned' | 'checked' | 'stage'>,
  accountId: string,
): (Stack & { readonly name: string })[] => {
  const read = openYaml();
  return planned.map(({ role, region, name }) => {
    const params = stackParams(checked.config, { role, region });
    const stack = readStack({ folder: PROJECT_FOLDER, role, region, accountId, params, read });
    // The service is called with its stage already.
    return { ...stack, tags: { ...stack.tags, stage }, name };
  });
};

/** Of every role that there is, as another service of the account may have it. */
const allNameParts = (): string[] => {
  const read = openYaml();
  const service = 'any';
  const roles = globSync('resources/*.functions.yml', { cwd: PROJECT_FOLDER }).map((file) =>
    path.basename(file, '.functions.yml'),
  );
  const stacks = roles.map((role) =>
    readStack({
      folder: PROJECT_FOLDER,
      role,
      region: 'eu-central-1',
      accountId: NO_ACCOUNT,
      params: { service },
      read,
    }),
  );
  return namePartsIn(stacks, service);
};

const nameFaults = ({ config, file, lineOf }: CheckedConfig): string[] => {
  const part = sharedPart(config.service, allNameParts());
  if (part === undefined) return [];
  const other = config.service.slice(0, -part.length - 1);
  return [
    `${file}:${lineOf(['service'])}: a service called ${config.service} would share names on AWS with one called ${other}, ` +
      `whose ${part} is called so: give it another name`,
  ];
};

/** The stacks of these places, with what is in each. */
export const plannedAt = (config: Config, places: readonly StackPlace[]): PlannedStack[] => {
  const read = openYaml();
  return planStacks(config.service, places, (place) => {
    const stack = readStack({
      folder: PROJECT_FOLDER,
      ...place,
      accountId: NO_ACCOUNT,
      params: stackParams(config, place),
      read,
    });
    return Object.values(stack.resources).map(({ type }) => type);
  });
};

/**
 * @throws Faults `ConfigInvalid` with a line for each fault.
 */
export const readSetup = (file: string, stage: string): DeploySetup => {
  const checked = checkConfig(loadConfig(file, stage));
  const { config } = checked;
  const faults = nameFaults(checked);
  if (faults.length > 0) throw new Faults('ConfigInvalid', faults);
  const live = liveOf(checked);
  const planned = plannedAt(config, placesOf(config));
  if (planned.length === 0) {
    throw new Faults('ConfigInvalid', [
      `${checked.file}: there is nothing to deploy: add image, to drill it, or record, to watch it`,
    ]);
  }
  const homeRegion = config.regions.standby.name;
  return { checked, stage, service: config.service, homeRegion, planned, live };
};
