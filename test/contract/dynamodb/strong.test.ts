// Goal: a table with multi-Region strong consistency is one table, wherever it is asked, and refuses what AWS
// documents that it refuses.
// Method: SDK clients of three regions over sockets.
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWatchTable } from '../../../aws/watchTable.ts';
import { realClock } from '../../../local/clock.ts';
import { createDynamodb, type Dynamodb } from '../../../local/dynamodb/service.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { keyedTable } from '../../support/keyedTable.ts';
import { clientOf, startEndpoint, temporaryFolder } from '../endpoint.ts';

const { folder, remove } = temporaryFolder();
const [HOME, OTHER, WITNESS] = ['eu-central-1', 'eu-west-3', 'eu-west-1'] as const;
const TableName = 'lease';
let dynamodb: Dynamodb;
let server: WireServer;
const clients = new Map<string, DynamoDBClient>();

const at = (region: string): DynamoDBClient => {
  const client = clients.get(region) ?? new DynamoDBClient(clientOf(server, region));
  clients.set(region, client);
  return client;
};

const open = async () => {
  dynamodb = await createDynamodb({ dataDir: folder, clock: realClock, lagMs: () => 60_000 });
  server = await startEndpoint([dynamodb.front]);
};
const close = async () => {
  for (const client of clients.values()) client.destroy();
  clients.clear();
  await server.close();
  await dynamodb.close();
};

const create = (name: string, over: Partial<CreateTableCommandInput> = {}) =>
  at(HOME).send(
    new CreateTableCommand({
      ...keyedTable(name),
      ...over,
    }),
  );

const spread = (
  name: string,
  replicas: readonly string[] = [OTHER],
  witness: string | null = WITNESS,
  over: Partial<UpdateTableCommandInput> = {},
) =>
  at(HOME).send(
    new UpdateTableCommand({
      TableName: name,
      MultiRegionConsistency: 'STRONG',
      ReplicaUpdates: replicas.map((RegionName) => ({ Create: { RegionName } })),
      ...(witness === null
        ? {}
        : { GlobalTableWitnessUpdates: [{ Create: { RegionName: witness } }] }),
      ...over,
    }),
  );

const key = (id: string) => ({ pk: { S: 'WATCH#shop' }, sk: { S: id } });
const put = (region: string, id: string, v: string, over = {}) =>
  at(region).send(new PutItemCommand({ TableName, Item: { ...key(id), v: { S: v } }, ...over }));
const read = async (region: string, id: string): Promise<string | undefined> => {
  const answer = await at(region).send(
    new GetItemCommand({ TableName, Key: key(id), ConsistentRead: true }),
  );
  return answer.Item?.['v']?.S;
};

beforeAll(async () => {
  await open();
  await create(TableName);
  await spread(TableName);
});
afterAll(async () => {
  await close();
  remove();
});

describe('an MRSC global table', () => {
  it('says what it is, in each of its regions, and is in no other', async () => {
    const { Table } = await at(OTHER).send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      MultiRegionConsistency: 'STRONG',
      Replicas: [{ RegionName: HOME, ReplicaStatus: 'ACTIVE' }],
      GlobalTableWitnesses: [{ RegionName: WITNESS, WitnessStatus: 'ACTIVE' }],
    });
    expect(Table?.TableArn).toContain(`:${OTHER}:`);
    expect((await at(OTHER).send(new ListTablesCommand({}))).TableNames).toEqual([TableName]);
    await expect(read(WITNESS, 'any')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('reads at once what another region wrote, by each way of reading', async () => {
    await put(HOME, 'a', '1');
    expect(await read(OTHER, 'a')).toBe('1');
    await put(OTHER, 'a', '2');
    expect(await read(HOME, 'a')).toBe('2');
    const found = await at(OTHER).send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'WATCH#shop' } },
      }),
    );
    expect(found.Items?.map(({ v }) => v?.S)).toEqual(['2']);
  });

  it('lets one of two conditional writes of two regions win', async () => {
    const absent = { ConditionExpression: 'attribute_not_exists(pk)' };
    const results = await Promise.allSettled([
      put(HOME, 'race', 'home', absent),
      put(OTHER, 'race', 'other', absent),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = results.find((each) => each.status === 'rejected');
    expect(lost?.reason).toBeInstanceOf(ConditionalCheckFailedException);
    expect(await read(HOME, 'race')).toBe(await read(OTHER, 'race'));
  });

  it('is read in one batch with a table of one region', async () => {
    await at(OTHER).send(
      new CreateTableCommand({
        TableName: 'plain',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    await at(OTHER).send(new PutItemCommand({ TableName: 'plain', Item: { id: { S: 'p' } } }));
    await put(HOME, 'batch', '9');
    const { Responses } = await at(OTHER).send(
      new BatchGetItemCommand({
        RequestItems: {
          [TableName]: { Keys: [key('batch')] },
          plain: { Keys: [{ id: { S: 'p' } }] },
        },
      }),
    );
    expect(Responses?.[TableName]).toHaveLength(1);
    expect(Responses?.['plain']).toEqual([{ id: { S: 'p' } }]);
  });

  it('is the one place of a lease for both controllers', async () => {
    const [first, second] = [HOME, OTHER].map((region) =>
      openWatchTable(TableName, clientOf(server, region)),
    );
    const item = { epoch: 3, holder: 'shop-2-1', expiresAtMs: 1 };
    const claim = { ok: true, item, condition: { expect: 'absent' } } as const;
    expect(await first?.claim('other', claim)).toBe(true);
    expect(await second?.lease('other')).toEqual(item);
    expect(await second?.claim('other', claim)).toBe(false);
    first?.close();
    second?.close();
  });

  it('is what it was after a restart', async () => {
    await put(OTHER, 'kept', '5');
    await close();
    await open();
    expect(await read(HOME, 'kept')).toBe('5');
    expect(await read(OTHER, 'kept')).toBe('5');
  });
});

describe('an MRSC global table refuses', () => {
  const refused = (work: Promise<unknown>, message: RegExp) =>
    expect(work).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });

  it('transactions, time to live, and to lose one replica', async () => {
    const Put = { TableName, Item: key('t') };
    await refused(
      at(OTHER).send(new TransactWriteItemsCommand({ TransactItems: [{ Put }] })),
      /Transactional operations are not supported/,
    );
    const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: true };
    await refused(
      at(OTHER).send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification })),
      /Time to Live is not supported/,
    );
    await refused(at(OTHER).send(new DeleteTableCommand({ TableName })), /cannot be deleted/);
    await refused(
      spread(TableName, [], null, { ReplicaUpdates: [{ Delete: { RegionName: OTHER } }] }),
      /delete all others together/,
    );
  });

  it.each([
    ['two regions', [OTHER], null, /exactly three Regions/],
    ['four regions', [OTHER, 'eu-west-2'], WITNESS, /exactly three Regions/],
    ['one region twice', [OTHER], OTHER, /exactly three Regions/],
    ['regions of two sets', [OTHER], 'us-east-1', /not of one Region set/],
    ['a region of no set', [OTHER], 'eu-north-1', /not of one Region set/],
  ])('%s', async (name, replicas, witness, message) => {
    const table = name.replaceAll(' ', '-');
    await create(table);
    await refused(spread(table, replicas, witness), message);
  });

  it('a table with items, with local indexes, with time to live, or with eventual copies', async () => {
    await create('full');
    await at(HOME).send(new PutItemCommand({ TableName: 'full', Item: key('x') }));
    await refused(spread('full'), /must be empty/);
    await create('indexed', {
      LocalSecondaryIndexes: [
        {
          IndexName: 'same',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    });
    await refused(spread('indexed'), /Local secondary indexes/);
    await create('expiring');
    await at(HOME).send(
      new UpdateTimeToLiveCommand({
        TableName: 'expiring',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      }),
    );
    await refused(spread('expiring'), /Time to Live is not supported/);
    await create('eventual');
    await dynamodb.replicate('eventual', [HOME, OTHER]);
    await refused(spread('eventual'), /consistency mode of a global table cannot be changed/);
  });
});

it('is a table of one region again once all others are deleted together', async () => {
  await create('apart');
  await spread('apart');
  await at(OTHER).send(new PutItemCommand({ TableName: 'apart', Item: key('left') }));
  await at(OTHER).send(
    new UpdateTableCommand({
      TableName: 'apart',
      ReplicaUpdates: [{ Delete: { RegionName: HOME } }],
      GlobalTableWitnessUpdates: [{ Delete: { RegionName: WITNESS } }],
    }),
  );
  const { Item } = await at(OTHER).send(
    new GetItemCommand({ TableName: 'apart', Key: key('left') }),
  );
  expect(Item).toEqual(key('left'));
  const { Table } = await at(OTHER).send(new DescribeTableCommand({ TableName: 'apart' }));
  expect(Table?.MultiRegionConsistency).toBeUndefined();
  await expect(
    at(HOME).send(new DescribeTableCommand({ TableName: 'apart' })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
