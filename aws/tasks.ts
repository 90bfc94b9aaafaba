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
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Task = z.object({
  taskArn: z.string(),
  lastStatus: z.string(),
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
  readonly host: string | undefined;
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
};

export type Placing = {
  readonly cluster: string;
  /** By region; those of `*` are for every region that is not named. */
  readonly subnets: ReadonlyMap<string, readonly string[]>;
  readonly executionRoleArn: string | undefined;
};

/** Stop codes of a task that ended by itself: its container exited, or could not be started. */
const OWN_ENDINGS = ['EssentialContainerExited', 'TaskFailedToStart'];

/** The most tasks one drill may have at a time in one region; also the size of a page. */
const TASKS_MAX = 100;

const subnetsOf = ({ subnets }: Placing, region: string): string[] => {
  const found = subnets.get(region) ?? subnets.get('*');
  if (found) return [...found];
  throw new DrillError(
    'PlacementFailed',
    `no subnet of ${region} is named: deploy with the parameter "subnets" holding ${region}/<subnet>`,
  );
};

export const openTasks = (placing: Placing, sdk: SdkSettings = {}) => {
  const clients = new Map<string, ECSClient>();
  const at = (region: string): ECSClient => {
    const known = clients.get(region);
    if (known) return known;
    const client = new ECSClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });
    clients.set(region, client);
    return client;
  };

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
    const subnets = subnetsOf(placing, region);
    const answer = await at(region).send(
      new RunTaskCommand({
        cluster: placing.cluster,
        launchType: 'FARGATE',
        count: 1,
        ...task,
        networkConfiguration: {
          awsvpcConfiguration: { subnets, assignPublicIp: 'DISABLED' },
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

  /** Tasks that someone started and that are to run, or that were told to stop within the hour. */
  const startedBy = async (
    region: string,
    starter: string,
    signal: AbortSignal,
    desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING',
  ): Promise<string[]> => {
    const { cluster } = placing;
    const answer = await at(region).send(
      new ListTasksCommand({ cluster, startedBy: starter, desiredStatus, maxResults: TASKS_MAX }),
      { abortSignal: signal },
    );
    return z.array(z.string()).parse(answer.taskArns ?? []);
  };

  return { register, run, describe, stop, startedBy };
};

export type Tasks = ReturnType<typeof openTasks>;

const runningTask = (task: z.output<typeof Task>): RunningTask => ({
  taskArn: task.taskArn,
  status: task.lastStatus,
  host: task.attachments
    .flatMap((attachment) => attachment.details)
    .find((detail) => detail.name === 'privateIPv4Address')?.value,
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
