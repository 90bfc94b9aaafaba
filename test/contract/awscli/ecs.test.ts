// Goal: the AWS command line can place, look at and stop tasks of the embedded ECS.
// Method: Debian's awscli against the endpoint; the task is a plain process of this machine.
import { setTimeout as wait } from 'node:timers/promises';
import * as sdk from '@aws-sdk/client-ecs';
import { realClock } from '../../../local/clock.ts';
import { createEcs } from '../../../local/ecs/createEcs.ts';
import { createProcessRunner } from '../../../local/ecs/runners/process.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { awscliTable } from './awscli.ts';

const TASK_ID = 'ab'.repeat(16);
const ARN = `arn:aws:ecs:eu-central-1:000000000000:task/drill/${TASK_ID}`;
const cluster = ['--cluster', 'drill'];
const ecs =
  (...args: string[]) =>
  () => ['ecs', ...args];
const run = (...more: string[]) =>
  ecs(
    ...['run-task', ...cluster, '--task-definition', 'shop', '--started-by', 'drill-1', ...more],
    ...['--network-configuration', 'awsvpcConfiguration={subnets=[subnet-1]}'],
  );

awscliTable(
  'ecs',
  async (dataDir) => {
    const ids = [TASK_ID, 'cd'.repeat(16)].values();
    const service = await createEcs({
      dataDir,
      clock: realClock,
      runner: async (ledger) => createProcessRunner(ledger, 'for this test'),
      images: async () => ({
        kind: 'process',
        digest: undefined,
        cwd: dataDir,
        env: {},
        command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
      }),
      network: { listen: async () => ({ close: () => wait(0) }) },
      newTaskId: () => ids.next().value ?? 'ef'.repeat(16),
    });
    const front = serviceFromSdk(sdk, 'ecs', service.operations);
    return { front, close: () => service.close() };
  },
  [
    {
      name: 'create-cluster',
      args: ecs('create-cluster', '--cluster-name', 'drill'),
      prints: { cluster: { clusterName: 'drill', status: 'ACTIVE' } },
    },
    {
      name: 'describe-clusters',
      args: ecs('describe-clusters', '--clusters', 'drill', 'none'),
      prints: { clusters: [{ clusterName: 'drill' }], failures: [{ reason: 'MISSING' }] },
    },
    {
      name: 'list-clusters',
      args: ecs('list-clusters'),
      prints: { clusterArns: ['arn:aws:ecs:eu-central-1:000000000000:cluster/drill'] },
    },
    {
      name: 'register-task-definition',
      args: ecs(
        ...['register-task-definition', '--family', 'shop', '--network-mode', 'awsvpc'],
        ...['--requires-compatibilities', 'FARGATE', '--cpu', '256', '--memory', '512'],
        ...['--container-definitions', '[{"name":"app","image":"shop","stopTimeout":1}]'],
      ),
      prints: { taskDefinition: { family: 'shop', revision: 1, status: 'ACTIVE' } },
    },
    {
      name: 'register-task-definition with a size that does not exist',
      args: ecs(
        ...['register-task-definition', '--family', 'shop', '--network-mode', 'awsvpc'],
        ...['--cpu', '1', '--memory', '1', '--container-definitions', '[{"name":"a","image":"b"}]'],
      ),
      fails: 'ClientException',
    },
    {
      name: 'describe-task-definition',
      args: ecs('describe-task-definition', '--task-definition', 'shop:1'),
      prints: { taskDefinition: { containerDefinitions: [{ name: 'app', stopTimeout: 1 }] } },
    },
    {
      name: 'list-task-definitions',
      args: ecs('list-task-definitions', '--family-prefix', 'shop'),
      prints: {
        taskDefinitionArns: ['arn:aws:ecs:eu-central-1:000000000000:task-definition/shop:1'],
      },
    },
    {
      name: 'run-task on EC2',
      args: run('--launch-type', 'EC2'),
      fails: 'InvalidParameterException',
    },
    {
      name: 'run-task',
      args: run('--launch-type', 'FARGATE', '--tags', 'key=arm,value=slim'),
      prints: { tasks: [{ startedBy: 'drill-1', launchType: 'FARGATE' }], failures: [] },
    },
    {
      name: 'wait tasks-running',
      args: ecs('wait', 'tasks-running', ...cluster, '--tasks', TASK_ID),
    },
    {
      name: 'describe-tasks',
      args: ecs('describe-tasks', ...cluster, '--tasks', ARN, '--include', 'TAGS'),
      prints: {
        tasks: [
          {
            lastStatus: 'RUNNING',
            tags: [
              { key: 'arm', value: 'slim' },
              { key: 'runner', value: 'process' },
            ],
          },
        ],
      },
    },
    {
      name: 'list-tasks',
      args: ecs('list-tasks', ...cluster, '--started-by', 'drill-1'),
      prints: { taskArns: [ARN] },
    },
    {
      name: 'tag-resource',
      args: ecs('tag-resource', '--resource-arn', ARN, '--tags', 'key=a,value=b'),
    },
    {
      name: 'list-tags-for-resource',
      args: ecs('list-tags-for-resource', '--resource-arn', ARN),
      prints: { tags: [{ key: 'arm' }, { key: 'a', value: 'b' }] },
    },
    {
      name: 'untag-resource',
      args: ecs('untag-resource', '--resource-arn', ARN, '--tag-keys', 'a'),
    },
    {
      name: 'create-service',
      args: ecs(
        ...['create-service', ...cluster, '--service-name', 'web', '--task-definition', 'shop'],
        ...['--desired-count', '0', '--launch-type', 'FARGATE'],
        ...['--network-configuration', 'awsvpcConfiguration={subnets=[subnet-1]}'],
      ),
      prints: { service: { serviceName: 'web', status: 'ACTIVE', desiredCount: 0 } },
    },
    {
      name: 'create-service of what is not here',
      args: ecs(
        ...['create-service', ...cluster, '--service-name', 'far', '--task-definition', 'shop'],
        ...['--launch-type', 'EXTERNAL'],
      ),
      fails: 'InvalidParameterException',
    },
    {
      name: 'describe-services',
      args: ecs('describe-services', ...cluster, '--services', 'web', 'none'),
      prints: {
        services: [{ serviceName: 'web', deployments: [{ status: 'PRIMARY' }] }],
        failures: [{ reason: 'MISSING' }],
      },
    },
    {
      name: 'list-services',
      args: ecs('list-services', ...cluster),
      prints: { serviceArns: ['arn:aws:ecs:eu-central-1:000000000000:service/drill/web'] },
    },
    {
      name: 'update-service that is not there',
      args: ecs('update-service', ...cluster, '--service', 'none', '--desired-count', '1'),
      fails: 'ServiceNotFoundException',
    },
    {
      name: 'update-service',
      args: ecs('update-service', ...cluster, '--service', 'web', '--force-new-deployment'),
      prints: {
        service: {
          deployments: [{ status: 'PRIMARY', rolloutState: 'IN_PROGRESS' }, { status: 'ACTIVE' }],
        },
      },
    },
    {
      name: 'delete-service',
      args: ecs('delete-service', ...cluster, '--service', 'web'),
      prints: { service: { status: 'DRAINING' } },
    },
    {
      name: 'delete-cluster with tasks',
      args: ecs('delete-cluster', ...cluster),
      fails: 'ClusterContainsTasksException',
    },
    {
      name: 'stop-task',
      args: ecs('stop-task', ...cluster, '--task', TASK_ID, '--reason', 'done'),
      prints: { task: { desiredStatus: 'STOPPED', stoppedReason: 'done' } },
    },
    {
      name: 'wait tasks-stopped',
      args: ecs('wait', 'tasks-stopped', ...cluster, '--tasks', TASK_ID),
    },
    {
      name: 'stop-task that is not there',
      args: ecs('stop-task', ...cluster, '--task', 'ff'.repeat(16)),
      fails: 'InvalidParameterException',
    },
    {
      name: 'deregister-task-definition',
      args: ecs('deregister-task-definition', '--task-definition', 'shop:1'),
      prints: { taskDefinition: { status: 'INACTIVE' } },
    },
    {
      name: 'delete-cluster',
      args: ecs('delete-cluster', ...cluster),
      prints: { cluster: { status: 'INACTIVE' } },
    },
  ],
);
