import * as z from 'zod';
import { AwsError } from '../wire/types.ts';
import type { Json } from './engine.ts';
import type { Region } from './region.ts';

const definition = z.looseObject({
  AttributeDefinitions: z.unknown(),
  KeySchema: z.unknown(),
  BillingModeSummary: z.looseObject({ BillingMode: z.string() }).optional(),
  ProvisionedThroughput: z
    .looseObject({ ReadCapacityUnits: z.number(), WriteCapacityUnits: z.number() })
    .optional(),
  GlobalSecondaryIndexes: z.array(z.looseObject({})).optional(),
  LocalSecondaryIndexes: z.array(z.looseObject({})).optional(),
});

const throughput = z.looseObject({ ReadCapacityUnits: z.number(), WriteCapacityUnits: z.number() });

const capacityOf = (described: unknown, onDemand: boolean): Json => {
  if (onDemand) return {};
  const { ReadCapacityUnits, WriteCapacityUnits } = throughput.parse(described);
  return { ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits } };
};

/** The request that makes a table like a described one. */
export const createLike = (table: string, described: unknown): Json => {
  const found = definition.parse(described);
  const onDemand = found.BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST';
  const index = (it: Json): Json => ({
    IndexName: it['IndexName'],
    KeySchema: it['KeySchema'],
    Projection: it['Projection'],
  });
  return {
    TableName: table,
    AttributeDefinitions: found.AttributeDefinitions,
    KeySchema: found.KeySchema,
    ...(onDemand ? { BillingMode: 'PAY_PER_REQUEST' } : {}),
    ...capacityOf(found.ProvisionedThroughput, onDemand),
    ...(found.GlobalSecondaryIndexes
      ? {
          GlobalSecondaryIndexes: found.GlobalSecondaryIndexes.map((it) => ({
            ...index(it),
            ...capacityOf(it['ProvisionedThroughput'], onDemand),
          })),
        }
      : {}),
    ...(found.LocalSecondaryIndexes
      ? { LocalSecondaryIndexes: found.LocalSecondaryIndexes.map(index) }
      : {}),
  };
};

const page = z.looseObject({
  Items: z.array(z.record(z.string(), z.unknown())),
  LastEvaluatedKey: z.record(z.string(), z.unknown()).optional(),
});

const copyItems = async (table: string, from: Region, to: Region, at: number): Promise<void> => {
  let start: Json | undefined;
  do {
    const input = { TableName: table, ConsistentRead: true };
    const found = page.parse(
      await from.engine.run('Scan', start ? { ...input, ExclusiveStartKey: start } : input),
    );
    for (const item of found.Items) {
      const key = await from.engine.keyOf(table, item);
      const version = from.ledger.version(table, key) ?? { at, region: from.region };
      const parcel = { seq: 0, target: to.region, table, key, at: version.at, item };
      await to.receive(parcel, version);
    }
    start = found.LastEvaluatedKey;
  } while (start);
};

const hasTable = async (region: Region, table: string): Promise<boolean> => {
  try {
    await region.engine.table(table);
    return true;
  } catch (error) {
    if (error instanceof AwsError && error.name === 'ResourceNotFoundException') return false;
    throw error;
  }
};

/**
 * Makes a table the same in all these regions: creates it where it is missing, copies what is there,
 * and lets later writes flow between all of them.
 * @throws AwsError ResourceNotFoundException when none of the regions has the table.
 */
export const joinReplicas = async (table: string, members: readonly Region[]): Promise<void> => {
  const present = await Promise.all(members.map((region) => hasTable(region, table)));
  const home = members[present.indexOf(true)];
  if (!home) {
    const where = members.map(({ region }) => region).join(', ');
    throw new AwsError('ResourceNotFoundException', `no table ${table} in ${where}`, {}, 400);
  }
  const { Table } = await home.engine.run('DescribeTable', { TableName: table });
  const joined = members.map(({ region }) => region);
  for (const [index, member] of members.entries()) {
    if (!present[index]) await member.engine.run('CreateTable', createLike(table, Table));
    const ttl = home.ledger.timesToLive().find((it) => it.table === table);
    if (ttl) member.ledger.setTimeToLive(table, ttl.attribute);
    const isNew = !member.ledger.replicas(table).includes(member.region);
    member.ledger.setReplicas(table, joined);
    // Existing items count as older than any write from now on.
    if (isNew && member !== home) await copyItems(table, home, member, 0);
  }
};

export const replicaDescriptions = (region: Region, table: string): Json => {
  const regions = region.ledger.replicas(table);
  if (regions.length === 0) return {};
  const others = regions.filter((other) => other !== region.region);
  return {
    GlobalTableVersion: '2019.11.21',
    Replicas: others.map((RegionName) => ({ RegionName, ReplicaStatus: 'ACTIVE' })),
  };
};
