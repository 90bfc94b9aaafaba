import * as sdk from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realClock } from '../../local/clock.ts';
import { createLogs } from '../../local/logs/service.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { clientOf, startEndpoint, temporaryFolder } from './endpoint.ts';

const { folder, remove } = temporaryFolder();
const logGroupName = '/aws/lambda/probe';
let server: WireServer;
let client: sdk.CloudWatchLogsClient;

const open = async () => {
  const { operations } = createLogs({ dataDir: folder, clock: realClock });
  server = await startEndpoint([serviceFromSdk(sdk, 'logs', operations)]);
  client = new sdk.CloudWatchLogsClient(clientOf(server));
};
const close = async () => {
  client.destroy();
  await server.close();
};
beforeAll(async () => {
  await open();
  await client.send(new sdk.CreateLogGroupCommand({ logGroupName }));
});
afterAll(async () => {
  await close();
  remove();
});

const start = Date.now();
const newStream = async (logStreamName: string) => {
  await client.send(new sdk.CreateLogStreamCommand({ logGroupName, logStreamName }));
  return logStreamName;
};
const put = (logStreamName: string, messages: readonly string[], from = start) =>
  client.send(
    new sdk.PutLogEventsCommand({
      logGroupName,
      logStreamName,
      logEvents: messages.map((message, at) => ({ message, timestamp: from + at })),
    }),
  );
const get = async (logStreamName: string, more: object = {}) => {
  const input = { logGroupName, logStreamName, ...more };
  const answer = await client.send(new sdk.GetLogEventsCommand(input));
  return { ...answer, messages: answer.events?.map(({ message }) => message) };
};
const filter = async (more: object) => {
  const answer = await client.send(new sdk.FilterLogEventsCommand({ logGroupName, ...more }));
  return { ...answer, messages: answer.events?.map(({ message }) => message) };
};

test('a stream is read from its end or its head, forwards and backwards', async () => {
  const stream = await newStream('pages/[$LATEST]1');
  await put(stream, ['1', '2', '3', '4', '5']);
  expect((await get(stream, { limit: 2 })).messages).toEqual(['4', '5']);
  const first = await get(stream, { limit: 2, startFromHead: true });
  expect(first.messages).toEqual(['1', '2']);
  const second = await get(stream, { limit: 2, nextToken: first.nextForwardToken });
  expect(second.messages).toEqual(['3', '4']);
  const back = await get(stream, { limit: 2, nextToken: second.nextBackwardToken });
  expect(back.messages).toEqual(['1', '2']);
});

test('a reader at the end keeps its token, and later sees what came since', async () => {
  const stream = await newStream('tail');
  await put(stream, ['a']);
  const first = await get(stream, { startFromHead: true });
  const empty = await get(stream, { nextToken: first.nextForwardToken });
  expect(empty.messages).toEqual([]);
  expect(empty.nextForwardToken).toBe(first.nextForwardToken);
  await put(stream, ['b'], start + 10);
  expect((await get(stream, { nextToken: empty.nextForwardToken })).messages).toEqual(['b']);
});

test('events are filtered across streams by text and time, in pages', async () => {
  const one = await newStream('filter/1');
  const two = await newStream('filter/2');
  await put(one, ['ERROR one', 'ok one'], start + 100);
  await put(two, ['ERROR "two" slow', 'WARN two'], start + 101);
  const logStreamNamePrefix = 'filter/';
  const by = (filterPattern: string) => filter({ logStreamNamePrefix, filterPattern });
  expect((await by('ERROR')).messages).toEqual(['ERROR one', 'ERROR "two" slow']);
  expect((await by('ERROR -slow')).messages).toEqual(['ERROR one']);
  expect((await by('?ok ?WARN')).messages).toEqual(['ok one', 'WARN two']);
  expect((await by('"\\"two\\""')).messages).toEqual(['ERROR "two" slow']);
  const found: (string | undefined)[] = [];
  const pages = sdk.paginateFilterLogEvents(
    { client, pageSize: 1 },
    { logGroupName, logStreamNamePrefix },
  );
  for await (const { events = [] } of pages) found.push(...events.map(({ message }) => message));
  expect(found).toHaveLength(4);
  const timed = await filter({ logStreamNamePrefix, startTime: start + 101, endTime: start + 102 });
  expect(timed.messages).toEqual(['ok one', 'ERROR "two" slow']);
  await expect(by('{ $.level = "ERROR" }')).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringContaining('not implemented'),
  });
});

test('events out of order are refused, too old and too new ones are told and left out', async () => {
  const stream = await newStream('rejected');
  const day = 24 * 3600 * 1000;
  const send = (timestamps: readonly number[]) =>
    client.send(
      new sdk.PutLogEventsCommand({
        logGroupName,
        logStreamName: stream,
        logEvents: timestamps.map((timestamp) => ({ timestamp, message: String(timestamp) })),
      }),
    );
  await expect(send([start, start - 1])).rejects.toMatchObject({
    name: 'InvalidParameterException',
  });
  const { rejectedLogEventsInfo } = await send([start - 20 * day, start, start + day]);
  expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
  expect((await get(stream)).messages).toEqual([String(start)]);
});

test('a long stream keeps its newest events within a bound', async () => {
  const stream = await newStream('bounded');
  const line = 'x'.repeat(100_000);
  for (let at = 0; at < 100; at++) await put(stream, [`${at} ${line}`], start + at);
  const { messages = [] } = await get(stream, { limit: 5 });
  expect(messages.at(-1)).toMatch(/^99 /);
  const head = await get(stream, { limit: 1, startFromHead: true });
  expect(Number(head.messages?.[0]?.split(' ')[0])).toBeGreaterThan(10);
});

test('groups, streams and events are there after a restart', async () => {
  const stream = await newStream('lasting');
  await put(stream, ['kept']);
  await client.send(new sdk.PutRetentionPolicyCommand({ logGroupName, retentionInDays: 3 }));
  await close();
  await open();
  expect((await get(stream)).messages).toEqual(['kept']);
  const { logGroups } = await client.send(new sdk.DescribeLogGroupsCommand({}));
  expect(logGroups).toMatchObject([{ logGroupName, retentionInDays: 3 }]);
  const { logStreams } = await client.send(
    new sdk.DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: 'last' }),
  );
  expect(logStreams).toMatchObject([{ logStreamName: 'lasting', lastEventTimestamp: start }]);
});

test('what is not there is named', async () => {
  await expect(get('none')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'The specified log stream does not exist.',
  });
  await expect(newStream('with:colon')).rejects.toMatchObject({
    name: 'InvalidParameterException',
  });
});
