import { realClock } from '../../../local/clock.ts';
import { createDynamodb } from '../../../local/dynamodb/service.ts';
import { awscliTable } from './awscli.ts';

const inTable = (operation: string, ...args: string[]) => [
  ...['dynamodb', operation, '--table-name', 'leases'],
  ...args,
];
const key = (id: string) => JSON.stringify({ id: { S: id } });

awscliTable('dynamodb', async (dataDir) => createDynamodb({ dataDir, clock: realClock }), [
  {
    name: 'create-table',
    args: () =>
      inTable(
        'create-table',
        ...['--billing-mode', 'PAY_PER_REQUEST'],
        ...['--attribute-definitions', 'AttributeName=id,AttributeType=S'],
        ...['--key-schema', 'AttributeName=id,KeyType=HASH'],
      ),
    prints: { TableDescription: { TableName: 'leases' } },
  },
  {
    name: 'update-table with a replica',
    args: () =>
      inTable('update-table', '--replica-updates', '[{"Create":{"RegionName":"eu-west-1"}}]'),
    prints: { TableDescription: { Replicas: [{ RegionName: 'eu-west-1' }] } },
  },
  {
    name: 'describe-table',
    args: () => inTable('describe-table'),
    prints: { Table: { TableStatus: 'ACTIVE', GlobalTableVersion: '2019.11.21' } },
  },
  {
    name: 'list-tables',
    args: () => ['dynamodb', 'list-tables'],
    prints: { TableNames: ['leases'] },
  },
  { name: 'put-item', args: () => inTable('put-item', '--item', '{"id":{"S":"a"},"v":{"N":"1"}}') },
  {
    name: 'put-item when the condition fails',
    args: () =>
      inTable(
        'put-item',
        ...['--item', key('a')],
        ...['--condition-expression', 'attribute_not_exists(id)'],
      ),
    fails: 'ConditionalCheckFailedException',
  },
  {
    name: 'update-item',
    args: () =>
      inTable(
        'update-item',
        ...['--key', key('a')],
        ...['--update-expression', 'ADD v :one'],
        ...['--expression-attribute-values', '{":one":{"N":"1"}}'],
        ...['--return-values', 'ALL_NEW'],
      ),
    prints: { Attributes: { v: { N: '2' } } },
  },
  {
    name: 'transact-write-items',
    args: () => [
      ...['dynamodb', 'transact-write-items', '--transact-items'],
      JSON.stringify([
        { Put: { TableName: 'leases', Item: { id: { S: 'b' } } } },
        {
          ConditionCheck: {
            TableName: 'leases',
            Key: { id: { S: 'a' } },
            ConditionExpression: 'attribute_exists(id)',
          },
        },
      ]),
    ],
  },
  {
    name: 'transact-get-items',
    args: () => [
      ...['dynamodb', 'transact-get-items', '--transact-items'],
      JSON.stringify([{ Get: { TableName: 'leases', Key: { id: { S: 'b' } } } }]),
    ],
    prints: { Responses: [{ Item: { id: { S: 'b' } } }] },
  },
  {
    name: 'get-item',
    args: () => inTable('get-item', '--key', key('a')),
    prints: { Item: { v: { N: '2' } } },
  },
  {
    name: 'batch-get-item',
    args: () => [
      ...['dynamodb', 'batch-get-item', '--request-items'],
      JSON.stringify({ leases: { Keys: [{ id: { S: 'a' } }, { id: { S: 'none' } }] } }),
    ],
    prints: { Responses: { leases: [{ v: { N: '2' } }] }, UnprocessedKeys: {} },
  },
  {
    name: 'batch-write-item',
    args: () => [
      ...['dynamodb', 'batch-write-item', '--request-items'],
      JSON.stringify({ leases: [{ DeleteRequest: { Key: { id: { S: 'b' } } } }] }),
    ],
    prints: { UnprocessedItems: {} },
  },
  {
    name: 'query',
    args: () =>
      inTable(
        'query',
        ...['--key-condition-expression', 'id = :id'],
        ...['--expression-attribute-values', '{":id":{"S":"a"}}'],
      ),
    prints: { Count: 1 },
  },
  { name: 'scan', args: () => inTable('scan'), prints: { Count: 1 } },
  {
    name: 'update-time-to-live',
    args: () =>
      inTable(
        'update-time-to-live',
        ...['--time-to-live-specification', 'Enabled=true,AttributeName=expires'],
      ),
    prints: { TimeToLiveSpecification: { Enabled: true } },
  },
  {
    name: 'describe-time-to-live',
    args: () => inTable('describe-time-to-live'),
    prints: { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED' } },
  },
  { name: 'delete-item', args: () => inTable('delete-item', '--key', key('a')) },
  {
    name: 'delete-table',
    args: () => inTable('delete-table'),
    prints: { TableDescription: { TableStatus: 'DELETING' } },
  },
  {
    name: 'an operation that is not offered',
    args: () => ['dynamodb', 'list-backups'],
    fails: 'UnknownOperationException',
  },
]);
