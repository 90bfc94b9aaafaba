/** What the parts of the scheduler share: the needs of the services, and what only this process knows. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { EcsState, Task } from '../state.ts';
import { type ServiceTargets, withEvent } from './model.ts';

export type SchedulerNeeds = {
  readonly state: EcsState;
  readonly clock: Clock;
  readonly lifecycle: Pick<Lifecycle, 'begin' | 'stop'>;
  /** 32 hexadecimal digits, never the same twice. */
  readonly newTaskId: () => string;
  readonly targets: ServiceTargets | undefined;
  /** How many more tasks a region has room for. */
  readonly room: (region: string) => number;
  readonly onFault: (error: unknown, what: string) => void;
};

export type Floor = SchedulerNeeds & {
  /** Tasks that wait for their last requests before they are stopped. */
  readonly draining: Set<string>;
  /** Tasks whose registration was asked for. */
  readonly registered: Set<string>;
  /** Tasks that were of use once: their end is no failure of their deployment. */
  readonly served: Set<string>;
  closed: boolean;
};

/** Adds an event to a service, in the words of ECS. */
export const say = ({ state, clock }: Floor, arn: string, message: string): void => {
  const service = state.services.get(arn);
  if (!service) return;
  const words = `(service ${service.name}) ${message}`;
  state.services.set(
    arn,
    withEvent(service, { id: randomUUID(), createdAt: clock.now(), message: words }),
  );
};

export const named = (tasks: readonly Task[]): string =>
  tasks.map(({ id }) => `(task ${id})`).join(' ');
