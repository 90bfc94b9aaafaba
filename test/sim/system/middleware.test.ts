// Goal: what a simulation leaves out of an SDK client changes no request but for who is calling, and no endpoint.
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ListHostedZonesCommand, Route53Client } from '@aws-sdk/client-route-53';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { createVirtualClock } from '../../../local/virtualClock.ts';
import { enterProcess } from '../../../sim/system/process.ts';

type Sent = { hostname: string; path: string; query: unknown; headers: object; body: unknown };

/** Differ between any two calls, or say who calls. */
const OF_THE_CALL =
  /^(?:user-agent|x-amz-user-agent|amz-sdk-invocation-id|x-amz-date|authorization)$/;

const sentBy = async (call: (config: object) => Promise<unknown>): Promise<Sent[]> => {
  const sent: Sent[] = [];
  const requestHandler = {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async ({ hostname, path, query, headers, body }: Sent) => {
      const kept = Object.entries(headers).filter(([name]) => !OF_THE_CALL.test(name));
      sent.push({ hostname, path, query, headers: Object.fromEntries(kept), body });
      throw Object.assign(new Error('enough'), { name: 'Enough' });
    },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
  const credentials = { accessKeyId: 'A', secretAccessKey: 'B' };
  const config = { region: 'eu-west-1', credentials, requestHandler, maxAttempts: 1 };
  await expect(call(config)).rejects.toThrow('enough');
  return sent;
};

const Key = { pk: { S: 'a' } };
const put = (Bucket: string) =>
  new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', IfMatch: '"e"' });

const CALLS: Record<string, (config: object) => Promise<unknown>> = {
  'a read of a table': (config) =>
    new DynamoDBClient(config).send(new GetItemCommand({ TableName: 't', Key })),
  'a write to a table': (config) =>
    new DynamoDBClient(config).send(new PutItemCommand({ TableName: 't', Item: Key })),
  'an event': (config) =>
    new EventBridgeClient(config).send(new PutEventsCommand({ Entries: [{ Source: 's' }] })),
  zones: (config) => new Route53Client(config).send(new ListHostedZonesCommand({ MaxItems: 3 })),
  'two buckets of one client': async (config) => {
    const client = new S3Client(config);
    await client.send(put('one')).catch(() => undefined);
    await client.send(put('two')).catch(() => undefined);
    await client.send(new GetObjectCommand({ Bucket: 'one', Key: 'k' }));
  },
  'a call made three times': async (config) => {
    const client = new DynamoDBClient(config);
    const ask = (TableName: string) => client.send(new GetItemCommand({ TableName, Key }));
    await ask('t').catch(() => undefined);
    await ask('u').catch(() => undefined);
    await ask('t');
  },
};

it.each(Object.entries(CALLS))('%s: the same request as outside', async (_name, call) => {
  const outside = await sentBy(call);
  const inside = enterProcess({
    clock: createVirtualClock(Date.now()),
    random: seededRandom('middleware test'),
  });
  try {
    expect(await sentBy(call)).toEqual(outside);
  } finally {
    inside.leave();
  }
  expect(outside.length).toBeGreaterThan(0);
});
