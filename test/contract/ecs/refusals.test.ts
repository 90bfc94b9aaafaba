// Goal: what the embedded ECS cannot do is refused in AWS's words, and never silently left undone.
// Method: the real SDK client over the wire, one request per mistake.
import * as sdk from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Cloud,
  definitionInput,
  runInput,
  startProcessCloud,
} from '../../integration/ecs/harness.ts';

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startProcessCloud({});
  await cloud.client.send(new sdk.RegisterTaskDefinitionCommand(definitionInput('none')));
});
afterAll(() => cloud.close());

const register = (
  task: Partial<sdk.RegisterTaskDefinitionCommandInput>,
  container: Partial<sdk.ContainerDefinition> = {},
) =>
  cloud.client.send(
    new sdk.RegisterTaskDefinitionCommand({ ...definitionInput('none', container), ...task }),
  );
const run = (more: Partial<sdk.RunTaskCommandInput>) =>
  cloud.client.send(new sdk.RunTaskCommand(runInput(more)));

const app = (extra: object) => [{ name: 'app', image: 'none', ...extra }];

describe.each<[string, () => Promise<unknown>, string, string]>([
  ['a volume', () => register({ volumes: [{ name: 'v' }] }), 'ClientException', 'volumes'],
  [
    'a health check',
    () => register({}, { healthCheck: { command: ['CMD', 'true'] } }),
    'ClientException',
    'healthCheck',
  ],
  [
    'another log driver than that of CloudWatch Logs',
    () => register({}, { logConfiguration: { logDriver: 'splunk' } }),
    'ClientException',
    "not 'splunk'",
  ],
  [
    'a log without what Fargate asks for',
    () =>
      register(
        {},
        { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'g' } } },
      ),
    'ClientException',
    'awslogs-region, awslogs-stream-prefix',
  ],
  [
    'secrets',
    () => register({}, { secrets: [{ name: 'A', valueFrom: 'arn' }] }),
    'ClientException',
    'secrets',
  ],
  [
    'two containers',
    () => register({ containerDefinitions: [...app({}), { name: 'b', image: 'none' }] }),
    'ClientException',
    'tasks of one container',
  ],
  [
    'a bridge network',
    () => register({ networkMode: 'bridge' }),
    'ClientException',
    "Fargate only supports network mode 'awsvpc'.",
  ],
  ['EC2', () => register({ requiresCompatibilities: ['EC2'] }), 'ClientException', 'FARGATE only'],
  [
    'a size that Fargate does not have',
    () => register({ cpu: '256', memory: '8192' }),
    'ClientException',
    'No Fargate configuration exists for given values',
  ],
  ['a cpu that Fargate does not have', () => register({ cpu: '300' }), 'ClientException', "'300'"],
  [
    'an other processor',
    () =>
      register({
        runtimePlatform: { cpuArchitecture: process.arch === 'arm64' ? 'X86_64' : 'ARM64' },
      }),
    'ClientException',
    'runs on this machine',
  ],
  [
    'a udp port',
    () => register({}, { portMappings: [{ containerPort: 53, protocol: 'udp' }] }),
    'ClientException',
    'tcp ports only',
  ],
  ['no image', () => register({}, { image: '' }), 'ClientException', 'null or empty'],
  [
    'a definition that does not exist',
    () => run({ taskDefinition: 'shop:99' }),
    'ClientException',
    'Unable to describe task definition.',
  ],
  [
    'a cluster that does not exist',
    () => run({ cluster: 'x' }),
    'ClusterNotFoundException',
    'Cluster not found.',
  ],
  [
    'no launch type',
    () => run({ launchType: undefined }),
    'InvalidParameterException',
    'No Container Instances were found in your cluster.',
  ],
  [
    'no network configuration',
    () => run({ networkConfiguration: undefined }),
    'InvalidParameterException',
    'Network Configuration must be provided',
  ],
  ['eleven tasks', () => run({ count: 11 }), 'InvalidParameterException', 'count'],
  [
    'an override for another container',
    () => run({ overrides: { containerOverrides: [{ name: 'sidecar' }] } }),
    'InvalidParameterException',
    'Override for container named sidecar is not a container in the TaskDefinition.',
  ],
  [
    'environment files',
    () =>
      run({
        overrides: {
          containerOverrides: [{ name: 'app', environmentFiles: [{ type: 's3', value: 'arn' }] }],
        },
      }),
    'InvalidParameterException',
    'environmentFiles',
  ],
  [
    'a placement strategy',
    () => run({ placementStrategy: [{ type: 'spread' }] }),
    'InvalidParameterException',
    'placementStrategy',
  ],
  [
    'an unknown platform version',
    () => run({ platformVersion: '0.1' }),
    'PlatformUnknownException',
    'platform version',
  ],
])('%s', (_what, call, name, message) => {
  it(`is refused with ${name}`, async () => {
    await expect(call()).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });
});

describe('task definitions', () => {
  it('count revisions, are found by family, and can be listed and retired', async () => {
    const first = await register({ family: 'web', tags: [{ key: 'k', value: 'v' }] });
    const second = await register({ family: 'web', cpu: '.5 vCPU', memory: '1 GB' });
    expect(first.tags).toEqual([{ key: 'k', value: 'v' }]);
    expect(second.taskDefinition).toMatchObject({ revision: 2, cpu: '512', memory: '1024' });
    const newest = () =>
      cloud.client.send(new sdk.DescribeTaskDefinitionCommand({ taskDefinition: 'web' }));
    expect((await newest()).taskDefinition).toEqual(second.taskDefinition);
    const list = async () =>
      (await cloud.client.send(new sdk.ListTaskDefinitionsCommand({ familyPrefix: 'web' })))
        .taskDefinitionArns;
    const arns = [first, second].map((one) => one.taskDefinition?.taskDefinitionArn);
    expect(await list()).toEqual(arns);
    await cloud.client.send(new sdk.DeregisterTaskDefinitionCommand({ taskDefinition: 'web:2' }));
    expect((await newest()).taskDefinition?.revision).toBe(1);
    expect(await list()).toEqual([arns[0]]);
  });
});

describe('clusters', () => {
  it('are made once, described with their tasks, and missing when they do not exist', async () => {
    const again = await cloud.client.send(new sdk.CreateClusterCommand({ clusterName: 'drill' }));
    expect(again.cluster).toMatchObject({ clusterName: 'drill', status: 'ACTIVE' });
    const answer = await cloud.client.send(
      new sdk.DescribeClustersCommand({ clusters: ['drill', 'none'] }),
    );
    expect(answer.clusters?.map((one) => one.clusterName)).toEqual(['drill']);
    expect(answer.failures?.[0]?.reason).toBe('MISSING');
  });
});
