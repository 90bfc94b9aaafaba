// Goal: nights are kept as small items for 400 days, read back in order up to a night, and written over by
// the same drill only. Method: the store's own calls on the embedded DynamoDB over sockets.
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNightRecords } from '../../../aws/nightRecords.ts';
import { realClock } from '../../../local/clock.ts';
import { createDynamodb } from '../../../local/dynamodb/service.ts';
import { keyedTable } from '../../support/keyedTable.ts';
import { nightOf, watchNights } from '../../support/nights.ts';
import { clientOf, startEndpoint, temporaryFolder } from '../endpoint.ts';

const NOW_MS = Date.parse('2026-11-20T02:10:00Z');
const DAY_S = 86_400;
const { folder, remove } = temporaryFolder();
const MODEL = {
  ...{ seed: 'store', noise: 0.02, armNoise: 0.01 },
  truth: (arm: string, _: unknown, at: number) => (arm === 'fat' && at >= 12 ? 1.2 : 1),
};
let server: Awaited<ReturnType<typeof startEndpoint>>;
let dynamodb: Awaited<ReturnType<typeof createDynamodb>>;
let client: DynamoDBClient;
let nights: ReturnType<typeof openNightRecords>;

beforeAll(async () => {
  dynamodb = await createDynamodb({ dataDir: folder, clock: realClock });
  server = await startEndpoint([dynamodb.front]);
  client = new DynamoDBClient(clientOf(server));
  await client.send(new CreateTableCommand(keyedTable('drills')));
  nights = openNightRecords('drills', clientOf(server));
  for (const at of [0, 1, 2, 4]) await nights.putNights(nightOf(MODEL, at), NOW_MS);
});
afterAll(async () => {
  nights.close();
  client.destroy();
  await server.close();
  await dynamodb.close();
  remove();
});

describe('the series of nights', () => {
  it('are read back as they were written, oldest first, each up to its night', async () => {
    const tonight = nightOf(MODEL, 2);
    const kept = await nights.seriesUpTo(tonight, 180);
    expect(kept).toHaveLength(tonight.length);
    kept.forEach((series, at) => {
      expect(series).toEqual([0, 1, 2].map((night) => nightOf(MODEL, night)[at]));
    });
  });

  it('are read no further back than is asked for', async () => {
    const [series] = await nights.seriesUpTo(nightOf(MODEL, 4).slice(0, 1), 3);
    expect(series?.map(({ drillId }) => drillId)).toEqual([
      'shop-20260702',
      'shop-20260703',
      'shop-20260705',
    ]);
  });

  it('are small items, one for each series and night, kept for 400 days', async () => {
    const { Items = [] } = await client.send(new ScanCommand({ TableName: 'drills' }));
    expect(Items).toHaveLength(4 * nightOf(MODEL, 0).length);
    for (const item of Items) {
      const { pk, sk, value, expiresAt } = unmarshall(item);
      expect(`${pk} ${sk}`).toMatch(/^SERIES#[^#]+#[a-z0-9.]+ 2026-07-0\dT02:00:00\.000Z#shop-/);
      expect(String(value).length).toBeLessThan(400);
      expect(expiresAt).toBe(NOW_MS / 1_000 + 400 * DAY_S);
    }
  });

  it('hold one point for a drill, however often it is judged', async () => {
    await nights.putNights(nightOf(MODEL, 2), NOW_MS);
    const [series] = await nights.seriesUpTo(nightOf(MODEL, 2).slice(0, 1), 180);
    expect(series).toHaveLength(3);
  });
});

describe('alerts and acknowledgements', () => {
  it('are kept by their id', async () => {
    const watch = watchNights();
    for (let at = 0; at < 14; at++) watch.next(nightOf(MODEL, at));
    const [alert] = watch.stored.values();
    if (!alert) throw new Error('nothing was found');
    await nights.putAlert({ ...alert }, NOW_MS);
    await nights.putAlert({ ...alert, lastDay: alert.lastDay + 1 }, NOW_MS);
    expect(await nights.alerts()).toEqual([{ ...alert, lastDay: alert.lastDay + 1 }]);
    const ack = {
      ...{ alertId: alert.id, word: alert.word, of: alert.of, logChange: 0.18 },
      ...{ at: '2026-11-20T08:00:00.000Z', note: null },
    };
    expect(await nights.acknowledgements()).toEqual([]);
    await nights.acknowledge(ack, NOW_MS);
    expect(await nights.acknowledgements()).toEqual([ack]);
  });
});
