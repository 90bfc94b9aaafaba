/**
 * ECS of a simulation: the embedded one with its services, deployments and tasks, on a runner that
 * starts no process. A task is there after as long as a container would take, and answers at its
 * address from then on.
 */
import * as ec2Sdk from '@aws-sdk/client-ec2';
import * as ecsSdk from '@aws-sdk/client-ecs';
import type { Random } from '../../core/random.ts';
import type { Clock } from '../../local/clock.ts';
import { ec2Operations } from '../../local/ec2/service.ts';
import { clusterOperations } from '../../local/ecs/clusters.ts';
import { definitionOperations } from '../../local/ecs/definitions.ts';
import { createLifecycle } from '../../local/ecs/lifecycle.ts';
import { roomFor } from '../../local/ecs/room.ts';
import type { Exit, RunningContainer } from '../../local/ecs/runners/types.ts';
import { runTaskOperation } from '../../local/ecs/runTask.ts';
import { serviceOperations } from '../../local/ecs/services/operations.ts';
import {
  createServiceScheduler,
  type ServiceScheduler,
} from '../../local/ecs/services/scheduler.ts';
import { openEcsState, type Task } from '../../local/ecs/state.ts';
import { tagOperations, taskOperations } from '../../local/ecs/tasks.ts';
import { interfacesOf } from '../../local/ecs/taskView.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import type { CallContext, Operations } from '../../local/wire/types.ts';

type Needs = {
  readonly clock: Clock;
  readonly random: Random;
  readonly folder: string;
  readonly onFault: (error: unknown, what: string) => void;
};

/** From a task that is wanted to one that runs: image, network and process. Rounded from Fargate. */
const START_MS = { from: 8_000, to: 30_000 };
const STOP_MS = 200;

const IMAGE = 'registry.simulated/shop';

export const definitionOf = (family: string, digest: string) => ({
  family,
  networkMode: 'awsvpc' as const,
  requiresCompatibilities: ['FARGATE' as const],
  ...{ cpu: '256', memory: '512' },
  containerDefinitions: [
    {
      ...{ name: 'app', image: `${IMAGE}@${digest}`, essential: true, stopTimeout: 5 },
      portMappings: [{ containerPort: 8_080, protocol: 'tcp' as const }],
    },
  ],
});

/** Containers that take as long as real ones to come, and wait where none comes. */
const openRunner = ({ clock, random }: Needs) => {
  const stuck = new Map<string, (() => void)[]>();

  const start = async (region: string): Promise<RunningContainer> => {
    const ms = START_MS.from + (START_MS.to - START_MS.from) * random.unit();
    await new Promise<void>((resolve) => clock.after(ms, resolve));
    const waiting = stuck.get(region);
    if (waiting) await new Promise<void>((resolve) => waiting.push(resolve));
    let end: (exit: Exit) => void = () => {};
    const exited = new Promise<Exit>((resolve) => {
      end = resolve;
    });
    const stop = (): void => void clock.after(STOP_MS, () => end(EXIT));
    const endpoint = (port: number) => ({ host: '127.0.0.1', port });
    return { endpoint, exited, stop, kill: stop, notEnforced: [] };
  };

  return {
    start,
    /** From now on no task of the region comes up, or those that waited do. */
    stick: (region: string, isStuck: boolean): void => {
      const waiting = stuck.get(region) ?? [];
      if (isStuck) stuck.set(region, waiting);
      else {
        stuck.delete(region);
        for (const resolve of waiting) resolve();
      }
    },
  };
};

const EXIT: Exit = { exitCode: 143, outOfMemory: false };

const contextOf = (region: string): CallContext => ({
  ...{ requestId: 'service', region, accountId: '000000000000', accessKeyId: 'SIMULATED' },
  ...{ sourceAddress: '127.0.0.1', signal: new AbortController().signal },
});

const isLive = ({ lastStatus }: Task): boolean => lastStatus !== 'STOPPED';

export const createTasks = async (needs: Needs) => {
  const { clock, random, folder, onFault } = needs;
  const state = await openEcsState(folder);
  const runner = openRunner(needs);
  const room = roomFor(state);
  const newTaskId = (): string =>
    Array.from({ length: 4 }, () => random.uint32().toString(16).padStart(8, '0')).join('');
  const lifecycle = createLifecycle({
    ...{ state, clock, logFolder: folder, onFault },
    runner: async () => ({
      kind: 'process',
      reason: 'nothing is started in a simulation',
      start: ({ environment }) => runner.start(environment['AWS_REGION'] ?? ''),
      close: async () => {},
    }),
    images: async (image) => ({
      kind: 'process',
      digest: image.split('@')[1],
      ...{ cwd: '/', env: {}, command: [] },
    }),
    network: { listen: async () => ({ close: async () => {} }) },
    onTask: (task) => scheduler.onTask(task),
  });
  const scheduler: ServiceScheduler = createServiceScheduler({
    ...{ state, clock, lifecycle, newTaskId, targets: undefined, room: room.in, onFault },
  });
  const operations: Operations = {
    ...clusterOperations(state),
    ...definitionOperations(state, clock),
    ...runTaskOperation({ state, clock, lifecycle, newTaskId, room: room.in }),
    ...taskOperations(state, lifecycle),
    ...serviceOperations({ state, clock, scheduler, targets: undefined }),
    ...tagOperations(state),
  };
  const network = ec2Operations({ interfaces: () => interfacesOf(state) });
  const live = (): Task[] => [...state.tasks.values()].filter(isLive);

  return {
    fronts: [
      serviceFromSdk(ecsSdk, 'ecs', operations, { onFault }),
      serviceFromSdk(ec2Sdk, 'ec2', network, { onFault }),
    ],
    /** As whoever runs the service calls ECS: nothing befalls these calls. */
    call: async (operation: string, input: unknown, region: string): Promise<unknown> =>
      operations[operation]?.(input, contextOf(region)),
    /** Region of the task that answers at an address; undefined for none. */
    regionAt: (address: string): string | undefined =>
      live().find((task) => task.address === address && task.lastStatus === 'RUNNING')?.region,
    stick: runner.stick,
    /** Leaves room for so many tasks in a region; null takes the bound back. */
    fill: (region: string, most: number | null): void => room.set(region, most ?? undefined),
    /** Tasks that are not of a service, and have not been told to stop: those of drills. */
    ofDrills: (): Task[] =>
      live().filter(
        ({ service, desiredStatus }) => service === undefined && desiredStatus === 'RUNNING',
      ),
    close: (): void => scheduler.close(),
  };
};

export type Tasks = Awaited<ReturnType<typeof createTasks>>;
