// Goal: ECS clients see tasks of the embedded ECS as they would see them on AWS.
// Method: the real SDK client over the wire; tasks are Node programs run as plain processes.
import { existsSync, readFileSync } from 'node:fs';
import * as sdk from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addressOf,
  type Cloud,
  describeTasks,
  fetchJson,
  runInput,
  runTasks,
  startProcessCloud,
  untilStatus,
} from '../../integration/ecs/harness.ts';

const PROGRAMS = {
  server: `require('node:http').createServer((q, r) => r.end(JSON.stringify({
    region: process.env.AWS_REGION, greeting: process.env.GREETING, secret: process.env.SECRET,
    pid: process.pid }))).listen(process.env.PORT, '127.0.0.1')`,
  dies: `console.error('cannot reach', process.env.DB_PASSWORD); process.exit(3)`,
  deaf: `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')`,
  done: `console.log('all done')`,
};

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startProcessCloud(PROGRAMS);
});
afterAll(() => cloud.close());

const list = async (input: Partial<sdk.ListTasksCommandInput>) =>
  (await cloud.client.send(new sdk.ListTasksCommand({ cluster: 'drill', ...input }))).taskArns;

const stop = (task: string, reason: string) =>
  cloud.client.send(new sdk.StopTaskCommand({ cluster: 'drill', task, reason }));

describe('a task', () => {
  it('goes from PROVISIONING to RUNNING, answers at its address, and stops when told', async () => {
    await runTasks(cloud, 'server', {
      container: { environment: [{ name: 'GREETING', value: 'a' }] },
    });
    const started = await cloud.client.send(
      new sdk.RunTaskCommand(
        runInput({ startedBy: 'drill-7', tags: [{ key: 'arm', value: 'slim' }] }),
      ),
    );
    expect(started.failures).toEqual([]);
    const [first] = started.tasks ?? [];
    expect(first).toMatchObject({
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      launchType: 'FARGATE',
      cpu: '256',
      memory: '512',
      startedBy: 'drill-7',
      group: 'family:shop',
    });
    expect(first?.taskArn).toMatch(
      /^arn:aws:ecs:eu-west-1:000000000000:task\/drill\/[0-9a-f]{32}$/,
    );
    const arn = first?.taskArn ?? '';

    const [running] = await untilStatus(cloud, [arn], ['RUNNING']);
    expect(running!.startedAt!.getTime()).toBeGreaterThanOrEqual(running!.createdAt!.getTime());
    expect(running).not.toHaveProperty('pullStartedAt');
    expect(running?.attachments?.[0]).toMatchObject({
      type: 'ElasticNetworkInterface',
      status: 'ATTACHED',
    });
    expect(running?.tags).toEqual([
      { key: 'arm', value: 'slim' },
      { key: 'runner', value: 'process' },
    ]);
    expect(running?.attributes).toContainEqual({
      name: 'failover-drill.limits-not-enforced',
      value: 'cpu,memory,pids',
    });
    expect(running?.containers?.[0]?.imageDigest).toMatch(/^sha256:/);
    expect(await fetchJson(`http://${addressOf(running)}:8080/`)).toMatchObject({
      region: 'eu-west-1',
      greeting: 'a',
    });
    expect(await list({ startedBy: 'drill-7' })).toEqual([arn]);
    expect(await list({ family: 'none' })).toEqual([]);

    const told = await stop(arn, 'round over');
    expect(told.task).toMatchObject({ desiredStatus: 'STOPPED', stoppedReason: 'round over' });
    const [stopped] = await untilStatus(cloud, [arn], ['STOPPED']);
    expect(stopped).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'round over' });
    expect(stopped?.containers?.[0]?.exitCode).toBe(143);
    expect(stopped?.stoppedAt).toBeInstanceOf(Date);
    expect(await list({ startedBy: 'drill-7' })).toEqual([]);
    await expect(list({ startedBy: 'drill-7', desiredStatus: 'STOPPED' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'startedBy must be the only filter.',
    });
    expect(await list({ desiredStatus: 'STOPPED' })).toContain(arn);
    await expect(fetch(`http://${addressOf(stopped)}:8080/`)).rejects.toThrow('fetch failed');
  });

  it('may be one of several, each at an address of its own', async () => {
    const arns = await runTasks(cloud, 'server', { run: { count: 3 } });
    const tasks = await untilStatus(cloud, arns, ['RUNNING']);
    const addresses = tasks.map(addressOf);
    expect(new Set(addresses).size).toBe(3);
    const pids = await Promise.all(
      addresses.map(async (address) => (await fetchJson(`http://${address}:8080/`))['pid']),
    );
    expect(new Set(pids).size).toBe(3);
    for (const arn of arns) await stop(arn, 'enough');
    await untilStatus(cloud, arns, ['STOPPED']);
  });

  it('that dies at once says with what, and keeps secrets to itself', async () => {
    const arns = await runTasks(cloud, 'dies', {
      run: {
        overrides: {
          containerOverrides: [
            { name: 'app', environment: [{ name: 'DB_PASSWORD', value: 'hunter22' }] },
          ],
        },
      },
    });
    const [task] = await untilStatus(cloud, arns, ['STOPPED']);
    expect(task).toMatchObject({ stopCode: 'EssentialContainerExited', desiredStatus: 'STOPPED' });
    expect(task?.containers?.[0]?.exitCode).toBe(3);
    expect(task?.stoppedReason).toMatch(
      /^Essential container in task exited: exit code 3 after \d+\.\d s; last output: cannot reach \*\*\*$/,
    );
  });

  it('that ignores the stop signal is killed after its stop timeout', async () => {
    const arns = await runTasks(cloud, 'deaf', { container: { portMappings: [] } });
    await untilStatus(cloud, arns, ['RUNNING']);
    // The program must have installed its handler before it is told to stop.
    const log = cloud.ecs.logFile((arns[0] ?? '').split('/').at(-1) ?? '');
    await expect.poll(() => existsSync(log) && readFileSync(log, 'utf8')).toBe('up\n');
    const from = performance.now();
    await stop(arns[0] ?? '', 'now');
    const [task] = await untilStatus(cloud, arns, ['STOPPED']);
    expect(performance.now() - from).toBeGreaterThan(950);
    expect(task?.containers?.[0]?.exitCode).toBe(137);
    expect(task?.stopCode).toBe('UserInitiated');
  });

  it('that ends well is stopped with exit code 0', async () => {
    const arns = await runTasks(cloud, 'done', { container: { portMappings: [] } });
    const [task] = await untilStatus(cloud, arns, ['STOPPED']);
    expect(task?.containers?.[0]?.exitCode).toBe(0);
    expect(task?.stoppedReason).not.toContain('last output');
  });

  it('of an image that does not exist fails to start', async () => {
    const arns = await runTasks(cloud, 'nowhere');
    const [task] = await untilStatus(cloud, arns, ['STOPPED']);
    expect(task?.stopCode).toBe('TaskFailedToStart');
    expect(task?.stoppedReason).toBe('CannotPullContainerError: nowhere: not found');
    expect(task).not.toHaveProperty('startedAt');
  });
});

describe('RunTask with a client token', () => {
  const token = 'round-3-arm-2';

  it('starts nothing on a retry, and refuses the token for something else', async () => {
    const arns = await runTasks(cloud, 'server', { run: { clientToken: token } });
    const again = await cloud.client.send(new sdk.RunTaskCommand(runInput({ clientToken: token })));
    expect(again.tasks?.map((task) => task.taskArn)).toEqual(arns);
    const other = cloud.client.send(
      new sdk.RunTaskCommand(runInput({ clientToken: token, count: 2 })),
    );
    await expect(other).rejects.toMatchObject({ name: 'ConflictException', resourceIds: arns });
    await stop(arns[0] ?? '', 'done');
    await untilStatus(cloud, arns, ['STOPPED']);
  });
});

describe('tasks that are not there', () => {
  it('are reported as missing, or as not found when they should be stopped', async () => {
    const arn = 'arn:aws:ecs:eu-west-1:000000000000:task/drill/0123456789abcdef0123456789abcdef';
    const answer = await cloud.client.send(
      new sdk.DescribeTasksCommand({ cluster: 'drill', tasks: [arn] }),
    );
    expect(answer).toMatchObject({ tasks: [], failures: [{ arn, reason: 'MISSING' }] });
    await expect(stop(arn, 'x')).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'The referenced task was not found.',
    });
    const elsewhere = cloud.client.send(
      new sdk.DescribeTasksCommand({ cluster: 'other', tasks: [arn] }),
    );
    await expect(elsewhere).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
  });
});

describe('tags', () => {
  it('can be added, listed and removed', async () => {
    const arns = await runTasks(cloud, 'done', { container: { portMappings: [] } });
    const resourceArn = arns[0] ?? '';
    await untilStatus(cloud, arns, ['STOPPED']);
    await cloud.client.send(
      new sdk.TagResourceCommand({ resourceArn, tags: [{ key: 'a', value: '1' }] }),
    );
    const listed = await cloud.client.send(new sdk.ListTagsForResourceCommand({ resourceArn }));
    expect(listed.tags).toEqual([{ key: 'a', value: '1' }]);
    await cloud.client.send(new sdk.UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
    const [task] = await describeTasks(cloud, arns);
    expect(task?.tags).toEqual([{ key: 'runner', value: 'process' }]);
  });
});
