/**
 * All that the functions of a watch talk to, behind one endpoint: the embedded DynamoDB, S3, SSM
 * and EventBridge, and far ends that note which functions are called and which machines are started.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as eventsSdk from '@aws-sdk/client-eventbridge';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import * as s3Sdk from '@aws-sdk/client-s3';
import * as sfnSdk from '@aws-sdk/client-sfn';
import * as ssmSdk from '@aws-sdk/client-ssm';
import { openEventBus } from '../../aws/eventBus.ts';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openMachines } from '../../aws/machines.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { realClock } from '../../local/clock.ts';
import { createDynamodb } from '../../local/dynamodb/service.ts';
import { createEventBridge } from '../../local/eventbridge/service.ts';
import { createS3 } from '../../local/s3/service.ts';
import { createSsm } from '../../local/ssm/service.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { AwsError } from '../../local/wire/types.ts';
import { type Heard, hearAll, hearingGateway } from './busEvents.ts';
import { STANDBY } from './failovers.ts';
import { keyedTable } from './keyedTable.ts';
import { startTestServer } from './wireServer.ts';

export const WATCH_TABLE = 'failover-drill-shop-watch';
export const PREPARE = 'failover-drill-shop-prepare';
export const MACHINE_ARNS = {
  failover: `arn:aws:states:${STANDBY}:000000000000:stateMachine:failover-drill-shop-failover`,
  failback: `arn:aws:states:${STANDBY}:000000000000:stateMachine:failover-drill-shop-failback`,
};

type Started = { readonly arn: string; readonly name: string; readonly input: unknown };

const decoded = (payload: unknown): unknown =>
  payload instanceof Uint8Array ? JSON.parse(Buffer.from(payload).toString()) : undefined;

/** The call that creates the table of a watch, as the template has it. */
export const createWatchTable = async (endpoint: string, region = STANDBY): Promise<void> => {
  const client = new DynamoDBClient({ ...sdkAt(endpoint), region });
  await client.send(new CreateTableCommand(keyedTable(WATCH_TABLE)));
  client.destroy();
};

export const sdkAt = (endpoint: string) => ({
  endpoint,
  region: STANDBY,
  credentials: { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local' },
});

export const startWatchWorld = async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'watch-world-'));
  const heard: Heard[] = [];
  const invoked: { name: string; input: unknown }[] = [];
  const executions = new Map<string, Started & { status: 'RUNNING' | 'FAILED' }>();
  /** What a function does, by its name. */
  const called = new Map<string, (event: unknown) => Promise<void>>();
  /** What a call meets, by name of the operation, before it is carried out. */
  const meets = new Map<string, () => Promise<void> | void>();
  const options = { dataDir, clock: realClock };
  const dynamodb = await createDynamodb(options);
  const events = await createEventBridge({
    ...options,
    random: Math.random,
    gateway: hearingGateway(heard),
    onDropped: (_delivery, error) => {
      throw error;
    },
  });
  const s3 = await createS3(options);
  const server = await startTestServer({
    services: [
      dynamodb.front,
      serviceFromSdk(s3Sdk, 's3', s3.operations),
      serviceFromSdk(ssmSdk, 'ssm', createSsm(options).operations),
      serviceFromSdk(eventsSdk, 'events', events.operations),
      serviceFromSdk(lambdaSdk, 'lambda', {
        Invoke: async (input: lambdaSdk.InvocationRequest) => {
          const name = String(input.FunctionName);
          const event = decoded(input.Payload);
          invoked.push({ name, input: event });
          await called.get(name)?.(event);
          return input.InvocationType === 'Event'
            ? { StatusCode: 202 }
            : { StatusCode: 200, Payload: new TextEncoder().encode('null') };
        },
      }),
      serviceFromSdk(sfnSdk, 'states', {
        StartExecution: async ({ stateMachineArn, name, input }: sfnSdk.StartExecutionInput) => {
          await meets.get('StartExecution')?.();
          const key = `${stateMachineArn}:${name}`.replace(':stateMachine:', ':execution:');
          if (executions.has(key)) throw new AwsError('ExecutionAlreadyExists', 'it exists');
          const started = { arn: String(stateMachineArn), name: String(name) };
          executions.set(key, { ...started, input: JSON.parse(input ?? ''), status: 'RUNNING' });
          return { executionArn: key, startDate: new Date() };
        },
        DescribeExecution: async ({ executionArn }: sfnSdk.DescribeExecutionInput) => {
          const found = executions.get(String(executionArn));
          if (!found) throw new AwsError('ExecutionDoesNotExist', 'it does not exist');
          const stateMachineArn = found.arn;
          return { executionArn, stateMachineArn, status: found.status, startDate: new Date() };
        },
      }),
    ],
  });
  const sdk = sdkAt(server.url);
  await createWatchTable(server.url);
  await hearAll(sdk);
  const clients = {
    table: openWatchTable(WATCH_TABLE, sdk),
    bus: openEventBus(sdk),
    machines: openMachines(sdk),
    functions: openFunctionCalls(sdk),
  };
  /** Leaves what is stored where it is. */
  const stop = async (): Promise<void> => {
    for (const client of Object.values(clients)) client.close();
    await server.close();
    await events.close();
    await dynamodb.close();
  };
  const close = async (): Promise<void> => {
    await stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return {
    ...clients,
    ...{ url: server.url, sdk, dataDir, heard, invoked, called, executions, meets, stop, close },
  };
};

export type WatchWorld = Awaited<ReturnType<typeof startWatchWorld>>;
