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
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DrillError } from '../../core/errors.ts';
import type { Config } from '../../events/config.ts';
import type { TargetFacts } from '../../events/watchPlanOf.ts';
import { repositoryUri } from '../ecr/uri.ts';
import type { Clients } from './clients.ts';
import type { ServiceImage } from './serviceImage.ts';

/** Tasks that each region keeps. */
const TASKS = 1;
const SUBNETS = ['subnet-0'];
const CONTAINER = 'app';
const NAME_MAX = 32;
/** The shortest that a load balancer takes: who watches a failover should not wait for it. */
const CHECK = { intervalS: 5, timeoutS: 2, healthy: 2, unhealthy: 2 } as const;
const LOOK_EVERY_MS = 100;

export type RegionStack = {
  readonly facts: TargetFacts;
  readonly targetGroup: string;
};

/** Names of load balancers have 32 characters. */
const shortName = (service: string): string => service.slice(0, NAME_MAX).replace(/-+$/, '');

const present = <T>(value: T | undefined, what: string): T => {
  if (value !== undefined) return value;
  throw new DrillError('DataCorrupt', `an answer of the embedded cloud names no ${what}`);
};

/** Creating either again with the same settings answers with the one that is there. */
const ensureBalancer = async ({ elbv2 }: Clients, { service, run }: Config) => {
  const name = shortName(service);
  const group = await elbv2.send(
    new CreateTargetGroupCommand({
      Name: name,
      Protocol: 'HTTP',
      Port: run.port,
      VpcId: 'vpc-embedded',
      TargetType: 'ip',
      HealthCheckPath: run.health,
      HealthCheckIntervalSeconds: CHECK.intervalS,
      HealthCheckTimeoutSeconds: CHECK.timeoutS,
      HealthyThresholdCount: CHECK.healthy,
      UnhealthyThresholdCount: CHECK.unhealthy,
    }),
  );
  const targetGroup = present(group.TargetGroups?.[0]?.TargetGroupArn, 'target group');
  const made = await elbv2.send(
    new CreateLoadBalancerCommand({ Name: name, Subnets: SUBNETS, Scheme: 'internet-facing' }),
  );
  const arn = present(made.LoadBalancers?.[0]?.LoadBalancerArn, 'load balancer');
  const { Listeners: listeners = [] } = await elbv2.send(
    new DescribeListenersCommand({ LoadBalancerArn: arn }),
  );
  if (!listeners.some(({ Port }) => Port === run.port)) {
    await elbv2.send(
      new CreateListenerCommand({
        LoadBalancerArn: arn,
        Protocol: 'HTTP',
        Port: run.port,
        DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroup }],
      }),
    );
  }
  const { LoadBalancers: shown = [] } = await elbv2.send(
    new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }),
  );
  const zone = shown[0]?.AvailabilityZones?.[0];
  const address = present(zone?.LoadBalancerAddresses?.[0]?.IpAddress, 'address');
  // Clients have been told this address, so it cannot be another one.
  if (shown[0]?.State?.Code === 'failed') {
    throw new DrillError(
      'AddressInUse',
      `${service} is reached at ${address}:${run.port}, which somebody else on this machine holds, such as another watch. Stop that, or start anew with another data folder (--data)`,
    );
  }
  return { targetGroup, address };
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

const runsAlready = async (
  { ecs }: Clients,
  service: Service | undefined,
  wanted: RegisterTaskDefinitionCommandInput,
): Promise<boolean> => {
  if (!service?.taskDefinition) return false;
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: service.taskDefinition }),
  );
  const { cpu, memory, containerDefinitions } = taskDefinition ?? {};
  return essence({ family: '', cpu, memory, containerDefinitions }) === essence(wanted);
};

/** Runs the image; another one is rolled out, and back if it is no good. */
const ensureTasks = async (
  clients: Clients,
  config: Config,
  region: string,
  image: ServiceImage,
  targetGroupArn: string,
): Promise<void> => {
  const { ecs } = clients;
  const cluster = `failover-drill-${config.service}`;
  const wanted = definitionOf(config, region, image);
  const found = await serviceIn(clients, cluster, config.service);
  if (await runsAlready(clients, found, wanted)) return;
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(wanted));
  const arn = present(taskDefinition?.taskDefinitionArn, 'task definition');
  if (found) {
    await ecs.send(
      new UpdateServiceCommand({ cluster, service: config.service, taskDefinition: arn }),
    );
    return;
  }
  await ecs.send(
    new CreateServiceCommand({
      cluster,
      serviceName: config.service,
      taskDefinition: arn,
      desiredCount: TASKS,
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: { subnets: SUBNETS, assignPublicIp: 'DISABLED' },
      },
      deploymentConfiguration: {
        minimumHealthyPercent: 100,
        maximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
      loadBalancers: [{ targetGroupArn, containerName: CONTAINER, containerPort: config.run.port }],
    }),
  );
};

export const ensureRegionStack = async (
  clients: Clients,
  config: Config,
  region: string,
  image: ServiceImage,
): Promise<RegionStack> => {
  const { service, run } = config;
  const { targetGroup, address } = await ensureBalancer(clients, config);
  await ensureTasks(clients, config, region, image, targetGroup);
  return {
    targetGroup,
    facts: {
      url: `http://${address}:${run.port}${run.health}`,
      answers: { A: [address] },
      capacity: { cluster: `failover-drill-${service}`, service, wanted: TASKS },
    },
  };
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
