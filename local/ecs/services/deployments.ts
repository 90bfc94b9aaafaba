/** How the deployments of a service change. */
import { randomInt } from 'node:crypto';
import type { EcsState, Task } from '../state.ts';
import type { Deployment, Service } from './model.ts';
import { backoffMs } from './plan.ts';

const ID_DIGITS = 19;

/** As ECS names them: `ecs-svc/` and 19 digits. */
const newDeploymentId = (): string =>
  `ecs-svc/${Array.from({ length: ID_DIGITS }, (_, n) => randomInt(n === 0 ? 1 : 0, 10)).join('')}`;

export const newDeployment = (definitionArn: string, nowMs: number): Deployment => {
  const id = newDeploymentId();
  return {
    id,
    definitionArn,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    startsAtMs: 0,
    createdAt: nowMs,
    updatedAt: nowMs,
  };
};

/** The deployment that a task was started for. */
export const deploymentOf = (task: Task | undefined): string => task?.startedBy ?? '';

const secondary = (deployment: Deployment): Deployment => ({ ...deployment, status: 'ACTIVE' });

/** The service with a new primary deployment; those before it stay until their tasks are gone. */
export const withPrimary = (service: Service, primary: Deployment): Service => ({
  ...service,
  deployments: [
    primary,
    ...service.deployments.filter(({ id }) => id !== primary.id).map(secondary),
  ],
});

export const replaceDeployment = (
  state: EcsState,
  service: string,
  id: string,
  next: (old: Deployment) => Deployment,
): void => {
  const found = state.services.get(service);
  if (!found?.deployments.some((one) => one.id === id)) return;
  const deployments = found.deployments.map((one) => (one.id === id ? next(one) : one));
  state.services.set(service, { ...found, deployments });
};

/** One more task of a deployment failed: the next start waits longer. */
export const failedBy = (deployment: Deployment, nowMs: number): Deployment => {
  const failedTasks = deployment.failedTasks + 1;
  const startsAtMs = nowMs + backoffMs(failedTasks);
  return { ...deployment, failedTasks, startsAtMs, updatedAt: nowMs };
};

export const completed = (service: Service, primary: Deployment, nowMs: number): Service => ({
  ...service,
  lastCompleted: { id: primary.id, definitionArn: primary.definitionArn },
  deployments: service.deployments.map((one) =>
    one.id === primary.id
      ? {
          ...one,
          rolloutState: 'COMPLETED',
          rolloutStateReason: `ECS deployment ${one.id} completed.`,
          updatedAt: nowMs,
        }
      : one,
  ),
});

/** The circuit breaker opened: the deployment failed, and the last good one takes its place again. */
export const givenUp = (
  service: Service,
  primary: Deployment,
  nowMs: number,
): { readonly service: Service; readonly events: readonly string[] } => {
  const why = 'tasks failed to start.';
  const failed: Deployment = {
    ...primary,
    rolloutState: 'FAILED',
    rolloutStateReason: `ECS deployment circuit breaker: ${why}`,
    updatedAt: nowMs,
  };
  const deployments = service.deployments.map((one) => (one.id === primary.id ? failed : one));
  const stopped = { ...service, deployments };
  const words = `(deployment ${primary.id}) deployment failed: ${why}`;
  const back = service.lastCompleted;
  if (!service.circuitBreaker.rollback || !back || back.id === primary.id) {
    return { service: stopped, events: [words] };
  }
  const known = service.deployments.find(({ id }) => id === back.id);
  const good: Deployment = {
    ...(known ?? newDeployment(back.definitionArn, nowMs)),
    id: back.id,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment circuit breaker: rolling back to deploymentId ${back.id}.`,
    failedTasks: 0,
    startsAtMs: 0,
    updatedAt: nowMs,
  };
  return {
    service: withPrimary(stopped, good),
    events: [words, `rolling back to deployment ${back.id}.`],
  };
};

/** Forgets deployments that are replaced and have no task any more. */
export const withoutEmpty = (service: Service, tasks: readonly Task[]): Service => {
  const kept = service.deployments.filter(
    ({ id, status }) => status === 'PRIMARY' || tasks.some((task) => deploymentOf(task) === id),
  );
  return kept.length === service.deployments.length ? service : { ...service, deployments: kept };
};
