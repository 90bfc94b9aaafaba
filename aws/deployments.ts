/** Versions of services of ECS in one region: which one runs, where, and how another takes its place. */
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Tag,
  type TaskDefinition,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

/** A service and the cluster it is in. */
type Place = { readonly cluster: string; readonly service: string };

const Described = z.object({
  desiredCount: z.int(),
  taskDefinition: z.string(),
  deployments: z
    .array(z.object({ status: z.string(), rolloutState: z.string().optional() }))
    .default([]),
  loadBalancers: z
    .array(
      z.object({
        targetGroupArn: z.string().optional(),
        containerName: z.string().optional(),
      }),
    )
    .default([]),
  events: z.array(z.object({ createdAt: z.date(), message: z.string() })).default([]),
});

const Task = z.object({
  lastStatus: z.string(),
  taskDefinitionArn: z.string(),
  attachments: z
    .array(
      z.object({
        details: z
          .array(z.object({ name: z.string().optional(), value: z.string().optional() }))
          .default([]),
      }),
    )
    .default([]),
});

export type Deployed = {
  readonly definition: string;
  readonly desired: number;
  readonly rollout: 'done' | 'under-way' | 'failed';
  readonly targetGroups: readonly string[];
  /** The container that the load balancer sends requests to. */
  readonly container: string | null;
  /** What ECS said last. */
  readonly said: string | null;
};

/** The most tasks that are looked at: one page of ECS. */
const TASKS_MAX = 100;
const DIGEST = /@(sha256:[0-9a-f]{64})$/;
/** What of the environment names the image, where the service is told. */
const DIGEST_VARIABLE = 'IMAGE_DIGEST';

const rolloutOf = (states: readonly (string | undefined)[]): Deployed['rollout'] => {
  const [primary] = states;
  if (primary === 'FAILED') return 'failed';
  return primary === 'IN_PROGRESS' || states.length > 1 ? 'under-way' : 'done';
};

const named = (definition: TaskDefinition, container: string | null) =>
  definition.containerDefinitions?.find(({ name }) => name === container) ??
  definition.containerDefinitions?.[0];

type Tagged = TaskDefinition & { readonly tags: readonly Tag[] };

/** What AWS itself has tagged it with, as CloudFormation does, it lets nobody else say. */
const ownTags = (tags: readonly Tag[]): Tag[] =>
  tags
    .filter(({ key }) => !key?.startsWith('aws:'))
    .toSorted((a, b) => (a.key ?? '').localeCompare(b.key ?? ''));

/** The definition with another image in one container, as it is registered. */
const withImage = (
  from: Tagged,
  container: string | null,
  digest: string,
): RegisterTaskDefinitionCommandInput => {
  const changed = named(from, container);
  const containers = (from.containerDefinitions ?? []).map((one) => {
    if (one.name !== changed?.name) return one;
    return {
      ...one,
      image: `${one.image?.replace(DIGEST, '').replace(/:[\w.-]+$/, '')}@${digest}`,
      environment: one.environment?.map(({ name, value }) => ({
        name,
        value: name === DIGEST_VARIABLE ? digest : value,
      })),
    };
  });
  const tags = ownTags(from.tags);
  return {
    ...(tags.length === 0 ? {} : { tags }),
    family: from.family,
    taskRoleArn: from.taskRoleArn,
    executionRoleArn: from.executionRoleArn,
    networkMode: from.networkMode,
    requiresCompatibilities: from.requiresCompatibilities,
    cpu: from.cpu,
    memory: from.memory,
    pidMode: from.pidMode,
    ipcMode: from.ipcMode,
    proxyConfiguration: from.proxyConfiguration,
    ephemeralStorage: from.ephemeralStorage,
    runtimePlatform: from.runtimePlatform,
    inferenceAccelerators: from.inferenceAccelerators,
    enableFaultInjection: from.enableFaultInjection,
    volumes: from.volumes,
    placementConstraints: from.placementConstraints,
    containerDefinitions: containers,
  };
};

const openDefinitions = (client: ECSClient, region: string) => {
  const describe = async (definition: string, signal: AbortSignal): Promise<Tagged> => {
    const { taskDefinition, tags = [] } = await client.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: definition, include: ['TAGS'] }),
      { abortSignal: signal },
    );
    if (taskDefinition) return { ...taskDefinition, tags };
    throw new DrillError('DataCorrupt', `ECS in ${region} describes ${definition} as nothing`);
  };

  /** Digest of the image that a definition names; null where it names a tag, or the latest. */
  const digest = async (
    definition: string,
    container: string | null,
    signal: AbortSignal,
  ): Promise<string | null> => {
    const image = named(await describe(definition, signal), container)?.image ?? '';
    return DIGEST.exec(image)?.[1] ?? null;
  };

  /**
   * A definition like this one with another image. The newest of the family serves where it is that
   * already, so that a call that is repeated leaves nothing behind.
   */
  const withDigest = async (
    definition: string,
    container: string | null,
    wanted: string,
    signal: AbortSignal,
  ): Promise<string> => {
    const from = await describe(definition, signal);
    const made = withImage(from, container, wanted);
    const newest = await describe(from.family ?? '', signal);
    const same = JSON.stringify(withImage(newest, container, wanted)) === JSON.stringify(made);
    if (same && named(newest, container)?.image?.endsWith(`@${wanted}`)) {
      return z.string().parse(newest.taskDefinitionArn);
    }
    const answer = await client.send(new RegisterTaskDefinitionCommand(made), {
      abortSignal: signal,
    });
    return z.string().parse(answer.taskDefinition?.taskDefinitionArn);
  };

  return { digest, withDigest };
};

export const openDeployments = (region: string, sdk: SdkSettings = {}) => {
  const client = new ECSClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });

  /** @throws DrillError `InputInvalid` for a service that is not there. */
  const look = async ({ cluster, service }: Place, signal: AbortSignal): Promise<Deployed> => {
    const { services = [] } = await client.send(
      new DescribeServicesCommand({ cluster, services: [service] }),
      { abortSignal: signal },
    );
    const [found] = services;
    if (found?.status !== 'ACTIVE') {
      throw new DrillError(
        'InputInvalid',
        `${region} has no service ${service} in cluster ${cluster}: deploy it, or correct the name`,
      );
    }
    const { deployments, loadBalancers, events, ...read } = Described.parse(found);
    const [balanced] = loadBalancers;
    const primary = deployments.toSorted(
      (a, b) => Number(b.status === 'PRIMARY') - Number(a.status === 'PRIMARY'),
    );
    return {
      definition: read.taskDefinition,
      desired: read.desiredCount,
      rollout: rolloutOf(primary.map(({ rolloutState }) => rolloutState)),
      targetGroups: loadBalancers.flatMap(({ targetGroupArn }) => targetGroupArn ?? []),
      container: balanced?.containerName ?? null,
      said:
        events.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime())[0]?.message ??
        null,
    };
  };

  /** Addresses of the tasks of a service that run this definition. */
  const addresses = async (
    { cluster, service }: Place,
    definition: string,
    signal: AbortSignal,
  ): Promise<string[]> => {
    const { taskArns = [] } = await client.send(
      new ListTasksCommand({ cluster, serviceName: service, maxResults: TASKS_MAX }),
      { abortSignal: signal },
    );
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await client.send(
      new DescribeTasksCommand({ cluster, tasks: taskArns }),
      { abortSignal: signal },
    );
    return z
      .array(Task)
      .parse(tasks)
      .filter((task) => task.lastStatus === 'RUNNING' && task.taskDefinitionArn === definition)
      .flatMap(({ attachments }) => attachments.flatMap(({ details }) => details))
      .flatMap(({ name, value }) => (name === 'privateIPv4Address' ? (value ?? []) : []));
  };

  const definitions = openDefinitions(client, region);

  /** The image that a service runs now, by digest; null where there is no such service, or it is not known. */
  const running = async (place: Place, signal: AbortSignal): Promise<string | null> => {
    try {
      const { definition, container } = await look(place, signal);
      return await definitions.digest(definition, container, signal);
    } catch (error) {
      if (error instanceof DrillError && error.name === 'InputInvalid') return null;
      throw error;
    }
  };

  /** Has a service run a definition, or this many tasks, or both. Asking for what is there changes nothing. */
  const deploy = async (
    { cluster, service }: Place,
    wanted: { readonly definition?: string; readonly tasks?: number },
    signal: AbortSignal,
  ): Promise<void> => {
    const { definition, tasks } = wanted;
    await client.send(
      new UpdateServiceCommand({
        cluster,
        service,
        ...(definition === undefined ? {} : { taskDefinition: definition }),
        ...(tasks === undefined ? {} : { desiredCount: tasks }),
      }),
      { abortSignal: signal },
    );
  };

  return { look, running, addresses, ...definitions, deploy, close: () => client.destroy() };
};

export type Deployments = ReturnType<typeof openDeployments>;
