/** Placements on ECS, in any region: one client a region, made when first asked for. */
import {
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { perKey } from '../core/perKey.ts';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Task = z.object({
  taskArn: z.string(),
  lastStatus: z.string(),
  startedBy: z.string().optional(),
  createdAt: z.date().optional(),
  pullStartedAt: z.date().optional(),
  pullStoppedAt: z.date().optional(),
  startedAt: z.date().optional(),
  stoppingAt: z.date().optional(),
  stopCode: z.string().optional(),
  stoppedReason: z.string().optional(),
  containers: z
    .array(z.object({ exitCode: z.number().optional(), reason: z.string().optional() }))
    .default([]),
  attachments: z
    .array(
      z.object({
        type: z.string().optional(),
        details: z
          .array(z.object({ name: z.string().optional(), value: z.string().optional() }))
          .default([]),
      }),
    )
    .default([]),
  tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
  launchType: z.string().optional(),
});

export type RunningTask = {
  readonly taskArn: string;
  readonly status: string;
  readonly startedBy: string | undefined;
  /** Within its network; undefined until it has one. */
  readonly privateAddress: string | undefined;
  /** What an address of the internet belongs to, where it has one. */
  readonly networkInterfaceId: string | undefined;
  readonly createdAtMs: number | undefined;
  readonly pullStartedAtMs: number | undefined;
  readonly pullStoppedAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  /** When it was told to stop, or stopped. */
  readonly stoppingAtMs: number | undefined;
  /** How the platform runs it: a tag `runner` of the platform, or ECS's launch type. */
  readonly runner: string;
  readonly stoppedReason: string | undefined;
  /** True when it was stopped for another reason than its own: by the platform, or by somebody. */
  readonly interrupted: boolean;
};

/** What one arm's task is made of. */
export type TaskShape = {
  readonly family: string;
  readonly image: string;
  readonly port: number;
  readonly cpu: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Of CloudWatch Logs, in the region itself. */
  readonly logGroup: string;
};

/** Where the tasks of a region are placed, and whether at an address of the internet. */
export type TaskNetwork = {
  readonly isPublic: boolean;
  readonly securityGroup: string;
  readonly subnets: readonly string[];
};

/** By region; that of `*` is for every region that is not named. */
export type TaskNetworks = ReadonlyMap<string, TaskNetwork>;

export type Placing = {
  readonly cluster: string;
  readonly network: TaskNetworks;
  readonly executionRoleArn: string | undefined;
};

/** Stop codes of a task that ended by itself: its container exited, or could not be started. */
const OWN_ENDINGS = ['EssentialContainerExited', 'TaskFailedToStart'];

/** The most tasks one drill may have at a time in one region; also the size of a page. */
const TASKS_MAX = 100;
/** ECS tells of a stopped task for an hour, in which a drill stops some hundred. */
const STOPPED_PAGES_MAX = 20;

/** @throws DrillError `PlacementFailed` for a region that none is named for. */
export const networkIn = (networks: TaskNetworks, region: string): TaskNetwork => {
  const found = networks.get(region) ?? networks.get('*');
  if (found) return found;
  throw new DrillError(
    'PlacementFailed',
    `no network of ${region} is named: deploy with aws.network.${region}`,
  );
};

type Describe = (
  region: string,
  taskArns: readonly string[],
  signal: AbortSignal,
) => Promise<RunningTask[]>;

/** Finds tasks by who started them. */
const openLists = (at: (region: string) => ECSClient, cluster: string, describe: Describe) => {
  /** Tasks that someone started and that are to run. ECS takes no other filter beside who started them. */
  const startedBy = async (
    region: string,
    starter: string,
    signal: AbortSignal,
  ): Promise<string[]> => {
    const answer = await at(region).send(
      new ListTasksCommand({ cluster, startedBy: starter, maxResults: TASKS_MAX }),
      { abortSignal: signal },
    );
    return z.array(z.string()).parse(answer.taskArns ?? []);
  };

  /** Tasks that someone started and that were told to stop within the hour, from the first pages of all such. */
  const stoppedOf = async (
    region: string,
    starter: string,
    signal: AbortSignal,
  ): Promise<RunningTask[]> => {
    const found: RunningTask[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < STOPPED_PAGES_MAX; page++) {
      const answer = await at(region).send(
        new ListTasksCommand({
          ...{ cluster, desiredStatus: 'STOPPED', maxResults: TASKS_MAX },
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
        { abortSignal: signal },
      );
      const tasks = await describe(
        region,
        z.array(z.string()).parse(answer.taskArns ?? []),
        signal,
      );
      found.push(...tasks.filter((task) => task.startedBy === starter));
      nextToken = answer.nextToken;
      if (nextToken === undefined) break;
    }
    return found;
  };

  return { startedBy, stoppedOf };
};

export const openTasks = (placing: Placing, sdk: SdkSettings = {}) => {
  const at = perKey(
    (region: string) => new ECSClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region }),
  );

  const register = async (
    region: string,
    shape: TaskShape,
    signal: AbortSignal,
  ): Promise<string> => {
    const answer = await at(region).send(
      new RegisterTaskDefinitionCommand({
        family: shape.family,
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: String(shape.cpu),
        memory: String(shape.memoryMb),
        ...(placing.executionRoleArn ? { executionRoleArn: placing.executionRoleArn } : {}),
        containerDefinitions: [
          {
            name: 'app',
            image: shape.image,
            essential: true,
            portMappings: [{ containerPort: shape.port, protocol: 'tcp' }],
            environment: Object.entries(shape.environment).map(([name, value]) => ({
              name,
              value,
            })),
            stopTimeout: 5,
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                'awslogs-group': shape.logGroup,
                'awslogs-region': region,
                'awslogs-stream-prefix': 'task',
                // A log that is slow loses lines, and puts off no answer that is measured.
                mode: 'non-blocking',
              },
            },
          },
        ],
      }),
      { abortSignal: signal },
    );
    return z.string().parse(answer.taskDefinition?.taskDefinitionArn);
  };

  /** Starts one task. The token makes a retried call start nothing new. */
  const run = async (
    region: string,
    task: { taskDefinition: string; startedBy: string; clientToken: string },
    signal: AbortSignal,
  ): Promise<string> => {
    const { isPublic, securityGroup, subnets } = networkIn(placing.network, region);
    const answer = await at(region).send(
      new RunTaskCommand({
        cluster: placing.cluster,
        launchType: 'FARGATE',
        count: 1,
        ...task,
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: [...subnets],
            securityGroups: [securityGroup],
            assignPublicIp: isPublic ? 'ENABLED' : 'DISABLED',
          },
        },
      }),
      { abortSignal: signal },
    );
    const [failure] = answer.failures ?? [];
    if (failure) {
      throw new DrillError(
        'PlacementFailed',
        `${region} could not place ${task.taskDefinition}: ${failure.reason ?? 'no reason given'}`,
      );
    }
    return z.string().parse(answer.tasks?.[0]?.taskArn);
  };

  const describe = async (
    region: string,
    taskArns: readonly string[],
    signal: AbortSignal,
  ): Promise<RunningTask[]> => {
    if (taskArns.length === 0) return [];
    const answer = await at(region).send(
      new DescribeTasksCommand({
        cluster: placing.cluster,
        tasks: taskArns.slice(0, TASKS_MAX),
        include: ['TAGS'],
      }),
      { abortSignal: signal },
    );
    return z
      .array(Task)
      .parse(answer.tasks ?? [])
      .map(runningTask);
  };

  const stop = async (
    region: string,
    taskArn: string,
    reason: string,
    signal: AbortSignal,
  ): Promise<void> => {
    const asked = { cluster: placing.cluster, task: taskArn, reason };
    await at(region).send(new StopTaskCommand(asked), { abortSignal: signal });
  };

  return { register, run, describe, stop, ...openLists(at, placing.cluster, describe) };
};

export type Tasks = ReturnType<typeof openTasks>;

/** What ECS tells of the network interface that it has attached. */
const attached = ({ attachments }: z.output<typeof Task>, name: string): string | undefined =>
  attachments.flatMap(({ details }) => details).find((detail) => detail.name === name)?.value;

const runningTask = (task: z.output<typeof Task>): RunningTask => ({
  taskArn: task.taskArn,
  status: task.lastStatus,
  startedBy: task.startedBy,
  privateAddress: attached(task, 'privateIPv4Address'),
  networkInterfaceId: attached(task, 'networkInterfaceId'),
  createdAtMs: task.createdAt?.getTime(),
  pullStartedAtMs: task.pullStartedAt?.getTime(),
  pullStoppedAtMs: task.pullStoppedAt?.getTime(),
  startedAtMs: task.startedAt?.getTime(),
  stoppingAtMs: task.stoppingAt?.getTime(),
  runner:
    task.tags.find((tag) => tag.key === 'runner')?.value ??
    task.launchType?.toLowerCase() ??
    'unknown',
  interrupted: task.stopCode !== undefined && !OWN_ENDINGS.includes(task.stopCode),
  stoppedReason:
    task.stoppedReason ?? task.containers.map((container) => container.reason).find(Boolean),
});
