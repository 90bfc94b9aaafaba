/**
 * DynamoDB for the simulation: the operations that the watch uses, on maps in memory. dynalite, which
 * the embedded cloud keeps its tables in, takes ten times as long for a conditional write; that both
 * answer alike is held by `test/sim/system/tables.test.ts`. Anything else is refused, as by AWS.
 */
import * as z from 'zod';
import type { Clock } from '../../local/clock.ts';
import type { Json } from '../../local/dynamodb/engine.ts';
import { createFront } from '../../local/dynamodb/front.ts';
import { createReplication } from '../../local/dynamodb/replication.ts';
import { AwsError, type ServiceFront } from '../../local/wire/types.ts';
import { holds } from './conditions.ts';
import {
  bytesOf,
  getItem,
  ITEM_BYTES_MAX,
  type Item,
  queryItems,
  refuse,
  removeItem,
  setItem,
  type Table,
} from './items.ts';
import {
  batch,
  creating,
  deleting,
  itemShape,
  keyed,
  named,
  putting,
  querying,
  spreading,
} from './tableShapes.ts';

export type Tables = {
  readonly front: ServiceFront;
  /** Makes a table a global one in these regions, which must have it. */
  replicate(table: string, regions: readonly string[]): void;
  readonly replication: ReturnType<typeof createReplication>;
  /** An item as a region has it now, for whoever checks. */
  read(region: string, table: string, key: Item): Item | undefined;
  /** Makes every operation on a table fail, or takes that back. */
  spoil(table: string, isSpoilt: boolean): void;
  /** Deletes what is over. */
  sweep(): void;
};

type Needs = {
  readonly clock: Clock;
  readonly lagMs: (from: string, to: string) => number;
  readonly onFault: (error: unknown, what: string) => void;
  /** Hears of each item that a caller has written. */
  readonly wrote: (region: string, item: Item) => void;
  /** Hears of each key whose item a caller has deleted. */
  readonly removed: (key: Item) => void;
};

const check = (
  found: Item | undefined,
  input: z.output<typeof putting | typeof deleting>,
): void => {
  if (input.ConditionExpression === undefined) return;
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input;
  if (holds(input.ConditionExpression, { names, values }, found)) return;
  throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', {}, 400);
};

const keyOf = (table: Table, item: Item): Item =>
  Object.fromEntries(
    [table.hash, ...(table.range === null ? [] : [table.range])].map((name) => [
      name,
      item[name] ?? {},
    ]),
  );

type Reaching = Pick<Needs, 'wrote' | 'removed'> & {
  readonly tablesIn: (region: string) => Map<string, Table>;
  readonly tableIn: (region: string, name: string) => Table;
  readonly ship: (region: string, name: string, key: Item, item: Item | undefined) => void;
};

type Operation = (region: string, input: Json) => Json;

const definitionsOf = ({ tablesIn, tableIn }: Reaching): Record<string, Operation> => ({
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
  // Strongly consistent over regions: the very same table in each of them.
  UpdateTable: (region, raw) => {
    const { TableName, ReplicaUpdates } = spreading.parse(raw);
    const table = tableIn(region, TableName);
    for (const { Create } of ReplicaUpdates) tablesIn(Create.RegionName).set(TableName, table);
    return { TableDescription: { TableName, TableStatus: 'ACTIVE' } };
  },
  DescribeTable: (region, raw) => {
    const { TableName } = named.parse(raw);
    tableIn(region, TableName);
    return { Table: { TableName, TableStatus: 'ACTIVE' } };
  },
});

const readsOf = ({ tableIn }: Reaching): Record<string, Operation> => ({
  GetItem: (region, raw) => {
    const { TableName, Key } = keyed.parse(raw);
    const Item = getItem(tableIn(region, TableName), Key);
    return Item === undefined ? {} : { Item };
  },
  BatchGetItem: (region, raw) => {
    const Responses: Record<string, Item[]> = {};
    for (const [name, { Keys }] of Object.entries(batch.parse(raw).RequestItems)) {
      const table = tableIn(region, name);
      Responses[name] = Keys.map((key) => getItem(table, key)).filter((item) => item !== undefined);
    }
    return { Responses, UnprocessedKeys: {} };
  },
  Query: (region, raw) => {
    const input = querying.parse(raw);
    return queryItems(tableIn(region, input.TableName), input);
  },
});

const writesOf = ({ tableIn, ship, wrote, removed }: Reaching): Record<string, Operation> => ({
  PutItem: (region, raw) => {
    const input = putting.parse(raw);
    const table = tableIn(region, input.TableName);
    if (bytesOf(input.Item) > ITEM_BYTES_MAX) {
      throw refuse('Item size has exceeded the maximum allowed size');
    }
    const key = keyOf(table, input.Item);
    const old = getItem(table, key);
    check(old, input);
    setItem(table, input.Item);
    ship(region, input.TableName, key, input.Item);
    wrote(region, input.Item);
    return input.ReturnValues === 'ALL_OLD' && old !== undefined ? { Attributes: old } : {};
  },
  DeleteItem: (region, raw) => {
    const input = deleting.parse(raw);
    const table = tableIn(region, input.TableName);
    check(getItem(table, input.Key), input);
    removeItem(table, input.Key);
    ship(region, input.TableName, input.Key, undefined);
    removed(input.Key);
    return {};
  },
});

const operationsOf = (reaching: Reaching): Record<string, Operation> => ({
  ...definitionsOf(reaching),
  ...readsOf(reaching),
  ...writesOf(reaching),
});

const MS_PER_S = 1_000;

/** Deletes what is over. */
const sweepAll = (regions: Iterable<Map<string, Table>>, nowMs: number): void => {
  for (const tables of regions) {
    for (const table of tables.values()) {
      const { expiry } = table;
      if (expiry === null) continue;
      for (const row of [...table.rows.values()]) {
        for (const item of [...row.items.values()]) {
          const atS = Number(item[expiry]?.['N'] ?? Number.POSITIVE_INFINITY);
          if (atS * MS_PER_S < nowMs) removeItem(table, item);
        }
      }
    }
  }
};

export const createTables = ({ clock, lagMs, onFault, wrote, removed }: Needs): Tables => {
  const regions = new Map<string, Map<string, Table>>();
  const tablesIn = (region: string): Map<string, Table> => {
    const tables = regions.get(region) ?? new Map<string, Table>();
    regions.set(region, tables);
    return tables;
  };
  const spoilt = new Set<string>();
  const tableIn = (region: string, name: string): Table => {
    if (spoilt.has(name)) throw new AwsError('InternalServerError', 'simulated', {}, 500);
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
      if (item) setItem(table, itemShape.parse(item));
      else removeItem(table, itemShape.parse(key));
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

  const operations = operationsOf({ tablesIn, tableIn, ship, wrote, removed });

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

  return {
    front: createFront(answer, (error, operation) => onFault(error, `dynamodb ${operation}`)),
    replicate: (name, members) => {
      for (const region of members) tableIn(region, name).replicas = members;
    },
    replication,
    read: (region, name, key) => getItem(tableIn(region, name), key),
    spoil: (name, isSpoilt) => void (isSpoilt ? spoilt.add(name) : spoilt.delete(name)),
    sweep: () => sweepAll(regions.values(), clock.now()),
  };
};
