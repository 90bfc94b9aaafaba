// Goal: docs/embedded-cloud.md lists every operation of the embedded cloud, and no other.
// Method: ask each service for its operations; ask DynamoDB, which has a front of its own, for each there is.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as dynamodbSdk from '@aws-sdk/client-dynamodb';
import { afterAll, expect, it } from 'vitest';
import { openClosing } from '../../local/assembly/closing.ts';
import { openStorage } from '../../local/assembly/storage.ts';
import { realClock } from '../../local/clock.ts';
import { createCodeBuild } from '../../local/codebuild/createCodeBuild.ts';
import { ec2Operations } from '../../local/ec2/service.ts';
import { createEcs } from '../../local/ecs/createEcs.ts';
import { createElbv2 } from '../../local/elbv2/service.ts';
import { createEventBridge } from '../../local/eventbridge/service.ts';
import { createLambda } from '../../local/lambda/service.ts';
import { createScheduler } from '../../local/scheduler/service.ts';
import { createStepFunctions } from '../../local/stepfunctions/engine.ts';
import { createSts } from '../../local/sts/service.ts';
import type { ServiceFront } from '../../local/wire/types.ts';
import { callContext } from '../support/stateMachines.ts';
import { temporaryFolder } from './endpoint.ts';

const DOCUMENT = path.resolve(import.meta.dirname, '../../docs/embedded-cloud.md');

const { folder, remove } = temporaryFolder();
const keep = openClosing();
afterAll(async () => {
  await keep.closeAll();
  remove();
});

const unused = (): never => {
  throw new Error('no operation is carried out here');
};

const offers = async (front: ServiceFront, operation: string): Promise<boolean> => {
  const answer = await front.handle(
    {
      method: 'POST',
      path: '/',
      query: new URLSearchParams(),
      headers: { 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body: new TextEncoder().encode('{}'),
    } as never,
    callContext(),
  );
  return !JSON.stringify(Buffer.from(answer.body as Uint8Array).toString()).includes(
    'UnknownOperationException',
  );
};

const dynamodbOperations = async (front: ServiceFront): Promise<string[]> => {
  const known = Object.keys(dynamodbSdk).flatMap((name) => /^(\w+)Command$/.exec(name)?.[1] ?? []);
  expect(known.length).toBeGreaterThan(30);
  const offered: string[] = [];
  for (const operation of known) {
    if (operation !== '$' && (await offers(front, operation))) offered.push(operation);
  }
  return offered;
};

const operationsByService = async (): Promise<Record<string, string[]>> => {
  const base = { dataDir: folder, clock: realClock, random: Math.random };
  const onFault = () => {};
  const gateway = { call: unused };
  const storage = await openStorage({ ...base, onFault, endpoint: () => '' }, keep);
  const endpoint = () => 'http://127.0.0.1:1';
  const network = { sourceAddress: () => undefined, resolver: () => undefined };
  const services = {
    CloudWatch: storage.cloudwatch,
    'CloudWatch Logs': storage.logs,
    CodeBuild: keep(await createCodeBuild({ ...base, endpoint, engine: null, log: () => {} })),
    EC2: { operations: ec2Operations({ interfaces: unused }) },
    ECR: storage.ecr,
    ECS: keep(
      await createEcs({
        ...base,
        runner: unused,
        images: unused,
        network: { listen: unused },
      }),
    ),
    'Elastic Load Balancing': keep(
      await createElbv2({ ...base, network: { listen: unused }, onFault }),
    ),
    EventBridge: keep(await createEventBridge({ ...base, gateway, onDropped: onFault })),
    'EventBridge Scheduler': keep(await createScheduler({ ...base, gateway, onDropped: onFault })),
    Lambda: keep(createLambda({ ...base, endpoint, network, log: () => {} })),
    'Route 53': storage.route53,
    S3: storage.s3,
    SSM: storage.ssm,
    STS: createSts(),
    'Step Functions': keep(createStepFunctions({ ...base, gateway })),
  };
  const listed = Object.entries(services).map(([name, { operations }]) => [
    name,
    Object.keys(operations).sort(),
  ]);
  return {
    ...Object.fromEntries(listed),
    DynamoDB: (await dynamodbOperations(storage.dynamodb.front)).sort(),
  };
};

it('the document lists the operations that there are', async () => {
  const rows = [
    ...readFileSync(DOCUMENT, 'utf8').matchAll(/^\| ([\w ]+?) +\| `(\w+)\/` +\| (.*?) +\|$/gm),
  ];
  const documented = Object.fromEntries(
    rows.map(([, service = '', , operations = '']) => [service, operations.split(', ').sort()]),
  );
  const actual = await operationsByService();
  expect(Object.keys(actual).length).toBeGreaterThan(10);
  expect(documented).toEqual(actual);
});
