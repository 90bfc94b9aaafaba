// Goal: aws/ makes the best of answers that a healthy far end never gives.
// Method: SDK clients whose answers are made up, call by call.
import { BatchGetBuildsCommand, CodeBuildClient } from '@aws-sdk/client-codebuild';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendTaskHeartbeatCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openCallbacks } from '../../../aws/callbacks.ts';
import { openDeployments } from '../../../aws/deployments.ts';
import { openDocuments } from '../../../aws/documents.ts';
import { openDrillTable } from '../../../aws/drillTable.ts';
import { openImageBuilds } from '../../../aws/imageBuilds.ts';
import { openImageRegistry } from '../../../aws/imageRegistry.ts';
import { openSecrets } from '../../../aws/secrets.ts';
import { openTasks } from '../../../aws/tasks.ts';
import { openVantages } from '../../../aws/vantages.ts';
import { NETWORK } from '../../../functions/_settings.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const SETTINGS = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'made-up', secretAccessKey: 'made-up' },
};
const signal = new AbortController().signal;
const named = (name: string, message = name) => Object.assign(new Error(message), { name });

const dynamodb = mockedClient(DynamoDBClient);
const s3 = mockedClient(S3Client);
const sfn = mockedClient(SFNClient);
const lambda = mockedClient(LambdaClient);
const ecs = mockedClient(ECSClient);
const ecr = mockedClient(ECRClient);
const codebuild = mockedClient(CodeBuildClient);
const ssm = mockedClient(SSMClient);

describe('the table of drills', () => {
  const key = { pk: 'DRILL#1', sk: 'PLAN' };
  const keep = { nowMs: 1_800_000_000_000, days: 30 };
  const Value = z.strictObject({ round: z.int() });
  const page = (from: number, count: number, more: boolean) => ({
    Items: Array.from({ length: count }, (_, i) =>
      marshall({ pk: 'p', sk: String(from + i), value: { round: from + i } }),
    ),
    ...(more ? { LastEvaluatedKey: marshall({ pk: 'p', sk: String(from + count - 1) }) } : {}),
  });

  it('takes a lost condition for an item that is there, and no other error', async () => {
    const table = openDrillTable('drills', SETTINGS);
    const lost = new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
    dynamodb.on(PutItemCommand).rejectsOnce(lost).rejectsOnce(named('ResourceNotFoundException'));
    expect(await table.put(key, { round: 1 }, keep, { once: true })).toBe(false);
    await expect(table.put(key, { round: 1 }, keep, { once: true })).rejects.toThrow(
      'ResourceNotFoundException',
    );
  });

  it('says when an item may go, in seconds', async () => {
    const table = openDrillTable('drills', SETTINGS);
    dynamodb.on(PutItemCommand).resolves({});
    await table.put(key, { round: 1 }, keep, { once: false });
    const input = dynamodb.commandCalls(PutItemCommand)[0]?.args[0].input;
    expect(input?.Item?.['expiresAt']).toEqual({ N: String(1_800_000_000 + 30 * 86_400) });
    expect(input?.ConditionExpression).toBeUndefined();
  });

  it('goes on over an empty page in the middle', async () => {
    const table = openDrillTable('drills', SETTINGS);
    dynamodb
      .on(QueryCommand)
      .resolvesOnce(page(0, 2, true))
      .resolvesOnce({ Items: [], LastEvaluatedKey: marshall({ pk: 'p', sk: '1' }) })
      .resolvesOnce(page(2, 1, false));
    const seen = await table.list('p', '', Value);
    expect(seen.map(({ round }) => round)).toEqual([0, 1, 2]);
    expect(dynamodb.commandCalls(QueryCommand)).toHaveLength(3);
  });

  it('gives up on a table whose pages never end', async () => {
    const table = openDrillTable('drills', SETTINGS);
    dynamodb.on(QueryCommand).resolves(page(0, 1, true));
    await expect(table.list('p', 'X#', Value)).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: 'more than 500 pages under p X#',
    });
  });

  it('stops at the number that was asked for', async () => {
    const table = openDrillTable('drills', SETTINGS);
    dynamodb.on(QueryCommand).resolves(page(0, 2, true));
    expect(await table.list('p', '', Value, { limit: 2 })).toHaveLength(2);
    expect(dynamodb.commandCalls(QueryCommand)).toHaveLength(1);
  });
});

describe('callbacks', () => {
  it.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
    'take %s for a state that waits no more',
    async (name) => {
      sfn.on(SendTaskSuccessCommand).rejects(named(name));
      expect(await openCallbacks('eu-central-1', SETTINGS).succeed('t', {}, signal)).toBe(false);
    },
  );

  it('hand any other error on', async () => {
    sfn.on(SendTaskHeartbeatCommand).rejects(named('AccessDeniedException'));
    await expect(openCallbacks('eu-central-1', SETTINGS).heartbeat('t', signal)).rejects.toThrow(
      'AccessDeniedException',
    );
  });
});

describe('documents', () => {
  it('without a body are no JSON', async () => {
    s3.on(GetObjectCommand).resolves({});
    await expect(openDocuments('b', SETTINGS).read('k', z.unknown())).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: 's3://b/k is not JSON',
    });
  });

  it('that may not be read are not said to be missing', async () => {
    s3.on(GetObjectCommand).rejects(named('AccessDenied'));
    await expect(openDocuments('b', SETTINGS).read('k', z.unknown())).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

describe('placements', () => {
  const placing = {
    cluster: 'shop',
    network: new Map([['*', { isPublic: true, securityGroup: 'sg-1', subnets: ['subnet-1'] }]]),
    executionRoleArn: 'arn:role',
  };
  const task = { taskDefinition: 'shop:1', startedBy: 'drill-1', clientToken: 't' };

  it('that ECS refuses say why', async () => {
    ecs.on(RunTaskCommand).resolves({ tasks: [], failures: [{ reason: 'RESOURCE:ENI' }] });
    await expect(openTasks(placing, SETTINGS).run('eu-west-1', task, signal)).rejects.toMatchObject(
      {
        name: 'PlacementFailed',
        message: 'eu-west-1 could not place shop:1: RESOURCE:ENI',
      },
    );
  });

  it('go to the network of their own region, and nowhere when it has none', async () => {
    ecs.on(RunTaskCommand).resolves({ tasks: [{ taskArn: 'arn:1' }] });
    const text = 'eu-west-1/public/sg-a/subnet-a+subnet-b,eu-central-1/private/sg-b/subnet-c';
    const tasks = openTasks({ ...placing, network: NETWORK.parse(text) }, SETTINGS);
    await tasks.run('eu-west-1', task, signal);
    await tasks.run('eu-central-1', task, signal);
    const used = ecs
      .commandCalls(RunTaskCommand)
      .map(({ args: [{ input }] }) => input.networkConfiguration?.awsvpcConfiguration);
    expect(used.slice(-2)).toEqual([
      { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-a'], assignPublicIp: 'ENABLED' },
      { subnets: ['subnet-c'], securityGroups: ['sg-b'], assignPublicIp: 'DISABLED' },
    ]);
    await expect(tasks.run('eu-north-1', task, signal)).rejects.toMatchObject({
      name: 'PlacementFailed',
      message: 'no network of eu-north-1 is named: deploy with aws.network.eu-north-1',
    });
    for (const wrong of ['', 'subnet-1,subnet-2', 'eu-west-1/open/sg-a/subnet-a']) {
      expect(NETWORK.safeParse(wrong).success, wrong).toBe(false);
    }
  });

  it('that ECS neither makes nor refuses are an error too', async () => {
    ecs.on(RunTaskCommand).resolves({ tasks: [], failures: [] });
    await expect(openTasks(placing, SETTINGS).run('eu-west-1', task, signal)).rejects.toThrow();
  });

  it('take the runner from the platform: its tag here, the launch type on AWS', async () => {
    const one = { taskArn: 'arn:1', lastStatus: 'RUNNING' };
    ecs.on(DescribeTasksCommand).resolves({
      tasks: [
        { ...one, launchType: 'FARGATE' },
        { ...one, launchType: 'FARGATE', tags: [{ key: 'runner', value: 'runc' }] },
        one,
      ],
    });
    const seen = await openTasks(placing, SETTINGS).describe('eu-west-1', ['arn:1'], signal);
    expect(seen.map(({ runner }) => runner)).toEqual(['fargate', 'runc', 'unknown']);
    expect(seen[0]?.privateAddress).toBeUndefined();
  });

  it('take the reason of the container when the task gives none', async () => {
    ecs.on(DescribeTasksCommand).resolves({
      tasks: [
        {
          taskArn: 'arn:1',
          lastStatus: 'STOPPED',
          containers: [{}, { exitCode: 137, reason: 'OutOfMemoryError' }],
        },
      ],
    });
    const [seen] = await openTasks(placing, SETTINGS).describe('eu-west-1', ['arn:1'], signal);
    expect(seen?.stoppedReason).toBe('OutOfMemoryError');
  });
});

describe('vantages', () => {
  it('that do not take an event are unreachable', async () => {
    lambda.on(InvokeCommand).resolves({ StatusCode: 200 });
    await expect(
      openVantages('probe', SETTINGS).dispatch('eu-north-1', {}, signal),
    ).rejects.toMatchObject({
      name: 'VantageUnreachable',
      message: 'eu-north-1 answered 200 to an invocation of probe',
    });
  });
});

describe('images and builds', () => {
  it('without a manifest there is no image', async () => {
    ecr
      .on(BatchGetImageCommand)
      .resolves({ images: [], failures: [{ failureCode: 'ImageNotFound' }] });
    expect(await openImageRegistry(SETTINGS).find('shop', 'sha256:1', signal)).toBeUndefined();
  });

  it('a manifest that is none is an error, and never a size', async () => {
    ecr.on(BatchGetImageCommand).resolves({ images: [{ imageManifest: '{"fsLayers":[]}' }] });
    await expect(openImageRegistry(SETTINGS).find('shop', 'sha256:1', signal)).rejects.toThrow(
      /layers/,
    );
  });

  it('of an index the image for Linux is taken, and not what was attested of it', async () => {
    const digests = ['sha256:attested', 'sha256:linux'];
    const [attested, linux] = digests.map((digest) => ({ digest }));
    const index = {
      manifests: [
        { ...attested, platform: { os: 'unknown', architecture: 'unknown' } },
        { ...linux, platform: { os: 'linux', architecture: 'arm64' } },
      ],
    };
    const image = {
      config: { digest: 'sha256:c', size: 1 },
      layers: [{ digest: 'sha256:l', size: 7 }],
    };
    const given = (imageDigest: string, manifest: unknown) =>
      ecr
        .on(BatchGetImageCommand, { imageIds: [{ imageDigest }] })
        .resolves({ images: [{ imageManifest: JSON.stringify(manifest) }] });
    given('sha256:index', index);
    given('sha256:linux', image);
    const registry = openImageRegistry(SETTINGS);
    expect(await registry.find('shop', 'sha256:index', signal)).toEqual({
      ...{ digest: 'sha256:index', configDigest: 'sha256:c' },
      layers: [{ digest: 'sha256:l', compressedBytes: 7, mediaType: '' }],
    });
    given('sha256:empty', { manifests: [] });
    expect(await registry.find('shop', 'sha256:empty', signal)).toBeUndefined();
  });

  it('a build that was stopped before it began has no duration', async () => {
    codebuild.on(BatchGetBuildsCommand).resolves({
      builds: [{ id: 'shop:1', buildStatus: 'STOPPED', startTime: new Date(0) }],
    });
    expect(await openImageBuilds(SETTINGS).describe(['shop:1'], signal)).toEqual([
      {
        ...{ buildId: 'shop:1', succeeded: false, durationMs: null },
        ...{ exported: {}, reason: null, log: null },
      },
    ]);
  });
});

describe('secrets', () => {
  it('that may not be read are an error without the value of anything', async () => {
    ssm.on(GetParameterCommand).rejects(named('AccessDeniedException', 'not authorized'));
    await expect(openSecrets(SETTINGS).find('/failover/x', signal)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'not authorized',
    });
  });
});

describe('a version of a service', () => {
  it('has the tags of the one before, but for those of AWS itself', async () => {
    const own = { key: 'team', value: 'web' };
    const image = (digit: string) => ({ name: 'app', image: `r/shop@sha256:${digit.repeat(64)}` });
    ecs.on(DescribeTaskDefinitionCommand).resolves({
      taskDefinition: { family: 'shop', containerDefinitions: [image('a')] },
      tags: [own, { key: 'aws:cloudformation:stack-name', value: 'shop' }],
    });
    ecs
      .on(RegisterTaskDefinitionCommand)
      .resolves({ taskDefinition: { taskDefinitionArn: 's:2' } });
    const deployments = openDeployments('eu-west-1', SETTINGS);
    const wanted = `sha256:${'b'.repeat(64)}`;
    expect(await deployments.withDigest('shop:1', 'app', wanted, signal)).toBe('s:2');
    const [registered] = ecs.commandCalls(RegisterTaskDefinitionCommand);
    expect(registered?.args[0].input).toMatchObject({
      tags: [own],
      containerDefinitions: [image('b')],
    });
    deployments.close();
  });
});
