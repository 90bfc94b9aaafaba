/** Tasks of services as targets of load balancers. */
import type { Task } from '../state.ts';
import { deploymentOf } from './deployments.ts';
import { type Floor, say } from './floor.ts';
import { primaryOf, type Service, type Target } from './model.ts';
import type { ServiceTask } from './plan.ts';

/** Without a load balancer to say so, a task that has run this long is taken to be of use. */
export const SETTLED_MS = 2_000;

const targetsOf = (service: Service, task: Task): { group: string; target: Target }[] => {
  const { address } = task;
  if (address === undefined) return [];
  return service.loadBalancers.map((one) => ({
    group: one.targetGroupArn,
    target: { id: address, port: one.containerPort },
  }));
};

/** Registers a task once it runs. */
export const register = (floor: Floor, service: Service, task: Task): void => {
  if (task.lastStatus !== 'RUNNING' || task.desiredStatus === 'STOPPED') return;
  // Once in a lifetime: one that was taken out does not come back.
  if (floor.registered.has(task.arn) || floor.draining.has(task.arn)) return;
  floor.registered.add(task.arn);
  for (const { group, target } of targetsOf(service, task)) {
    floor.targets?.register(group, target).then(
      () => say(floor, service.arn, `registered 1 targets in (target-group ${group})`),
      (error: unknown) => floor.onFault(error, `registering ${task.arn}`),
    );
  }
};

/** Takes a task out of its target groups; resolves when nothing is sent to it any more. */
export const deregister = async (floor: Floor, service: Service, task: Task): Promise<void> => {
  await Promise.all(
    targetsOf(service, task).map(async ({ group, target }) => {
      const health = floor.targets?.health(group, target);
      if (health === undefined || health === 'draining') return;
      say(floor, service.arn, `deregistered 1 targets in (target-group ${group})`);
      await floor.targets
        ?.deregister(group, target)
        .catch((error: unknown) => floor.onFault(error, `deregistering ${task.arn}`));
    }),
  );
};

/** Where a task of a service is, as its load balancers see it. */
export const stageOf = (floor: Floor, service: Service, task: Task): ServiceTask['stage'] => {
  if (task.desiredStatus === 'STOPPED' || floor.draining.has(task.arn)) return 'stopping';
  if (task.lastStatus !== 'RUNNING') return 'starting';
  const now = floor.clock.now();
  const ranMs = now - (task.startedAt ?? now);
  if (service.loadBalancers.length === 0) {
    // Only what is being rolled out must prove itself; what runs already counts while it runs.
    const isOld = deploymentOf(task) !== primaryOf(service)?.id;
    return isOld || ranMs >= SETTLED_MS ? 'ready' : 'starting';
  }
  const health = targetsOf(service, task).map(({ group, target }) =>
    floor.targets?.health(group, target),
  );
  if (health.includes('unhealthy')) {
    return ranMs >= service.graceS * 1_000 ? 'unhealthy' : 'starting';
  }
  return health.every((one) => one === 'healthy' || one === 'unused') ? 'ready' : 'starting';
};

/** Stops a task after its last requests. */
export const stopTask = (floor: Floor, service: Service, task: Task, reason: string): void => {
  const end = () => floor.lifecycle.stop(task.arn, 'ServiceSchedulerInitiated', reason);
  if (task.lastStatus !== 'RUNNING' || service.loadBalancers.length === 0) {
    end();
    return;
  }
  floor.draining.add(task.arn);
  void deregister(floor, service, task).finally(() => {
    floor.draining.delete(task.arn);
    end();
  });
};
