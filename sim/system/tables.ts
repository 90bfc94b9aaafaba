/**
 * DynamoDB for the simulation: the operations that the watch uses, on maps in memory. dynalite, which
 * the embedded cloud keeps its tables in, takes ten times as long for a conditional write; that both
 * answer alike is held by `test/contract/sim/tables.test.ts`. Anything else is refused, as by AWS.
 */
import * as z from 'zod';
import type { Clock } from '../../local/clock.ts';
import type { Json } from '../../local/dynamodb/engine.ts';
import { createFront } from '../../local/dynamodb/front.ts';
import { createReplication } from '../../local/dynamodb/replication.ts';
import { AwsError, type ServiceFront } from '../../local/wire/types.ts';
import { holds } from './conditions.ts';

type Attribute = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, Attribute>>;

type Table = {
  readonly hash: string;
  readonly range: string | null;
  /** By hash key, then by sort key in the order of bytes. */
  readonly rows: Map<string, { readonly order: string[]; readonly items: Map<string, Item> }>;
  readonly written: Map<string, { readonly at: number; readonly region: string }>;
  expiry: string | null;
  replicas: readonly string[];
};

/** Largest item, and largest page of a query. Source: DynamoDB quotas. */
const ITEM_BYTES_MAX = 400 * 1024;
const PAGE_BYTES_MAX = 1024 * 1024;

const refuse = (message: string): AwsError => new AwsError('ValidationException', message, {}, 400);

const itemShape = z.record(z.string(), z.record(z.string(), z.unknown()));
const named = z.looseObject({ TableName: z.string() });
const keyed = z.looseObject({ TableName: z.string(), Key: itemShape });
const condition = {
  ConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
  ExpressionAttributeValues: itemShape.optional(),
};
const putting = z.strictObject({ TableName: z.string(), Item: itemShape, ...condition });
const deleting = z.strictObject({ TableName: z.string(), Key: itemShape, ...condition });
const batch = z.looseObject({
  RequestItems: z.record(z.string(), z.looseObject({ Keys: z.array(itemShape) })),
});
const creating = z.looseObject({
  TableName: z.string(),
  KeySchema: z.array(z.looseObject({ AttributeName: z.string(), KeyType: z.string() })),
});
const querying = z.strictObject({
  TableName: z.string(),
  KeyConditionExpression: z.literal('pk = :pk AND sk BETWEEN :from AND :to'),
  ExpressionAttributeValues: z.object({
    ':pk': z.object({ S: z.string() }),
    ':from': z.object({ S: z.string() }),
    ':to': z.object({ S: z.string() }),
  }),
  ScanIndexForward: z.boolean().default(true),
  ConsistentRead: z.boolean().optional(),
  Limit: z.int().optional(),
  ExclusiveStartKey: itemShape.optional(),
});

/** The text of a key attribute; the tables of the watch have keys of text only. */
const textOf = (item: Item, name: string | null): string => {
  if (name === null) return '';
  const value = item[name]?.['S'];
  if (typeof value === 'string') return value;
  throw refuse(`The provided key element does not match the schema: ${name}`);
};

const placeOf = (order: readonly string[], key: string): number => {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((order[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

const set = (table: Table, item: Item): void => {
  const [hash, range] = [textOf(item, table.hash), textOf(item, table.range)];
  const row = table.rows.get(hash) ?? { order: [], items: new Map<string, Item>() };
  if (!row.items.has(range)) row.order.splice(placeOf(row.order, range), 0, range);
  row.items.set(range, item);
  table.rows.set(hash, row);
};

const remove = (table: Table, key: Item): void => {
  const [hash, range] = [textOf(key, table.hash), textOf(key, table.range)];
  const row = table.rows.get(hash);
  if (!row?.items.delete(range)) return;
  row.order.splice(placeOf(row.order, range), 1);
  if (row.items.size === 0) table.rows.delete(hash);
};

const get = (table: Table, key: Item): Item | undefined =>
  table.rows.get(textOf(key, table.hash))?.items.get(textOf(key, table.range));

const bytesOf = (item: Item): number => JSON.stringify(item).length;

const query = (table: Table, input: z.output<typeof querying>): Json => {
  const { ':pk': pk, ':from': from, ':to': to } = input.ExpressionAttributeValues;
  if (from.S > to.S) throw refuse('The BETWEEN operator requires upper bound to be greater');
  const row = table.rows.get(pk.S);
  const after = input.ExclusiveStartKey && textOf(input.ExclusiveStartKey, table.range);
  let keys = (row?.order ?? []).slice(placeOf(row?.order ?? [], from.S));
  keys = keys.filter((key) => key <= to.S);
  if (!input.ScanIndexForward) keys.reverse();
  if (after !== undefined) {
    keys = keys.filter((key) => (input.ScanIndexForward ? key > after : key < after));
  }
  const Items: Item[] = [];
  let bytes = 0;
  for (const key of keys) {
    const item = row?.items.get(key);
    if (item === undefined) continue;
    bytes += bytesOf(item);
    Items.push(item);
    if (bytes > PAGE_BYTES_MAX || Items.length === input.Limit) {
      const LastEvaluatedKey = { pk, sk: { S: key } };
      return { Items, Count: Items.length, ScannedCount: Items.length, LastEvaluatedKey };
    }
  }
  return { Items, Count: Items.length, ScannedCount: Items.length };
};

export type Tables = {
  readonly front: ServiceFront;
  /** Makes a table a global one in these regions, which must have it. */
  replicate(table: string, regions: readonly string[]): void;
  readonly replication: ReturnType<typeof createReplication>;
  /** An item as a region has it now, for whoever checks. */
  read(region: string, table: string, key: Item): Item | undefined;
  /** Deletes what is over. */
  sweep(): void;
};

type Needs = {
  readonly clock: Clock;
  readonly lagMs: (from: string, to: string) => number;
  readonly onFault: (error: unknown, what: string) => void;
  /** Hears of each item that a caller has written. */
  readonly wrote: (region: string, item: Item) => void;
};

export const createTables = ({ clock, lagMs, onFault, wrote }: Needs): Tables => {
  const regions = new Map<string, Map<string, Table>>();
  const tablesIn = (region: string): Map<string, Table> => {
    const tables = regions.get(region) ?? new Map<string, Table>();
    regions.set(region, tables);
    return tables;
  };
  const tableIn = (region: string, name: string): Table => {
    const table = tablesIn(region).get(name);
    if (table) return table;
    throw new AwsError('ResourceNotFoundException', 'Requested resource not found', {}, 400);
  };
  let seq = 0;

  const replication = createReplication({
    clock,
    lagMs,
    onFault,
    deliver: async ({ target, table: name, key, item }, version) => {
      const table = tableIn(target, name);
      const id = JSON.stringify(key);
      const known = table.written.get(id);
      if (
        known &&
        (known.at > version.at || (known.at === version.at && known.region > version.region))
      )
        return;
      table.written.set(id, version);
      if (item) set(table, itemShape.parse(item));
      else remove(table, itemShape.parse(key));
    },
    delivered: () => {},
  });

  let lastAt = 0;
  const ship = (region: string, name: string, key: Item, item: Item | undefined): void => {
    const { replicas, written } = tableIn(region, name);
    if (replicas.length === 0) return;
    lastAt = Math.max(clock.now(), lastAt + 0.001);
    written.set(JSON.stringify(key), { at: lastAt, region });
    const parcels = replicas
      .filter((other) => other !== region)
      .map((target) => ({ seq: ++seq, target, table: name, key, at: lastAt, item }));
    replication.send(region, parcels);
  };

  const check = (
    found: Item | undefined,
    input: z.output<typeof putting | typeof deleting>,
  ): void => {
    if (input.ConditionExpression === undefined) return;
    const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input;
    if (holds(input.ConditionExpression, { names, values }, found)) return;
    throw new AwsError(
      'ConditionalCheckFailedException',
      'The conditional request failed',
      {},
      400,
    );
  };

  const keyOf = (table: Table, item: Item): Item =>
    Object.fromEntries(
      [table.hash, ...(table.range === null ? [] : [table.range])].map((name) => [
        name,
        item[name] ?? {},
      ]),
    );

  const operations: Record<string, (region: string, input: Json) => Json> = {
    CreateTable: (region, raw) => {
      const input = creating.parse(raw);
      const nameOf = (type: string) =>
        input.KeySchema.find(({ KeyType }) => KeyType === type)?.AttributeName ?? null;
      tablesIn(region).set(input.TableName, {
        hash: nameOf('HASH') ?? 'pk',
        range: nameOf('RANGE'),
        ...{ rows: new Map(), written: new Map(), expiry: null, replicas: [] },
      });
      return { TableDescription: { TableName: input.TableName, TableStatus: 'ACTIVE' } };
    },
    UpdateTimeToLive: (region, raw) => {
      const { TimeToLiveSpecification: wanted, TableName } = z
        .looseObject({
          TableName: z.string(),
          TimeToLiveSpecification: z.object({ AttributeName: z.string(), Enabled: z.boolean() }),
        })
        .parse(raw);
      tableIn(region, TableName).expiry = wanted.Enabled ? wanted.AttributeName : null;
      return { TimeToLiveSpecification: wanted };
    },
    DescribeTable: (region, raw) => {
      const { TableName } = named.parse(raw);
      tableIn(region, TableName);
      return { Table: { TableName, TableStatus: 'ACTIVE' } };
    },
    GetItem: (region, raw) => {
      const { TableName, Key } = keyed.parse(raw);
      const Item = get(tableIn(region, TableName), Key);
      return Item === undefined ? {} : { Item };
    },
    BatchGetItem: (region, raw) => {
      const Responses: Record<string, Item[]> = {};
      for (const [name, { Keys }] of Object.entries(batch.parse(raw).RequestItems)) {
        const table = tableIn(region, name);
        Responses[name] = Keys.map((key) => get(table, key)).filter((item) => item !== undefined);
      }
      return { Responses, UnprocessedKeys: {} };
    },
    PutItem: (region, raw) => {
      const input = putting.parse(raw);
      const table = tableIn(region, input.TableName);
      if (bytesOf(input.Item) > ITEM_BYTES_MAX) {
        throw refuse('Item size has exceeded the maximum allowed size');
      }
      const key = keyOf(table, input.Item);
      check(get(table, key), input);
      set(table, input.Item);
      ship(region, input.TableName, key, input.Item);
      wrote(region, input.Item);
      return {};
    },
    DeleteItem: (region, raw) => {
      const input = deleting.parse(raw);
      const table = tableIn(region, input.TableName);
      check(get(table, input.Key), input);
      remove(table, input.Key);
      ship(region, input.TableName, input.Key, undefined);
      return {};
    },
    Query: (region, raw) => {
      const input = querying.parse(raw);
      return query(tableIn(region, input.TableName), input);
    },
  };

  const answer = async (operation: string, input: Json, { region }: { region: string }) => {
    const run = operations[operation];
    if (!run) return undefined;
    try {
      return run(region, input);
    } catch (error) {
      if (error instanceof z.ZodError) throw refuse(z.prettifyError(error));
      throw error;
    }
  };

  const MS_PER_S = 1_000;
  const sweep = (): void => {
    for (const tables of regions.values()) {
      for (const table of tables.values()) {
        const { expiry } = table;
        if (expiry === null) continue;
        for (const row of [...table.rows.values()]) {
          for (const item of [...row.items.values()]) {
            const atS = Number(item[expiry]?.['N'] ?? Number.POSITIVE_INFINITY);
            if (atS * MS_PER_S < clock.now()) remove(table, item);
          }
        }
      }
    }
  };

  return {
    front: createFront(answer, (error, operation) => onFault(error, `dynamodb ${operation}`)),
    replicate: (name, members) => {
      for (const region of members) tableIn(region, name).replicas = members;
    },
    replication,
    read: (region, name, key) => get(tableIn(region, name), key),
    sweep,
  };
};
