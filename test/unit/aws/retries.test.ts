// Goal: a throttled call is made again, three times in all, and a refused one is not.
// Method: a far end on loopback that throttles as told, met by the real SDK client.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDrillTable } from '../../../aws/drillTable.ts';

let server: Server;
let answers: { status: number; body: object }[] = [];
let calls = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    calls += 1;
    const { status, body } = answers.shift() ?? { status: 200, body: {} };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

const THROTTLED = {
  status: 400,
  body: { __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException' },
};
const REFUSED = { status: 400, body: { __type: 'com.amazon.coral#ValidationException' } };

const put = async (planned: typeof answers): Promise<boolean> => {
  answers = planned;
  calls = 0;
  const table = openDrillTable('drills', {
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'made-up', secretAccessKey: 'made-up' },
  });
  const key = { pk: 'DRILL#1', sk: 'PLAN' };
  try {
    return await table.put(key, {}, { nowMs: 0, days: 1 }, { once: true });
  } finally {
    table.close();
  }
};

it('writes after two throttled calls', async () => {
  expect(await put([THROTTLED, THROTTLED])).toBe(true);
  expect(calls).toBe(3);
});

it('gives up after three, with the name that a state machine retries', async () => {
  await expect(put([THROTTLED, THROTTLED, THROTTLED, THROTTLED])).rejects.toMatchObject({
    name: 'ProvisionedThroughputExceededException',
  });
  expect(calls).toBe(3);
});

it('does not repeat what was refused', async () => {
  await expect(put([REFUSED])).rejects.toMatchObject({ name: 'ValidationException' });
  expect(calls).toBe(1);
});
