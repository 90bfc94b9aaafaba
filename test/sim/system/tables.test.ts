// Goal: the tables of a simulation answer as dynalite does, the ones of the embedded cloud.
// Method: the same random operations of the watch on both, each answer compared.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../../core/random.ts';
import { realClock } from '../../../local/clock.ts';
import { createDynamodb, type Dynamodb } from '../../../local/dynamodb/service.ts';
import type { ServiceFront } from '../../../local/wire/types.ts';
import { createTables } from '../../../sim/system/tables.ts';
import { keyedTable } from '../../support/keyedTable.ts';

const dataDir = mkdtempSync(path.join(tmpdir(), 'sim-tables-'));
let real: Dynamodb;
const simulated = createTables({
  ...{ clock: realClock, lagMs: () => 0, wrote: () => {}, removed: () => {} },
  onFault: (error) => {
    throw error;
  },
});

const call = {
  ...{ requestId: 'r', region: 'eu-west-1', accountId: '0', accessKeyId: 'a' },
  ...{ sourceAddress: '127.0.0.1', signal: new AbortController().signal },
};

const ask = async (front: ServiceFront, operation: string, input: unknown) => {
  const answer = await front.handle(
    {
      ...{ method: 'POST', path: '/', query: new URLSearchParams() },
      headers: { 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body: Buffer.from(JSON.stringify(input)),
    },
    call,
  );
  const { __type, message: _, ...body } = JSON.parse(Buffer.from(answer.body).toString('utf8'));
  const error = __type === undefined ? {} : { error: String(__type).split('#')[1] };
  return { status: answer.status, ...error, body };
};

beforeAll(async () => {
  real = await createDynamodb({ dataDir, clock: realClock });
  for (const front of [real.front, simulated.front]) {
    await ask(front, 'CreateTable', keyedTable('watch'));
  }
});
afterAll(async () => {
  await real.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const key = (random: Random) => ({
  pk: { S: `p${random.below(2)}` },
  sk: { S: ['a', 'b', 'ä', 'a#1', '~'][random.below(5)] ?? 'a' },
});

const CONDITIONS = [
  { ConditionExpression: 'attribute_not_exists(pk)' },
  {
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': { N: '2' } },
  },
  {
    ConditionExpression: '#epoch = :epoch AND #holder = :holder',
    ExpressionAttributeNames: { '#epoch': 'version', '#holder': 'holder' },
    ExpressionAttributeValues: { ':epoch': { N: '1' }, ':holder': { S: 'h1' } },
  },
  {
    ConditionExpression: 'attribute_not_exists(pk) OR #own = :own OR #until <= :until',
    ExpressionAttributeNames: { '#own': 'holder', '#until': 'version' },
    ExpressionAttributeValues: { ':own': { S: 'h0' }, ':until': { N: '1' } },
  },
];

const operation = (random: Random): [string, object] => {
  const base = { TableName: 'watch' };
  const kind = random.below(6);
  if (kind < 2) {
    const Item = {
      ...key(random),
      version: { N: String(random.below(4)) },
      ...(random.below(3) === 0 ? {} : { holder: { S: `h${random.below(2)}` } }),
      value: { S: `v${random.below(1_000)}` },
    };
    const condition = random.below(5);
    return ['PutItem', { ...base, Item, ...(CONDITIONS[condition] ?? {}) }];
  }
  if (kind === 2) return ['GetItem', { ...base, Key: key(random), ConsistentRead: true }];
  if (kind === 3) return ['DeleteItem', { ...base, Key: key(random) }];
  if (kind === 4) {
    const [first, second] = [key(random), key(random)];
    const same = JSON.stringify(first) === JSON.stringify(second);
    const Keys = same ? [first] : [first, second];
    return ['BatchGetItem', { RequestItems: { watch: { Keys, ConsistentRead: true } } }];
  }
  const limit = random.below(4);
  const pk = { S: `p${random.below(2)}` };
  const bounds =
    random.below(3) === 0
      ? {
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: {
            ':pk': pk,
            ':prefix': { S: ['a', 'b', '0'][random.below(3)] },
          },
        }
      : {
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ...{ ':pk': pk, ':from': { S: random.below(2) === 0 ? 'a' : '0' } },
            ':to': { S: random.below(2) === 0 ? 'b' : ':~' },
          },
        };
  return [
    'Query',
    {
      ...base,
      ...bounds,
      ScanIndexForward: random.below(2) === 0,
      ConsistentRead: true,
      ...(limit > 0 ? { Limit: limit } : {}),
    },
  ];
};

const bySortKey = (body: { Responses?: { watch?: { sk?: { S?: string } }[] } }): unknown => ({
  ...body,
  ...(body.Responses?.watch
    ? { Responses: { watch: body.Responses.watch.map((item) => JSON.stringify(item)).sort() } }
    : {}),
});

it('answers 600 random operations as dynalite does', async () => {
  const random = seededRandom('tables');
  const seen = new Set<string>();
  for (let n = 0; n < 600; n++) {
    const [name, input] = operation(random);
    const [wanted, found] = [
      await ask(real.front, name, input),
      await ask(simulated.front, name, input),
    ];
    seen.add(`${name} ${wanted.status} ${wanted.error ?? ''}`);
    expect(
      { ...found, body: bySortKey(found.body) },
      `${n} ${name} ${JSON.stringify(input)}`,
    ).toEqual({
      ...wanted,
      body: bySortKey(wanted.body),
    });
  }
  expect([...seen].filter((each) => each.includes('ConditionalCheckFailed'))).toHaveLength(1);
});

it('refuses what it does not know', async () => {
  expect(await ask(simulated.front, 'UpdateItem', { TableName: 'watch' })).toMatchObject({
    status: 400,
  });
  const wrong = { TableName: 'watch', Item: { pk: { S: 'a' }, sk: { S: 'b' } } };
  const refused = await ask(simulated.front, 'PutItem', {
    ...wrong,
    ConditionExpression: 'size(#v) > :n',
    ExpressionAttributeValues: { ':n': { N: '1' } },
  });
  expect(refused).toMatchObject({ status: 400, error: 'ValidationException' });
});
