// Goal: asynchronous invocations are kept, retried as Lambda retries, and outlive a crash.
// Method: a clock whose long waits can be skipped; restarts over the same data folder.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, realClock } from '../../../local/clock.ts';
import { createLambda, type Lambda } from '../../../local/lambda/service.ts';
import { testCall } from './support.ts';

let dataDir: string;
let lambda: Lambda;
let waitsMs: number[];
let texts: string[];

/** Waits of half a minute and more are written down and over at once. */
const hastyClock: Clock = {
  ...realClock,
  after: (delayMs, callback) => {
    const long = delayMs >= 30_000 && delayMs <= 120_000;
    if (long) waitsMs.push(Math.round(delayMs / 1000) * 1000);
    return realClock.after(long ? 0 : delayMs, callback);
  },
};

const open = () => {
  lambda = createLambda({
    dataDir,
    clock: hastyClock,
    endpoint: () => 'http://127.0.0.1:1',
    network: { sourceAddress: () => undefined, resolver: () => undefined },
    log: ({ text }) => texts.push(text),
  });
};

const register = (body: string) => {
  const codePath = path.join(dataDir, 'journal.mjs');
  const head = "import { appendFileSync } from 'node:fs';";
  writeFileSync(codePath, `${head} export const handler = async (event, context) => { ${body} };`);
  lambda.registerFunction({
    region: 'us-east-1',
    name: 'journal',
    codePath,
    handler: 'journal.handler',
    timeoutS: 5,
    memoryMb: 256,
    environment: { JOURNAL: path.join(dataDir, 'journal.txt') },
  });
};

const WRITE =
  "appendFileSync(process.env.JOURNAL, event.text + ' ' + context.awsRequestId + '\\n');";

const journal = (): string[] => {
  try {
    return readFileSync(path.join(dataDir, 'journal.txt'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
};

const send = (text: string, more: object = {}) =>
  lambda.operations['Invoke']?.(
    {
      FunctionName: 'journal',
      InvocationType: 'Event',
      Payload: Buffer.from(JSON.stringify({ text })),
      ...more,
    },
    testCall('us-east-1'),
  );

const stored = () => readdirSync(path.join(dataDir, 'lambda', 'events'));

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'lambda-events-'));
  waitsMs = [];
  texts = [];
  open();
});

afterEach(async () => {
  await lambda.close();
  rmSync(dataDir, { recursive: true, force: true });
});

it('an event is accepted, delivered and then forgotten', async () => {
  register(WRITE);
  expect(await send('one')).toEqual({ StatusCode: 202 });
  await expect.poll(journal).toHaveLength(1);
  await expect.poll(stored).toEqual([]);
});

it('a failing function is tried again after one and two minutes, then the event is discarded', async () => {
  register(`${WRITE} throw new Error('no');`);
  await send('stubborn');
  await expect.poll(() => texts.filter((text) => text.includes('discarded'))).toHaveLength(1);
  const lines = journal();
  expect(lines).toHaveLength(3);
  expect(new Set(lines).size, 'every try has the same request id').toBe(1);
  expect(waitsMs).toEqual([60_000, 120_000]);
  expect(stored()).toEqual([]);
});

it('an event outlives a crash in mid-invocation and a restart before its function is there', async () => {
  register(`${WRITE} await new Promise((resolve) => setTimeout(resolve, 60000));`);
  await send('durable');
  await expect.poll(journal).toHaveLength(1);
  await lambda.close();
  open();
  expect(stored()).toHaveLength(1);
  register(WRITE);
  await expect.poll(journal).toHaveLength(2);
  expect(new Set(journal()).size).toBe(1);
  await expect.poll(stored).toEqual([]);
});

it('a damaged event file is named and left alone', async () => {
  const file = path.join(dataDir, 'lambda', 'events', 'broken.json');
  writeFileSync(file, '{"requestId":');
  await lambda.close();
  open();
  expect(texts.join()).toContain(`stored event ${file}`);
  expect(stored()).toEqual(['broken.json']);
});

it('an event may have 1 MB, not more', async () => {
  register(WRITE);
  const error = await Promise.resolve(send('x'.repeat(1_048_570))).catch((e: Error) => e);
  expect(error).toMatchObject({
    name: 'RequestEntityTooLargeException',
    status: 413,
    message:
      '1048581 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
  });
});
