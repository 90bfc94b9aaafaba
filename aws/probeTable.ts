/** Tokens in the service's own table, for the database probe: written in one region, read there or in another. */
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { SdkSettings } from './sdk.ts';

/** Kept apart from the service's own items by this key, which no drill ever deletes and each overwrites. */
const keyOf = (keyName: string, name: string) => ({ [keyName]: { S: `failover-drill#${name}` } });

export const openProbeTable = (
  target: { table: string; region: string; keyName: string },
  sdk: SdkSettings = {},
) => {
  const client = new DynamoDBClient({ maxAttempts: 1, ...sdk, region: target.region });

  const write = async (name: string, token: string, signal: AbortSignal): Promise<void> => {
    await client.send(
      new PutItemCommand({
        TableName: target.table,
        Item: { ...keyOf(target.keyName, name), token: { S: token } },
      }),
      { abortSignal: signal },
    );
  };

  const read = async (name: string, signal: AbortSignal): Promise<string | undefined> => {
    const answer = await client.send(
      new GetItemCommand({
        TableName: target.table,
        Key: keyOf(target.keyName, name),
        ConsistentRead: true,
      }),
      { abortSignal: signal },
    );
    return answer.Item?.['token']?.S;
  };

  return { write, read, close: () => client.destroy() };
};

export type ProbeTable = ReturnType<typeof openProbeTable>;
