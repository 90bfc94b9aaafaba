/**
 * Keeps every service at what is wanted of it: starts, replaces and stops tasks, registers them with
 * their target groups, rolls deployments out and back.
 */
import type { Task } from '../state.ts';
import {
  completed,
  deploymentOf,
  failedBy,
  givenUp,
  replaceDeployment,
  withoutEmpty,
} from './deployments.ts';
import { type Floor, named, type SchedulerNeeds, say } from './floor.ts';
import { primaryOf, type Service } from './model.ts';
import { startTasks } from './placing.ts';
import { isBroken, planService, type ServicePlan } from './plan.ts';
import { deregister, register, SETTLED_MS, stageOf, stopTask } from './registration.ts';

const tasksOf = ({ state }: Floor, service: Service): Task[] =>
  [...state.tasks.values()]
    .filter((task) => task.service === service.arn && task.lastStatus !== 'STOPPED')
    .sort((a, b) => a.createdAt - b.createdAt);

const stopUnhealthy = (floor: Floor, service: Service, task: Task): void => {
  const why = `failed ELB health checks in (target-group ${service.loadBalancers[0]?.targetGroupArn})`;
  say(floor, service.arn, `${named([task])} ${why}`);
  replaceDeployment(floor.state, service.arn, deploymentOf(task), (old) =>
    failedBy(old, floor.clock.now()),
  );
  stopTask(floor, service, task, `Task ${why}`);
};

const carryOut = (floor: Floor, service: Service, plan: ServicePlan): void => {
  const { state } = floor;
  const told: Task[] = [];
  for (const { arn, why } of plan.stop) {
    const task = state.tasks.get(arn);
    if (!task) continue;
    if (why === 'unhealthy') {
      stopUnhealthy(floor, service, task);
      continue;
    }
    told.push(task);
    const by = `(deployment ${primaryOf(service)?.id})`;
    stopTask(floor, service, task, `Scaling activity initiated by ${by}`);
  }
  if (told.length > 0) {
    say(floor, service.arn, `has stopped ${told.length} running tasks: ${named(told)}.`);
  }
  startTasks(floor, state.services.get(service.arn) ?? service, plan.start);
};

/** A primary deployment that has all it should have is complete. */
const settle = (floor: Floor, service: Service): void => {
  const primary = primaryOf(service);
  if (!primary || primary.rolloutState === 'FAILED') return;
  if (primary.rolloutState === 'IN_PROGRESS') {
    floor.state.services.set(service.arn, completed(service, primary, floor.clock.now()));
    say(floor, service.arn, `(deployment ${primary.id}) deployment completed.`);
  }
  say(floor, service.arn, 'has reached a steady state.');
};

/** The circuit breaker. */
const breakOff = (floor: Floor, service: Service): void => {
  const primary = primaryOf(service);
  if (!primary || !isBroken(service, primary)) return;
  const failed = givenUp(service, primary, floor.clock.now());
  floor.state.services.set(service.arn, failed.service);
  for (const words of failed.events) say(floor, service.arn, words);
};

/** A task of use ends the count of failures of its deployment. */
const noteServed = (floor: Floor, service: Service, task: Task): void => {
  if (floor.served.has(task.arn)) return;
  floor.served.add(task.arn);
  const reset = { failedTasks: 0, startsAtMs: 0 };
  replaceDeployment(floor.state, service.arn, deploymentOf(task), (old) => ({ ...old, ...reset }));
};

/** One look at a service: all that can be done now is done. Answers its tasks. */
const reconcile = (floor: Floor, arn: string): readonly Task[] => {
  const { state, clock } = floor;
  const now = () => state.services.get(arn);
  const found = now();
  if (!found || found.status === 'INACTIVE') return [];
  breakOff(floor, found);
  const tasks = tasksOf(floor, found);
  const service = withoutEmpty(now() ?? found, tasks);
  state.services.set(arn, service);
  if (service.status === 'DRAINING' && tasks.length === 0) {
    state.services.set(arn, { ...service, status: 'INACTIVE', deployments: [] });
    return [];
  }
  for (const task of tasks) register(floor, service, task);
  const seen = tasks.map((task) => ({ task, stage: stageOf(floor, service, task) }));
  for (const { task, stage } of seen) if (stage === 'ready') noteServed(floor, service, task);
  const plan = planService(
    now() ?? service,
    seen.map(({ task, stage }) => ({ arn: task.arn, deployment: deploymentOf(task), stage })),
    clock.now(),
  );
  carryOut(floor, now() ?? service, plan);
  if (plan.complete) settle(floor, now() ?? service);
  return tasks;
};

/**
 * When time alone changes what is to be done; undefined when it does not.
 * @param seenMs when the look began: what came due during it may not have been acted on
 */
const nextLookAtMs = (
  service: Service,
  tasks: readonly Task[],
  seenMs: number,
): number | undefined => {
  const settles = tasks
    .filter(({ lastStatus }) => lastStatus === 'RUNNING')
    .flatMap(({ startedAt = seenMs }) => [
      startedAt + SETTLED_MS,
      startedAt + service.graceS * 1_000,
    ]);
  const next = [primaryOf(service)?.startsAtMs ?? 0, ...settles].filter((at) => at > seenMs);
  return next.length === 0 ? undefined : Math.min(...next);
};

/** What the end of a task says of its deployment. */
const noteEnd = (floor: Floor, service: Service, task: Task): void => {
  const ended = task.lastStatus === 'STOPPED';
  // One that drains is on its way out of its groups already, unless it ended before that was over.
  if (ended || (task.desiredStatus === 'STOPPED' && !floor.draining.has(task.arn))) {
    void deregister(floor, service, task);
  }
  if (!ended) return;
  floor.registered.delete(task.arn);
  const byItself =
    task.stopCode === 'TaskFailedToStart' || task.stopCode === 'EssentialContainerExited';
  const wasOfUse = floor.served.delete(task.arn);
  if (!byItself || wasOfUse) return;
  replaceDeployment(floor.state, service.arn, deploymentOf(task), (old) =>
    failedBy(old, floor.clock.now()),
  );
};

export const createServiceScheduler = (needs: SchedulerNeeds) => {
  const { state, clock, targets, onFault } = needs;
  const floor: Floor = {
    ...needs,
    draining: new Set(),
    registered: new Set(),
    served: new Set(),
    closed: false,
  };
  const due = new Set<string>();
  const timers = new Map<string, () => void>();

  const arm = (arn: string, tasks: readonly Task[], seenMs: number): void => {
    timers.get(arn)?.();
    timers.delete(arn);
    const service = state.services.get(arn);
    const atMs = service && nextLookAtMs(service, tasks, seenMs);
    if (atMs === undefined) return;
    const waitMs = Math.max(0, atMs - clock.now());
    timers.set(
      arn,
      clock.after(waitMs, () => look(arn)),
    );
  };

  /** Looks at a service in the next turn. */
  const look = (arn: string): void => {
    if (floor.closed || due.has(arn)) return;
    due.add(arn);
    queueMicrotask(() => {
      due.delete(arn);
      if (floor.closed) return;
      const before = state.services.get(arn);
      const seenMs = clock.now();
      try {
        arm(arn, reconcile(floor, arn), seenMs);
      } catch (error) {
        onFault(error, `keeping ${arn} at what is wanted`);
      }
      if (state.services.get(arn) === before) return;
      state.save().catch((error: unknown) => onFault(error, `keeping ${arn}`));
    });
  };

  targets?.onHealth((group) => {
    for (const { arn, loadBalancers } of state.services.values()) {
      if (loadBalancers.some(({ targetGroupArn }) => targetGroupArn === group)) look(arn);
    }
  });

  return {
    look,
    /** The lifecycle tells of every change of a task. */
    onTask(task: Task): void {
      const service = task.service === undefined ? undefined : state.services.get(task.service);
      if (!service || floor.closed) return;
      noteEnd(floor, service, task);
      look(service.arn);
    },
    /** After a restart: takes tasks that are gone out of their target groups, and goes on. */
    async resume(): Promise<void> {
      for (const task of state.tasks.values()) {
        const service = task.service === undefined ? undefined : state.services.get(task.service);
        if (service && task.lastStatus === 'STOPPED') await deregister(floor, service, task);
      }
      for (const arn of state.services.keys()) look(arn);
    },
    close(): void {
      floor.closed = true;
      for (const cancel of timers.values()) cancel();
    },
  };
};
export type ServiceScheduler = ReturnType<typeof createServiceScheduler>;
