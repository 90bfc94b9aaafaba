/**
 * All that the capacity side of a failover talks to: the embedded ECS, load balancers, DynamoDB and
 * EventBridge behind one endpoint, a service of plain processes in two regions, and far ends that
 * answer for the functions that `prepare` calls.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as ecsSdk from '@aws-sdk/client-ecs';
import * as elbSdk from '@aws-sdk/client-elastic-load-balancing-v2';
import * as eventsSdk from '@aws-sdk/client-eventbridge';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import { openEventBus } from '../../aws/eventBus.ts';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openHeartbeats } from '../../aws/heartbeats.ts';
import { openServices } from '../../aws/services.ts';
import { openTargetGroups } from '../../aws/targetGroups.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { rttMs } from '../../core/regions/regions.ts';
import { realClock } from '../../local/clock.ts';
import { createDynamodb } from '../../local/dynamodb/service.ts';
import { createEcs } from '../../local/ecs/createEcs.ts';
import { createProcessRunner } from '../../local/ecs/runners/process.ts';
import { createElbv2 } from '../../local/elbv2/service.ts';
import { createEventBridge } from '../../local/eventbridge/service.ts';
import { createNetwork } from '../../local/network/network.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { makeBalancer } from './balancedCloud.ts';
import { type Heard, hearAll, hearingGateway } from './busEvents.ts';
import { HOME, STANDBY } from './failovers.ts';
import { createWatchTable, sdkAt, WATCH_TABLE } from './watchWorld.ts';
import { startTestServer } from './wireServer.ts';

export const DATA_TABLE = 'things';
export const PLACE = { cluster: 'failover-drill-shop', service: 'shop' } as const;
export const PORT = 18_081;
export const DIGEST = `sha256:${'ab'.repeat(32)}`;
const SERVER = `const { AWS_REGION, PORT, SLOW_MS = '0' } = process.env;
require('node:http').createServer((q, r) => {
  r.setHeader('X-Region', AWS_REGION);
  setTimeout(() => r.end('ok'), q.headers['user-agent']?.startsWith('ELB') ? 0 : Number(SLOW_MS));
}).listen(PORT, '127.0.0.1')`;

export type Preflights = { lease: object; flip: object };

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Answers for `acquire-lease`, `flip` and `scale-standby` as they would. */
const lambdaOf = (answers: Preflights, called: string[]) => ({
  Invoke: ({ FunctionName = '' }: { FunctionName?: string }) => {
    called.push(FunctionName);
    const answer = FunctionName.endsWith('lease') ? answers.lease : answers.flip;
    return { StatusCode: 200, Payload: bytes(answer) };
  },
});

export const READY = { ok: true, why: 'all can be written', writable: 3, needed: 2, of: 3 };

export const startCapacityWorld = async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'capacity-world-'));
  const options = { dataDir, clock: realClock };
  const fault = (error: unknown, what: string) => console.error(what, error);
  const network = createNetwork({ rtt: rttMs, random: Math.random, clock: realClock });
  const dynamodb = await createDynamodb(options);
  /** What was put on the bus of the standby. */
  const heard: Heard[] = [];
  const events = await createEventBridge({
    ...options,
    random: Math.random,
    gateway: hearingGateway(heard),
    onDropped: (_delivery, error) => fault(error, 'an event'),
  });
  const elb = await createElbv2({ ...options, random: Math.random, network, onFault: fault });
  const ecs = await createEcs({
    ...options,
    network,
    targets: elb.targets,
    runner: async (ledger) => createProcessRunner(ledger, 'for this test'),
    images: async () => ({
      kind: 'process',
      digest: DIGEST,
      cwd: dataDir,
      env: {},
      command: [process.execPath, '-e', SERVER],
    }),
  });
  const preflights: Preflights = {
    lease: { ...READY, writable: 1, needed: 1, of: 1 },
    flip: READY,
  };
  const called: string[] = [];
  /** Regions whose endpoints were asked. */
  const asked: string[] = [];
  const server = await startTestServer({
    arrive: async ({ region }) => void asked.push(region),
    services: [
      dynamodb.front,
      serviceFromSdk(eventsSdk, 'events', events.operations),
      serviceFromSdk(ecsSdk, 'ecs', ecs.operations),
      serviceFromSdk(elbSdk, 'elasticloadbalancing', elb.operations),
      serviceFromSdk(lambdaSdk, 'lambda', lambdaOf(preflights, called)),
    ],
  });
  const sdk = sdkAt(server.url);
  const table = openWatchTable(WATCH_TABLE, sdk);
  await createWatchTable(server.url);
  await hearAll(sdk);
  const dataClient = new DynamoDBClient({ ...sdk, region: HOME });
  await dataClient.send(
    new CreateTableCommand({
      TableName: DATA_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  await dynamodb.replicate(DATA_TABLE, [HOME, STANDBY]);
  return {
    ...{ dynamodb, ecs, network, table, preflights, called, asked, heard, sdk },
    bus: openEventBus(sdk),
    functions: openFunctionCalls(sdk),
    heartbeatsIn: (name: string, region: string) => openHeartbeats(name, region, sdk),
    servicesIn: (region: string) => openServices(region, sdk),
    targetGroupsIn: (region: string) => openTargetGroups(region, sdk),
    /** Runs the service in a region; answers with the URL of its load balancer. */
    serve: (region: string, tasks: number, slowMs = 0) =>
      serveIn({ ...sdk, region }, tasks, slowMs),
    close: async () => {
      dataClient.destroy();
      await server.close();
      await ecs.close();
      await elb.close();
      await events.close();
      await network.close();
      await dynamodb.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

const serveIn = async (
  settings: ReturnType<typeof sdkAt>,
  tasks: number,
  slowMs: number,
): Promise<string> => {
  const ecs = new ecsSdk.ECSClient(settings);
  const elb = new elbSdk.ElasticLoadBalancingV2Client(settings);
  const { targetGroupArn, url } = await makeBalancer({ elb }, PORT);
  await ecs.send(new ecsSdk.CreateClusterCommand({ clusterName: PLACE.cluster }));
  await ecs.send(
    new ecsSdk.RegisterTaskDefinitionCommand({
      ...{ family: 'shop', networkMode: 'awsvpc', cpu: '256', memory: '512' },
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [
        {
          ...{ name: 'app', image: 'shop', stopTimeout: 1 },
          portMappings: [{ containerPort: 8080 }],
          environment: [{ name: 'SLOW_MS', value: String(slowMs) }],
        },
      ],
    }),
  );
  await ecs.send(
    new ecsSdk.CreateServiceCommand({
      ...{ cluster: PLACE.cluster, serviceName: PLACE.service, taskDefinition: 'shop' },
      ...{ desiredCount: tasks, launchType: 'FARGATE' },
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0'] } },
      loadBalancers: [{ targetGroupArn, containerName: 'app', containerPort: 8080 }],
    }),
  );
  ecs.destroy();
  elb.destroy();
  return `${url}health`;
};

export type CapacityWorld = Awaited<ReturnType<typeof startCapacityWorld>>;
