import { createHash } from 'node:crypto';
import type { RunTaskRequest, TaskOverride } from '@aws-sdk/client-ecs';
import type { Clock } from '../clock.ts';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { findCluster } from './clusters.ts';
import { findDefinition } from './definitions.ts';
import type { Lifecycle } from './lifecycle.ts';
import {
  clientError,
  invalid,
  isPublic,
  present,
  readPairs,
  readTags,
  refuseOthers,
} from './requests.ts';
import { LIVE_TASKS_MAX } from './room.ts';
import { fargateSize } from './size.ts';
import type { Definition, EcsState, Override, Task } from './state.ts';
import { describeTask } from './taskView.ts';

export type RunTaskNeeds = {
  readonly state: EcsState;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** 32 hexadecimal digits, never the same twice. */
  readonly newTaskId: () => string;
  /** How many more tasks a region has room for. */
  readonly room: (region: string) => number;
};

const FIELDS = [
  'cluster',
  'taskDefinition',
  'count',
  'launchType',
  'networkConfiguration',
  'overrides',
  'startedBy',
  'tags',
  'clientToken',
  'group',
  'platformVersion',
];
const COUNT_MAX = 10;
const STARTED_BY_MAX = 128;
const TOKEN_CHARS_MAX = 64;
const PLATFORM_VERSION = '1.4.0';

const checkNetwork = (
  input: RunTaskRequest,
): Pick<Task, 'subnet' | 'securityGroups' | 'isPublic'> => {
  const vpc = input.networkConfiguration?.awsvpcConfiguration;
  if (!vpc) {
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  const [subnet] = vpc.subnets ?? [];
  if (subnet === undefined) throw invalid('subnets can not be empty.');
  return {
    subnet,
    securityGroups: vpc.securityGroups ?? [],
    isPublic: isPublic(vpc.assignPublicIp),
  };
};

const checkFields = (input: RunTaskRequest): void => {
  refuseOthers('RunTask', input, FIELDS, invalid);
  if (input.launchType !== 'FARGATE') {
    throw invalid(
      'No Container Instances were found in your cluster. The embedded ECS has FARGATE only: set launchType to FARGATE.',
    );
  }
  const { count = 1, startedBy = '', clientToken = '', platformVersion = 'LATEST' } = input;
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX) {
    throw invalid(`count must be from 1 to ${COUNT_MAX}; found ${count}.`);
  }
  if (startedBy.length > STARTED_BY_MAX || !/^[\w/-]*$/.test(startedBy)) {
    throw invalid(
      `startedBy may have up to ${STARTED_BY_MAX} letters, numbers, hyphens, underscores and slashes.`,
    );
  }
  if (!/^[!-~]*$/.test(clientToken) || clientToken.length > TOKEN_CHARS_MAX) {
    throw invalid(`clientToken may have up to ${TOKEN_CHARS_MAX} visible ASCII characters.`);
  }
  if (platformVersion !== 'LATEST' && platformVersion !== PLATFORM_VERSION) {
    throw new AwsError(
      'PlatformUnknownException',
      'The specified platform version does not exist.',
    );
  }
};

const readOverrides = (input: TaskOverride | undefined, definition: Definition): Override => {
  if (!input) return {};
  const fields = ['containerOverrides', 'cpu', 'memory', 'executionRoleArn', 'taskRoleArn'];
  refuseOthers('overrides', input, fields, invalid);
  const [first, ...others] = input.containerOverrides ?? [];
  if (others.length > 0 || (first && first.name !== definition.container.name)) {
    const name = others[0]?.name ?? first?.name ?? '';
    throw invalid(`Override for container named ${name} is not a container in the TaskDefinition.`);
  }
  if (first) {
    const known = ['name', 'command', 'environment', 'cpu', 'memory'];
    refuseOthers('containerOverrides', first, known, invalid);
  }
  const size =
    input.cpu === undefined && input.memory === undefined
      ? undefined
      : fargateSize(input.cpu ?? String(definition.cpu), input.memory ?? String(definition.memory));
  if ((first?.memory ?? 0) > (size ?? definition).memory) {
    throw invalid('Invalid memory value: the container asks for more than the task has.');
  }
  return {
    ...size,
    ...(first
      ? {
          container: {
            name: definition.container.name,
            ...present({ command: first.command, cpu: first.cpu, memory: first.memory }),
            ...(first.environment ? { environment: readPairs(first.environment) } : {}),
          },
        }
      : {}),
  };
};

const digestOf = ({ clientToken: _, ...request }: RunTaskRequest): string =>
  createHash('sha256').update(JSON.stringify(request)).digest('hex');

export const runTaskOperation = (needs: RunTaskNeeds): Operations => {
  const { state, clock, lifecycle } = needs;

  /** The tasks of an earlier call with the same token, if there was one. */
  const answered = (input: RunTaskRequest, region: string, cluster: string) => {
    if (!input.clientToken) return undefined;
    const before = state.answerTo(region, cluster, input.clientToken);
    if (!before) return undefined;
    if (before.request !== digestOf(input)) {
      throw new AwsError(
        'ConflictException',
        'The clientToken is already in use with a different RunTask request.',
        { resourceIds: before.taskArns },
      );
    }
    return before.taskArns.flatMap((arn) => state.tasks.get(arn) ?? []);
  };

  const draft = (
    input: RunTaskRequest,
    call: CallContext,
    cluster: { name: string; arn: string },
    definition: Definition,
  ): Task => {
    const id = needs.newTaskId();
    return {
      region: call.region,
      arn: `arn:aws:ecs:${call.region}:${ACCOUNT_ID}:task/${cluster.name}/${id}`,
      id,
      cluster: cluster.arn,
      definitionArn: definition.arn,
      family: definition.family,
      group: input.group ?? `family:${definition.family}`,
      ...(input.startedBy ? { startedBy: input.startedBy } : {}),
      ...(input.clientToken ? { clientToken: input.clientToken } : {}),
      ...checkNetwork(input),
      platformVersion: PLATFORM_VERSION,
      overrides: readOverrides(input.overrides, definition),
      tags: readTags(input.tags),
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      version: 1,
      createdAt: clock.now(),
    };
  };

  const RunTask = async (input: RunTaskRequest, call: CallContext) => {
    const cluster = findCluster(state, call.region, input.cluster);
    checkFields(input);
    checkNetwork(input);
    const earlier = answered(input, call.region, cluster.arn);
    if (earlier)
      return { tasks: earlier.map((task) => describeTask(task, state, true)), failures: [] };
    const definition = findDefinition(state, call.region, input.taskDefinition);
    if (!definition.active) throw clientError('TaskDefinition is inactive');
    const count = input.count ?? 1;
    if (needs.room(call.region) < count) {
      const detail = `${call.region} has room for ${needs.room(call.region)} more tasks, at most ${LIVE_TASKS_MAX} run on this machine`;
      return { tasks: [], failures: [{ arn: cluster.arn, reason: 'RESOURCE:CPU', detail }] };
    }
    const tasks = Array.from({ length: count }, () => draft(input, call, cluster, definition));
    for (const task of tasks) state.tasks.set(task.arn, task);
    if (input.clientToken) {
      state.remember({
        region: call.region,
        cluster: cluster.arn,
        token: input.clientToken,
        request: digestOf(input),
        taskArns: tasks.map((task) => task.arn),
        at: clock.now(),
      });
    }
    // On disk before anything is started: who asks again after a crash gets these tasks.
    await state.save();
    for (const task of tasks) lifecycle.begin(task, definition);
    return { tasks: tasks.map((task) => describeTask(task, state, true)), failures: [] };
  };

  return { RunTask };
};
