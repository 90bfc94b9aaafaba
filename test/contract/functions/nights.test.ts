// Goal: nights that are judged again give the same answer, acknowledged alerts keep quiet, missed nights are holes.
// Method: seeded drills through the handlers of rank and detect-anomalies, as Lambda calls them, on the
// embedded DynamoDB, S3 and EventBridge over sockets. The whole machine is in weeks.test.ts.
import * as dynamodbSdk from '@aws-sdk/client-dynamodb';
import * as eventsSdk from '@aws-sdk/client-eventbridge';
import * as s3Sdk from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDocuments } from '../../../aws/documents.ts';
import { openDrillRecords } from '../../../aws/drillRecords.ts';
import { openNightRecords } from '../../../aws/nightRecords.ts';
import { AnomalyFound } from '../../../events/anomalyFound.ts';
import { DrillReport } from '../../../events/drillReport.ts';
import { reportKeyOf } from '../../../functions/rank/report.ts';
import { realClock } from '../../../local/clock.ts';
import { createDynamodb } from '../../../local/dynamodb/service.ts';
import { createEventBridge } from '../../../local/eventbridge/service.ts';
import { createS3 } from '../../../local/s3/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { recordingGateway } from '../../support/gateway.ts';
import { keyedTable } from '../../support/keyedTable.ts';
import { drillIdOf, type NightModel, nightDrill } from '../../support/nightDrills.ts';
import { clientOf, startEndpoint, temporaryFolder } from '../endpoint.ts';

const HOME = 'eu-central-1';
const BUCKET = 'failover-drill-nights';
const { folder, remove } = temporaryFolder();
const far = recordingGateway([]);

let stop: () => Promise<void>;
let server: Awaited<ReturnType<typeof startEndpoint>>;
const settings = () => clientOf(server, HOME);
let tables = 0;

const newTable = async (): Promise<string> => {
  const TableName = `nights-${++tables}`;
  const client = new dynamodbSdk.DynamoDBClient(settings());
  await client.send(new dynamodbSdk.CreateTableCommand(keyedTable(TableName)));
  client.destroy();
  return TableName;
};

beforeAll(async () => {
  const dynamodb = await createDynamodb({ dataDir: folder, clock: realClock });
  const s3 = await createS3({ dataDir: folder, clock: realClock });
  const bus = await createEventBridge({
    ...{ dataDir: folder, clock: realClock, random: Math.random, gateway: far.gateway },
    onDropped: (_, error) => {
      throw error;
    },
  });
  server = await startEndpoint([
    dynamodb.front,
    serviceFromSdk(s3Sdk, 's3', s3.operations),
    serviceFromSdk(eventsSdk, 'events', bus.operations),
  ]);
  stop = async () => {
    await server.close();
    await bus.close();
    await dynamodb.close();
  };
  const client = new s3Sdk.S3Client({ ...settings(), forcePathStyle: true });
  await client.send(new s3Sdk.CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  const events = new eventsSdk.EventBridgeClient(settings());
  const EventPattern = JSON.stringify({ 'detail-type': ['AnomalyFound'] });
  await events.send(new eventsSdk.PutRuleCommand({ Name: 'anomalies', EventPattern }));
  const Arn = `arn:aws:lambda:${HOME}:000000000000:function:listener`;
  const Targets = [{ Id: 'listener', Arn }];
  await events.send(new eventsSdk.PutTargetsCommand({ Rule: 'anomalies', Targets }));
  events.destroy();
});
afterAll(async () => {
  await stop();
  remove();
});

afterEach(() => vi.unstubAllEnvs());

const context = () =>
  ({
    awsRequestId: 'r-1',
    functionName: 'rank',
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${HOME}:000000000000:function:rank`,
    memoryLimitInMB: '256',
    getRemainingTimeInMillis: () => 60_000,
  }) as Context;

/** Handlers as Lambda starts them, with a table of their own. */
const openService = async () => {
  const table = await newTable();
  const environment = {
    ...{ TABLE: table, BUCKET, AWS_REGION: HOME, AWS_ENDPOINT_URL: server.url },
    ...{ AWS_ACCESS_KEY_ID: 'AKIDLOCAL', AWS_SECRET_ACCESS_KEY: 'local' },
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  const rank = (await import('../../../functions/rank/handler.ts')).handler;
  const detect = (await import('../../../functions/detect-anomalies/handler.ts')).handler;
  const records = openDrillRecords(table, settings());
  const nights = openNightRecords(table, settings());
  const documents = openDocuments(BUCKET, settings());

  const judge = async (drillId: string): Promise<DrillReport> => {
    const reportKey = reportKeyOf('shop', drillId);
    await detect({ drillId, reportKey } as never, context());
    return documents.read(reportKey, DrillReport);
  };
  /** One night: its records, the ranking, the judgement. */
  const night = async (model: NightModel, at: number): Promise<DrillReport> => {
    const { plan, images, bursts } = nightDrill(model, at);
    const { drillId } = plan;
    const nowMs = Date.now();
    await records.putPlan(plan, nowMs);
    await Promise.all([
      ...images.map((image) => records.putImage(drillId, image, nowMs)),
      ...bursts.map((burst) => records.putLatency(burst, nowMs)),
    ]);
    await rank({ drillId } as never, context());
    return judge(drillId);
  };
  const close = () => {
    records.close();
    nights.close();
  };
  return { night, judge, nights, close };
};

/** What EventBridge handed to the listener: the payload of an invocation. */
const heard = async (count: number) => {
  const calls = await far.untilCalls(count);
  return calls.map(({ input }) => {
    const payload = Reflect.get(Object(input), 'Payload');
    const text = typeof payload === 'string' ? payload : new TextDecoder().decode(payload);
    return AnomalyFound.parse(JSON.parse(text).detail);
  });
};

const CHANGES: NightModel = {
  seed: 'three weeks',
  noise: 0.02,
  truth: (arm, { region }, at) =>
    (arm === 'distroless' && at >= 10 ? 1.2 : 1) *
    (region === 'eu-west-1' && at >= 15 ? 1.25 : 1) *
    (arm === 'control' && at >= 20 ? 1.15 : 1),
};

describe('weeks of nights', () => {
  it('give the same answer when a night is judged again, and tell nobody twice', async () => {
    const service = await openService();
    const before = far.calls.length;
    let first: DrillReport | undefined;
    for (let at = 0; at < 11; at++) first = await service.night(CHANGES, at);
    const again = await service.judge(drillIdOf(10));
    expect(first?.nights?.alerts).toMatchObject([{ state: 'new', word: 'image' }]);
    expect(again.nights).toEqual(first?.nights);
    expect(await service.nights.alerts()).toHaveLength(1);
    // The event is put again, since nothing tells that it arrived; its alert and drill are the same.
    const events = (await heard(before + 2)).slice(before);
    expect(new Set(events.map(({ drillId, alert }) => `${drillId} ${alert.id}`)).size).toBe(1);
    service.close();
  });

  it('keep an acknowledged alert quiet until it changes', async () => {
    const service = await openService();
    const growing: NightModel = {
      seed: 'acknowledged',
      noise: 0.02,
      truth: (arm, _, at) => (arm !== 'distroless' || at < 10 ? 1 : at < 19 ? 1.2 : 1.7),
    };
    const states: string[] = [];
    for (let at = 0; at < 22; at++) {
      const { nights } = await service.night(growing, at);
      states.push((nights?.alerts ?? []).map(({ state }) => state).join());
      const [alert] = at === 10 ? await service.nights.alerts() : [];
      if (!alert) continue;
      const { id, word, of, before, after } = alert;
      const seen = { alertId: id, word, of, logChange: Math.log(after / before) };
      const at10 = { at: '2026-07-11T09:00:00.000Z', note: 'accepted' };
      await service.nights.acknowledge({ ...seen, ...at10 }, Date.now());
    }
    expect(states.slice(0, 11)).toEqual([...new Array<string>(10).fill(''), 'new']);
    expect(new Set(states.slice(11, 19))).toEqual(new Set(['acknowledged']));
    expect(states.slice(19).join()).toMatch(/new|changed/);
    service.close();
  });

  it('that were missed are holes, not zeros', async () => {
    const service = await openService();
    for (let at = 0; at < 9; at++) await service.night(CHANGES, at);
    const { nights } = await service.night(CHANGES, 14);
    expect(nights).toMatchObject({ status: 'judged', measured: 10, holes: 5 });
    const [line] = nights?.timelines ?? [];
    expect(line?.values.slice(8)).toEqual([
      expect.any(Number),
      ...new Array<null>(5).fill(null),
      expect.any(Number),
    ]);
    service.close();
  });
});
