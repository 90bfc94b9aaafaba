/**
 * The table of drills. One item each for state and plan, one for a variant's image, a placement's
 * times, a latency record, a ranking; keys hold the round, so that a retry writes over nothing.
 *
 * | PK         | SK                                  | kept  |
 * |------------|-------------------------------------|-------|
 * | DRILLS     | <startedAt>#<drill>                 | 400 d |
 * | DRILL#<id> | PLAN, VAR#<v>                       | 400 d |
 * | DRILL#<id> | PLC#<round>#<region>#<arm>          | 400 d |
 * | DRILL#<id> | RND#<round>#<region>#<vantage>#<arm>| 30 d  |
 * | DRILL#<id> | CEL#<round>#<region>#<vantage>      | 400 d |
 * | DRILL#<id> | MARK#<name>                         | 400 d |
 */
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const DAY_S = 86_400;
/** How long items are kept, in days. */
export const KEPT_DAYS = { drill: 400, round: 30 } as const;

type Item = Record<string, AttributeValue>;

/** Bound on the pages of one query: far above any drill, so that a broken table cannot hold a function. */
const PAGES_MAX = 500;

export const openDrillTable = (table: string, sdk: SdkSettings = {}) => {
  const client = new DynamoDBClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });

  /** Writes an item; `once` leaves one that is there alone and answers false. */
  const put = async (
    key: { pk: string; sk: string },
    value: unknown,
    keep: { nowMs: number; days: number },
    options: { once: boolean; signal?: AbortSignal },
  ): Promise<boolean> => {
    const item = marshall(
      {
        pk: key.pk,
        sk: key.sk,
        value,
        expiresAt: Math.floor(keep.nowMs / 1_000) + keep.days * DAY_S,
      },
      { removeUndefinedValues: true },
    );
    try {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: item,
          ...(options.once ? { ConditionExpression: 'attribute_not_exists(pk)' } : {}),
        }),
        options.signal ? { abortSignal: options.signal } : {},
      );
      return true;
    } catch (error) {
      if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  };

  const remove = async (key: { pk: string; sk: string }, signal?: AbortSignal): Promise<void> => {
    await client.send(
      new DeleteItemCommand({ TableName: table, Key: marshall(key) }),
      signal ? { abortSignal: signal } : {},
    );
  };

  /** Every value under a partition whose sort key starts with `prefix`, in the order of the keys; all for ''. */
  const list = async <T extends z.ZodType>(
    pk: string,
    prefix: string,
    schema: T,
    options: { signal?: AbortSignal; newestFirst?: boolean; limit?: number } = {},
  ): Promise<z.output<T>[]> => {
    const found: z.output<T>[] = [];
    let from: Item | undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      const answer = await client.send(
        new QueryCommand({
          TableName: table,
          // DynamoDB refuses an empty value for a key, here too.
          KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
          ExpressionAttributeValues: marshall({
            ':pk': pk,
            ...(prefix ? { ':prefix': prefix } : {}),
          }),
          ScanIndexForward: !options.newestFirst,
          ConsistentRead: true,
          ...(options.limit ? { Limit: options.limit } : {}),
          ...(from ? { ExclusiveStartKey: from } : {}),
        }),
        options.signal ? { abortSignal: options.signal } : {},
      );
      for (const item of answer.Items ?? []) found.push(readItem(item, schema));
      from = answer.LastEvaluatedKey;
      if (!from || (options.limit && found.length >= options.limit)) return found;
    }
    throw new DrillError('DataCorrupt', `more than ${PAGES_MAX} pages under ${pk} ${prefix}`);
  };

  return { put, remove, list, close: () => client.destroy() };
};

const readItem = <T extends z.ZodType>(item: Item, schema: T): z.output<T> => {
  const { pk, sk, value } = unmarshall(item);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new DrillError(
    'DataCorrupt',
    `item ${String(pk)} ${String(sk)} does not fit its schema: ${issue?.path.join('.')}: ${issue?.message}`,
  );
};
