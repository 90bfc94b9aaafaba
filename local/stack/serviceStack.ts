/** A watched service in one region: a load balancer, and tasks of its image behind it. Safe to repeat. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Service,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DrillError } from '../../core/errors.ts';
import type { Config } from '../../events/config.ts';
import type { PromotionPlace } from '../../events/promotion.ts';
import type { TargetFacts } from '../../events/watchPlanOf.ts';
import { repositoryUri } from '../ecr/uri.ts';
import { ensureBalancer, present, SUBNETS, shortName } from './balancer.ts';
import type { Clients } from './clients.ts';
import type { ServiceImage } from './serviceImage.ts';

/** Tasks that each region keeps. */
const TASKS = 1;
const STAGING_TASKS = 1;
const CONTAINER = 'app';
const LOOK_EVERY_MS = 100;

export type RegionStack = {
  readonly facts: TargetFacts;
  readonly targetGroup: string;
  readonly place: PromotionPlace;
};

const definitionOf = (
  { service, run }: Config,
  region: string,
  { repository, digest }: ServiceImage,
): RegisterTaskDefinitionCommandInput => ({
  family: service,
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: String(run.cpu),
  memory: String(run.memory),
  containerDefinitions: [
    {
      name: CONTAINER,
      image: `${repositoryUri(region, repository)}@${digest}`,
      essential: true,
      portMappings: [{ containerPort: run.port, protocol: 'tcp' }],
      environment: Object.entries({
        ...run.env,
        PORT: String(run.port),
        IMAGE_DIGEST: digest,
      }).map(([name, value]) => ({ name, value })),
      stopTimeout: 5,
    },
  ],
});

/** What of a definition makes tasks different, in a text that can be compared. */
const essence = ({ cpu, memory, containerDefinitions }: RegisterTaskDefinitionCommandInput) => {
  const [one] = containerDefinitions ?? [];
  const environment = (one?.environment ?? []).map(({ name, value }) => `${name}=${value}`).sort();
  const ports = one?.portMappings?.map(({ containerPort }) => containerPort);
  return JSON.stringify([cpu, memory, one?.image, environment, ports, one?.stopTimeout]);
};

const serviceIn = async ({ ecs }: Clients, cluster: string, name: string) => {
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster, services: [name] }),
  );
  return services.find(({ status }) => status === 'ACTIVE');
};

/** What a service runs now: the digest of its image, and all of it in a text that can be compared. */
const runningIn = async ({ ecs }: Clients, service: Service | undefined) => {
  if (!service?.taskDefinition) return null;
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: service.taskDefinition }),
  );
  const { cpu, memory, containerDefinitions } = taskDefinition ?? {};
  return {
    definition: service.taskDefinition,
    digest: containerDefinitions?.[0]?.image?.split('@')[1] ?? '',
    essence: essence({ family: '', cpu, memory, containerDefinitions }),
  };
};

/** What promotions have left: images that stay although the configuration names another. */
export type Promoted = {
  readonly digests: readonly string[];
  /** One is under way, and goes on where it was: nothing is touched. */
  readonly underWay: boolean;
};

/** A service that is to be there, beside others in its region. */
type Wanted = { readonly name: string; readonly tasks: number; readonly targetGroup: string };

const create = async (
  { ecs }: Clients,
  { service, run }: Config,
  { name, tasks, targetGroup }: Wanted,
  taskDefinition: string,
): Promise<void> => {
  await ecs.send(
    new CreateServiceCommand({
      cluster: clusterOf(service),
      serviceName: name,
      taskDefinition,
      desiredCount: tasks,
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: { subnets: SUBNETS, assignPublicIp: 'DISABLED' },
      },
      deploymentConfiguration: {
        minimumHealthyPercent: 100,
        maximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
      loadBalancers: [
        { targetGroupArn: targetGroup, containerName: CONTAINER, containerPort: run.port },
      ],
    }),
  );
};

/** Runs the image; another one is rolled out, and back if it is no good. Answers with the definition. */
export const ensureTasks = async (
  clients: Clients,
  config: Config,
  region: string,
  { image, promoted }: { readonly image: ServiceImage; readonly promoted: Promoted },
  service: Wanted,
): Promise<string> => {
  const { ecs } = clients;
  const found = await serviceIn(clients, clusterOf(config.service), service.name);
  const runs = await runningIn(clients, found);
  if (runs !== null && promoted.underWay) return runs.definition;
  const digest =
    runs !== null && promoted.digests.includes(runs.digest) ? runs.digest : image.digest;
  const wanted = definitionOf(config, region, { ...image, digest });
  if (runs?.essence === essence(wanted)) return runs.definition;
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(wanted));
  const arn = present(taskDefinition?.taskDefinitionArn, 'task definition');
  if (found) {
    const cluster = clusterOf(config.service);
    await ecs.send(
      new UpdateServiceCommand({ cluster, service: service.name, taskDefinition: arn }),
    );
  } else {
    await create(clients, config, service, arn);
  }
  return arn;
};

/** The service that runs a new version beside this one during a promotion, and else has no tasks. */
const ensureBeside = async (
  clients: Clients,
  config: Config,
  definition: string,
  targetGroup: string,
): Promise<string> => {
  const name = `${config.service}-next`;
  const found = await serviceIn(clients, clusterOf(config.service), name);
  if (!found) await create(clients, config, { name, tasks: 0, targetGroup }, definition);
  return name;
};

export const clusterOf = (service: string): string => `failover-drill-${service}`;

export const ensureRegionStack = async (
  clients: Clients,
  config: Config,
  { role, region }: Pick<PromotionPlace, 'role' | 'region'>,
  images: { readonly image: ServiceImage; readonly promoted: Promoted },
): Promise<RegionStack> => {
  const { service, run } = config;
  const names = { name: shortName(service), beside: shortName(service, '-next') };
  const { main, next, listener, address } = await ensureBalancer(clients, config, names);
  const wanted = { name: service, tasks: TASKS, targetGroup: main };
  const definition = await ensureTasks(clients, config, region, images, wanted);
  const group = present(next ?? undefined, 'second target group');
  const beside = await ensureBeside(clients, config, definition, group);
  const cluster = clusterOf(service);
  return {
    targetGroup: main,
    facts: {
      url: `http://${address}:${run.port}${run.health}`,
      answers: { A: [address] },
      capacity: { cluster, service, wanted: TASKS },
    },
    place: {
      ...{ role, region, cluster, service },
      next: { service: beside, listener, groups: { main, next: group } },
    },
  };
};

/** A service of its own that gets a new version first, and no traffic. */
export const ensureStaging = async (
  clients: Clients,
  config: Config,
  region: string,
  images: { readonly image: ServiceImage; readonly promoted: Promoted },
): Promise<PromotionPlace> => {
  const service = `${config.service}-staging`;
  const names = { name: shortName(config.service, '-staging'), beside: null };
  const { main } = await ensureBalancer(clients, config, names);
  const wanted = { name: service, tasks: STAGING_TASKS, targetGroup: main };
  await ensureTasks(clients, config, region, images, wanted);
  return { role: 'staging', region, cluster: clusterOf(config.service), service, next: null };
};

/**
 * Waits until the region serves.
 * @throws DrillError `NotReady` with what ECS said last, when it does not in time.
 */
export const awaitServing = async (
  clients: Clients,
  config: Config,
  region: string,
  { targetGroup }: RegionStack,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> => {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const seen = await clients.elbv2.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup }),
    );
    const healthy = (seen.TargetHealthDescriptions ?? []).filter(
      ({ TargetHealth }) => TargetHealth?.State === 'healthy',
    );
    if (healthy.length >= TASKS) return;
    if (performance.now() > untilMs) {
      const found = await serviceIn(clients, `failover-drill-${config.service}`, config.service);
      const said = found?.events?.[0]?.message ?? 'nothing';
      throw new DrillError(
        'NotReady',
        `${config.service} did not answer ${config.run.health} on port ${config.run.port} in ${region} within ${withinMs / 1_000} s; ECS said last: ${said}`,
      );
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
};

/** How the platform runs the tasks, such as `runc` or `process`; null when none runs. */
export const runnerOf = async ({ ecs }: Clients, { service }: Config): Promise<string | null> => {
  const cluster = `failover-drill-${service}`;
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({ cluster, serviceName: service, maxResults: 1 }),
  );
  if (taskArns.length === 0) return null;
  const { tasks = [] } = await ecs.send(
    new DescribeTasksCommand({ cluster, tasks: taskArns, include: ['TAGS'] }),
  );
  return tasks[0]?.tags?.find(({ key }) => key === 'runner')?.value ?? null;
};
