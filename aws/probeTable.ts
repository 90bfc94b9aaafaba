/** Tokens in the service's own table, for the database probe: written in one region, read there or in another. */
import {
  type AttributeValue,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { SdkSettings } from './sdk.ts';

type Key = Record<string, AttributeValue>;

const Described = z.object({
  KeySchema: z.array(z.object({ AttributeName: z.string() })),
  AttributeDefinitions: z.array(
    z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
});

/** A key of whatever shape the table has; drills overwrite one item for each name and never touch the service's own. */
const keyOf = (table: z.output<typeof Described>, name: string): Key => {
  const text = `failover-drill#${name}`;
  const value = { S: { S: text }, N: { N: '-1' }, B: { B: new TextEncoder().encode(text) } };
  return Object.fromEntries(
    table.KeySchema.map(({ AttributeName }) => {
      const type = table.AttributeDefinitions.find((one) => one.AttributeName === AttributeName);
      return [AttributeName, value[type?.AttributeType ?? 'S']];
    }),
  );
};

/** One region's copy of the table. `name` tells apart those who probe at the same time. */
export const openProbeTable = async (
  target: { readonly table: string; readonly region: string; readonly name: string },
  signal: AbortSignal,
  sdk: SdkSettings = {},
) => {
  // A probe that was retried by the client would measure the retry.
  const client = new DynamoDBClient({ maxAttempts: 1, ...sdk, region: target.region });
  const described = await client.send(new DescribeTableCommand({ TableName: target.table }), {
    abortSignal: signal,
  });
  const key = keyOf(Described.parse(described.Table), target.name);

  const write = async (token: string, abortSignal: AbortSignal): Promise<void> => {
    await client.send(
      new PutItemCommand({ TableName: target.table, Item: { ...key, token: { S: token } } }),
      { abortSignal },
    );
  };

  const read = async (abortSignal: AbortSignal): Promise<string | undefined> => {
    const answer = await client.send(
      new GetItemCommand({ TableName: target.table, Key: key, ConsistentRead: true }),
      { abortSignal },
    );
    return answer.Item?.['token']?.S;
  };

  return { write, read, close: () => client.destroy() };
};

export type ProbeTable = Awaited<ReturnType<typeof openProbeTable>>;
