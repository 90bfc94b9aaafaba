import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { AwsError } from '../wire/types.ts';
import { type EngineOperation, type Json, openEngine } from './engine.ts';
import { createGate } from './gate.ts';
import { openLedger, type Version } from './ledger.ts';
import type { Parcel } from './replication.ts';
import { rollBack, transactGetItems, transactWriteItems } from './transactions.ts';

export type RegionOptions = {
  readonly folder: string;
  readonly region: string;
  readonly clock: Clock;
  /** Takes the writes to replicated tables, once they are done here. */
  readonly ship: (region: string, parcels: readonly Parcel[]) => void;
};

const json = z.record(z.string(), z.unknown());
const singleWrite = z.looseObject({
  TableName: z.string(),
  Key: json.optional(),
  Item: json.optional(),
});
const batchWrite = z.looseObject({
  RequestItems: z.record(
    z.string(),
    z.array(
      z.looseObject({
        PutRequest: z.looseObject({ Item: json }).optional(),
        DeleteRequest: z.looseObject({ Key: json }).optional(),
      }),
    ),
  ),
});

type Target = { readonly table: string; readonly key: Json };

const later = (a: Version, b: Version | undefined): boolean =>
  !b || a.at > b.at || (a.at === b.at && a.region > b.region);

/** Opens DynamoDB in one region: tables, transactions, and the writes that leave for its replicas. */
export const openRegion = async ({ folder, region, clock, ship }: RegionOptions) => {
  const ledger = openLedger(folder);
  const engine = await openEngine(path.join(folder, 'tables'), region);
  const gate = createGate();
  await rollBack(engine, ledger);
  let lastAt = 0;

  /** Write times never stand still, so that two writes of one millisecond keep their order. */
  const writeTime = (): number => {
    lastAt = Math.max(clock.now(), lastAt + 0.001);
    return lastAt;
  };

  const othersOf = (table: string): string[] =>
    ledger.replicas(table).filter((other) => other !== region);

  /** Does the writes, and lets the replicas of their tables know. The caller holds the region alone. */
  const published = async <T>(targets: readonly Target[], work: () => Promise<T>): Promise<T> => {
    const leaving = targets
      .map((target) => ({ ...target, targets: othersOf(target.table) }))
      .filter((target) => target.targets.length > 0);
    if (leaving.length === 0) return work();
    const at = writeTime();
    const shipments = ledger.announce(leaving, at);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      ledger.shipped(shipments.map(({ seq }) => seq));
      throw error;
    }
    for (const { table, key } of leaving) ledger.setVersion(table, key, { at, region });
    const parcels = shipments.map(async (shipment) => ({
      ...shipment,
      item: await engine.item(shipment.table, shipment.key),
    }));
    ship(region, await Promise.all(parcels));
    return result;
  };

  const withOldItem = async (operation: EngineOperation, input: Json): Promise<Json> => {
    try {
      return await engine.run(operation, input);
    } catch (error) {
      const wanted = input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD';
      const failed = error instanceof AwsError && error.name === 'ConditionalCheckFailedException';
      if (!wanted || !failed) throw error;
      const { TableName, Key, Item } = singleWrite.parse(input);
      const item = await engine.item(TableName, Key ?? Item ?? {});
      throw new AwsError(error.name, error.message, item ? { Item: item } : {}, 400);
    }
  };

  const write = async (
    operation: 'PutItem' | 'UpdateItem' | 'DeleteItem',
    input: Json,
  ): Promise<Json> => {
    const read = singleWrite.safeParse(input);
    const plain = !read.success || othersOf(read.data.TableName).length === 0;
    if (plain && !input['ReturnValuesOnConditionCheckFailure']) {
      return gate.shared(() => engine.run(operation, input));
    }
    return gate.alone(async () => {
      if (!read.success) return withOldItem(operation, input);
      const { TableName: table, Item, Key } = read.data;
      const key = plain ? {} : await engine.keyOf(table, Item ?? Key ?? {});
      return published([{ table, key }], () => withOldItem(operation, input));
    });
  };

  const batchWriteItem = async (input: Json): Promise<Json> => {
    const read = batchWrite.safeParse(input);
    const tables = read.success ? Object.keys(read.data.RequestItems) : [];
    if (!read.success || tables.every((table) => othersOf(table).length === 0)) {
      return gate.shared(() => engine.run('BatchWriteItem', input));
    }
    return gate.alone(async () => {
      const targets: Target[] = [];
      for (const [table, requests] of Object.entries(read.data.RequestItems)) {
        if (othersOf(table).length === 0) continue;
        for (const { PutRequest, DeleteRequest } of requests) {
          const item = PutRequest?.Item ?? DeleteRequest?.Key ?? {};
          targets.push({ table, key: await engine.keyOf(table, item) });
        }
      }
      return published(targets, () => engine.run('BatchWriteItem', input));
    });
  };

  const transact = (input: Json): Promise<Json> =>
    gate.alone(() => transactWriteItems(engine, ledger, input, clock.now(), published));

  /** Takes a write of another region; the later version wins. */
  const receive = (parcel: Parcel, version: Version): Promise<void> =>
    gate.alone(async () => {
      const { table, key, item } = parcel;
      if (ledger.replicas(table).length === 0) return;
      if (!later(version, ledger.version(table, key))) return;
      if (item) await engine.run('PutItem', { TableName: table, Item: item });
      else await engine.run('DeleteItem', { TableName: table, Key: key });
      ledger.setVersion(table, key, version);
    });

  /** What was on its way when the last process ended. */
  const unsent = async (): Promise<Parcel[]> => {
    const parcels = ledger.outbox().map(async (shipment) => ({
      ...shipment,
      item: await engine.item(shipment.table, shipment.key).catch(() => undefined),
    }));
    return Promise.all(parcels);
  };

  return {
    region,
    ledger,
    engine,
    write,
    batchWriteItem,
    transactWriteItems: transact,
    transactGetItems: (input: Json) => gate.alone(() => transactGetItems(engine, input)),
    /** Work on a table that must not meet a write. */
    alone: gate.alone,
    receive,
    unsent,
    published,
    async close(): Promise<void> {
      await gate.alone(async () => undefined);
      await engine.close();
      ledger.close();
    },
  };
};

export type Region = Awaited<ReturnType<typeof openRegion>>;
