// Goal: the lag of a replicated table is measured as long as it is, and heartbeats that never come are counted.
// Method: the probe's own calls on the embedded DynamoDB in two regions, with a lag that is set.
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProbeTable } from '../../../aws/probeTable.ts';
import { median } from '../../../core/statistics/quantile.ts';
import { realClock, sleep } from '../../../local/clock.ts';
import { createDynamodb } from '../../../local/dynamodb/service.ts';
import { heartbeats, type Pace } from '../../../probes/replication.ts';
import { clientOf, startEndpoint, temporaryFolder } from '../endpoint.ts';

const [HERE, THERE] = ['eu-west-1', 'eu-central-1'];
const LAG_MS = 150;
const LONG_LAG_MS = 1_200;
let lagMs = LAG_MS;
const { folder, remove } = temporaryFolder();
const signal = new AbortController().signal;
let dynamodb: Awaited<ReturnType<typeof createDynamodb>>;
let server: Awaited<ReturnType<typeof startEndpoint>>;

beforeAll(async () => {
  dynamodb = await createDynamodb({ dataDir: folder, clock: realClock, lagMs: () => lagMs });
  server = await startEndpoint([dynamodb.front]);
  const client = new DynamoDBClient(clientOf(server, HERE));
  await client.send(
    new CreateTableCommand({
      TableName: 'products',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  client.destroy();
  await dynamodb.replicate('products', [HERE, THERE]);
});
afterAll(async () => {
  await server.close();
  await dynamodb.close();
  remove();
});

const pace: Pace = { ...realClock, sleep: (ms, stop) => sleep(realClock, ms, stop) };

const open = (region: string) =>
  openProbeTable({ table: 'products', region, name: 'beat' }, signal, clientOf(server, region));

const measure = async (run: string, timeoutMs: number) => {
  const [from, to] = [await open(HERE), await open(THERE)];
  const link = { write: from.write, read: to.read };
  const plan = { run, beats: 8, everyMs: 100, timeoutMs };
  const found = await heartbeats(link, plan, pace, signal);
  from.close();
  to.close();
  return found;
};

describe('heartbeats over a replicated table', () => {
  // A busy machine adds to what it measures, and takes nothing away.
  it('tell its lag', async () => {
    const lag = async (run: string) => {
      const { lagsMs, ...counts } = await measure(run, 6_000);
      expect(counts).toEqual({ sent: 8, unseen: 0, failed: 0 });
      return median(lagsMs);
    };
    const short = await lag('short');
    expect(short).toBeGreaterThan(LAG_MS - 20);
    lagMs = LONG_LAG_MS;
    expect(await lag('long')).toBeGreaterThan(LONG_LAG_MS - 20);
    expect(short).toBeLessThan(LONG_LAG_MS - 20);
    lagMs = LAG_MS;
  });

  it('that never come are unseen, and those of an earlier time are not taken for them', async () => {
    dynamodb.pauseReplication();
    const { lagsMs, ...counts } = await measure('paused', 4_000);
    expect(counts).toEqual({ sent: 8, unseen: 8, failed: 0 });
    expect(lagsMs).toEqual([]);
    dynamodb.resumeReplication();
    expect(await measure('again', 3_000)).toMatchObject({ sent: 8, unseen: 0 });
  });
});
