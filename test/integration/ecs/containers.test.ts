// Goal: tasks are real containers: own processes, network, user and limits, and nothing is left of them.
// Method: a toy image built by the container engine of this machine, run through the SDK client.
import { globSync, readFileSync } from 'node:fs';
import * as sdk from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  addressOf,
  type Cloud,
  describeTasks,
  fetchJson,
  runInput,
  runTasks,
  startCloud,
  taskLinks,
  untilStatus,
} from './harness.ts';
import { type Bench, missingEngine, openBench } from './toyImage.ts';

const missing = await missingEngine();

let bench: Bench;
let cloud: Cloud;
beforeAll(async () => {
  if (missing) return;
  bench = await openBench();
  cloud = await startCloud(bench);
});
afterAll(async () => {
  if (missing) return;
  await cloud.close();
  await bench.remove();
});

const stop = async (arns: string[]) => {
  for (const task of arns) {
    await cloud.client.send(new sdk.StopTaskCommand({ cluster: 'drill', task }));
  }
  return untilStatus(cloud, arns, ['STOPPED']);
};

const environment = (values: Record<string, string>): Partial<sdk.RunTaskCommandInput> => ({
  overrides: {
    containerOverrides: [
      {
        name: 'app',
        environment: Object.entries(values).map(([name, value]) => ({ name, value })),
      },
    ],
  },
});

const idOf = (arn: string | undefined) => arn?.split('/').at(-1) ?? '';

describe.skipIf(missing !== undefined)(`containers${missing ? ` (${missing})` : ''}`, () => {
  it('run as the image says, in a network of their own, and answer at the task address', async () => {
    const arns = await runTasks(cloud, 'toy');
    const [task] = await untilStatus(cloud, arns, ['RUNNING', 'STOPPED']);
    expect(task?.lastStatus, task?.stoppedReason).toBe('RUNNING');
    expect(task?.tags).toEqual([{ key: 'runner', value: bench.expectedRunner }]);
    const answer = await fetchJson(`http://${addressOf(task)}:8080/`);
    expect(answer).toMatchObject({ pid: 1, uid: 1000, region: 'eu-west-1', greeting: 'hello' });
    const [stopped] = await stop(arns);
    expect(stopped?.containers?.[0]?.exitCode).toBe(0);
    expect(stopped?.stopCode).toBe('UserInitiated');
  });

  it('take the environment, command and user of the task over those of the image', async () => {
    const arns = await runTasks(cloud, 'toy', {
      container: { command: ['node', '/app/program.js', 'one', 'two'], user: '0' },
      run: environment({ GREETING: 'servus' }),
    });
    const [task] = await untilStatus(cloud, arns, ['RUNNING']);
    const answer = await fetchJson(`http://${addressOf(task)}:8080/`);
    expect(answer).toMatchObject({ uid: 0, greeting: 'servus', args: ['one', 'two'] });
    await stop(arns);
  });

  it('start ten at a time within three seconds, or sooner than ten one by one where the machine is slow', async () => {
    const warm = await runTasks(cloud, 'toy');
    await untilStatus(cloud, warm, ['RUNNING']);
    const fromOneMs = performance.now();
    const first = await runTasks(cloud, 'toy');
    await untilStatus(cloud, first, ['RUNNING']);
    const oneMs = performance.now() - fromOneMs;
    const from = performance.now();
    const arns = await runTasks(cloud, 'toy', { run: { count: 10 } });
    await untilStatus(cloud, arns, ['RUNNING']);
    expect(performance.now() - from).toBeLessThan(Math.max(3_000, 10 * oneMs));
    await stop([...warm, ...first, ...arns]);
  });

  it('are killed after the stop timeout when they ignore the stop signal', async () => {
    const arns = await runTasks(cloud, 'toy', { run: environment({ DEAF: '1' }) });
    const [task] = await untilStatus(cloud, arns, ['RUNNING']);
    await fetchJson(`http://${addressOf(task)}:8080/`);
    const from = performance.now();
    const [stopped] = await stop(arns);
    expect(performance.now() - from).toBeGreaterThan(950);
    expect(stopped?.containers?.[0]?.exitCode).toBe(137);
  });

  it('that take more memory than they have are killed, and the task says so', async ({ skip }) => {
    const arns = await runTasks(cloud, 'toy');
    const [small] = await untilStatus(cloud, arns, ['RUNNING']);
    await stop(arns);
    const notEnforced = small?.attributes?.find((one) => one.name?.endsWith('not-enforced'));
    skip(notEnforced?.value?.includes('memory') ?? false, 'no memory limits on this machine');
    const { tasks } = await cloud.client.send(
      new sdk.RunTaskCommand(runInput(environment({ GREEDY: '1' }))),
    );
    const greedy = (tasks ?? []).map((one) => one.taskArn ?? '');
    const [task] = await untilStatus(cloud, greedy, ['STOPPED'], 60_000);
    expect(task?.containers?.[0]).toMatchObject({
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    });
  });

  it('that cannot be started say why', async () => {
    const absent = await runTasks(cloud, 'toy', { container: { command: ['no-such-program'] } });
    const nobody = await runTasks(cloud, 'toy', { container: { user: 'nobody-here' } });
    const [first, second] = await untilStatus(cloud, [...absent, ...nobody], ['STOPPED']);
    expect(first?.stopCode).toBe('TaskFailedToStart');
    expect(first?.stoppedReason).toContain('no-such-program');
    expect(second?.stoppedReason).toContain('nobody-here');
  });

  it('that die at once tell their last words', async () => {
    const arns = await runTasks(cloud, 'toy', {
      container: { command: ['sh', '-c', 'echo no database >&2; exit 4'] },
    });
    const [task] = await untilStatus(cloud, arns, ['STOPPED']);
    expect(task?.containers?.[0]?.exitCode).toBe(4);
    expect(task?.stoppedReason).toContain('last output: no database');
    expect(readFileSync(cloud.ecs.logFile(idOf(arns[0])), 'utf8')).toBe('no database\n');
  });

  it('leave nothing behind when they are stopped', async () => {
    const before = taskLinks();
    const arns = await runTasks(cloud, 'toy', { run: { count: 2 } });
    await untilStatus(cloud, arns, ['RUNNING']);
    const ids = arns.map(idOf);
    await stop(arns);
    const [task] = await describeTasks(cloud, arns);
    expect(task?.attachments?.[0]?.status).toBe('DELETED');
    for (const id of ids) {
      expect(globSync(`/sys/fs/cgroup/**/failover-drill-${id}`)).toEqual([]);
      expect(globSync(`${bench.dataDir}/ecs/run/*/${id}*`)).toEqual([]);
    }
    // The kernel takes a network namespace down in its own time; another cloud may have links too.
    await vi.waitFor(() => expect(taskLinks().filter((one) => !before.includes(one))).toEqual([]), {
      timeout: 60_000,
    });
  });
});
