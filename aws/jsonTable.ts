/**
 * Items of one table: a key, a JSON value in one string attribute, and marks beside it that
 * conditions can name. Values are read and written many times a minute, and a map of a hundred
 * attributes costs ten times as much as a string.
 */
import {
  type AttributeValue,
  BatchGetItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const MS_DIGITS = 13;

/** Epoch milliseconds as a sort key: text in the order of time. */
export const moment = (ms: number): string => String(Math.floor(ms)).padStart(MS_DIGITS, '0');

export type Key = { readonly pk: string; readonly sk: string };

type Mark = string | number;

/** What must hold of the stored item for a write to take place. */
export type Condition =
  | { readonly if: 'absent' }
  /** The marks of the stored item have these values. */
  | { readonly if: 'marks'; readonly are: Readonly<Record<string, Mark>> }
  /** There is none, or it has the first mark, or the second is not above a number. */
  | {
      readonly if: 'free';
      readonly own: readonly [name: string, value: Mark];
      readonly until: readonly [name: string, atMost: number];
    };

type PutOptions = {
  readonly keep?: { readonly nowMs: number; readonly days: number };
  readonly marks?: Readonly<Record<string, Mark>>;
  readonly condition?: Condition;
  readonly signal?: AbortSignal | undefined;
};

type Item = Record<string, AttributeValue>;

const DAY_S = 86_400;
/** Bound on the pages of one query, so that a broken table cannot hold a function. */
const PAGES_MAX = 500;
const BATCH_TRIES = 5;

const attribute = (mark: Mark): AttributeValue =>
  typeof mark === 'number' ? { N: String(mark) } : { S: mark };

const attributes = (marks: Readonly<Record<string, Mark>>, prefix = ''): Item =>
  Object.fromEntries(Object.entries(marks).map(([name, mark]) => [prefix + name, attribute(mark)]));

const expressionOf = (condition: Condition) => {
  switch (condition.if) {
    case 'absent':
      return { ConditionExpression: 'attribute_not_exists(pk)' };
    case 'marks': {
      const names = Object.keys(condition.are);
      return {
        ConditionExpression: names.map((name) => `#${name} = :${name}`).join(' AND '),
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: attributes(condition.are, ':'),
      };
    }
    case 'free': {
      const [[own, value], [until, atMost]] = [condition.own, condition.until];
      return {
        ConditionExpression: 'attribute_not_exists(pk) OR #own = :own OR #until <= :until',
        ExpressionAttributeNames: { '#own': own, '#until': until },
        ExpressionAttributeValues: { ':own': attribute(value), ':until': attribute(atMost) },
      };
    }
  }
};

/** What was last read of each schema: most of what is read again has not changed, and costs much to check. */
const lastRead = new WeakMap<z.ZodType, { readonly text: string; readonly value: unknown }>();

const readItem = <T extends z.ZodType>(item: Item, schema: T): z.output<T> => {
  const where = `item ${item['pk']?.S} ${item['sk']?.S}`;
  const text = item['value']?.S ?? '';
  const last = lastRead.get(schema);
  if (last?.text === text) return last.value as z.output<T>;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DrillError('DataCorrupt', `${where} holds no JSON`, {}, cause);
  }
  const result = schema.safeParse(value);
  if (result.success) {
    lastRead.set(schema, { text, value: result.data });
    return result.data;
  }
  const [issue] = result.error.issues;
  throw new DrillError(
    'DataCorrupt',
    `${where} does not fit its schema: ${issue?.path.join('.')}: ${issue?.message}`,
  );
};

const keyOf = ({ pk, sk }: Key): Item => ({ pk: { S: pk }, sk: { S: sk } });

const abortable = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});

const itemOf = (key: Key, value: unknown, { keep, marks = {} }: PutOptions): Item => {
  const expiry: Record<string, number> = keep
    ? { expiresAt: Math.floor(keep.nowMs / 1_000) + keep.days * DAY_S }
    : {};
  const rest = attributes({ ...marks, ...expiry });
  return { ...keyOf(key), value: { S: JSON.stringify(value) }, ...rest };
};

type Range = { readonly pk: string; readonly from: string; readonly to: string };

/** Every value whose sort key lies from `from` to `to`, both included, in the order of the keys. */
const rangesOf =
  (client: DynamoDBClient, table: string) =>
  async <T extends z.ZodType>(
    range: Range,
    schema: T,
    options: { signal?: AbortSignal | undefined; newestFirst?: boolean; limit?: number } = {},
  ): Promise<z.output<T>[]> => {
    const { newestFirst = false, limit, signal } = options;
    const found: z.output<T>[] = [];
    let page: Item | undefined;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const answer = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':pk': { S: range.pk },
            ':from': { S: range.from },
            ':to': { S: range.to },
          },
          ScanIndexForward: !newestFirst,
          ConsistentRead: true,
          ...(limit ? { Limit: limit } : {}),
          ...(page ? { ExclusiveStartKey: page } : {}),
        }),
        abortable(signal),
      );
      for (const item of answer.Items ?? []) found.push(readItem(item, schema));
      page = answer.LastEvaluatedKey;
      if (page === undefined || (limit !== undefined && found.length >= limit)) return found;
    }
    throw new DrillError('DataCorrupt', `more than ${PAGES_MAX} pages under ${range.pk}`);
  };

export const openJsonTable = (table: string, sdk: SdkSettings = {}) => {
  const client = new DynamoDBClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });

  const get = async <T extends z.ZodType>(
    key: Key,
    schema: T,
    signal?: AbortSignal,
  ): Promise<z.output<T> | null> => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true }),
      abortable(signal),
    );
    return Item === undefined ? null : readItem(Item, schema);
  };

  /** Several items in one read. The answer gives each by its key; null where there is none. */
  const getAll = async (keys: readonly Key[], signal?: AbortSignal) => {
    const found: Item[] = [];
    let left: Item[] = keys.map(keyOf);
    for (let attempt = 0; left.length > 0; attempt++) {
      if (attempt === BATCH_TRIES) {
        throw new DrillError('TransientFailure', `${table} gave only a part of what was asked for`);
      }
      const answer = await client.send(
        new BatchGetItemCommand({
          RequestItems: { [table]: { Keys: left, ConsistentRead: true } },
        }),
        abortable(signal),
      );
      found.push(...(answer.Responses?.[table] ?? []));
      left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    }
    return <T extends z.ZodType>({ pk, sk }: Key, schema: T): z.output<T> | null => {
      const item = found.find((each) => each['pk']?.S === pk && each['sk']?.S === sk);
      return item === undefined ? null : readItem(item, schema);
    };
  };

  /** The item that was there before; false when the condition did not hold. */
  const write = async (
    key: Key,
    value: unknown,
    options: PutOptions,
    ReturnValues: 'ALL_OLD' | 'NONE',
  ): Promise<{ readonly old: Item | undefined } | false> => {
    const input = { TableName: table, Item: itemOf(key, value, options), ReturnValues };
    const { condition, signal } = options;
    try {
      const { Attributes: old } = await client.send(
        new PutItemCommand({ ...input, ...(condition ? expressionOf(condition) : {}) }),
        abortable(signal),
      );
      return { old };
    } catch (error) {
      if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  };

  /** Writes an item; false when the condition did not hold. */
  const put = async (key: Key, value: unknown, options: PutOptions = {}): Promise<boolean> =>
    (await write(key, value, options, 'NONE')) !== false;

  /** As `put`, and gives the value that was there before, or null; in one call. */
  const replace = async <T extends z.ZodType>(
    key: Key,
    value: unknown,
    schema: T,
    options: PutOptions = {},
  ): Promise<{ readonly before: () => z.output<T> | null } | false> => {
    const written = await write(key, value, options, 'ALL_OLD');
    return written && { before: () => (written.old ? readItem(written.old, schema) : null) };
  };

  const remove = async (key: Key, signal?: AbortSignal): Promise<void> => {
    await client.send(
      new DeleteItemCommand({ TableName: table, Key: keyOf(key) }),
      abortable(signal),
    );
  };

  return {
    get,
    getAll,
    put,
    replace,
    remove,
    between: rangesOf(client, table),
    close: () => client.destroy(),
  };
};

export type JsonTable = ReturnType<typeof openJsonTable>;
