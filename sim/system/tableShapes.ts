/** What the operations of the simulated DynamoDB are asked with; anything else is refused. */
import * as z from 'zod';
import type { Item } from './items.ts';

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** By hand: it is checked with every call, and never copied. */
export const itemShape = z.custom<Item>(
  (value) => isObject(value) && Object.values(value).every(isObject),
  'an item is attributes by name',
);
export const named = z.looseObject({ TableName: z.string() });
export const keyed = z.looseObject({ TableName: z.string(), Key: itemShape });
const condition = {
  ConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
  ExpressionAttributeValues: itemShape.optional(),
};
export const putting = z.strictObject({
  ...{ TableName: z.string(), Item: itemShape, ...condition },
  ReturnValues: z.enum(['ALL_OLD', 'NONE']).optional(),
});
export const deleting = z.strictObject({ TableName: z.string(), Key: itemShape, ...condition });
export const batch = z.looseObject({
  RequestItems: z.record(z.string(), z.looseObject({ Keys: z.array(itemShape) })),
});
export const creating = z.looseObject({
  TableName: z.string(),
  KeySchema: z.array(z.looseObject({ AttributeName: z.string(), KeyType: z.string() })),
});
export const spreading = z.strictObject({
  TableName: z.string(),
  MultiRegionConsistency: z.literal('STRONG'),
  ReplicaUpdates: z.array(z.strictObject({ Create: z.strictObject({ RegionName: z.string() }) })),
  GlobalTableWitnessUpdates: z.array(z.unknown()),
});
const text = z.object({ S: z.string() });
/** Sorts after whatever a key goes on with: keys of the watch are of one byte a character. */
const LAST = '\uffff';
const paging = {
  TableName: z.string(),
  ScanIndexForward: z.boolean().default(true),
  ConsistentRead: z.boolean().optional(),
  Limit: z.int().optional(),
  ExclusiveStartKey: itemShape.optional(),
};
export const querying = z.union([
  z.strictObject({
    ...paging,
    KeyConditionExpression: z.literal('pk = :pk AND sk BETWEEN :from AND :to'),
    ExpressionAttributeValues: z.object({ ':pk': text, ':from': text, ':to': text }),
  }),
  z.strictObject({
    ...paging,
    KeyConditionExpression: z.literal('pk = :pk AND begins_with(sk, :prefix)'),
    ExpressionAttributeValues: z
      .object({ ':pk': text, ':prefix': text })
      .transform(({ ':pk': pk, ':prefix': from }) => ({
        ...{ ':pk': pk, ':from': from, ':to': { S: `${from.S}${LAST}` } },
      })),
  }),
]);
