import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as s3 from '@aws-sdk/client-s3';
import * as ssm from '@aws-sdk/client-ssm';
import { realClock } from '../local/clock.ts';
import { createDynamodb } from '../local/dynamodb/service.ts';
import { createS3 } from '../local/s3/service.ts';
import { createSsm } from '../local/ssm/service.ts';
import { inProcessHandler } from '../local/wire/inProcess.ts';
import { startWireServer } from '../local/wire/server.ts';
import { serviceFromSdk } from '../local/wire/service.ts';

const WARM_UP = 100;
const CALLS = 500;

const measure = async (name: string, call: (at: number) => Promise<unknown>): Promise<void> => {
  for (let at = 0; at < WARM_UP; at++) await call(at);
  const tookMs: number[] = [];
  for (let at = 0; at < CALLS; at++) {
    const started = performance.now();
    await call(at);
    tookMs.push(performance.now() - started);
  }
  tookMs.sort((a, b) => a - b);
  const quantile = (q: number) => Number((tookMs[Math.floor(q * CALLS)] ?? 0).toFixed(3));
  const total = tookMs.reduce((sum, ms) => sum + ms, 0);
  const callsPerS = Math.round((CALLS / total) * 1000);
  console.log(
    JSON.stringify({ bench: 'wire', name, callsPerS, p50: quantile(0.5), p99: quantile(0.99) }),
  );
};

const dataDir = mkdtempSync(path.join(tmpdir(), 'failover-bench-'));
const options = { dataDir, clock: realClock };
const dynamodb = await createDynamodb(options);
const server = await startWireServer({
  services: [
    serviceFromSdk(ssm, 'ssm', createSsm(options).operations),
    serviceFromSdk(s3, 's3', (await createS3(options)).operations),
    dynamodb.front,
  ],
});
const base = {
  endpoint: server.url,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
};
const TableName = 'bench';
const created = await server.dispatch(
  {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/dynamodb/aws4_request,',
      'x-amz-target': 'DynamoDB_20120810.CreateTable',
    },
    body: Buffer.from(
      JSON.stringify({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    ),
  },
  { sourceAddress: '127.0.0.1', signal: new AbortController().signal },
);
if (created.status !== 200) throw new Error(Buffer.from(created.body).toString());

for (const [way, client] of Object.entries({
  sockets: base,
  'in process': { ...base, requestHandler: inProcessHandler(server.dispatch) },
})) {
  const parameters = new ssm.SSMClient(client);
  const Name = '/bench/value';
  await parameters.send(
    new ssm.PutParameterCommand({ Name, Value: 'x', Type: 'String', Overwrite: true }),
  );
  await measure(`ssm GetParameter, ${way}`, () =>
    parameters.send(new ssm.GetParameterCommand({ Name })),
  );
  const table = new DynamoDBClient(client);
  await measure(`dynamodb PutItem, ${way}`, (at) =>
    table.send(new PutItemCommand({ TableName, Item: { id: { S: String(at) } } })),
  );
  const objects = new s3.S3Client(client);
  const Bucket = 'bench';
  if (way === 'sockets') await objects.send(new s3.CreateBucketCommand({ Bucket }));
  await measure(`s3 PutObject with fsync, ${way}`, (at) =>
    objects.send(new s3.PutObjectCommand({ Bucket, Key: String(at), Body: 'x'.repeat(1000) })),
  );
  for (const it of [parameters, table, objects]) it.destroy();
}
await server.close();
await dynamodb.close();
rmSync(dataDir, { recursive: true, force: true });
