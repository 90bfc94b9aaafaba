// Goal: a caller that carries a role is held to its policies in AWS's words, and what it asks is noted.
// Method: real SDK clients with the access key of a role's session, on services behind one endpoint.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../local/clock.ts';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { notedIn } from '../../local/iam/iam.ts';
import { roleKey } from '../../local/iam/roleKey.ts';

const REGION = 'eu-central-1';
const ROLE = 'arn:aws:iam::000000000000:role/failover-drill/shop/Reader';
const TABLE = `arn:aws:dynamodb:${REGION}:000000000000:table/products`;

let cloud: Cloud;
const dataDir = mkdtempSync(path.join(tmpdir(), 'iam-'));

const settings = (accessKeyId: string) => ({
  endpoint: cloud.endpoint,
  region: REGION,
  credentials: { accessKeyId, secretAccessKey: 'x' },
  maxAttempts: 1,
});
const asRole = () => settings(roleKey(ROLE, 'shop-reader'));

const start = (): Promise<Cloud> =>
  startCloud({
    ...{ dataDir, clock: realClock, random: Math.random, port: 0, enforceIam: true },
    builder: { choice: undefined, reason: 'this test builds nothing' },
    resolverRegions: [],
    onLambdaLog: () => {},
    onBuildLog: () => {},
    onFault: () => {},
  });

beforeAll(async () => {
  cloud = await start();
  cloud.iam.putRole(ROLE, [
    {
      Effect: 'Allow',
      Action: ['dynamodb:GetItem'],
      Resource: TABLE,
      Condition: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['failover-heartbeat#*'] },
      },
    },
    { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::reports/reports/*' },
  ]);
  const anybody = settings('embedded');
  const dynamodb = new DynamoDBClient(anybody);
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'products',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  const s3 = new S3Client({ ...anybody, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'reports' }));
  await s3.send(new PutObjectCommand({ Bucket: 'reports', Key: 'reports/a', Body: 'a' }));
  const ssm = new SSMClient(anybody);
  await ssm.send(new PutParameterCommand({ Name: '/x', Value: 'x', Type: 'String' }));
});
afterAll(async () => {
  await cloud?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const item = (id: string) => new GetItemCommand({ TableName: 'products', Key: { id: { S: id } } });

describe('a role', () => {
  it('may do what its policy allows, and its items only where it says so', async () => {
    const dynamodb = new DynamoDBClient(asRole());
    expect((await dynamodb.send(item('failover-heartbeat#eu-west-1'))).Item).toBeUndefined();
    await expect(dynamodb.send(item('42'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::000000000000:assumed-role/Reader/shop-reader is not authorized to perform: ' +
        `dynamodb:GetItem on resource: ${TABLE} because no identity-based policy allows the dynamodb:GetItem action`,
    });
  });

  it('is told so by each service in its own way', async () => {
    const s3 = new S3Client({ ...asRole(), forcePathStyle: true });
    const read = (Key: string) => s3.send(new GetObjectCommand({ Bucket: 'reports', Key }));
    expect(await (await read('reports/a')).Body?.transformToString()).toBe('a');
    await expect(read('config/a')).rejects.toMatchObject({
      name: 'AccessDenied',
      $metadata: { httpStatusCode: 403 },
    });
    await expect(
      new SSMClient(asRole()).send(new GetParameterCommand({ Name: '/x' })),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('parameter/x'),
    });
  });

  it('does not learn that an object is not there, unless it may list the bucket', async () => {
    const s3 = new S3Client({ ...asRole(), forcePathStyle: true });
    const gone = new GetObjectCommand({ Bucket: 'reports', Key: 'reports/gone' });
    await expect(s3.send(gone)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('s3:ListBucket on resource: arn:aws:s3:::reports '),
    });
  });

  it('is noted with all that it asked, each thing once; others are not', () => {
    const noted = notedIn(dataDir).map(
      ({ role, action, resource }) => `${role} ${action} ${resource}`,
    );
    expect(noted.every((line) => line.startsWith(ROLE))).toBe(true);
    expect(noted).toContain(`${ROLE} s3:GetObject arn:aws:s3:::reports/reports/a`);
    expect(new Set(noted.filter((line) => line.includes('s3:'))).size).toBe(
      noted.filter((line) => line.includes('s3:')).length,
    );
  });
});

describe('the roles of another service in the folder', () => {
  it('are still known after a start that declares others', async () => {
    await cloud.close();
    cloud = await start();
    cloud.iam.putRole(`${ROLE}OfAnother`, []);
    const dynamodb = new DynamoDBClient(asRole());
    expect((await dynamodb.send(item('failover-heartbeat#eu-west-1'))).Item).toBeUndefined();
    const roles: unknown = JSON.parse(readFileSync(path.join(dataDir, 'iam/roles.json'), 'utf8'));
    expect(Object.keys(Object(roles)).sort()).toEqual([ROLE, `${ROLE}OfAnother`]);
  });
});
