// Goal: plan, inspect-images, rank, notify and clean-up do their part of a drill, once and with the right words.
// Method: their run functions on the embedded S3, DynamoDB and SSM; Slack is a server on loopback;
// builds, images and tasks, which have wire tests of their own, are given.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDocuments } from '../../../aws/documents.ts';
import { openDrillRecords } from '../../../aws/drillRecords.ts';
import type { ImageBuild } from '../../../aws/imageBuilds.ts';
import { openSecrets } from '../../../aws/secrets.ts';
import { openStandbyRecords } from '../../../aws/standbyRecords.ts';
import { PlanOutput } from '../../../events/drillInput.ts';
import { DrillReport } from '../../../events/drillReport.ts';
import { postWebhook } from '../../../functions/_postWebhook.ts';
import { inspectImages } from '../../../functions/inspect-images/run.ts';
import { notify } from '../../../functions/notify/run.ts';
import { plan } from '../../../functions/plan/run.ts';
import { rank } from '../../../functions/rank/run.ts';
import { drillRecords } from '../../support/drillRecords.ts';
import { keyedTable } from '../../support/keyedTable.ts';
import { clientOf, temporaryFolder } from '../endpoint.ts';
import { startStorage } from '../storage.ts';

const HOME = 'eu-central-1';
const NOW_MS = Date.parse('2026-11-21T01:14:07Z');
const BUCKET = 'failover-drill-documents';
const PARAMETER = '/failover/shop/slack-webhook';

const { folder, remove } = temporaryFolder();
const signal = new AbortController().signal;
const logged: unknown[] = [];
const base = {
  clock: { now: () => NOW_MS, monotonicMs: () => 0, sleep: async () => {} },
  log: {
    info: (...said: unknown[]) => void logged.push(said),
    warn: (...said: unknown[]) => void logged.push(said),
    error: (...said: unknown[]) => void logged.push(said),
  },
  count: () => {},
};

let storage: Awaited<ReturnType<typeof startStorage>>;
let slack: Server;
let heard: string[] = [];
let slackAnswers: number[] = [];
let tables = 0;
const settings = () => clientOf(storage.server, HOME);
const documents = () => openDocuments(BUCKET, settings());

/** Records in a table of their own. */
const newRecords = async () => {
  const TableName = `drills-${++tables}`;
  const client = new DynamoDBClient(settings());
  await client.send(new CreateTableCommand(keyedTable(TableName)));
  client.destroy();
  return openDrillRecords(TableName, settings());
};

beforeAll(async () => {
  storage = await startStorage(folder);
  const s3 = new S3Client({ ...settings(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  s3.destroy();
  slack = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      heard.push(text);
      response.writeHead(slackAnswers.shift() ?? 200).end('ok');
    });
  });
  await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve));
  const ssm = new SSMClient(settings());
  const Value = `http://127.0.0.1:${(slack.address() as AddressInfo).port}/services/T/B/secret`;
  await ssm.send(new PutParameterCommand({ Name: PARAMETER, Value, Type: 'SecureString' }));
  ssm.destroy();
});
beforeEach(() => {
  heard = [];
  slackAnswers = [];
  logged.length = 0;
});
afterAll(async () => {
  slack.close();
  await storage.close();
  remove();
});

const REGISTRY = '000000000000.dkr.ecr.eu-central-1.amazonaws.com';
const REPOSITORY = `${REGISTRY}/shop`;

describe('plan', () => {
  const config = {
    service: 'shop',
    record: 'shop.example.test',
    regions: { primary: 'eu-west-1', standby: HOME, witness: 'eu-north-1' },
    image: { context: '.', matrix: { target: ['slim', 'fat'] }, reference: 'slim' },
    run: { port: 8080, health: '/healthz' },
    probes: [{ kind: 'http', path: '/' }],
  };
  const source = { key: 'source/1.zip', sha256: 'a'.repeat(64) };
  const input = (configKey: string) => ({
    drillId: 'drill-1',
    startedAt: '2026-11-21T01:00:00.000Z',
    drill: { service: 'shop', configKey },
  });
  const planning = async () => {
    const records = await newRecords();
    const needs = { homeRegion: HOME, bucket: BUCKET, repository: REPOSITORY };
    return { records, run: plan({ ...base, ...needs, documents: documents(), records }) };
  };

  it('keeps the plan, says that the drill runs, and what to build', async () => {
    await documents().write('config/shop/1.json', { config, source });
    const { records, run } = await planning();
    const output = PlanOutput.parse(await run(input('config/shop/1.json'), signal));
    expect(output.builds.map(({ variantId }) => variantId).sort()).toEqual(['fat', 'slim']);
    expect(output.builds[0]?.sourceLocation).toBe(`${BUCKET}/source/1.zip`);
    // Under one name in each serving region, that of the home first.
    const fat = `/shop:shop-fat-${'a'.repeat(12)}`;
    const environment = output.builds.find(({ variantId }) => variantId === 'fat')?.environment;
    expect(environment).toContainEqual({ Name: 'IMAGE_URI', Value: `${REGISTRY}${fat}` });
    const copy = `${REGISTRY.replace('eu-central-1', 'eu-west-1')}${fat}`;
    expect(environment).toContainEqual({ Name: 'COPY_URIS', Value: copy });
    const kept = await records.plan('drill-1');
    expect(kept).toMatchObject({ homeRegion: HOME, reference: 'slim', seed: 'drill-1' });
    expect(kept.arms.map(({ id }) => id)).toEqual(['slim', 'control', 'fat']);
    expect(await records.states(1)).toMatchObject([{ drillId: 'drill-1', status: 'RUNNING' }]);
    // Planned again by a retry, it is the same plan.
    await run(input('config/shop/1.json'), signal);
    expect(await records.plan('drill-1')).toEqual(kept);
    records.close();
  });

  it.each([
    [
      'a reference that is no variant',
      { ...config, image: { ...config.image, reference: 'thin' } },
    ],
    ['no image', { ...config, image: undefined }],
  ])('refuses %s', async (_, wrong) => {
    await documents().write('config/shop/2.json', { config: wrong, source });
    const { records, run } = await planning();
    await expect(run(input('config/shop/2.json'), signal)).rejects.toMatchObject({
      name: 'ConfigInvalid',
    });
    expect(await records.states(1)).toEqual([]);
    records.close();
  });
});

describe('inspect-images', () => {
  const build = (variant: string, more: Partial<ImageBuild> = {}): ImageBuild => ({
    buildId: `b:${variant}`,
    succeeded: true,
    durationMs: 1_000,
    exported: {
      IMAGE_DIGEST: `sha256:${variant}`,
      IMAGE_URI: `${REPOSITORY}:${variant}`,
      BUILD_STEPS: '9',
      BUILD_STEPS_CACHED: 'none',
    },
    reason: null,
    log: null,
    ...more,
  });
  const inspecting = async (builds: ImageBuild[]) => {
    const kept = drillRecords();
    const records = await newRecords();
    await records.putPlan(kept.plan, NOW_MS);
    const run = inspectImages({
      ...base,
      records,
      documents: documents(),
      repository: 'shop',
      builds: { describe: async () => builds },
      registry: {
        find: async (_repository, digest) =>
          digest === 'sha256:distroless'
            ? undefined
            : {
                digest,
                configDigest: null,
                layers: [
                  { digest: 'sha256:base', compressedBytes: 70, mediaType: '' },
                  { digest: `${digest}-own`, compressedBytes: 30, mediaType: '' },
                ],
              },
        open: async (_repository, digest) => {
          throw new Error(`${digest} is gone`);
        },
        history: async () => [],
      },
      logs: { lines: async () => [] },
    });
    const outcomes = kept.plan.variants.map(({ id }) => ({
      variantId: id,
      status: builds.some(({ buildId }) => buildId === `b:${id}`)
        ? ('SUCCEEDED' as const)
        : ('FAILED' as const),
      buildId: `b:${id}`,
    }));
    return {
      kept,
      records,
      output: () => run({ drillId: kept.plan.drillId, builds: outcomes }, signal),
    };
  };

  it('goes on without a variant that failed, and with one of two that are the same', async () => {
    const same = build('web', {
      exported: { IMAGE_DIGEST: 'sha256:slim', IMAGE_URI: `${REPOSITORY}:web` },
    });
    const { kept, records, output } = await inspecting([build('slim'), build('distroless'), same]);
    const { arms, cells } = await output();
    expect(cells).toEqual(kept.plan.cells);
    expect([...new Set(arms.map(({ armId }) => armId))].sort()).toEqual([
      'control',
      'distroless',
      'slim',
    ]);
    expect(arms).toHaveLength(3 * kept.plan.servingRegions.length);
    // By one digest, and each from the registry of its own region.
    for (const { region, imageUri, imageDigest } of arms) {
      expect(imageUri).toMatch(`.dkr.ecr.${region}.amazonaws.com/shop:`);
      expect(imageDigest).toBe(`sha256:${imageUri.split(':')[1]}`);
    }
    const facts = new Map(
      (await records.images(kept.plan.drillId)).map((image) => [image.variantId, image]),
    );
    expect(facts.get('slim')).toMatchObject({
      status: 'built',
      compressedBytes: 100,
      bytesBeyondReference: 0,
      steps: 9,
      cachedSteps: null,
    });
    // What the registry does not know is not measured, and is never a number.
    expect(facts.get('distroless')).toMatchObject({ status: 'built', compressedBytes: null });
    expect(facts.get('web')).toMatchObject({ status: 'duplicate', sameAs: 'slim' });
    expect(facts.get('fat')).toMatchObject({ status: 'failed' });
    records.close();
  });

  it('ends the drill when the reference failed, and keeps what was learnt', async () => {
    const { kept, records, output } = await inspecting([build('fat')]);
    await expect(output()).rejects.toMatchObject({
      name: 'ReferenceFailed',
      message: expect.stringContaining('the reference slim could not be built'),
    });
    expect(await records.images(kept.plan.drillId)).toHaveLength(4);
    records.close();
  });
});

describe('rank and notify', () => {
  const kept = drillRecords();
  const { drillId } = kept.plan;

  /** A drill whose rounds are over. */
  const drilled = async (slackParameter: string | null = PARAMETER) => {
    const records = await newRecords();
    await records.putPlan({ ...kept.plan, slackParameter }, NOW_MS);
    for (const image of kept.images) await records.putImage(drillId, image, NOW_MS);
    await Promise.all(kept.bursts.map((burst) => records.putLatency(burst, NOW_MS)));
    for (const record of kept.placements) {
      const { region = '', armId = '' } = record.placement ?? {};
      await records.putPlacement(drillId, { round: record.round, region, armId }, record, NOW_MS);
    }
    const standbys = openStandbyRecords(`drills-${tables}`, settings());
    const needs = { ...base, records, standbys, documents: documents() };
    const tell = notify({ ...needs, secrets: openSecrets(settings()), post: postWebhook });
    return { records, rank: rank(needs), tell };
  };

  it('rank what was kept, tell it once, and give the same bytes again', async () => {
    const { records, rank: ranking, tell } = await drilled();
    const { reportKey, headline } = await ranking({ drillId }, signal);
    const report = await documents().read(reportKey, DrillReport);
    expect(report.variants.map(({ id }) => id).sort()).toEqual([
      'distroless',
      'fat',
      'slim',
      'web',
    ]);
    expect(report.rankings[0]?.rows[0]?.v).toBe('distroless');
    expect(await records.states(1)).toMatchObject([{ status: 'SUCCEEDED', summary: headline }]);
    await ranking({ drillId }, signal);
    expect(await documents().read(reportKey, DrillReport)).toEqual(report);

    const input = { drillId, reportKey, failure: null };
    expect(await tell(input, signal)).toEqual({ status: 'sent', reason: null });
    expect(await tell(input, signal)).toEqual({ status: 'already-sent', reason: null });
    expect(heard).toHaveLength(1);
    expect(JSON.parse(heard[0] ?? '')).toMatchObject({ blocks: expect.any(Array) });
    expect(JSON.stringify(logged)).not.toContain('secret');
    records.close();
  });

  it('tell again after Slack was busy, and not after it refused', async () => {
    const { records, tell } = await drilled();
    const input = { drillId, reportKey: null, failure: { Error: 'ReferenceFailed', Cause: 'no' } };
    slackAnswers = [503];
    await expect(tell(input, signal)).rejects.toMatchObject({ name: 'NotifyFailed' });
    slackAnswers = [403];
    expect(await tell(input, signal)).toEqual({ status: 'failed', reason: 'HTTP 403 ok' });
    expect(await tell(input, signal)).toEqual({ status: 'sent', reason: null });
    expect(heard).toHaveLength(3);
    expect(await records.states(1)).toMatchObject([
      { status: 'FAILED', summary: expect.stringContaining('ReferenceFailed: no') },
    ]);
    records.close();
  });

  it('say nothing where nobody listens', async () => {
    const input = { drillId, reportKey: null, failure: { Error: 'X' } };
    const silent = await drilled(null);
    expect(await silent.tell(input, signal)).toMatchObject({ status: 'not-configured' });
    const lost = await drilled('/failover/shop/none');
    expect(await lost.tell(input, signal)).toEqual({
      status: 'not-configured',
      reason: 'there is no SSM parameter /failover/shop/none',
    });
    expect(await lost.tell({ ...input, drillId: 'unplanned' }, signal)).toEqual({
      status: 'not-configured',
      reason: 'the drill failed before it was planned',
    });
    expect(heard).toEqual([]);
    silent.records.close();
    lost.records.close();
  });
});
