import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { openRegion } from '../../../local/dynamodb/region.ts';
import { temporaryFolder } from '../endpoint.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const open = () =>
  openRegion({
    folder: path.join(folder, 'eu-central-1'),
    region: 'eu-central-1',
    clock: realClock,
    ship: () => {},
  });
const TableName = 'records';
const key = (id: string) => ({ id: { S: id } });

test('a transaction that a crash cut in the middle is undone when the region opens again', async () => {
  const before = await open();
  await before.engine.run('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  const old = { ...key('old'), v: { N: '1' } };
  await before.engine.run('PutItem', { TableName, Item: old });
  // What stands on disk after the second of three writes.
  before.ledger.setUndo([
    { table: TableName, key: key('old'), item: old },
    { table: TableName, key: key('new'), item: undefined },
    { table: TableName, key: key('never'), item: undefined },
  ]);
  await before.engine.run('PutItem', { TableName, Item: { ...key('old'), v: { N: '2' } } });
  await before.engine.run('PutItem', { TableName, Item: key('new') });
  await before.close();

  const after = await open();
  expect(await after.engine.item(TableName, key('old'))).toEqual(old);
  expect(await after.engine.item(TableName, key('new'))).toBeUndefined();
  expect(after.ledger.undo()).toEqual([]);
  await after.close();
});
