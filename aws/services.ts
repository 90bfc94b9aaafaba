/** The ECS services of one region: how many tasks there are, and more of them. */
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListClustersCommand,
  ListServicesCommand,
  ListTasksCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import * as z from 'zod';
import type { ServiceFound } from '../core/deploy/ecsServices.ts';
import { DrillError } from '../core/errors.ts';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

/** A service and the cluster it is in. */
export type Place = { readonly cluster: string; readonly service: string };

const Described = z.object({
  status: z.string(),
  desiredCount: z.int(),
  runningCount: z.int(),
  pendingCount: z.int(),
  taskDefinition: z.string().optional(),
  deployments: z
    .array(z.object({ status: z.string(), rolloutState: z.string().optional() }))
    .default([]),
  loadBalancers: z.array(z.object({ targetGroupArn: z.string().optional() })).default([]),
  events: z.array(z.object({ createdAt: z.date(), message: z.string() })).default([]),
});

/** How a service stands, in the words of a failover. */
export type ServiceState = {
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** More tasks can be ordered, as far as can be known before trying. */
  readonly scalable: boolean;
  readonly deploying: boolean;
  readonly targetGroups: readonly string[];
  readonly taskDefinition: string | null;
  /** What ECS said last of it. */
  readonly lastEvent: string | null;
};

/** The words of ECS for a region that has no room. */
const NO_ROOM = 'was unable to place a task';

const stateOf = (found: z.output<typeof Described>): ServiceState => {
  const lastEvent =
    found.events.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime())[0]?.message ??
    null;
  const states = found.deployments.map(({ rolloutState }) => rolloutState);
  return {
    desired: found.desiredCount,
    running: found.runningCount,
    pending: found.pendingCount,
    scalable:
      found.status === 'ACTIVE' &&
      !states.includes('FAILED') &&
      !(lastEvent?.includes(NO_ROOM) ?? false),
    deploying: found.deployments.length > 1 || states.includes('IN_PROGRESS'),
    targetGroups: found.loadBalancers.flatMap(({ targetGroupArn }) => targetGroupArn ?? []),
    taskDefinition: found.taskDefinition ?? null,
    lastEvent,
  };
};

/** The most tasks whose images are looked at: one page of ECS. */
const TASKS_MAX = 100;

/** Names of others that are told: one page of ECS. */
const LISTED_MAX = 100;

const Listed = z.object({
  status: z.string(),
  schedulingStrategy: z.string().default('REPLICA'),
  loadBalancers: z.array(z.object({ targetGroupArn: z.string().optional() })).default([]),
});

const Running = z.object({
  lastStatus: z.string(),
  containers: z.array(z.object({ imageDigest: z.string().optional() })).default([]),
});

export const openServices = (region: string, sdk: SdkSettings = {}) => {
  const client = new ECSClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });

  /** @throws DrillError `InputInvalid` for a service that is not there. */
  const state = async ({ cluster, service }: Place, signal: AbortSignal): Promise<ServiceState> => {
    const { services = [] } = await client.send(
      new DescribeServicesCommand({ cluster, services: [service] }),
      { abortSignal: signal },
    );
    const [found] = services;
    if (found) return stateOf(Described.parse(found));
    throw new DrillError(
      'InputInvalid',
      `${region} has no service ${service} in cluster ${cluster}: deploy it, or correct the name`,
    );
  };

  /**
   * Orders this many tasks, and never fewer than are ordered now.
   * @returns how many were ordered before, and how many are now
   */
  const scaleTo = async (
    place: Place,
    tasks: number,
    signal: AbortSignal,
  ): Promise<{ readonly before: number; readonly now: number }> => {
    const { desired } = await state(place, signal);
    if (desired >= tasks) return { before: desired, now: desired };
    const answer = await client.send(new UpdateServiceCommand({ ...place, desiredCount: tasks }), {
      abortSignal: signal,
    });
    return { before: desired, now: z.int().parse(answer.service?.desiredCount) };
  };

  /** Takes back what was ordered beyond this many tasks; fewer stay as they are. */
  const scaleBack = async (place: Place, tasks: number, signal: AbortSignal): Promise<number> => {
    const { desired } = await state(place, signal);
    if (desired <= tasks) return desired;
    const answer = await client.send(new UpdateServiceCommand({ ...place, desiredCount: tasks }), {
      abortSignal: signal,
    });
    return z.int().parse(answer.service?.desiredCount);
  };

  /** Digests of the images that run for a service, each once. */
  const digests = async ({ cluster, service }: Place, signal: AbortSignal): Promise<string[]> => {
    const { taskArns = [] } = await client.send(
      new ListTasksCommand({ cluster, serviceName: service, maxResults: TASKS_MAX }),
      { abortSignal: signal },
    );
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await client.send(
      new DescribeTasksCommand({ cluster, tasks: taskArns }),
      {
        abortSignal: signal,
      },
    );
    const running = z
      .array(Running)
      .parse(tasks)
      .filter(({ lastStatus }) => lastStatus === 'RUNNING');
    return [...new Set(running.flatMap(({ containers }) => containers[0]?.imageDigest ?? []))];
  };

  /** Names that are listed as ARNs; null where nobody may ask. */
  const namesOf = async (list: Promise<readonly string[]>): Promise<string[] | null> => {
    try {
      return (await list).map((arn) => arn.split('/').at(-1) ?? arn);
    } catch (error) {
      if (isAwsError(error, 'AccessDeniedException')) return null;
      throw error;
    }
  };

  /** Whether a service is there, and if not, what is. */
  const find = async ({ cluster, service }: Place, signal: AbortSignal): Promise<ServiceFound> => {
    const limits = { maxResults: LISTED_MAX };
    const options = { abortSignal: signal };
    try {
      const { services = [] } = await client.send(
        new DescribeServicesCommand({ cluster, services: [service] }),
        options,
      );
      const [found] = z.array(Listed).parse(services);
      if (found?.status === 'ACTIVE') {
        const { schedulingStrategy: strategy, loadBalancers } = found;
        const targetGroups = loadBalancers.filter(({ targetGroupArn }) => targetGroupArn).length;
        return { kind: 'there', strategy, targetGroups };
      }
      const listed = client.send(new ListServicesCommand({ cluster, ...limits }), options);
      const names = await namesOf(listed.then(({ serviceArns = [] }) => serviceArns));
      return { kind: 'no-service', status: found?.status ?? null, services: names };
    } catch (error) {
      if (!isAwsError(error, 'ClusterNotFoundException')) throw error;
      const listed = client.send(new ListClustersCommand(limits), options);
      const names = await namesOf(listed.then(({ clusterArns = [] }) => clusterArns));
      return { kind: 'no-cluster', clusters: names };
    }
  };

  return { state, find, scaleTo, scaleBack, digests, close: () => client.destroy() };
};

export type Services = ReturnType<typeof openServices>;
