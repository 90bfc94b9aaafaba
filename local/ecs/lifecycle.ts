import path from 'node:path';
import type { Clock } from '../clock.ts';
import { HOSTS, regionAddress } from '../network/addresses.ts';
import { type Ending, exitEnding } from './endings.ts';
import {
  type ContainerSpec,
  type Runner,
  type RunningContainer,
  StartError,
  type TaskImage,
} from './runners/types.ts';
import type { Definition, EcsState, StopCode, Task } from './state.ts';
import { openTaskLog, type TaskLog } from './taskLog.ts';

/** The part of the network that tasks need: an advertised address relayed to the container. */
export type TaskNetwork = {
  listen(spec: {
    readonly region: string;
    readonly host: string;
    readonly port: number;
    readonly target: { readonly host: string; readonly port: number };
    readonly httpFaults?: boolean;
  }): Promise<{ close(): Promise<void> }>;
};

export type LifecycleNeeds = {
  readonly state: EcsState;
  readonly clock: Clock;
  readonly runner: () => Promise<Runner>;
  /** Finds an image by its name; undefined when there is none. */
  readonly images: (image: string) => Promise<TaskImage | undefined>;
  readonly network: TaskNetwork;
  readonly logFolder: string;
  /** Hears of every change of a task. */
  readonly onTask: (task: Task) => void;
  readonly onFault: (error: unknown, what: string) => void;
};

/** A task that this process runs. */
type Live = {
  stop: { readonly code: StopCode; readonly reason: string } | undefined;
  container: RunningContainer | undefined;
  ended: Promise<void>;
};

const STOP_TIMEOUT_S = 30;
const HOSTS_PER_REGION = 60_000;
const LISTEN_TRIES = 50;

type Doors = { readonly address: string; close(): Promise<void> };

/** Opens the task's ports at a free address of its region; addresses just freed rest the longest. */
const createDoors = (network: TaskNetwork) => {
  const next = new Map<string, number>();
  const takeHost = (region: string): string => {
    const number = next.get(region) ?? 0;
    next.set(region, (number + 1) % HOSTS_PER_REGION);
    return regionAddress(region, HOSTS.task + number);
  };
  const openAt = async (
    host: string,
    region: string,
    ports: readonly number[],
    to: RunningContainer,
  ) => {
    const open: { close(): Promise<void> }[] = [];
    const close = async () => {
      await Promise.all(open.map((listener) => listener.close()));
    };
    try {
      for (const port of ports) {
        open.push(
          await network.listen({ region, host, port, target: to.endpoint(port), httpFaults: true }),
        );
      }
    } catch (error) {
      await close();
      throw error;
    }
    return { address: host, close };
  };
  return async (region: string, ports: readonly number[], to: RunningContainer): Promise<Doors> => {
    let failure: unknown;
    for (let tried = 0; tried < LISTEN_TRIES; tried += 1) {
      try {
        return await openAt(takeHost(region), region, ports, to);
      } catch (error) {
        failure = error;
      }
    }
    const why = failure instanceof Error ? failure.message : String(failure);
    throw new StartError(`ResourceInitializationError: no address in ${region} is free: ${why}`);
  };
};

const specOf = (task: Task, definition: Definition, image: TaskImage): ContainerSpec => {
  const { container } = definition;
  const over = task.overrides.container;
  const cpu = task.overrides.cpu ?? definition.cpu;
  const memory = task.overrides.memory ?? definition.memory;
  return {
    taskId: task.id,
    image,
    entryPoint: container.entryPoint,
    command: over?.command ?? container.command,
    workingDirectory: container.workingDirectory,
    user: container.user,
    environment: {
      AWS_REGION: task.region,
      AWS_DEFAULT_REGION: task.region,
      ...container.environment,
      ...over?.environment,
    },
    readonlyRoot: container.readonlyRootFilesystem ?? false,
    // Fargate holds the task to its cpu; a container's own memory limit may be tighter.
    cpuUnits: cpu,
    memoryMb: Math.min(memory, over?.memory ?? container.memory ?? memory),
    ports: container.portMappings.map((one) => one.containerPort),
  };
};

const failedStart = (error: unknown): Ending => {
  const message = error instanceof Error ? error.message : String(error);
  const reason = error instanceof StartError ? message : `CannotStartContainerError: ${message}`;
  return { stopCode: 'TaskFailedToStart', stoppedReason: reason, containerReason: reason };
};

export const createLifecycle = (needs: LifecycleNeeds) => {
  const { state, clock, onFault } = needs;
  const live = new Map<string, Live>();
  const openDoors = createDoors(needs.network);

  const update = (arn: string, change: Partial<Task>): void => {
    const task = state.tasks.get(arn);
    if (!task) return;
    const next = { ...task, ...change, version: task.version + 1 };
    state.tasks.set(arn, next);
    needs.onTask(next);
    state.save().catch((error: unknown) => onFault(error, `keeping the state of ${arn}`));
  };

  const findImage = async (name: string): Promise<TaskImage> => {
    const image = await needs.images(name).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new StartError(`CannotPullContainerError: ${why}`);
    });
    if (!image) throw new StartError(`CannotPullContainerError: ${name}: not found`);
    return image;
  };

  /** Stops the container: its stop signal first, the kill when the task's stop timeout is over. */
  const endContainer = (container: RunningContainer, stopTimeoutS: number): void => {
    container.stop();
    const cancel = clock.after(stopTimeoutS * 1000, () => container.kill());
    void container.exited.then(cancel);
  };

  const stopTimeoutOf = (task: Task): number =>
    state.definitions.get(task.definitionArn)?.container.stopTimeout ?? STOP_TIMEOUT_S;

  /** From PENDING to the end of the container. */
  const runContainer = async (task: Task, definition: Definition, own: Live, log: TaskLog) => {
    const image = await findImage(definition.container.image);
    update(task.arn, {
      lastStatus: 'PENDING',
      ...(image.digest ? { imageDigest: image.digest } : {}),
    });
    const runner = await needs.runner();
    update(task.arn, { runner: runner.kind });
    if (own.stop) return stopEnding(own.stop);
    const spec = specOf(task, definition, image);
    const container = await runner.start(spec, log.write);
    const startedAt = clock.now();
    own.container = container;
    let doors: Doors | undefined;
    try {
      doors = await openDoors(task.region, spec.ports, container);
    } catch (error) {
      container.kill();
      await container.exited;
      throw error;
    }
    update(task.arn, {
      lastStatus: own.stop ? 'STOPPING' : 'RUNNING',
      startedAt,
      address: doors.address,
      notEnforced: [...container.notEnforced],
    });
    if (own.stop) endContainer(container, stopTimeoutOf(task));
    const exit = await container.exited;
    const executionStoppedAt = clock.now();
    update(task.arn, { lastStatus: 'DEPROVISIONING', executionStoppedAt });
    await doors.close();
    await log.end();
    if (own.stop) return { ...stopEnding(own.stop), exitCode: exit.exitCode };
    return exitEnding({
      exit,
      ranMs: executionStoppedAt - startedAt,
      lastWords: log.lastWords(),
    });
  };

  const stopEnding = ({ code, reason }: NonNullable<Live['stop']>): Ending => ({
    stopCode: code,
    stoppedReason: reason,
  });

  const run = async (task: Task, definition: Definition, own: Live): Promise<void> => {
    const environment = {
      ...definition.container.environment,
      ...task.overrides.container?.environment,
    };
    const log = openTaskLog(path.join(needs.logFolder, `${task.id}.log`), environment, (error) =>
      onFault(error, `keeping the output of ${task.arn}`),
    );
    let ending: Ending;
    try {
      ending = await runContainer(task, definition, own, log);
    } catch (error) {
      ending = failedStart(error);
      if (!(error instanceof StartError)) onFault(error, `running ${task.arn}`);
    }
    live.delete(task.arn);
    update(task.arn, {
      ...ending,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stoppedAt: clock.now(),
      ...(state.tasks.get(task.arn)?.stoppingAt === undefined ? { stoppingAt: clock.now() } : {}),
    });
  };

  const stop = (arn: string, code: StopCode, reason: string): void => {
    const own = live.get(arn);
    const task = state.tasks.get(arn);
    if (!own || !task || own.stop) return;
    own.stop = { code, reason };
    update(arn, {
      desiredStatus: 'STOPPED',
      stoppingAt: clock.now(),
      stopCode: code,
      stoppedReason: reason,
      ...(task.lastStatus === 'RUNNING' ? { lastStatus: 'STOPPING' } : {}),
    });
    if (own.container && task.lastStatus === 'RUNNING') {
      endContainer(own.container, stopTimeoutOf(task));
    }
  };

  return {
    /** Starts a task that is PROVISIONING. */
    begin(task: Task, definition: Definition): void {
      const own: Live = { stop: undefined, container: undefined, ended: Promise.resolve() };
      live.set(task.arn, own);
      own.ended = run(task, definition, own);
    },
    stop,
    /** Ends all tasks and waits for them, at most `graceMs` before they are killed. */
    async stopAll(reason: string, graceMs: number): Promise<void> {
      const all = [...live];
      for (const [arn] of all) stop(arn, 'UserInitiated', reason);
      const cancel = clock.after(graceMs, () => {
        for (const [, own] of all) own.container?.kill();
      });
      await Promise.all(all.map(([, own]) => own.ended));
      cancel();
    },
  };
};
export type Lifecycle = ReturnType<typeof createLifecycle>;
