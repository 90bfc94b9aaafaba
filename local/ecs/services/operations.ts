/** The service operations of ECS. */
import type {
  CreateServiceRequest,
  DeleteServiceRequest,
  DescribeServicesRequest,
  ListServicesRequest,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs';
import type { Clock } from '../../clock.ts';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../../wire/types.ts';
import { findCluster } from '../clusters.ts';
import { findDefinition } from '../definitions.ts';
import { clientError, invalid, page, readTags, refuseOthers } from '../requests.ts';
import type { Cluster, Definition, EcsState } from '../state.ts';
import { newDeployment, withPrimary } from './deployments.ts';
import { primaryOf, type Service, type ServiceTargets } from './model.ts';
import {
  checkCreate,
  checkUpdate,
  desiredOf,
  digestOf,
  graceOf,
  loadBalancersOf,
  networkOf,
  platformOf,
  rolloutOf,
} from './read.ts';
import type { ServiceScheduler } from './scheduler.ts';
import { describeService } from './view.ts';

type Needs = {
  readonly state: EcsState;
  readonly clock: Clock;
  readonly scheduler: ServiceScheduler;
  readonly targets: ServiceTargets | undefined;
};

const DESCRIBED_MAX = 10;
const LIST_MAX = 10;

const serviceArn = ({ region, name }: Cluster, service: string): string =>
  `arn:aws:ecs:${region}:${ACCOUNT_ID}:service/${name}/${service.split('/').at(-1)}`;

const notFound = () => new AwsError('ServiceNotFoundException', 'Service not found.');

const activeDefinition = (state: EcsState, region: string, name: string | undefined) => {
  const definition = findDefinition(state, region, name);
  if (!definition.active) throw clientError('TaskDefinition is inactive');
  return definition;
};

const create = async (needs: Needs, input: CreateServiceRequest, { region }: CallContext) => {
  const { state, clock, scheduler, targets } = needs;
  const cluster = findCluster(state, region, input.cluster);
  checkCreate(input);
  const definition = activeDefinition(state, region, input.taskDefinition);
  const arn = serviceArn(cluster, input.serviceName ?? '');
  const known = state.services.get(arn);
  if (known?.status === 'ACTIVE' && known.request === digestOf(input)) {
    return { service: describeService(known, state, true) };
  }
  if (known && known.status !== 'INACTIVE') {
    throw invalid(
      known.status === 'ACTIVE'
        ? 'Creation of service was not idempotent.'
        : 'Unable to Start a service that is still Draining.',
    );
  }
  const loadBalancers = loadBalancersOf(input.loadBalancers ?? [], definition, targets);
  const service: Service = {
    region,
    arn,
    name: input.serviceName ?? '',
    cluster: cluster.arn,
    status: 'ACTIVE',
    desiredCount: desiredOf(input.desiredCount ?? 0),
    ...rolloutOf(input.deploymentConfiguration),
    loadBalancers,
    graceS: graceOf(input.healthCheckGracePeriodSeconds ?? 0, loadBalancers),
    ...networkOf(input.networkConfiguration),
    platformVersion: platformOf(input.platformVersion),
    tags: readTags(input.tags),
    createdAt: clock.now(),
    request: digestOf(input),
    deployments: [newDeployment(definition.arn, clock.now())],
    events: [],
  };
  state.services.set(arn, service);
  await state.save();
  scheduler.look(arn);
  return { service: describeService(service, state, true) };
};

/** The service with what the request changes; a new deployment where its tasks must change. */
const updated = (
  service: Service,
  input: UpdateServiceRequest,
  definition: Definition | undefined,
  nowMs: number,
): Service => {
  const primary = primaryOf(service);
  const next: Service = {
    ...service,
    ...rolloutOf(input.deploymentConfiguration, service),
    ...(input.networkConfiguration ? networkOf(input.networkConfiguration) : {}),
    desiredCount: desiredOf(input.desiredCount ?? service.desiredCount),
    graceS: graceOf(input.healthCheckGracePeriodSeconds ?? service.graceS, service.loadBalancers),
    platformVersion: platformOf(input.platformVersion),
  };
  const wanted = definition?.arn ?? primary?.definitionArn ?? '';
  const renewed =
    input.forceNewDeployment === true ||
    wanted !== primary?.definitionArn ||
    input.networkConfiguration !== undefined;
  return renewed ? withPrimary(next, newDeployment(wanted, nowMs)) : next;
};

const update = async (needs: Needs, input: UpdateServiceRequest, { region }: CallContext) => {
  const { state, clock, scheduler, targets } = needs;
  const cluster = findCluster(state, region, input.cluster);
  checkUpdate(input);
  const service = state.services.get(serviceArn(cluster, input.service ?? ''));
  if (!service) throw notFound();
  if (service.status !== 'ACTIVE') {
    throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
  }
  const definition =
    input.taskDefinition === undefined
      ? undefined
      : activeDefinition(state, region, input.taskDefinition);
  if (definition) loadBalancersOf(service.loadBalancers, definition, targets);
  const next = updated(service, input, definition, clock.now());
  state.services.set(service.arn, next);
  await state.save();
  scheduler.look(service.arn);
  return { service: describeService(next, state, true) };
};

const remove = async (needs: Needs, input: DeleteServiceRequest, { region }: CallContext) => {
  const { state, scheduler } = needs;
  const cluster = findCluster(state, region, input.cluster);
  const service = state.services.get(serviceArn(cluster, input.service ?? ''));
  if (!service || service.status === 'INACTIVE') throw notFound();
  if (service.desiredCount > 0 && input.force !== true) {
    throw invalid('The service cannot be stopped while it is scaled above 0.');
  }
  const next: Service = { ...service, status: 'DRAINING', desiredCount: 0 };
  state.services.set(service.arn, next);
  await state.save();
  scheduler.look(service.arn);
  return { service: describeService(next, state, true) };
};

const describe = ({ state }: Needs, input: DescribeServicesRequest, { region }: CallContext) => {
  const cluster = findCluster(state, region, input.cluster);
  const asked = (input.services ?? []).map((one) => serviceArn(cluster, one));
  if (asked.length === 0) throw invalid('Services cannot be empty.');
  if (asked.length > DESCRIBED_MAX) {
    throw invalid(`At most ${DESCRIBED_MAX} services can be described at once.`);
  }
  const withTags = input.include?.includes('TAGS') ?? false;
  return {
    services: asked.flatMap((arn) => {
      const service = state.services.get(arn);
      return service ? [describeService(service, state, withTags)] : [];
    }),
    failures: asked
      .filter((arn) => !state.services.has(arn))
      .map((arn) => ({ arn, reason: 'MISSING' })),
  };
};

const LIST_FIELDS = ['cluster', 'launchType', 'schedulingStrategy', 'maxResults', 'nextToken'];

const list = ({ state }: Needs, input: ListServicesRequest, { region }: CallContext) => {
  refuseOthers('ListServices', input, LIST_FIELDS, invalid);
  const cluster = findCluster(state, region, input.cluster);
  const arns = [...state.services.values()]
    .filter((service) => service.cluster === cluster.arn && service.status !== 'INACTIVE')
    .filter(() => (input.launchType ?? 'FARGATE') === 'FARGATE')
    .filter(() => (input.schedulingStrategy ?? 'REPLICA') === 'REPLICA')
    .map(({ arn }) => arn);
  const { items, ...more } = page(arns, { maxResults: LIST_MAX, ...input });
  return { serviceArns: items, ...more };
};

export const serviceOperations = (needs: Needs): Operations => ({
  CreateService: (input: CreateServiceRequest, call: CallContext) => create(needs, input, call),
  UpdateService: (input: UpdateServiceRequest, call: CallContext) => update(needs, input, call),
  DeleteService: (input: DeleteServiceRequest, call: CallContext) => remove(needs, input, call),
  DescribeServices: (input: DescribeServicesRequest, call: CallContext) =>
    describe(needs, input, call),
  ListServices: (input: ListServicesRequest, call: CallContext) => list(needs, input, call),
});
