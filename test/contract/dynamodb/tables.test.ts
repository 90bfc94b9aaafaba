import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { createDynamodb, type Dynamodb } from '../../../local/dynamodb/service.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { clientOf, raw, startEndpoint, temporaryFolder } from '../endpoint.ts';

const { folder, remove } = temporaryFolder();
let dynamodb: Dynamodb;
let server: WireServer;
let client: DynamoDBClient;

const TableName = 'records';

beforeAll(async () => {
  dynamodb = await createDynamodb({ dataDir: folder, clock: realClock });
  server = await startEndpoint([dynamodb.front]);
  client = new DynamoDBClient(clientOf(server));
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
        { AttributeName: 'night', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byNight',
          KeySchema: [{ AttributeName: 'night', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
});

afterAll(async () => {
  client.destroy();
  await server.close();
  await dynamodb.close();
  remove();
});

const key = (pk: string, sk = '0') => ({ pk: { S: pk }, sk: { S: sk } });
const get = async (pk: string, sk = '0') =>
  (await client.send(new GetItemCommand({ TableName, Key: key(pk, sk) }))).Item;

test('a created table is active at once and has an ARN of the region asked', async () => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  expect(Table?.TableStatus).toBe('ACTIVE');
  expect(Table?.TableArn).toBe('arn:aws:dynamodb:eu-central-1:000000000000:table/records');
  const { TableNames } = await client.send(new ListTablesCommand({}));
  expect(TableNames).toEqual([TableName]);
});

test('regions do not share tables', async () => {
  const other = new DynamoDBClient(clientOf(server, 'eu-west-1'));
  const { TableNames } = await other.send(new ListTablesCommand({}));
  expect(TableNames).toEqual([]);
  other.destroy();
});

test('items are put, read by key and index, updated and deleted', async () => {
  await client.send(
    new PutItemCommand({ TableName, Item: { ...key('a'), night: { S: 'n1' }, n: { N: '1' } } }),
  );
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key: key('a'),
      UpdateExpression: 'ADD n :two',
      ExpressionAttributeValues: { ':two': { N: '2' } },
    }),
  );
  expect((await get('a'))?.['n']).toEqual({ N: '3' });
  const { Items } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: 'byNight',
      KeyConditionExpression: 'night = :n',
      ExpressionAttributeValues: { ':n': { S: 'n1' } },
    }),
  );
  expect(Items?.map((item) => item['pk'])).toEqual([{ S: 'a' }]);
  await client.send(new DeleteItemCommand({ TableName, Key: key('a') }));
  expect(await get('a')).toBeUndefined();
});

test('a batch is written and scanned', async () => {
  const RequestItems = {
    [TableName]: ['1', '2'].map((sk) => ({ PutRequest: { Item: key('batch', sk) } })),
  };
  await client.send(new BatchWriteItemCommand({ RequestItems }));
  const { Items } = await client.send(
    new ScanCommand({
      TableName,
      FilterExpression: 'pk = :b',
      ExpressionAttributeValues: { ':b': { S: 'batch' } },
    }),
  );
  expect(Items).toHaveLength(2);
});

test('a failed condition answers the old item when asked for it', async () => {
  await client.send(new PutItemCommand({ TableName, Item: { ...key('c'), v: { N: '7' } } }));
  const failed = client.send(
    new PutItemCommand({
      TableName,
      Item: key('c'),
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  );
  await expect(failed).rejects.toMatchObject({
    name: 'ConditionalCheckFailedException',
    Item: { v: { N: '7' } },
  });
});

test('a key is never empty, in an item or in a condition', async () => {
  const empty = {
    name: 'ValidationException',
    message: expect.stringMatching(
      /The AttributeValue for a key attribute cannot contain an empty string value\. Key: (pk|sk)$/,
    ),
  };
  const put = client.send(new PutItemCommand({ TableName, Item: key('e', '') }));
  await expect(put).rejects.toMatchObject(empty);
  for (const [condition, pk] of [
    ['pk = :pk AND begins_with(sk, :sk)', 'e'],
    ['pk = :pk AND sk >= :sk', 'e'],
    ['pk = :pk AND begins_with(sk, :pk)', ''],
  ] as const) {
    const found = client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: condition,
        ExpressionAttributeValues: {
          ':pk': { S: pk },
          ...(condition.includes(':sk') ? { ':sk': { S: '' } } : {}),
        },
      }),
    );
    await expect(found, condition).rejects.toMatchObject(empty);
  }
});

const transfer = (condition: string, token?: string) =>
  new TransactWriteItemsCommand({
    ...(token ? { ClientRequestToken: token } : {}),
    TransactItems: [
      { Put: { TableName, Item: { ...key('t', '1'), v: { N: '1' } } } },
      {
        Update: {
          TableName,
          Key: key('t', '2'),
          UpdateExpression: 'ADD v :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
      { ConditionCheck: { TableName, Key: key('t', '3'), ConditionExpression: condition } },
    ],
  });

test('a transaction writes all, or nothing with a reason for each item', async () => {
  await expect(client.send(transfer('attribute_exists(pk)'))).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    CancellationReasons: [{ Code: 'None' }, { Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
  });
  expect(await get('t', '1')).toBeUndefined();
  await client.send(transfer('attribute_not_exists(pk)', 'token-1'));
  await client.send(transfer('attribute_not_exists(pk)', 'token-1'));
  const { Responses } = await client.send(
    new TransactGetItemsCommand({
      TransactItems: [
        { Get: { TableName, Key: key('t', '1') } },
        { Get: { TableName, Key: key('t', '2') } },
        { Get: { TableName, Key: key('t', '3') } },
      ],
    }),
  );
  expect(Responses?.map(({ Item }) => Item?.['v'])).toEqual([{ N: '1' }, { N: '1' }, undefined]);
});

test('a transaction that fails while writing leaves nothing behind', async () => {
  const failing = new TransactWriteItemsCommand({
    TransactItems: [
      { Put: { TableName, Item: key('u', '1') } },
      {
        Update: {
          TableName,
          Key: key('u', '2'),
          UpdateExpression: 'SET v = absent + :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
    ],
  });
  await expect(client.send(failing)).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError' }],
  });
  expect(await get('u', '1')).toBeUndefined();
});

test('concurrent transactions on one counter lose no update', async () => {
  const bump = () =>
    client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Update: {
              TableName,
              Key: key('count'),
              UpdateExpression: 'ADD v :one',
              ExpressionAttributeValues: { ':one': { N: '1' } },
            },
          },
        ],
      }),
    );
  await Promise.all(Array.from({ length: 20 }, bump));
  expect((await get('count'))?.['v']).toEqual({ N: '20' });
});

test('expired items are swept, renewed and unexpired ones stay', async () => {
  const specification = { Enabled: true, AttributeName: 'expires' };
  await client.send(
    new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: specification }),
  );
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
  const nowS = Math.floor(Date.now() / 1000);
  const put = (sk: string, expires: string) =>
    client.send(
      new PutItemCommand({ TableName, Item: { ...key('ttl', sk), expires: { N: expires } } }),
    );
  await put('past', String(nowS - 10));
  await put('future', String(nowS + 1000));
  await put('ancient', '5');
  expect(await dynamodb.sweepExpired()).toBe(1);
  expect(await get('ttl', 'past')).toBeUndefined();
  expect(await get('ttl', 'future')).toBeDefined();
  expect(await get('ttl', 'ancient')).toBeDefined();
});

test('what DynamoDB here does not offer is refused by name', async () => {
  const answer = await raw(server, 'dynamodb', {
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ExecuteStatement',
    },
    body: '{}',
  });
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.text)).toEqual({
    __type: 'com.amazon.coral.service#UnknownOperationException',
    message: 'unknown operation: DynamoDB_20120810.ExecuteStatement',
  });
});

test('errors have the bytes of DynamoDB', async () => {
  const answer = await raw(server, 'dynamodb', {
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.DescribeTable',
    },
    body: '{"TableName":"nothere"}',
  });
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.0');
  expect(answer.text).toBe(
    '{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",' +
      '"message":"Requested resource not found: Table: nothere not found"}',
  );
});

test('a deleted table is gone', async () => {
  await client.send(new DeleteTableCommand({ TableName }));
  await expect(client.send(new DescribeTableCommand({ TableName }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});
