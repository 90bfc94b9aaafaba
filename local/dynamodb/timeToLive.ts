import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { AwsError } from '../wire/types.ts';
import type { Json } from './engine.ts';
import type { Region } from './region.ts';

const FIVE_YEARS_S = 5 * 365 * 24 * 3600;

const request = z.looseObject({
  TableName: z.string(),
  TimeToLiveSpecification: z.strictObject({
    Enabled: z.boolean(),
    AttributeName: z.string().min(1).max(255),
  }),
});
const page = z.looseObject({
  Items: z.array(z.record(z.string(), z.unknown())),
  LastEvaluatedKey: z.record(z.string(), z.unknown()).optional(),
});

const attributeOf = (region: Region, table: string): string | undefined =>
  region.ledger.timesToLive().find((ttl) => ttl.table === table)?.attribute;

export const updateTimeToLive = async (region: Region, input: Json): Promise<Json> => {
  const read = request.safeParse(input);
  if (!read.success) {
    throw new AwsError('ValidationException', z.prettifyError(read.error), {}, 400);
  }
  const { TableName, TimeToLiveSpecification } = read.data;
  await region.engine.table(TableName);
  const { Enabled, AttributeName } = TimeToLiveSpecification;
  const enabled = attributeOf(region, TableName);
  if (Enabled === (enabled !== undefined)) {
    const state = Enabled ? 'enabled' : 'disabled';
    throw new AwsError('ValidationException', `TimeToLive is already ${state}`, {}, 400);
  }
  region.ledger.setTimeToLive(TableName, Enabled ? AttributeName : undefined);
  return { TimeToLiveSpecification };
};

export const describeTimeToLive = async (region: Region, input: Json): Promise<Json> => {
  const table = z.string().safeParse(input['TableName']);
  if (!table.success) {
    throw new AwsError('ValidationException', 'TableName is required', {}, 400);
  }
  await region.engine.table(table.data);
  const attribute = attributeOf(region, table.data);
  return {
    TimeToLiveDescription:
      attribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute },
  };
};

/**
 * Deletes what has expired, and says how many items that were. As on AWS, values that are no number
 * or lie more than five years back do not expire, and an item renewed meanwhile stays.
 */
export const sweepExpired = async (region: Region, clock: Clock): Promise<number> => {
  const nowS = Math.floor(clock.now() / 1000);
  let deleted = 0;
  for (const { table, attribute } of region.ledger.timesToLive()) {
    let start: Json | undefined;
    do {
      const found = page.parse(
        await region.engine.run('Scan', {
          TableName: table,
          FilterExpression: '#ttl BETWEEN :old AND :now',
          ExpressionAttributeNames: { '#ttl': attribute },
          ExpressionAttributeValues: {
            ':old': { N: String(nowS - FIVE_YEARS_S) },
            ':now': { N: String(nowS) },
          },
          ...(start ? { ExclusiveStartKey: start } : {}),
        }),
      );
      for (const item of found.Items) {
        deleted += await deleteExpired(region, table, attribute, item);
      }
      start = found.LastEvaluatedKey;
    } while (start);
  }
  return deleted;
};

const deleteExpired = async (
  region: Region,
  table: string,
  attribute: string,
  item: Json,
): Promise<number> => {
  try {
    await region.write('DeleteItem', {
      TableName: table,
      Key: await region.engine.keyOf(table, item),
      ConditionExpression: '#ttl = :seen',
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':seen': item[attribute] },
    });
    return 1;
  } catch (error) {
    if (error instanceof AwsError) return 0;
    throw error;
  }
};
