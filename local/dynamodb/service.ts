import { readdirSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { AwsError, type CallContext, type ServiceFront } from '../wire/types.ts';
import { ENGINE_OPERATIONS, type Json } from './engine.ts';
import { createFront } from './front.ts';
import { openRegion, type Region } from './region.ts';
import { joinReplicas, replicaDescriptions } from './replicas.ts';
import { createReplication, type LinkChoice, type LinkState } from './replication.ts';
import { isStrongUpdate, runWhereItIs, strongDescription, updateStrong } from './strong.ts';
import { describeTimeToLive, sweepExpired, updateTimeToLive } from './timeToLive.ts';

export type DynamodbOptions = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** How long a replicated write takes from one region to another; at once unless told. */
  readonly lagMs?: (from: string, to: string) => number;
  /** How often expired items are deleted. */
  readonly ttlSweepMs?: number;
  readonly onFault?: (error: unknown, what: string) => void;
};

export type Dynamodb = {
  readonly front: ServiceFront;
  /** Makes the table a global one in these regions; creates it where it is missing. */
  replicate(table: string, regions: readonly string[]): Promise<void>;
  pauseReplication(links?: LinkChoice): void;
  resumeReplication(links?: LinkChoice): void;
  replicationState(): LinkState[];
  /** Name of the partition key of a table; undefined for a table that is not there. */
  partitionKey(region: string, table: string): Promise<string | undefined>;
  /** Deletes expired items now, in every region that is open; says how many. */
  sweepExpired(): Promise<number>;
  close(): Promise<void>;
};

const TTL_SWEEP_MS = 60_000;

const replicaUpdates = z.array(
  z.strictObject({
    Create: z.looseObject({ RegionName: z.string() }).optional(),
    Delete: z.strictObject({ RegionName: z.string() }).optional(),
    Update: z.looseObject({ RegionName: z.string() }).optional(),
  }),
);

type Handler = (region: Region, input: Json) => Promise<Json>;

const tableOf = (input: Json): string => {
  const name = z.string().safeParse(input['TableName']);
  if (name.success) return name.data.split('/').at(-1) ?? name.data;
  throw new AwsError('ValidationException', 'TableName is required', {}, 400);
};

const Described = z.looseObject({
  Table: z.looseObject({
    KeySchema: z.array(z.looseObject({ AttributeName: z.string(), KeyType: z.string() })),
  }),
});

const partitionKeyIn = async ({ engine }: Region, table: string): Promise<string | undefined> => {
  const answer = await engine.run('DescribeTable', { TableName: table }).catch(() => undefined);
  const found = Described.safeParse(answer);
  return found.data?.Table.KeySchema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
};

/** An answer whose member `field` describes a table, with where else the table is. */
const described = (region: Region, field: string, answer: Json): Json => {
  const table = z.looseObject({ TableName: z.string() }).parse(answer[field]);
  const global = {
    ...replicaDescriptions(region, table.TableName),
    ...strongDescription(region, table.TableName),
  };
  return { ...answer, [field]: { ...table, ...global } };
};

const describedNow = async (region: Region, table: string): Promise<Json> => {
  const { Table } = await region.engine.run('DescribeTable', { TableName: table });
  return described(region, 'TableDescription', { TableDescription: Table });
};

/**
 * DynamoDB in every region: dynalite holds the tables, a leveldb folder for each region, and this
 * front adds transactions, time to live, global tables and items on failed conditions.
 */
export const createDynamodb = async (options: DynamodbOptions): Promise<Dynamodb> => {
  const { clock, lagMs = () => 0, ttlSweepMs = TTL_SWEEP_MS } = options;
  const onFault =
    options.onFault ??
    ((error: unknown, what: string) => console.error(`fault in the embedded ${what}:`, error));
  const dataDir = path.join(options.dataDir, 'dynamodb');
  const regions = new Map<string, Promise<Region>>();

  const regionOf = (region: string): Promise<Region> => {
    if (!/^[a-z0-9-]{1,40}$/.test(region)) {
      throw new AwsError('ValidationException', `no region is called ${region}`, {}, 400);
    }
    const open =
      regions.get(region) ??
      openRegion({ folder: path.join(dataDir, region), region, clock, ship: replication.send });
    regions.set(region, open);
    return open;
  };

  const replication = createReplication({
    clock,
    lagMs,
    onFault,
    deliver: async (parcel, version) => (await regionOf(parcel.target)).receive(parcel, version),
    delivered: (from, { seq }) => void regions.get(from)?.then((it) => it.ledger.shipped([seq])),
  });

  const replicate = async (table: string, names: readonly string[]): Promise<void> => {
    const asked = await Promise.all(names.map(regionOf));
    const already = asked.flatMap(({ ledger }) => ledger.replicas(table));
    const members = [...new Set([...names, ...already])];
    await joinReplicas(table, await Promise.all(members.map(regionOf)));
  };

  const forgetReplica = async (table: string, gone: string): Promise<void> => {
    const leaving = await regionOf(gone);
    for (const name of leaving.ledger.replicas(table)) {
      const { ledger } = await regionOf(name);
      const left = ledger.replicas(table).filter((other) => other !== gone);
      ledger.setReplicas(table, left.length > 1 ? left : []);
    }
    replication.forget(gone, table);
    leaving.ledger.forgetTable(table);
  };

  const updateReplicas = async (region: Region, table: string, updates: unknown): Promise<Json> => {
    const read = replicaUpdates.safeParse(updates);
    if (!read.success) {
      throw new AwsError('ValidationException', z.prettifyError(read.error), {}, 400);
    }
    for (const { Create, Delete } of read.data) {
      if (Create) await replicate(table, [region.region, Create.RegionName]);
      if (Delete) {
        const gone = await regionOf(Delete.RegionName);
        await forgetReplica(table, Delete.RegionName);
        await gone.engine.run('DeleteTable', { TableName: table });
      }
    }
    return describedNow(region, table);
  };

  const own: Record<string, Handler> = {
    PutItem: (region, input) => region.write('PutItem', input),
    UpdateItem: (region, input) => region.write('UpdateItem', input),
    DeleteItem: (region, input) => region.write('DeleteItem', input),
    BatchWriteItem: (region, input) => region.batchWriteItem(input),
    TransactWriteItems: (region, input) => region.transactWriteItems(input),
    TransactGetItems: (region, input) => region.transactGetItems(input),
    UpdateTimeToLive: updateTimeToLive,
    DescribeTimeToLive: describeTimeToLive,
    async DescribeTable(region, input) {
      return described(region, 'Table', await region.engine.run('DescribeTable', input));
    },
    async UpdateTable(region, { ReplicaUpdates, ...input }) {
      if (isStrongUpdate(region, ReplicaUpdates ? { ...input, ReplicaUpdates } : input)) {
        await updateStrong(region, regionOf, { ...input, ReplicaUpdates });
        return describedNow(region, tableOf(input));
      }
      if (ReplicaUpdates) return updateReplicas(region, tableOf(input), ReplicaUpdates);
      const answer = await region.engine.run('UpdateTable', input);
      return described(region, 'TableDescription', answer);
    },
    async DeleteTable(region, input) {
      const answer = await region.engine.run('DeleteTable', input);
      await forgetReplica(tableOf(input), region.region);
      return answer;
    },
  };
  const handlers = new Map<string, Handler>(
    ENGINE_OPERATIONS.map((name) => [name, (region, input) => region.engine.run(name, input)]),
  );
  for (const [name, handler] of Object.entries(own)) handlers.set(name, handler);

  const front = createFront(
    async (operation: string, input: Json, call: CallContext) => {
      const handler = handlers.get(operation);
      if (!handler) return undefined;
      return runWhereItIs(await regionOf(call.region), regionOf, { operation, input }, handler);
    },
    (error, operation) => onFault(error, `dynamodb ${operation}`),
  );

  const sweepAll = async (): Promise<number> => {
    let deleted = 0;
    for (const region of regions.values()) deleted += await sweepExpired(await region, clock);
    return deleted;
  };
  let sweeping: Promise<void> = Promise.resolve();
  let cancelSweep: () => void = () => {};
  const sweepLater = (): void => {
    cancelSweep = clock.after(ttlSweepMs, () => {
      sweeping = sweepAll()
        .then(() => undefined)
        .catch((error: unknown) => onFault(error, 'dynamodb time to live'))
        .finally(sweepLater);
    });
  };

  let known: string[] = [];
  try {
    known = readdirSync(dataDir);
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'ENOENT') throw error;
  }
  for (const name of known) replication.send(name, await (await regionOf(name)).unsent());
  sweepLater();

  return {
    front,
    replicate,
    pauseReplication: replication.pause,
    resumeReplication: replication.resume,
    replicationState: replication.state,
    partitionKey: async (region, table) => partitionKeyIn(await regionOf(region), table),
    sweepExpired: sweepAll,
    async close() {
      cancelSweep();
      await sweeping;
      cancelSweep();
      await replication.close();
      for (const region of regions.values()) await (await region).close();
    },
  };
};
