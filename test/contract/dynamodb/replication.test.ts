import {
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { createDynamodb, type Dynamodb } from '../../../local/dynamodb/service.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { clientOf, eventually, startEndpoint, temporaryFolder } from '../endpoint.ts';

const { folder, remove } = temporaryFolder();
const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-1'];
const LAG_MS = 60;
const TableName = 'leases';
let dynamodb: Dynamodb;
let server: WireServer;
let clients: Map<string, DynamoDBClient>;

const open = async () => {
  dynamodb = await createDynamodb({ dataDir: folder, clock: realClock, lagMs: () => LAG_MS });
  server = await startEndpoint([dynamodb.front]);
  clients = new Map(
    REGIONS.map((region) => [region, new DynamoDBClient(clientOf(server, region))]),
  );
};
const close = async () => {
  for (const client of clients.values()) client.destroy();
  await server.close();
  await dynamodb.close();
};

beforeAll(async () => {
  await open();
  await at('eu-central-1').send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  await put('eu-central-1', 'before', '1');
  for (const RegionName of REGIONS.slice(1)) {
    await at('eu-central-1').send(
      new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName } }] }),
    );
  }
});

afterAll(async () => {
  await close();
  remove();
});

const at = (region: string): DynamoDBClient => {
  const client = clients.get(region);
  if (!client) throw new Error(`no client for ${region}`);
  return client;
};
const put = (region: string, id: string, v: string) =>
  at(region).send(new PutItemCommand({ TableName, Item: { id: { S: id }, v: { N: v } } }));
const read = async (region: string, id: string): Promise<string | undefined> => {
  const { Item } = await at(region).send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
  return Item?.['v']?.N;
};
const everywhere = (id: string, v: string | undefined) =>
  eventually(`${id} is ${v} in every region`, async () => {
    const found = await Promise.all(REGIONS.map((region) => read(region, id)));
    return found.every((value) => value === v);
  });

test('a replica has the table and what was in it', async () => {
  expect(await read('us-east-1', 'before')).toBe('1');
  const { Table } = await at('us-east-1').send(new DescribeTableCommand({ TableName }));
  expect(Table?.Replicas?.map(({ RegionName }) => RegionName)).toEqual([
    'eu-central-1',
    'eu-west-1',
  ]);
});

test('a write is seen elsewhere after the lag, and not before', async () => {
  const started = performance.now();
  await put('eu-west-1', 'lagged', '5');
  expect(await read('us-east-1', 'lagged')).toBeUndefined();
  await everywhere('lagged', '5');
  expect(performance.now() - started).toBeGreaterThanOrEqual(LAG_MS - 5);
  const link = dynamodb
    .replicationState()
    .find(({ from, to }) => from === 'eu-west-1' && to === 'us-east-1');
  expect(link?.pending).toBe(0);
  expect(link?.lastLagMs).toBeGreaterThanOrEqual(LAG_MS - 5);
});

test('deletions and transactions are replicated', async () => {
  await at('us-east-1').send(
    new TransactWriteItemsCommand({
      TransactItems: [{ Put: { TableName, Item: { id: { S: 'tx' }, v: { N: '9' } } } }],
    }),
  );
  await everywhere('tx', '9');
  await at('eu-central-1').send(new DeleteItemCommand({ TableName, Key: { id: { S: 'tx' } } }));
  await everywhere('tx', undefined);
});

test('the last writer wins everywhere, also when the earlier write arrives later', async () => {
  dynamodb.pauseReplication({ from: 'eu-central-1' });
  await put('eu-central-1', 'race', '1');
  await put('us-east-1', 'race', '2');
  await eventually(
    'the later write is home',
    async () => (await read('eu-central-1', 'race')) === '2',
  );
  dynamodb.resumeReplication({ from: 'eu-central-1' });
  await everywhere('race', '2');
});

test('a paused link holds writes back, tells their age, and delivers them when resumed', async () => {
  dynamodb.pauseReplication({ from: 'eu-central-1', to: 'eu-west-1' });
  await put('eu-central-1', 'held', '3');
  await eventually('the free link', async () => (await read('us-east-1', 'held')) === '3');
  expect(await read('eu-west-1', 'held')).toBeUndefined();
  const link = dynamodb
    .replicationState()
    .find(({ from, to }) => from === 'eu-central-1' && to === 'eu-west-1');
  expect(link).toMatchObject({ paused: true, pending: 1 });
  expect(link?.oldestAgeMs).toBeGreaterThan(0);
  dynamodb.resumeReplication({ from: 'eu-central-1', to: 'eu-west-1' });
  await everywhere('held', '3');
});

test('writes on their way are delivered after a restart', async () => {
  dynamodb.pauseReplication();
  await put('eu-central-1', 'restart', '4');
  await close();
  await open();
  await everywhere('restart', '4');
});
