// Goal: inspect-images learns what is in the images and how they were built, and gate-images holds back who fails.
// Method: their run functions on the embedded ECR, CloudWatch Logs, S3 and DynamoDB; images are pushed by hand.
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as ecrSdk from '@aws-sdk/client-ecr';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBuildLogs } from '../../../aws/buildLogs.ts';
import { openDocuments } from '../../../aws/documents.ts';
import { type DrillRecords, openDrillRecords } from '../../../aws/drillRecords.ts';
import type { ImageBuild } from '../../../aws/imageBuilds.ts';
import { openImageRegistry } from '../../../aws/imageRegistry.ts';
import { readDockerfile } from '../../../cli/dockerfile/read.ts';
import { DrillPlan } from '../../../events/drillRecord.ts';
import { GateImagesOutput, type ImageFacts, InspectImagesOutput } from '../../../events/image.ts';
import { gateImages } from '../../../functions/gate-images/run.ts';
import { inspectImages } from '../../../functions/inspect-images/run.ts';
import { realClock } from '../../../local/clock.ts';
import { openCloudWatchLog } from '../../../local/codebuild/cloudWatchLog.ts';
import { createEcr, type Ecr } from '../../../local/ecr/createEcr.ts';
import { CREDENTIALS } from '../../../local/stack/clients.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { MODEL, planOf } from '../../support/drillRecords.ts';
import { createRepository, type MadeLayer, pushImage } from '../../support/ociImage.ts';
import { clientOf, startEndpoint, temporaryFolder } from '../endpoint.ts';
import { startStorage } from '../storage.ts';

const REGION = 'eu-central-1';
const REPOSITORY = 'failover-drill-shop';
const TABLE = 'drills';
const BUCKET = 'documents';
const CONFIG_KEY = 'config/shop/1.json';
const NOW_MS = Date.parse('2026-11-21T01:14:07Z');

const { folder, remove } = temporaryFolder();
const signal = new AbortController().signal;
const logged: unknown[] = [];
const base = {
  clock: { now: () => NOW_MS, monotonicMs: () => 0, sleep: async () => {} },
  log: {
    info: () => {},
    warn: (...said: unknown[]) => void logged.push(said),
    error: (...said: unknown[]) => void logged.push(said),
  },
  count: () => {},
};

const DOCKERFILE = `FROM node:24-slim AS deps
RUN npm ci --omit=dev
FROM node:24-slim AS slim
COPY --from=deps /app /app
FROM slim AS fat
RUN apt-get install gcc
USER root
`;

const BASE: MadeLayer = {
  members: [
    { path: 'usr/lib/libc.so', content: 9_000 },
    { path: 'etc/motd', content: 50 },
  ],
  createdBy: '/bin/sh -c #(nop) ADD file:1 in /',
};
const APP: MadeLayer = {
  members: [
    { path: 'app/server.js', content: 700 },
    { path: 'etc/motd', content: 20 },
  ],
  createdBy: '/bin/sh -c #(nop) COPY dir:2 in /app',
};
const TOOLS: MadeLayer = {
  members: [{ path: 'usr/bin/gcc', content: 40_000 }],
  createdBy: '/bin/sh -c apt-get install gcc',
};

const CONFIG = {
  service: 'shop',
  regions: { primary: 'eu-west-1', standby: REGION },
  image: { matrix: { target: ['slim', 'fat'] }, reference: 'slim' },
};

let storage: Awaited<ReturnType<typeof startStorage>>;
let ecr: Ecr;
let registryServer: WireServer;
let records: DrillRecords;
let client: ecrSdk.ECRClient;
let drills = 0;
const at = () => clientOf(storage.server, REGION);

const plan = (gates: Partial<DrillPlan['gates']> = {}): DrillPlan => {
  const model = planOf({ ...MODEL, variants: MODEL.variants.slice(0, 2) });
  return DrillPlan.parse({ ...model, configKey: CONFIG_KEY, gates: { ...model.gates, ...gates } });
};

beforeAll(async () => {
  storage = await startStorage(folder);
  ecr = await createEcr({ dataDir: folder, clock: realClock });
  registryServer = await startEndpoint([serviceFromSdk(ecrSdk, 'ecr', ecr.operations)]);
  client = new ecrSdk.ECRClient(clientOf(registryServer, REGION));
  await createRepository(client, REPOSITORY);
  const dynamodb = new DynamoDBClient(at());
  const keys = ['pk', 'sk'].map((AttributeName) => ({ AttributeName }));
  await dynamodb.send(
    new CreateTableCommand({
      ...{ TableName: TABLE, BillingMode: 'PAY_PER_REQUEST' },
      AttributeDefinitions: keys.map((key) => ({ ...key, AttributeType: 'S' as const })),
      KeySchema: keys.map((key, index) => ({ ...key, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
    }),
  );
  dynamodb.destroy();
  const s3 = new S3Client({ ...at(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  s3.destroy();
  records = openDrillRecords(TABLE, at());
  const dockerfile = readDockerfile(DOCKERFILE, 'Dockerfile');
  await openDocuments(BUCKET, at()).write(CONFIG_KEY, { config: CONFIG, dockerfile });
});
afterAll(async () => {
  records.close();
  client.destroy();
  await ecr.close();
  await registryServer.close();
  await storage.close();
  remove();
});

const LOG = { group: '/aws/codebuild/shop', stream: 'slim' };

const writeLog = async (): Promise<void> => {
  const log = openCloudWatchLog(
    { endpoint: storage.server.url, region: REGION, credentials: CREDENTIALS, ...LOG },
    realClock,
  );
  for (const text of [
    '[Container] Running command docker build',
    '[1/2] STEP 1/2: FROM node:24-slim AS deps',
    '[1/2] STEP 2/2: RUN npm ci --omit=dev',
    '--> Using cache 467e17cb705b',
    '[2/2] STEP 1/2: FROM node:24-slim AS slim',
    '[2/2] STEP 2/2: ENV TOKEN=abc',
    '[2/2] COMMIT shop:slim',
  ]) {
    log.line(text);
  }
  expect(await log.close()).toBeUndefined();
};

const inspected = async (images: Record<string, readonly MadeLayer[]>, gates = {}) => {
  const drillId = `drill-${++drills}`;
  await records.putPlan({ ...plan(gates), drillId }, NOW_MS);
  const place = { dataDir: folder, region: REGION, repository: REPOSITORY };
  const builds: ImageBuild[] = [];
  for (const [variant, layers] of Object.entries(images)) {
    const { digest } = await pushImage(client, place, layers);
    builds.push({
      ...{ buildId: `b:${variant}`, succeeded: true, durationMs: 9_000, reason: null },
      exported: {
        IMAGE_DIGEST: digest,
        IMAGE_URI: `000000000000.dkr.ecr.eu-central-1.amazonaws.com/shop:${variant}`,
      },
      log: variant === 'slim' ? LOG : { ...LOG, stream: 'gone' },
    });
  }
  const run = inspectImages({
    ...base,
    ...{ records, repository: REPOSITORY, documents: openDocuments(BUCKET, at()) },
    builds: { describe: async () => builds },
    logs: openBuildLogs(at()),
    registry: openImageRegistry(clientOf(registryServer, REGION)),
  });
  const outcomes = Object.keys(images).map((variantId) => ({
    ...{ variantId, buildId: `b:${variantId}` },
    status: 'SUCCEEDED' as const,
  }));
  const output = InspectImagesOutput.parse(await run({ drillId, builds: outcomes }, signal));
  const facts = new Map((await records.images(drillId)).map((image) => [image.variantId, image]));
  return { drillId, output, facts };
};

const stepsOf = (image: ImageFacts | undefined) =>
  image?.buildSteps.map(({ stage, instruction, cached }) => [stage, instruction, cached]);

it('what is in the images, where it comes from, and how it was built', async () => {
  await writeLog();
  const { output, facts } = await inspected({ slim: [BASE, APP], fat: [BASE, APP, TOOLS] });
  expect(output.arms).toHaveLength(6);
  const slim = facts.get('slim');
  expect(slim?.content).toMatchObject({
    ...{ bytesBeyond: { fat: 0 }, uniqueBytes: 0, wastedBytes: 50, notRead: null },
    wasted: [{ path: 'etc/motd', bytes: 50, layer: 1, hiddenBy: 2, how: 'overwritten' }],
    layers: [
      { files: 2, fileBytes: 9_050, wastedBytes: 50, ofBase: true, sharedWith: ['fat'] },
      { files: 2, fileBytes: 720, wastedBytes: 0, ofBase: false, createdBy: 'COPY dir:2 in /app' },
    ],
  });
  expect(slim?.content?.efficiency).toBeCloseTo(1 - 50 / 9_770, 12);
  const fat = facts.get('fat');
  expect(fat?.content).toMatchObject({
    layers: [
      { ofBase: true },
      { ofBase: false },
      { sharedWith: [], createdBy: 'RUN apt-get install gcc' },
    ],
  });
  expect(fat?.content?.bytesBeyond['slim']).toBe(fat?.bytesBeyondReference);
  expect(fat?.content?.uncompressedBytes).toBeGreaterThan(50_000);
  expect(stepsOf(slim)).toEqual([
    ['deps', 'FROM node:24-slim AS deps', false],
    ['deps', 'RUN npm ci --omit=dev', true],
    ['slim', 'FROM node:24-slim AS slim', false],
    ['slim', 'ENV TOKEN=…', false],
  ]);
  expect(stepsOf(fat)).toEqual([]);
  expect(slim?.stages.map(({ name, part }) => [name, part])).toEqual([
    ['deps', 'built'],
    ['slim', 'shipped'],
    ['fat', 'not used'],
  ]);
  expect(fat?.stages[2]).toMatchObject({ from: { kind: 'stage', name: 'slim' } });
  expect(fat?.findings?.map(({ rule }) => rule)).toContain('build-tools');
  expect(slim?.findings?.map(({ rule }) => rule)).not.toContain('build-tools');
});

it('who fails a gate is not placed, and the reference is, whatever it fails', async () => {
  const gates = { findings: 'medium', sizeBytes: 100 };
  const { drillId, output, facts } = await inspected(
    { slim: [BASE, APP], fat: [BASE, TOOLS] },
    gates,
  );
  expect(facts.get('fat')?.gates).toEqual([]);
  logged.length = 0;
  const run = gateImages({ ...base, records });
  const gated = GateImagesOutput.parse(await run({ drillId, arms: output.arms }, signal));
  expect(gated.gated).toEqual(['fat']);
  expect(gated.arms.map(({ armId }) => armId)).toEqual(['slim', 'control', 'slim', 'control']);
  const kept = new Map((await records.images(drillId)).map((image) => [image.variantId, image]));
  expect(kept.get('fat')?.gates).toMatchObject([
    { gate: 'size', status: 'failed' },
    { gate: 'findings', status: 'failed', found: expect.stringContaining('build-tools in line 6') },
  ]);
  expect(kept.get('slim')?.gates[0]).toMatchObject({ gate: 'size', status: 'failed' });
  expect(logged).toHaveLength(2);
  // Judged again by a retry, it is the same.
  expect(await run({ drillId, arms: output.arms }, signal)).toEqual(gated);
});

it('an image whose layers are gone is measured as far as it can be', async () => {
  const whole = openImageRegistry(clientOf(registryServer, REGION));
  const { drillId } = await inspected({ slim: [BASE, APP], fat: [TOOLS] }, { errors: 0.1 });
  const images = await records.images(drillId);
  const run = inspectImages({
    ...base,
    ...{ records, repository: REPOSITORY, documents: openDocuments(BUCKET, at()) },
    builds: {
      describe: async () =>
        images.map(({ variantId, digest }) => ({
          ...{
            buildId: `b:${variantId}`,
            succeeded: true,
            durationMs: null,
            reason: null,
            log: null,
          },
          exported: {
            IMAGE_DIGEST: digest ?? '',
            IMAGE_URI: '000000000000.dkr.ecr.eu-central-1.amazonaws.com/shop:x',
          },
        })),
    },
    logs: openBuildLogs(at()),
    registry: {
      find: whole.find,
      open: async () => {
        throw new Error('HTTP 503');
      },
      history: async () => {
        throw new Error('HTTP 503');
      },
    },
  });
  const builds = images.map(({ variantId }) => ({
    ...{ variantId, buildId: `b:${variantId}` },
    status: 'SUCCEEDED' as const,
  }));
  await run({ drillId, builds }, signal);
  const [fat] = await records.images(drillId);
  expect(fat).toMatchObject({ variantId: 'fat', status: 'built', layers: 1, buildSteps: [] });
  expect(fat?.compressedBytes).toBeGreaterThan(0);
  expect(fat?.content).toMatchObject({
    ...{ notRead: 'HTTP 503', efficiency: null, uncompressedBytes: null, bytesBeyondBase: null },
    layers: [{ createdBy: null, files: null }],
  });
});
