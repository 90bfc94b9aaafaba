/** Waits until a placed task answers its health path, and keeps how long each part took. */
import type * as z from 'zod';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { RunningTask, Tasks } from '../../aws/tasks.ts';
import { placementDurations } from '../../core/drill/placement.ts';
import { DrillError } from '../../core/errors.ts';
import { formatMs } from '../../core/units.ts';
import type { AwaitReadyInput, Placement } from '../../events/placement.ts';
import type { httpProbe } from '../../probes/http.ts';
import type { Base } from '../_entry.ts';
import type { TaskAddress } from '../_taskAddress.ts';

type Needs = Base & {
  records: DrillRecords;
  tasks: Tasks;
  addressOf: TaskAddress;
  probe: typeof httpProbe;
};
type Input = z.output<typeof AwaitReadyInput>;
type Run = { port: number; health: string; readyTimeoutMs: number };

const RUNNING_EVERY_MS = 250;
const DESCRIBE_EVERY_MS = 1_000;
const HEALTH_EVERY_MS = 25;
/** Asking often takes the machine's time away from what starts; a twentieth of the wait is exact enough. */
const HEALTH_SHARE = 0.05;
const HEALTH_TIMEOUT_MS = 2_000;

const dead = (task: RunningTask): DrillError =>
  new DrillError(
    task.interrupted ? 'TaskInterrupted' : 'TaskDied',
    `stopped before it was ready: ${task.stoppedReason ?? 'no reason given'}`,
  );

const late = ({ health, port, readyTimeoutMs }: Run, last: string) =>
  new DrillError(
    'NotReady',
    `did not answer ${health} on port ${port} with 200 within ${formatMs(readyTimeoutMs)}; last: ${last}`,
  );

/** The task once it runs and has an address. */
const awaitRunning = async (
  { tasks, addressOf, clock }: Needs,
  input: Input,
  run: Run,
  untilMs: number,
  signal: AbortSignal,
): Promise<RunningTask & { host: string }> => {
  for (;;) {
    const [task] = await tasks.describe(input.region, [input.taskArn], signal);
    if (task?.status === 'STOPPED') throw dead(task);
    const isRunning = task?.status === 'RUNNING';
    const host = isRunning ? await addressOf(input.region, task, signal) : undefined;
    if (isRunning && host !== undefined) return { ...task, host };
    if (clock.now() >= untilMs) {
      throw late(
        run,
        `task is ${task?.status ?? 'unknown'}${isRunning ? ' without an address' : ''}`,
      );
    }
    await clock.sleep(RUNNING_EVERY_MS, signal);
  }
};

const awaitHealthy = async (
  needs: Needs,
  input: Input,
  run: Run,
  task: RunningTask & { host: string },
  untilMs: number,
  signal: AbortSignal,
): Promise<number> => {
  const { clock, probe, tasks } = needs;
  const target = { host: task.host, port: run.port, path: run.health, expectStatus: 200 };
  const sinceMs = clock.now();
  let describeAtMs = sinceMs + DESCRIBE_EVERY_MS;
  for (;;) {
    const outcome = await probe(target, { timeoutMs: HEALTH_TIMEOUT_MS, signal });
    if (outcome.ok) return clock.now();
    if (clock.now() >= untilMs) throw late(run, outcome.reason);
    if (clock.now() >= describeAtMs) {
      const [seen] = await tasks.describe(input.region, [input.taskArn], signal);
      if (seen?.status === 'STOPPED') throw dead(seen);
      describeAtMs = clock.now() + DESCRIBE_EVERY_MS;
    }
    const waitedMs = clock.now() - sinceMs;
    await clock.sleep(Math.max(HEALTH_EVERY_MS, waitedMs * HEALTH_SHARE), signal);
  }
};

export const awaitReady =
  (needs: Needs) =>
  async (input: Input, signal: AbortSignal): Promise<Placement> => {
    const { records, clock } = needs;
    const { drillId, round, region, armId, taskArn } = input;
    const { run } = await records.plan(drillId, signal);
    const untilMs = clock.now() + run.readyTimeoutMs;
    const task = await awaitRunning(needs, input, run, untilMs, signal);
    const readyAtMs = await awaitHealthy(needs, input, run, task, untilMs, signal);
    const placement: Placement = {
      region,
      armId,
      taskArn,
      host: task.host,
      port: run.port,
      runner: task.runner,
      times: placementDurations({ ...task, readyAtMs }),
    };
    await records.putPlacement(
      drillId,
      { round, region, armId },
      { round, placement, failure: null },
      clock.now(),
      signal,
    );
    return placement;
  };
