// Goal: of tables and buckets with names of ours only what carries our tags goes; what stays is named with the reason.
// Method: SDK clients whose answers are made up, and the calls that they got.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTagsOfResourceCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteBucketCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, expect, it } from 'vitest';
import { openAws } from '../../../cli/deploy/look.ts';
import { removeRetained } from '../../../cli/deploy/remove.ts';
import { readSetup } from '../../../cli/deploy/setup.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const ACCOUNT = '111122223333';
const folder = mkdtempSync(path.join(tmpdir(), 'failover-retained-'));
const file = path.join(folder, 'failover.yml');
writeFileSync(
  file,
  `service: shop
record: shop.example.com
dns: { zone: example.com, driver: record }
regions:
  primary: { name: eu-west-1, endpoint: "https://a.example.net/healthz" }
  standby: { name: eu-central-1, endpoint: "https://b.example.net/healthz" }
`,
);
const dynamodb = mockedClient(DynamoDBClient);
const s3 = mockedClient(S3Client);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OURS = { project: 'failover-drill', service: 'shop', stage: 'prod' };
const setOf = (tags: Record<string, string>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** What the table and the bucket of the watch carry. */
const tagged = (table: Record<string, string>, bucket: Record<string, string> | null): void => {
  dynamodb.on(DescribeTableCommand).resolves({ Table: { TableArn: 'arn:table' } });
  dynamodb.on(ListTagsOfResourceCommand).resolves({ Tags: setOf(table) });
  dynamodb.on(DeleteTableCommand).resolves({});
  s3.on(HeadBucketCommand).resolves({});
  s3.on(ListObjectVersionsCommand).resolves({});
  if (bucket) s3.on(GetBucketTaggingCommand).resolves({ TagSet: setOf(bucket) });
  else {
    const none = Object.assign(new Error('no tags'), { name: 'NoSuchTagSet' });
    s3.on(GetBucketTaggingCommand).rejects(none);
  }
};

const remove = async (keepEvidence: boolean) => {
  const aws = openAws();
  try {
    return await removeRetained(aws, readSetup(file, 'prod'), ACCOUNT, keepEvidence, {
      note: () => {},
    });
  } finally {
    aws.close();
  }
};
const gone = () => [
  ...dynamodb.commandCalls(DeleteTableCommand).map(({ args }) => args[0].input.TableName),
  ...s3.commandCalls(DeleteBucketCommand).map(({ args }) => args[0].input.Bucket),
];
const BUCKET = `failover-shop-watch-${ACCOUNT}-eu-central-1`;

it('what carries the tags of the deployment goes', async () => {
  tagged({ ...OURS, team: 'web' }, OURS);
  expect(await remove(false)).toEqual([]);
  expect(gone()).toEqual(['failover-drill-shop-watch', BUCKET]);
});

it('what has the name alone stays, and is told with what it lacks', async () => {
  tagged({ ...OURS, stage: 'staging' }, null);
  expect(await remove(false)).toMatchObject([
    { retained: { kind: 'table' }, why: 'it does not carry stage=prod' },
    {
      retained: { name: BUCKET },
      why: 'it does not carry project=failover-drill, service=shop, stage=prod',
    },
  ]);
  expect(gone()).toEqual([]);
  expect(s3.commandCalls(ListObjectVersionsCommand)).toEqual([]);
});

it('what is ours stays too where evidence is kept', async () => {
  tagged(OURS, OURS);
  expect(await remove(true)).toMatchObject([{ why: null }, { why: null }]);
  expect(gone()).toEqual([]);
});
