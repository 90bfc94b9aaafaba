import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ddb from '@aws-sdk/client-dynamodb';
import * as s3 from '@aws-sdk/client-s3';
import * as ssm from '@aws-sdk/client-ssm';
import { afterAll, expect, test } from 'vitest';
import { clientOf, eventually, temporaryFolder } from './endpoint.ts';
import { startStorage } from './storage.ts';

const { folder, remove } = temporaryFolder();
let child: ChildProcess | undefined;
afterAll(() => {
  child?.kill('SIGKILL');
  remove();
});

const startProcess = async (): Promise<{ url: string }> => {
  child = spawn(process.execPath, [path.join(import.meta.dirname, 'storage.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('no output');
  const [url] = await once(createInterface(child.stdout), 'line');
  return { url: String(url) };
};
const killProcess = async (): Promise<void> => {
  if (!child) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
};

const clients = (server: { url: string }, region?: string) => ({
  ddb: new ddb.DynamoDBClient(clientOf(server, region)),
  s3: new s3.S3Client(clientOf(server, region)),
  ssm: new ssm.SSMClient(clientOf(server, region)),
  logs: new logs.CloudWatchLogsClient(clientOf(server, region)),
});
const TableName = 'records';
const item = (n: number): Record<string, ddb.AttributeValue> => ({ id: { S: `${n}` } });
const group = { logGroupName: 'g' };
const stream = { ...group, logStreamName: 's' };

const prepare = async (to: ReturnType<typeof clients>) => {
  await to.ddb.send(
    new ddb.CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  const ReplicaUpdates = [{ Create: { RegionName: 'eu-west-1' } }];
  await to.ddb.send(new ddb.UpdateTableCommand({ TableName, ReplicaUpdates }));
  await to.s3.send(new s3.CreateBucketCommand({ Bucket: 'bucket' }));
  await to.logs.send(new logs.CreateLogGroupCommand(group));
  await to.logs.send(new logs.CreateLogStreamCommand(stream));
};

const WRITTEN_MIN = 10;

/**
 * Writes to every service until the process is gone; returns the last number all of them confirmed. `enough` is called
 * when some were.
 */
const writeUntilKilled = async (
  to: ReturnType<typeof clients>,
  enough: () => void,
): Promise<number> => {
  for (let n = 1; ; n++) {
    if (n > WRITTEN_MIN) enough();
    const text = String(n);
    try {
      const both = [{ Put: { TableName, Item: item(n) } }, { Put: { TableName, Item: item(-n) } }];
      await to.ddb.send(new ddb.TransactWriteItemsCommand({ TransactItems: both }));
      await to.s3.send(new s3.PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: text }));
      const parameter = { Name: 'p', Value: text, Type: 'String', Overwrite: true } as const;
      await to.ssm.send(new ssm.PutParameterCommand(parameter));
      const logEvents = [{ timestamp: Date.now(), message: text }];
      await to.logs.send(new logs.PutLogEventsCommand({ ...stream, logEvents }));
    } catch {
      return n - 1;
    }
  }
};

test('what was confirmed before kill -9 is there after it, in every service', async () => {
  const before = clients(await startProcess());
  await prepare(before);
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const writing = writeUntilKilled(before, resolve);
  await Promise.race([enough, writing]);
  // Amid a write, and not after it.
  await sleep(200);
  await killProcess();
  const confirmed = await writing;
  expect(confirmed).toBeGreaterThanOrEqual(WRITTEN_MIN);

  const { server, close } = await startStorage(folder);
  const after = clients(server);
  const { Items = [] } = await after.ddb.send(new ddb.ScanCommand({ TableName }));
  const ids = new Set(Items.map(({ id }) => Number(id?.S)));
  for (let n = 1; n <= confirmed; n++) expect(ids).toContain(n);
  // Of a transaction that was cut, both items are there or none.
  for (const id of ids) expect(ids).toContain(-id);

  const { Body } = await after.s3.send(new s3.GetObjectCommand({ Bucket: 'bucket', Key: 'k' }));
  const object = Number(await Body?.transformToString());
  expect(object === confirmed || object === confirmed + 1).toBe(true);
  const { Parameter } = await after.ssm.send(new ssm.GetParameterCommand({ Name: 'p' }));
  const parameter = Number(Parameter?.Value);
  expect(parameter === confirmed || parameter === confirmed + 1).toBe(true);
  const { events = [] } = await after.logs.send(new logs.GetLogEventsCommand(stream));
  expect(events.length).toBeGreaterThanOrEqual(confirmed);

  // Replication was paused in the process that died: its writes are still owed and are delivered.
  const replica = clients(server, 'eu-west-1');
  await eventually('the replica has every item', async () => {
    const { Count } = await replica.ddb.send(new ddb.ScanCommand({ TableName, Select: 'COUNT' }));
    return Count === ids.size;
  });
  await close();
});
