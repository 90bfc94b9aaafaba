// Goal: an arm is registered, placed, seen, found again and stopped, in the words of the drill.
// Method: aws/tasks.ts over sockets against the embedded ECS; tasks are Node programs as plain processes.
import { DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNetworkInterfaces } from '../../../aws/networkInterfaces.ts';
import { openTasks, type Tasks } from '../../../aws/tasks.ts';
import { type TaskAddress, taskAddress } from '../../../functions/_taskAddress.ts';
import { type Cloud, startProcessCloud } from '../../integration/ecs/harness.ts';

const REGION = 'eu-west-1';
const PROGRAMS = {
  server: `require('node:http').createServer((q, r) => r.end(process.env.IMAGE_DIGEST)).listen(process.env.PORT, '127.0.0.1')`,
  dies: 'process.exit(3)',
};

const signal = new AbortController().signal;
const network = new Map([
  ['*', { isPublic: true, securityGroup: 'sg-1', subnets: ['subnet-1', 'subnet-2'] }],
]);
const PLACING = { cluster: 'drill', network, executionRoleArn: undefined };
const sdkOf = ({ wire }: Cloud) => ({
  endpoint: wire.url,
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'local' },
});
let cloud: Cloud;
let tasks: Tasks;
let addressOf: TaskAddress;

beforeAll(async () => {
  cloud = await startProcessCloud(PROGRAMS);
  addressOf = taskAddress(network, openNetworkInterfaces(sdkOf(cloud)));
  tasks = openTasks(PLACING, sdkOf(cloud));
});
afterAll(() => cloud.close());

const register = (family: string, image: string): Promise<string> =>
  tasks.register(
    REGION,
    {
      family,
      image,
      port: 8080,
      cpu: 256,
      memoryMb: 512,
      environment: { PORT: '8080', IMAGE_DIGEST: 'sha256:1' },
      logGroup: '/failover-drill/shop/drills',
    },
    signal,
  );

const untilStatus = async (taskArn: string, status: string) => {
  await expect
    .poll(async () => (await tasks.describe(REGION, [taskArn], signal))[0]?.status)
    .toBe(status);
  const [seen] = await tasks.describe(REGION, [taskArn], signal);
  return seen;
};

describe('a task', () => {
  it('runs at an address of its own, is found by who started it, and stops once told', async () => {
    const taskDefinition = await register('failover-drill-shop-slim', 'server');
    const task = { taskDefinition, startedBy: 'drill-1', clientToken: 'round-1-slim' };
    const taskArn = await tasks.run(REGION, task, signal);
    const { taskDefinition: registered } = await new ECSClient({
      ...sdkOf(cloud),
      region: REGION,
    }).send(new DescribeTaskDefinitionCommand({ taskDefinition }));
    expect(registered?.containerDefinitions?.[0]?.logConfiguration).toEqual({
      logDriver: 'awslogs',
      options: {
        'awslogs-group': '/failover-drill/shop/drills',
        'awslogs-region': REGION,
        'awslogs-stream-prefix': 'task',
        mode: 'non-blocking',
      },
    });
    // A retried call starts nothing new.
    expect(await tasks.run(REGION, task, signal)).toBe(taskArn);
    const running = await untilStatus(taskArn, 'RUNNING');
    expect(running).toMatchObject({ taskArn, runner: 'process', pullStartedAtMs: undefined });
    expect(running?.startedAtMs).toBeGreaterThanOrEqual(running?.createdAtMs ?? Number.NaN);
    if (running === undefined) throw new Error('the task is gone');
    const host = await addressOf(REGION, running, signal);
    expect(host).toBe(running.privateAddress);
    const answer = async () => (await fetch(`http://${host}:8080/`)).text();
    await expect.poll(() => answer().catch(() => 'not yet')).toBe('sha256:1');
    expect(await tasks.startedBy(REGION, 'drill-1', signal)).toEqual([taskArn]);
    expect(await tasks.startedBy(REGION, 'drill-2', signal)).toEqual([]);
    await tasks.stop(REGION, taskArn, 'round 1 is over', signal);
    expect(await untilStatus(taskArn, 'STOPPED')).toMatchObject({
      stoppedReason: 'round 1 is over',
    });
    expect(await tasks.startedBy(REGION, 'drill-1', signal)).toEqual([]);
    const stopped = await tasks.stoppedOf(REGION, 'drill-1', signal);
    expect(stopped.map((one) => one.taskArn)).toEqual([taskArn]);
    expect(await tasks.stoppedOf(REGION, 'drill-2', signal)).toEqual([]);
  });

  it('in a private network has no address of the internet', async () => {
    const hidden = new Map([
      ['*', { isPublic: false, securityGroup: 'sg-2', subnets: ['subnet-3'] }],
    ]);
    const sdk = sdkOf(cloud);
    const inside = openTasks({ ...PLACING, network: hidden }, sdk);
    const taskDefinition = await register('failover-drill-shop-slim', 'server');
    const task = { taskDefinition, startedBy: 'drill-4', clientToken: 'round-1-private' };
    const taskArn = await inside.run(REGION, task, signal);
    const running = await untilStatus(taskArn, 'RUNNING');
    if (running === undefined) throw new Error('the task is gone');
    const interfaces = openNetworkInterfaces(sdk);
    expect(await taskAddress(hidden, interfaces)(REGION, running, signal)).toBe(
      running.privateAddress,
    );
    expect(await addressOf(REGION, running, signal)).toBeUndefined();
    // Of another region, and so not there.
    expect(await addressOf('eu-north-1', running, signal)).toBeUndefined();
    await expect(interfaces.publicAddress(REGION, 'eni-none', signal)).rejects.toMatchObject({
      name: 'InvalidNetworkInterfaceId.Malformed',
    });
    await tasks.stop(REGION, taskArn, 'round 1 is over', signal);
    await untilStatus(taskArn, 'STOPPED');
  });

  it('that dies says so', async () => {
    const taskDefinition = await register('failover-drill-shop-dies', 'dies');
    const task = { taskDefinition, startedBy: 'drill-3', clientToken: 'round-1-dies' };
    const taskArn = await tasks.run(REGION, task, signal);
    const seen = await untilStatus(taskArn, 'STOPPED');
    expect(seen?.stoppedReason).toMatch(/^Essential container in task exited: exit code 3 /);
  });

  it('of an unknown region or cluster is an error with the name that ECS gives', async () => {
    const lost = openTasks({ ...PLACING, cluster: 'none' }, sdkOf(cloud));
    await expect(lost.startedBy(REGION, 'drill-1', signal)).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    });
  });
});
