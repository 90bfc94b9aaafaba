/**
 * What a service's scheduler does next, decided from what there is: rolling deployments within
 * minimumHealthyPercent and maximumPercent, as the developer guide of ECS describes them.
 */
import type { Deployment, Service } from './model.ts';
import { primaryOf } from './model.ts';

/** A task of a service that has not ended. */
export type ServiceTask = {
  readonly arn: string;
  readonly deployment: string;
  /** `ready` serves; `unhealthy` runs and fails its health checks; `stopping` is on its way out. */
  readonly stage: 'starting' | 'ready' | 'unhealthy' | 'stopping';
};

type Stop = { readonly arn: string; readonly why: 'unhealthy' | 'surplus' | 'replaced' };

export type ServicePlan = {
  /** How many tasks of the primary deployment to start. */
  readonly start: number;
  readonly stop: readonly Stop[];
  /** The primary deployment has all its tasks, and no other has any. */
  readonly complete: boolean;
};

/** Tasks in a row that may fail before a deployment is given up: half of those wanted, 3 to 200. */
export const failureThreshold = (desiredCount: number): number =>
  Math.min(200, Math.max(3, Math.ceil(desiredCount / 2)));

export const isBroken = ({ circuitBreaker, desiredCount }: Service, primary: Deployment): boolean =>
  circuitBreaker.enable &&
  primary.rolloutState === 'IN_PROGRESS' &&
  primary.failedTasks >= failureThreshold(desiredCount);

const limitsOf = ({ desiredCount, minimumHealthyPercent, maximumPercent }: Service) => ({
  leastReady: Math.ceil((desiredCount * minimumHealthyPercent) / 100),
  most: Math.floor((desiredCount * maximumPercent) / 100),
});

const isReady = ({ stage }: ServiceTask): boolean => stage === 'ready';

/** Those that serve least go first, then the youngest. */
const leastUseful = (tasks: readonly ServiceTask[]): ServiceTask[] =>
  [...tasks].reverse().sort((a, b) => Number(isReady(a)) - Number(isReady(b)));

/** @param tasks oldest first */
export const planService = (
  service: Service,
  tasks: readonly ServiceTask[],
  nowMs: number,
): ServicePlan => {
  const primary = primaryOf(service);
  const unhealthy = tasks.filter(({ stage }) => stage === 'unhealthy');
  const alive = tasks.filter(({ stage }) => stage === 'starting' || stage === 'ready');
  const fresh = alive.filter(({ deployment }) => deployment === primary?.id);
  const old = alive.filter(({ deployment }) => deployment !== primary?.id);
  const { desiredCount } = service;
  const { leastReady, most } = limitsOf(service);
  const surplus = leastUseful(fresh).slice(0, Math.max(0, fresh.length - desiredCount));

  let ready = alive.filter(isReady).length - surplus.filter(isReady).length;
  const replaced = leastUseful(old).filter((task) => {
    if (!isReady(task)) return true;
    if (ready <= leastReady) return false;
    ready -= 1;
    return true;
  });
  const kept = fresh.length - surplus.length + old.length - replaced.length;
  const mayStart = primary?.rolloutState !== 'FAILED' && nowMs >= (primary?.startsAtMs ?? 0);
  const missing = Math.max(0, desiredCount - fresh.length);
  const onlyFresh = tasks.every(({ deployment }) => deployment === primary?.id);
  return {
    start: mayStart ? Math.max(0, Math.min(missing, most - kept)) : 0,
    stop: [
      ...unhealthy.map(({ arn }) => ({ arn, why: 'unhealthy' as const })),
      ...surplus.map(({ arn }) => ({ arn, why: 'surplus' as const })),
      ...replaced.map(({ arn }) => ({ arn, why: 'replaced' as const })),
    ],
    complete: onlyFresh && fresh.filter(isReady).length >= desiredCount,
  };
};

const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 60_000;

/** The pause before the next start after so many failures in a row; doubled with each. */
export const backoffMs = (failures: number): number =>
  failures === 0 ? 0 : Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (failures - 1));
