import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../clock.ts';
import type { Operations } from '../wire/types.ts';
import { clusterOperations } from './clusters.ts';
import { definitionOperations } from './definitions.ts';
import { createLifecycle, type TaskNetwork } from './lifecycle.ts';
import { roomFor } from './room.ts';
import { type Ledger, openLedger, sweepDead } from './runners/leftovers.ts';
import { type Reaper, startReaper } from './runners/reaper.ts';
import type { Runner, TaskImage } from './runners/types.ts';
import { runTaskOperation } from './runTask.ts';
import type { ServiceTargets } from './services/model.ts';
import { serviceOperations } from './services/operations.ts';
import { createServiceScheduler, type ServiceScheduler } from './services/scheduler.ts';
import { type EcsState, openEcsState } from './state.ts';
import { removeTaskLog } from './taskLog.ts';
import { tagOperations, taskOperations } from './tasks.ts';
import { interfacesOf, type TaskInterface } from './taskView.ts';

export type EcsNeeds = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Makes the runner when the first task is run. The ledger takes what must be freed after a crash. */
  readonly runner: (ledger: Ledger) => Promise<Runner>;
  /** Finds an image by the name in a task definition; undefined when there is none. */
  readonly images: (image: string) => Promise<TaskImage | undefined>;
  readonly network: TaskNetwork;
  /** The load balancers that services register their tasks with. */
  readonly targets?: ServiceTargets;
  /** Hears of errors that no caller can be told. */
  readonly onFault?: (error: unknown, what: string) => void;
  /** 32 hexadecimal digits, never the same twice on this machine. */
  readonly newTaskId?: () => string;
};

export type Ecs = {
  readonly operations: Operations;
  /**
   * Frees what a killed run left, marks its tasks as stopped, and lets services start theirs anew.
   * Returns the ARNs of the tasks.
   */
  recover(): Promise<string[]>;
  /** How many tasks a region has room for, as on a day without capacity; undefined takes it back. */
  setCapacity(region: string, tasks: number | undefined): void;
  /** The runner in use: undefined before the first task. */
  runner(): Promise<Runner> | undefined;
  /** File with the last output of a task. */
  logFile(taskId: string): string;
  /** The network interfaces that there are now, in all regions. */
  interfaces(): TaskInterface[];
  /** Stops all tasks and frees everything. */
  close(): Promise<void>;
};

const CLOSE_GRACE_MS = 2_000;
const FORGET_EVERY_MS = 60_000;

const reportFault = (error: unknown, what: string) =>
  console.error(`fault in the embedded ecs service, ${what}:`, error);

/** The runner, made when the first task is run, with what frees its tasks after a crash. */
const lazyRunner = (needs: EcsNeeds, runs: string, newRunId: () => string) => {
  let running: { runner: Promise<Runner>; ledger: Ledger; reaper: Reaper } | undefined;
  return {
    current: () => running?.runner,
    start: (): Promise<Runner> => {
      if (!running) {
        const ledger = openLedger(runs, newRunId());
        const reaper = startReaper(ledger.folder);
        running = { ledger, reaper, runner: needs.runner(ledger) };
      }
      return running.runner;
    },
    async close() {
      if (!running) return;
      const runner = await running.runner.catch(() => undefined);
      await runner?.close();
      running.ledger.close();
      running.reaper.dismiss();
    },
  };
};

/** Marks the tasks of a process that ended as stopped. */
const loseTasks = async (state: EcsState, clock: Clock): Promise<string[]> => {
  const lost = [...state.tasks.values()].filter((task) => task.lastStatus !== 'STOPPED');
  for (const task of lost) {
    state.tasks.set(task.arn, {
      ...task,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stoppedAt: clock.now(),
      stopCode: 'TerminationNotice',
      stoppedReason: 'The embedded cloud ended while the task ran, and the task ended with it',
      version: task.version + 1,
    });
  }
  if (lost.length > 0) await state.save();
  return lost.map((task) => task.arn);
};

/** Forgets old tasks, and their logs, every so often; the answer ends it. */
const forgetting = (state: EcsState, clock: Clock, removeLog: (taskId: string) => void) => {
  let cancel = () => {};
  const forget = () => {
    for (const id of state.forget(clock.now())) removeLog(id);
    cancel = clock.after(FORGET_EVERY_MS, forget);
  };
  forget();
  return () => cancel();
};

/** The embedded ECS: tasks as real containers or processes, on state that survives kill -9. */
export const createEcs = async (needs: EcsNeeds): Promise<Ecs> => {
  const { clock, targets, onFault = reportFault } = needs;
  const newTaskId = needs.newTaskId ?? (() => randomBytes(16).toString('hex'));
  const folder = path.join(needs.dataDir, 'ecs');
  const runs = path.join(folder, 'run');
  const logFolder = path.join(folder, 'logs');
  mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  const state = await openEcsState(folder);
  const runner = lazyRunner(needs, runs, () => randomBytes(16).toString('hex'));
  const logFile = (taskId: string) => path.join(logFolder, `${taskId}.log`);
  const room = roomFor(state);
  const lifecycle = createLifecycle({
    state,
    clock,
    runner: runner.start,
    images: needs.images,
    network: needs.network,
    logFolder,
    onTask: (task) => scheduler.onTask(task),
    onFault,
  });
  const scheduler: ServiceScheduler = createServiceScheduler({
    state,
    clock,
    lifecycle,
    newTaskId,
    targets,
    room: room.in,
    onFault,
  });
  const stopForgetting = forgetting(state, clock, (id) => {
    removeTaskLog(logFile(id)).catch((error: unknown) => onFault(error, `removing a log`));
  });

  return {
    operations: {
      ...clusterOperations(state),
      ...definitionOperations(state, clock),
      ...runTaskOperation({ state, clock, lifecycle, newTaskId, room: room.in }),
      ...taskOperations(state, lifecycle),
      ...serviceOperations({ state, clock, scheduler, targets }),
      ...tagOperations(state),
    },
    async recover() {
      await sweepDead(runs);
      const lost = await loseTasks(state, clock);
      await scheduler.resume();
      return lost;
    },
    setCapacity: room.set,
    runner: runner.current,
    logFile,
    interfaces: () => interfacesOf(state),
    async close() {
      stopForgetting();
      scheduler.close();
      await lifecycle.stopAll('The embedded cloud was stopped', CLOSE_GRACE_MS);
      await runner.close();
      await state.save();
    },
  };
};
