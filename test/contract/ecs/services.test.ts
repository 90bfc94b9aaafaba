// Goal: ECS clients see services of the embedded ECS as they would see them on AWS: tasks kept at the
// wanted number, deployments rolled out within their limits, and a bad image rolled back.
// Method: the real SDK client over the wire; tasks are Node programs run as plain processes.
import * as sdk from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addressOf,
  type Cloud,
  definitionInput,
  describeTasks,
  fetchJson,
  runInput,
  startProcessCloud,
} from '../../integration/ecs/harness.ts';
import { eventually } from '../endpoint.ts';

const SERVER = (version: number) => `require('node:http').createServer((q, r) =>
  r.end(JSON.stringify({ version: ${version}, pid: process.pid })))
  .listen(process.env.PORT, '127.0.0.1')`;

const PROGRAMS = {
  one: SERVER(1),
  two: SERVER(2),
  broken: `console.error('no database'); process.exit(1)`,
};

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startProcessCloud(PROGRAMS);
  await register('one');
});
afterAll(() => cloud.close());

const register = (image: string) =>
  cloud.client.send(new sdk.RegisterTaskDefinitionCommand(definitionInput(image)));

const create = (serviceName: string, more: Partial<sdk.CreateServiceCommandInput> = {}) => {
  const { cluster, launchType, networkConfiguration } = runInput();
  return cloud.client.send(
    new sdk.CreateServiceCommand({
      cluster,
      launchType,
      networkConfiguration,
      serviceName,
      taskDefinition: 'shop:1',
      desiredCount: 2,
      ...more,
    }),
  );
};

const update = (service: string, more: Partial<sdk.UpdateServiceCommandInput>) =>
  cloud.client.send(new sdk.UpdateServiceCommand({ cluster: 'drill', service, ...more }));

const look = async (service: string): Promise<sdk.Service> => {
  const answer = await cloud.client.send(
    new sdk.DescribeServicesCommand({ cluster: 'drill', services: [service] }),
  );
  const [found] = answer.services ?? [];
  if (!found) throw new Error(`no service ${service}`);
  return found;
};

const tasksOf = async (serviceName: string): Promise<sdk.Task[]> => {
  const { taskArns = [] } = await cloud.client.send(
    new sdk.ListTasksCommand({ cluster: 'drill', serviceName }),
  );
  return taskArns.length === 0 ? [] : describeTasks(cloud, taskArns);
};

const steady = (service: string, withinMs = 90_000) =>
  eventually(
    `${service} is steady`,
    async () => {
      const { deployments = [], runningCount, desiredCount } = await look(service);
      const [only, ...others] = deployments;
      return (
        others.length === 0 && only?.rolloutState === 'COMPLETED' && runningCount === desiredCount
      );
    },
    withinMs,
  );

const remove = async (service: string) => {
  await cloud.client.send(new sdk.DeleteServiceCommand({ cluster: 'drill', service, force: true }));
  await eventually('it is gone', async () => (await look(service)).status === 'INACTIVE');
};

const pidOf = async (task: sdk.Task | undefined): Promise<number> =>
  Number((await fetchJson(`http://${addressOf(task)}:8080/`))['pid']);

describe('a service', () => {
  it('gets the tasks that are wanted, and tells how its deployment went', async () => {
    const { service } = await create('web', { tags: [{ key: 'team', value: 'a' }] });
    expect(service).toMatchObject({
      serviceArn: 'arn:aws:ecs:eu-west-1:000000000000:service/drill/web',
      status: 'ACTIVE',
      desiredCount: 2,
      runningCount: 0,
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
      deployments: [{ status: 'PRIMARY', rolloutState: 'IN_PROGRESS' }],
      tags: [{ key: 'team', value: 'a' }],
    });
    await steady('web');
    const now = await look('web');
    expect(now).toMatchObject({ runningCount: 2, pendingCount: 0 });
    const [deployment] = now.deployments ?? [];
    expect(deployment?.id).toMatch(/^ecs-svc\/\d{19}$/);
    expect(deployment?.rolloutStateReason).toBe(`ECS deployment ${deployment?.id} completed.`);
    expect(now.events?.[0]?.message).toBe('(service web) has reached a steady state.');
    const tasks = await tasksOf('web');
    expect(tasks).toHaveLength(2);
    for (const task of tasks) {
      expect(task).toMatchObject({ group: 'service:web', startedBy: deployment?.id });
    }
  });

  it('replaces a task that is killed', async () => {
    const before = await tasksOf('web');
    process.kill(await pidOf(before[0]), 'SIGKILL');
    await eventually('another task runs in its place', async () => {
      const arns = (await tasksOf('web'))
        .filter(({ lastStatus }) => lastStatus === 'RUNNING')
        .map(({ taskArn }) => taskArn);
      return arns.length === 2 && !arns.includes(before[0]?.taskArn);
    });
  });

  it('is scaled, and never runs more than is wanted afterwards', async () => {
    await update('web', { desiredCount: 3 });
    await eventually('three run', async () => (await look('web')).runningCount === 3);
    await update('web', { desiredCount: 1 });
    await eventually('one runs', async () => (await look('web')).runningCount === 1);
    expect((await look('web')).deployments).toHaveLength(1);
  });

  it('changes to another task definition without ever having too few', async () => {
    await update('web', { desiredCount: 2 });
    await steady('web');
    await register('two');
    const { service } = await update('web', { taskDefinition: 'shop:2' });
    expect(service?.deployments?.map(({ status }) => status)).toEqual(['PRIMARY', 'ACTIVE']);
    let least = 2;
    let most = 0;
    await eventually('the new one is rolled out', async () => {
      const now = await look('web');
      least = Math.min(least, now.runningCount ?? 0);
      most = Math.max(most, (now.runningCount ?? 0) + (now.pendingCount ?? 0));
      return now.deployments?.length === 1 && now.deployments[0]?.rolloutState === 'COMPLETED';
    });
    expect(least).toBe(2);
    expect(most).toBeLessThanOrEqual(4);
    const [task] = await tasksOf('web');
    expect(await fetchJson(`http://${addressOf(task)}:8080/`)).toMatchObject({ version: 2 });
  });

  it('is deleted with its tasks', async () => {
    await expect(
      cloud.client.send(new sdk.DeleteServiceCommand({ cluster: 'drill', service: 'web' })),
    ).rejects.toThrow('The service cannot be stopped while it is scaled above 0.');
    await remove('web');
    expect(await tasksOf('web')).toEqual([]);
    await expect(update('web', { desiredCount: 1 })).rejects.toMatchObject({
      name: 'ServiceNotActiveException',
    });
  });
});

describe('the circuit breaker', () => {
  it('gives a bad image up and goes back to the good one, which served all the time', async () => {
    await create('shop', {
      desiredCount: 1,
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
    await steady('shop');
    const good = (await look('shop')).deployments?.[0]?.id;
    const [before] = await tasksOf('shop');
    const bad = await register('broken');
    await update('shop', { taskDefinition: bad.taskDefinition?.taskDefinitionArn });
    const failing = (await look('shop')).deployments?.[0]?.id;
    expect(failing).not.toBe(good);
    await steady('shop');
    const now = await look('shop');
    expect(now.deployments?.[0]?.id).toBe(good);
    expect(now.taskDefinition).toMatch(/shop:1$/);
    const messages = now.events?.map(({ message }) => message);
    expect(messages).toContain(
      `(service shop) (deployment ${failing}) deployment failed: tasks failed to start.`,
    );
    expect(messages).toContain(`(service shop) rolling back to deployment ${good}.`);
    expect((await tasksOf('shop')).map(({ taskArn }) => taskArn)).toEqual([before?.taskArn]);
    await remove('shop');
  });

  it('stops starting tasks where there is nothing to go back to', async () => {
    const bad = await register('broken');
    await create('first', {
      taskDefinition: bad.taskDefinition?.taskDefinitionArn,
      desiredCount: 1,
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
    await eventually(
      'the deployment failed',
      async () => (await look('first')).deployments?.[0]?.rolloutState === 'FAILED',
    );
    expect((await look('first')).deployments).toMatchObject([
      {
        status: 'PRIMARY',
        rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
        failedTasks: 3,
      },
    ]);
    await remove('first');
  });
});

describe('a region without room', () => {
  it('takes the order, starts nothing, says why, and goes on when there is room', async () => {
    cloud.ecs.setCapacity('eu-west-1', 0);
    await create('late', { desiredCount: 1 });
    await eventually('it says why', async () => {
      const message = (await look('late')).events?.[0]?.message ?? '';
      return message.includes('Capacity is unavailable at this time');
    });
    expect(await look('late')).toMatchObject({ desiredCount: 1, runningCount: 0, pendingCount: 0 });
    cloud.ecs.setCapacity('eu-west-1', undefined);
    await eventually('it runs', async () => (await look('late')).runningCount === 1);
    await remove('late');
  });
});

describe('what is asked wrongly', () => {
  it.each<[string, Partial<sdk.CreateServiceCommandInput>, string, string]>([
    [
      'a launch type that is not here',
      { launchType: 'EC2' },
      'InvalidParameterException',
      'FARGATE',
    ],
    [
      'a definition that is not there',
      { taskDefinition: 'none' },
      'ClientException',
      'Unable to describe task definition.',
    ],
    [
      'a target group that is not there',
      { loadBalancers: [{ targetGroupArn: 'arn:x', containerName: 'app', containerPort: 8080 }] },
      'InvalidParameterException',
      'Unable to find target group with targetGroupArn arn:x.',
    ],
    [
      'a feature that is not here',
      { serviceConnectConfiguration: { enabled: true } },
      'InvalidParameterException',
      'does not support serviceConnectConfiguration',
    ],
    [
      'limits that leave no room',
      { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 } },
      'InvalidParameterException',
      'maximumPercent must be at least 100 and more than minimumHealthyPercent',
    ],
    ['no cluster', { cluster: 'none' }, 'ClusterNotFoundException', 'Cluster not found.'],
  ])('is refused: %s', async (_, more, name, message) => {
    const asked = create('never', more);
    await expect(asked).rejects.toMatchObject({ name });
    await expect(asked).rejects.toThrow(message);
  });

  it('is refused: the same name with something else', async () => {
    await create('twice', { desiredCount: 0 });
    await expect(create('twice', { desiredCount: 1 })).rejects.toThrow(
      'Creation of service was not idempotent.',
    );
    const again = await create('twice', { desiredCount: 0 });
    expect(again.service?.serviceName).toBe('twice');
    const { serviceArns } = await cloud.client.send(
      new sdk.ListServicesCommand({ cluster: 'drill' }),
    );
    expect(serviceArns).toEqual(['arn:aws:ecs:eu-west-1:000000000000:service/drill/twice']);
  });
});
