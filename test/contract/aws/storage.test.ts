// Goal: what aws/ writes to S3, DynamoDB and SSM it reads back, and it says clearly what is not there.
// Method: the files of aws/ as they are, over sockets, against the embedded services.
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openDocuments } from '../../../aws/documents.ts';
import { type DrillRecords, openDrillRecords } from '../../../aws/drillRecords.ts';
import { openDrillTable } from '../../../aws/drillTable.ts';
import { openProbeTable } from '../../../aws/probeTable.ts';
import { openSecrets } from '../../../aws/secrets.ts';
import { drillRecords } from '../../support/drillRecords.ts';
import { keyedTable } from '../../support/keyedTable.ts';
import { clientOf, temporaryFolder } from '../endpoint.ts';
import { startStorage } from '../storage.ts';

const HOME = 'eu-central-1';
const AWAY = 'eu-west-1';
const NOW_MS = Date.parse('2026-11-21T01:00:00Z');
const TABLE = 'failover-drill-shop';
const BUCKET = 'failover-drill-documents';

const { folder, remove } = temporaryFolder();
let storage: Awaited<ReturnType<typeof startStorage>>;
const at = (region: string) => clientOf(storage.server, region);
const signal = new AbortController().signal;

beforeAll(async () => {
  storage = await startStorage(folder);
  const s3 = new S3Client({ ...at(HOME), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'not-json', Body: '{"cut":' }));
  s3.destroy();
  const dynamodb = new DynamoDBClient(at(HOME));
  await dynamodb.send(new CreateTableCommand(keyedTable(TABLE)));
  dynamodb.destroy();
});
afterAll(async () => {
  await storage.close();
  remove();
});

describe('documents', () => {
  const Shape = z.strictObject({ answer: z.int() });

  it('come back as they were written', async () => {
    const documents = openDocuments(BUCKET, at(HOME));
    await documents.write('config/one.json', { answer: 42 }, signal);
    expect(await documents.read('config/one.json', Shape, signal)).toEqual({ answer: 42 });
    await documents.writeFile('source/one.zip', new Uint8Array([0x7b, 0x7d]), 'application/zip');
    expect(await documents.read('source/one.zip', z.strictObject({}))).toEqual({});
  });

  it('that are missing, broken or of another shape are named', async () => {
    const documents = openDocuments(BUCKET, at(HOME));
    await expect(documents.read('none.json', Shape)).rejects.toMatchObject({
      name: 'DrillNotFound',
      message: `no document none.json in bucket ${BUCKET}`,
    });
    await expect(documents.read('not-json', Shape)).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: `s3://${BUCKET}/not-json is not JSON`,
    });
    await documents.write('config/two.json', { answer: '42' });
    await expect(documents.read('config/two.json', Shape)).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: expect.stringMatching(/two\.json does not fit its schema: answer: /),
    });
  });
});

describe('the records of a drill', () => {
  const kept = drillRecords();
  const { drillId } = kept.plan;
  let records: DrillRecords;

  beforeAll(async () => {
    records = openDrillRecords(TABLE, at(HOME));
    expect(await records.putPlan(kept.plan, NOW_MS)).toBe(true);
    for (const image of kept.images) await records.putImage(drillId, image, NOW_MS);
    for (const burst of kept.bursts.slice(0, 40)) await records.putLatency(burst, NOW_MS);
    for (const record of kept.placements.slice(0, 6)) {
      const { region = '', armId = '' } = record.placement ?? {};
      await records.putPlacement(drillId, { round: record.round, region, armId }, record, NOW_MS);
    }
  });
  afterAll(() => records.close());

  it('come back as they were written, sketches byte for byte', async () => {
    expect(await records.plan(drillId)).toEqual(kept.plan);
    const byId = (a: { variantId: string }, b: { variantId: string }) =>
      a.variantId < b.variantId ? -1 : 1;
    expect(await records.images(drillId)).toEqual([...kept.images].sort(byId));
    expect(await records.placements(drillId)).toHaveLength(6);
    const key = (one: { round: number; cell: object; armId: string }) =>
      JSON.stringify([one.round, one.cell, one.armId]);
    const written = new Map(kept.bursts.slice(0, 40).map((burst) => [key(burst), burst]));
    const read = await records.latencies(drillId);
    expect(read).toHaveLength(40);
    for (const burst of read) expect(burst).toEqual(written.get(key(burst)));
  });

  it('keep the first plan and the first burst when a retry comes with another', async () => {
    expect(await records.putPlan({ ...kept.plan, seed: 'late' }, NOW_MS)).toBe(false);
    expect((await records.plan(drillId)).seed).toBe(kept.plan.seed);
    const [first] = await records.latencies(drillId);
    expect(await records.putLatency({ ...first!, valid: false, order: 7 }, NOW_MS)).toBe(false);
    expect((await records.latencies(drillId))[0]).toEqual(first);
  });

  it('give a claim to the first, and to another once it was given back', async () => {
    const claim = () => records.claim(drillId, 'NOTIFIED', NOW_MS);
    const results = await Promise.all([claim(), claim(), claim(), claim()]);
    expect(results.filter(Boolean)).toHaveLength(1);
    await records.unclaim(drillId, 'NOTIFIED');
    expect(await claim()).toBe(true);
  });

  it('name a drill that is not there, and hold nothing of it', async () => {
    await expect(records.plan('no-such-drill')).rejects.toMatchObject({
      name: 'DrillNotFound',
      message: 'there is no drill no-such-drill',
    });
    expect(await records.latencies('no-such-drill')).toEqual([]);
  });

  it('list drills newest first, and overwrite the state of one', async () => {
    const state = (id: string, startedAt: string, status: 'RUNNING' | 'SUCCEEDED') => ({
      drillId: id,
      service: 'shop',
      startedAt,
      finishedAt: null,
      status,
      roundsDone: 0,
      summary: null,
    });
    await records.putState(state('old', '2026-11-19T01:00:00.000Z', 'SUCCEEDED'), NOW_MS);
    await records.putState(state('new', '2026-11-20T01:00:00.000Z', 'RUNNING'), NOW_MS);
    await records.putState(state('new', '2026-11-20T01:00:00.000Z', 'SUCCEEDED'), NOW_MS);
    const seen = await records.states(10);
    expect(seen.map(({ drillId: id, status }) => [id, status])).toEqual([
      ['new', 'SUCCEEDED'],
      ['old', 'SUCCEEDED'],
    ]);
    expect(await records.states(1)).toHaveLength(1);
  });

  it('note a cell that did not answer once, however often it is told', async () => {
    const cell = { region: AWAY, vantage: HOME };
    for (const reason of ['first', 'second']) {
      await records.putUnreachable(drillId, { round: 3, cell, reason }, NOW_MS);
    }
    expect(await records.unreachables(drillId)).toEqual([{ round: 3, cell, reason: 'second' }]);
  });
});

describe('the table of drills', () => {
  it('reads all pages of a partition, in the order of the keys', async () => {
    const table = openDrillTable(TABLE, at(HOME));
    const text = 'x'.repeat(200_000);
    const names = Array.from(
      { length: 12 },
      (_, index) => `PAGE#${String(index).padStart(2, '0')}`,
    );
    await Promise.all(
      names.map((sk) =>
        table.put({ pk: 'PAGES', sk }, { sk, text }, { nowMs: NOW_MS, days: 1 }, { once: false }),
      ),
    );
    const schema = z.strictObject({ sk: z.string(), text: z.string() });
    // Twelve items of 200 KB are more than the megabyte that one answer may have.
    const seen = await table.list('PAGES', 'PAGE#', schema);
    expect(seen.map(({ sk }) => sk)).toEqual(names);
    table.close();
  });

  it('names an item that does not fit its schema', async () => {
    const client = new DynamoDBClient(at(HOME));
    await client.send(
      new PutItemCommand({
        TableName: TABLE,
        Item: { pk: { S: 'DRILL#odd' }, sk: { S: 'PLAN' }, value: { M: { seed: { N: '1' } } } },
      }),
    );
    client.destroy();
    const records = openDrillRecords(TABLE, at(HOME));
    await expect(records.plan('odd')).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: expect.stringMatching(/^item DRILL#odd PLAN does not fit its schema: /),
    });
    records.close();
  });
});

describe('secrets', () => {
  it('are read in clear, and are undefined when there is none', async () => {
    const ssm = new SSMClient(at(HOME));
    const Value = 'https://hooks.example.test/services/T/B/x';
    await ssm.send(
      new PutParameterCommand({
        Name: '/failover/shop/slack-webhook',
        Value,
        Type: 'SecureString',
      }),
    );
    ssm.destroy();
    const secrets = openSecrets(at(HOME));
    expect(await secrets.find('/failover/shop/slack-webhook', signal)).toBe(Value);
    expect(await secrets.find('/failover/shop/none', signal)).toBeUndefined();
  });
});

describe('tokens in the table of a service', () => {
  it.each([
    ['S', { S: 'a' }],
    ['N', { N: '7' }],
  ] as const)('live beside its own items, whatever its key: %s', async (type, own) => {
    const dynamodb = new DynamoDBClient(at(HOME));
    const TableName = `products-${type}`;
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: type }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    await dynamodb.send(new PutItemCommand({ TableName, Item: { id: own, name: { S: 'shoe' } } }));
    await storage.dynamodb.replicate(TableName, [HOME, AWAY]);
    const target = { table: TableName, name: 'eu-west-1/eu-central-1' };
    const home = await openProbeTable({ ...target, region: HOME }, signal, at(HOME));
    const away = await openProbeTable({ ...target, region: AWAY }, signal, at(AWAY));
    await home.write('token-1', signal);
    expect(await home.read(signal)).toBe('token-1');
    await expect.poll(() => away.read(signal)).toBe('token-1');
    home.close();
    away.close();
    dynamodb.destroy();
  });

  it('need a table that is there', async () => {
    const target = { table: 'none', region: HOME, name: 'x' };
    await expect(openProbeTable(target, signal, at(HOME))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});
