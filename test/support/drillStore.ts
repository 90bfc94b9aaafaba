// A data folder that holds made-up drills, as the drill's own functions would have left it.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as s3Sdk from '@aws-sdk/client-s3';
import { openDocuments } from '../../aws/documents.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import type { DrillState } from '../../events/drillRecord.ts';
import { type KeptDrill, reportKeyOf, reportOfDrill } from '../../functions/rank/report.ts';
import { realClock } from '../../local/clock.ts';
import { createDynamodb } from '../../local/dynamodb/service.ts';
import { createS3 } from '../../local/s3/service.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { lockFolder } from '../../local/stepfunctions/folderLock.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { FINISHED_AT } from './drillRecords.ts';
import { keyedTable } from './keyedTable.ts';
import { startTestServer } from './wireServer.ts';

const REGION = 'eu-central-1';
const TABLE = 'failover-drill-shop';
const BUCKET = `${TABLE}-000000000000-${REGION}`;

export type KeptAs = {
  readonly drill: KeptDrill;
  readonly status: DrillState['status'];
  readonly summary?: string;
};

const createHome = async (sdk: { endpoint: string; region: string }): Promise<void> => {
  const credentials = CREDENTIALS;
  const dynamodb = new DynamoDBClient({ ...sdk, credentials });
  await dynamodb.send(new CreateTableCommand(keyedTable(TABLE)));
  dynamodb.destroy();
  const s3 = new s3Sdk.S3Client({ ...sdk, credentials, forcePathStyle: true });
  await s3.send(new s3Sdk.CreateBucketCommand({ Bucket: BUCKET }));
  s3.destroy();
};

type Records = ReturnType<typeof openDrillRecords>;

const keepRecords = async (records: Records, drill: KeptDrill, nowMs: number): Promise<void> => {
  const { drillId } = drill.plan;
  await records.putPlan(drill.plan, nowMs);
  const writes = [
    ...drill.images.map((image) => () => records.putImage(drillId, image, nowMs)),
    ...drill.placements.map((record) => () => {
      const { region, armId } = record.placement ?? record.failure ?? { region: '', armId: '' };
      return records.putPlacement(drillId, { round: record.round, region, armId }, record, nowMs);
    }),
    ...drill.unreachable.map((cell) => () => records.putUnreachable(drillId, cell, nowMs)),
    ...drill.bursts.map((burst) => () => records.putLatency(burst, nowMs)),
  ];
  for (let at = 0; at < writes.length; at += 25) {
    await Promise.all(writes.slice(at, at + 25).map((write) => write()));
  }
};

const startStorage = async (dataDir: string) => {
  const base = { dataDir, clock: realClock };
  const dynamodb = await createDynamodb(base);
  const s3 = await createS3(base);
  const server = await startTestServer({
    services: [dynamodb.front, serviceFromSdk(s3Sdk, 's3', s3.operations)],
  });
  const close = async (): Promise<void> => {
    await server.close();
    await dynamodb.close();
  };
  return { endpoint: server.url, close };
};

/** Holds the folder as a running drill does: its lock, and an endpoint that others may ask. */
export const holdDrills = async (dataDir: string): Promise<{ close: () => Promise<void> }> => {
  const lock = lockFolder(dataDir);
  const { endpoint, close } = await startStorage(dataDir);
  const file = path.join(dataDir, 'endpoint');
  writeFileSync(file, `${endpoint}\n`);
  const end = async (): Promise<void> => {
    rmSync(file);
    await close();
    lock.release();
  };
  return { close: end };
};

/** Keeps the drills in a folder that nobody holds before or after. */
export const keepDrills = async (dataDir: string, kept: readonly KeptAs[]): Promise<void> => {
  const { endpoint, close } = await startStorage(dataDir);
  const sdk = { endpoint, region: REGION, credentials: CREDENTIALS };
  await createHome(sdk);
  const records = openDrillRecords(TABLE, sdk);
  const documents = openDocuments(BUCKET, sdk);
  for (const { drill, status, summary } of kept) {
    const { plan } = drill;
    const { drillId, service, startedAt } = plan;
    const nowMs = Date.parse(startedAt);
    await keepRecords(records, drill, nowMs);
    const report = status === 'SUCCEEDED' ? reportOfDrill(drill, FINISHED_AT) : undefined;
    if (report) await documents.write(reportKeyOf(service, drillId), report);
    const state: DrillState = {
      ...{ drillId, service, startedAt, status },
      finishedAt: status === 'RUNNING' ? null : FINISHED_AT,
      roundsDone: report?.roundsDone ?? 2,
      summary: report?.headline ?? summary ?? null,
    };
    await records.putState(state, nowMs);
  }
  records.close();
  await close();
};
