/**
 * A sign of life of each region in the service's replicated table: what is read of it in the other
 * region is as old as the data there. It also carries what must be known of a region that is gone.
 */
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Heartbeat = z.object({
  region: z.string(),
  writtenAtMs: z.number(),
  /** Most tasks that ran in an hour, by hours since 1970: what the standby must be able to carry. */
  peaks: z.array(z.object({ hour: z.int(), tasks: z.int().min(0) })).default([]),
  /** Digest of the image that runs; null when none, or more than one, does. */
  digest: z.string().nullable().default(null),
  /** Whether a deployment is under way; null when that is not known. */
  deploying: z.boolean().nullable().default(null),
});
export type Heartbeat = z.output<typeof Heartbeat>;

const idOf = (region: string): string => `failover-heartbeat#${region}`;

const read = (item: Record<string, AttributeValue>, region: string, where: string): Heartbeat => {
  const result = Heartbeat.safeParse(unmarshall(item));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new DrillError(
    'DataCorrupt',
    `the heartbeat of ${region} ${where} does not fit its schema: ${issue?.path.join('.')}: ${issue?.message}`,
  );
};

/** Heartbeats in the replica of one region. The key of the table is `id`. */
export const openHeartbeats = (table: string, region: string, sdk: SdkSettings = {}) => {
  const client = new DynamoDBClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });

  const beat = async (heartbeat: Heartbeat, signal: AbortSignal): Promise<void> => {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: marshall({ id: idOf(heartbeat.region), ...heartbeat }),
      }),
      { abortSignal: signal },
    );
  };

  /** The newest heartbeat of a region that has come here; null when there is none. */
  const latest = async (of: string, signal: AbortSignal): Promise<Heartbeat | null> => {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: table,
        Key: marshall({ id: idOf(of) }),
        ConsistentRead: true,
      }),
      { abortSignal: signal },
    );
    return Item === undefined ? null : read(Item, of, `in ${table} of ${region}`);
  };

  return { beat, latest, close: () => client.destroy() };
};

export type Heartbeats = ReturnType<typeof openHeartbeats>;
