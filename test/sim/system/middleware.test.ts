// Goal: what a simulation leaves out of an SDK client changes no request but for who is
// calling, no endpoint, and nothing that is heard of an answer.
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ListHostedZonesCommand, Route53Client } from '@aws-sdk/client-route-53';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { HttpResponse } from '@smithy/core/protocols';
import { expect, it } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { createVirtualClock } from '../../../local/virtualClock.ts';
import { enterProcess, IN_PROCESS } from '../../../sim/system/process.ts';

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

/** `[status, body]` of what comes back, one after the other; null cuts the connection. */
type Coming = readonly (readonly [number, object] | null)[];

const ITEM = { Item: { pk: { S: 'a' }, n: { N: '1' }, b: { B: 'AQI=' } } };
const error = (name: string) => ({
  __type: `com.amazonaws.dynamodb.v20120810#${name}`,
  message: 'no',
});
const ANSWERS: Record<string, Coming> = {
  'an item': [[200, ITEM]],
  'a refusal': [[400, error('ConditionalCheckFailedException')]],
  'a fault, and an item': [
    [500, error('InternalServerError')],
    [200, ITEM],
  ],
  'a cut, too much at a time, and an item': [
    null,
    [400, error('ProvisionedThroughputExceededException')],
    [200, ITEM],
  ],
  'cuts only': [null, null, null],
};

/** What a caller hears of the second of two calls, and how often it was sent. */
const heardOf = async (coming: Coming, run: <T>(work: Promise<T>) => Promise<T>) => {
  const answers = [[200, {}] as const, ...coming];
  const attempts: unknown[] = [];
  const requestHandler = {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async ({ headers }: { headers: Record<string, string> }) => {
      attempts.push(headers['amz-sdk-request']);
      const answer = answers.shift();
      if (!answer)
        throw Object.assign(new Error('cut'), { name: 'TimeoutError', code: 'ECONNRESET' });
      const [statusCode, body] = answer;
      const bytes = Buffer.from(JSON.stringify(body));
      return {
        response: new HttpResponse({
          statusCode,
          headers: { 'x-amzn-requestid': 'r' },
          body: bytes,
        }),
      };
    },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
  const credentials = { accessKeyId: 'A', secretAccessKey: 'B' };
  const client = new DynamoDBClient({ region: 'eu-west-1', credentials, requestHandler });
  const ask = () => client.send(new GetItemCommand({ TableName: 't', Key }));
  await run(ask());
  const heard = await run(ask()).catch(({ name, message, $metadata }) => ({
    name,
    message,
    $metadata,
  }));
  const { totalRetryDelay, ...metadata } = heard.$metadata;
  return { ...heard, $metadata: metadata, waited: totalRetryDelay > 0, attempts };
};

it.each(Object.entries(ANSWERS))('%s: the same answer as outside', async (_what, coming) => {
  const outside = await heardOf(coming, (work) => work);
  const clock = createVirtualClock(Date.now(), IN_PROCESS);
  const inside = enterProcess({ clock, random: seededRandom('middleware test') });
  try {
    expect(await heardOf(coming, clock.until)).toEqual(outside);
  } finally {
    inside.leave();
  }
});

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
