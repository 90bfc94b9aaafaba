import type {
  DescribeTasksRequest,
  ListTagsForResourceRequest,
  ListTasksRequest,
  StopTaskRequest,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-ecs';
import type { CallContext, Operations } from '../wire/types.ts';
import { findCluster } from './clusters.ts';
import type { Lifecycle } from './lifecycle.ts';
import { invalid, page, readTags, refuseOthers, writeTags } from './requests.ts';
import type { EcsState, Task } from './state.ts';
import { describeTask } from './taskView.ts';

const DESCRIBED_MAX = 100;
const REASON_CHARS_MAX = 1_024;
const LIST_FIELDS = [
  'cluster',
  'family',
  'startedBy',
  'serviceName',
  'desiredStatus',
  'launchType',
  'maxResults',
  'nextToken',
];

/** Those that the API reference does not take beside `startedBy`. */
const OTHER_FILTERS = ['family', 'serviceName', 'desiredStatus', 'launchType'] as const;

const idOf = (task: string): string => task.split('/').at(-1) ?? '';

const findTask = (state: EcsState, cluster: string, idOrArn: string): Task | undefined =>
  [...state.tasks.values()].find(
    (task) => task.cluster === cluster && (task.arn === idOrArn || task.id === idOf(idOrArn)),
  );

const inService = (task: Task, service: string | undefined): boolean =>
  service === undefined || task.group === `service:${idOf(service)}`;

export const taskOperations = (state: EcsState, lifecycle: Lifecycle): Operations => ({
  DescribeTasks: (input: DescribeTasksRequest, { region }: CallContext) => {
    const cluster = findCluster(state, region, input.cluster);
    const asked = input.tasks ?? [];
    if (asked.length === 0) throw invalid('Tasks cannot be empty.');
    if (asked.length > DESCRIBED_MAX) {
      throw invalid(`At most ${DESCRIBED_MAX} tasks can be described at once.`);
    }
    const withTags = input.include?.includes('TAGS') ?? false;
    const found = asked.map((one) => ({ one, task: findTask(state, cluster.arn, one) }));
    return {
      tasks: found.flatMap(({ task }) => (task ? [describeTask(task, state, withTags)] : [])),
      failures: found
        .filter(({ task }) => task === undefined)
        .map(({ one }) => ({
          arn: one.startsWith('arn:')
            ? one
            : `${cluster.arn.replace(':cluster/', ':task/')}/${one}`,
          reason: 'MISSING',
        })),
    };
  },
  ListTasks: (input: ListTasksRequest, { region }: CallContext) => {
    refuseOthers('ListTasks', input, LIST_FIELDS, invalid);
    if (input.startedBy !== undefined && OTHER_FILTERS.some((name) => input[name] !== undefined)) {
      throw invalid('startedBy must be the only filter.');
    }
    const cluster = findCluster(state, region, input.cluster);
    const arns = [...state.tasks.values()]
      .filter((task) => task.cluster === cluster.arn)
      .filter((task) => task.desiredStatus === (input.desiredStatus ?? 'RUNNING'))
      .filter((task) => input.family === undefined || task.family === input.family)
      .filter((task) => input.startedBy === undefined || task.startedBy === input.startedBy)
      .filter((task) => inService(task, input.serviceName))
      .filter(() => (input.launchType ?? 'FARGATE') === 'FARGATE')
      .map((task) => task.arn);
    const { items, ...more } = page(arns, input);
    return { taskArns: items, ...more };
  },
  StopTask: async (input: StopTaskRequest, { region }: CallContext) => {
    const cluster = findCluster(state, region, input.cluster);
    const task = findTask(state, cluster.arn, input.task ?? '');
    if (!task) throw invalid('The referenced task was not found.');
    const reason = (input.reason ?? 'Task stopped by user').slice(0, REASON_CHARS_MAX);
    lifecycle.stop(task.arn, 'UserInitiated', reason);
    await state.save();
    return { task: describeTask(state.tasks.get(task.arn) ?? task, state, true) };
  },
});

type Tags = Record<string, string>;

/** Tags of clusters, task definitions, tasks and services, by their ARN. */
export const tagOperations = (state: EcsState): Operations => {
  const retag = <T extends { readonly tags: Tags }>(
    map: Map<string, T>,
    arn: string,
    next: (tags: Tags) => Tags,
  ): Tags | undefined => {
    const found = map.get(arn);
    if (!found) return undefined;
    const tags = next(found.tags);
    map.set(arn, { ...found, tags });
    return tags;
  };
  const change = (arn: string | undefined, next: (tags: Tags) => Tags): Tags => {
    const name = arn ?? '';
    const tags =
      retag(state.clusters, name, next) ??
      retag(state.definitions, name, next) ??
      retag(state.tasks, name, next) ??
      retag(state.services, name, next);
    if (!tags) throw invalid('The specified resource was not found.');
    return tags;
  };
  return {
    TagResource: async (input: TagResourceRequest) => {
      change(input.resourceArn, (tags) => ({ ...tags, ...readTags(input.tags) }));
      await state.save();
      return {};
    },
    UntagResource: async (input: UntagResourceRequest) => {
      const gone = input.tagKeys ?? [];
      change(input.resourceArn, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.includes(key))),
      );
      await state.save();
      return {};
    },
    ListTagsForResource: (input: ListTagsForResourceRequest) => ({
      tags: writeTags(change(input.resourceArn, (tags) => tags)),
    }),
  };
};
