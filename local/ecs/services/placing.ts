/** Starts tasks of services. */
import { ACCOUNT_ID } from '../../wire/types.ts';
import type { Task } from '../state.ts';
import { replaceDeployment } from './deployments.ts';
import { type Floor, named, say } from './floor.ts';
import { primaryOf, type Service } from './model.ts';

const NO_ROOM =
  'was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.';
const NO_ROOM_PAUSE_MS = 5_000;

const draftTask = (
  { state, clock, newTaskId }: Floor,
  service: Service,
  definitionArn: string,
  deployment: string,
): Task => {
  const id = newTaskId();
  const { region, cluster } = service;
  return {
    region,
    arn: `arn:aws:ecs:${region}:${ACCOUNT_ID}:task/${cluster.split('/').at(-1)}/${id}`,
    id,
    cluster,
    definitionArn,
    family: state.definitions.get(definitionArn)?.family ?? '',
    group: `service:${service.name}`,
    service: service.arn,
    startedBy: deployment,
    subnet: service.subnets[0] ?? '',
    securityGroups: service.securityGroups,
    isPublic: service.isPublic,
    platformVersion: service.platformVersion,
    overrides: {},
    tags: {},
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    version: 1,
    createdAt: clock.now(),
  };
};

/** Starts tasks of the primary deployment, as many as the region has room for. */
export const startTasks = (floor: Floor, service: Service, count: number): void => {
  const { state, clock } = floor;
  const primary = primaryOf(service);
  const definition = primary && state.definitions.get(primary.definitionArn);
  if (!primary || !definition || count === 0) return;
  const placed = Math.min(count, Math.max(0, floor.room(service.region)));
  if (placed < count) {
    say(floor, service.arn, NO_ROOM);
    replaceDeployment(state, service.arn, primary.id, (old) => ({
      ...old,
      startsAtMs: clock.now() + NO_ROOM_PAUSE_MS,
    }));
  }
  const tasks = Array.from({ length: placed }, () =>
    draftTask(floor, service, definition.arn, primary.id),
  );
  if (tasks.length === 0) return;
  for (const task of tasks) state.tasks.set(task.arn, task);
  say(floor, service.arn, `has started ${tasks.length} tasks: ${named(tasks)}.`);
  // On disk before anything is started, so that no task runs that nobody knows.
  state.save().then(
    () => {
      for (const task of tasks) if (!floor.closed) floor.lifecycle.begin(task, definition);
    },
    (error: unknown) => {
      for (const { arn } of tasks) state.tasks.delete(arn);
      floor.onFault(error, `keeping the tasks of ${service.arn}`);
    },
  );
};
