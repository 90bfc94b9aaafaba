import * as sdk from '@aws-sdk/client-s3';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realClock } from '../../local/clock.ts';
import { createS3 } from '../../local/s3/service.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { clientOf, startEndpoint, temporaryFolder } from './endpoint.ts';

const { folder, remove } = temporaryFolder();
const Bucket = 'switch-eu';
let server: WireServer;
let client: S3Client;

const open = async () => {
  const { operations } = await createS3({ dataDir: folder, clock: realClock });
  server = await startEndpoint([serviceFromSdk(sdk, 's3', operations)]);
  client = new S3Client(clientOf(server));
};
const close = async () => {
  client.destroy();
  await server.close();
};

beforeAll(async () => {
  await open();
  await client.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  await close();
  remove();
});

const put = (Key: string, Body: string, more: Partial<sdk.PutObjectCommandInput> = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const text = async (Key: string, more: Partial<sdk.GetObjectCommandInput> = {}) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Body?.transformToString();
};

describe('buckets', () => {
  test('have a home region and are listed', async () => {
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toContain(Bucket);
    const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket }));
    expect(LocationConstraint).toBe('eu-central-1');
    const { BucketRegion } = await client.send(new HeadBucketCommand({ Bucket }));
    expect(BucketRegion).toBe('eu-central-1');
  });

  test('are not served from another region', async () => {
    const other = new S3Client(clientOf(server, 'us-west-2'));
    await expect(other.send(new GetObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({
      name: 'PermanentRedirect',
      $metadata: { httpStatusCode: 301 },
    });
    other.destroy();
  });

  test('are made once, with a valid name', async () => {
    const again = client.send(new CreateBucketCommand({ Bucket }));
    await expect(again).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou' });
    const invalid = client.send(new CreateBucketCommand({ Bucket: 'Not_Valid' }));
    await expect(invalid).rejects.toMatchObject({ name: 'InvalidBucketName' });
  });

  test('are deleted when they are empty', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'short-lived' }));
    await client.send(new DeleteBucketCommand({ Bucket: 'short-lived' }));
    const head = client.send(new HeadBucketCommand({ Bucket: 'short-lived' }));
    await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });
});

describe('objects', () => {
  test('come back with their content, type and metadata', async () => {
    const { ETag } = await put('a/ü b.txt', 'hello', {
      ContentType: 'text/plain',
      Metadata: { night: 'n1' },
      CacheControl: 'no-store',
    });
    expect(ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(await text('a/ü b.txt')).toBe('hello');
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a/ü b.txt' }));
    expect(head).toMatchObject({
      ContentLength: 5,
      ContentType: 'text/plain',
      Metadata: { night: 'n1' },
      CacheControl: 'no-store',
      ETag,
    });
  });

  test('are read in part', async () => {
    await put('range', '0123456789');
    expect(await text('range', { Range: 'bytes=2-4' })).toBe('234');
    expect(await text('range', { Range: 'bytes=7-' })).toBe('789');
    expect(await text('range', { Range: 'bytes=-2' })).toBe('89');
    await expect(text('range', { Range: 'bytes=10-' })).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    });
  });

  test('are not sent when the reader has them', async () => {
    const { ETag = '' } = await put('cached', 'v1');
    await expect(text('cached', { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(text('cached', { IfMatch: '"other"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect(await text('cached', { IfMatch: ETag })).toBe('v1');
  });

  test('are refused when a checksum does not fit', async () => {
    const wrong = put('digest', 'hello', { ChecksumSHA256: 'AAAA' });
    await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' });
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
      await put('digest', `as ${ChecksumAlgorithm}`, { ChecksumAlgorithm });
      expect(await text('digest', { ChecksumMode: 'ENABLED' })).toBe(`as ${ChecksumAlgorithm}`);
    }
  });

  test('are copied, deleted one by one and in a batch', async () => {
    await put('from', 'x', { Metadata: { kept: 'yes' } });
    await client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from` }));
    const { Metadata } = await client.send(new HeadObjectCommand({ Bucket, Key: 'to' }));
    expect(Metadata).toEqual({ kept: 'yes' });
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'from' }));
    const Delete = { Objects: [{ Key: 'to' }, { Key: 'never' }] };
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete }));
    expect(Deleted).toEqual([{ Key: 'to' }, { Key: 'never' }]);
    await expect(text('to')).rejects.toMatchObject({ name: 'NoSuchKey', Key: 'to' });
  });

  test('are listed in order, in pages and rolled up at a delimiter', async () => {
    for (const key of ['list/b/1', 'list/b/2', 'list/a', 'list/c']) await put(key, key);
    const page = (more: object) =>
      client.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/', ...more }));
    const first = await page({ MaxKeys: 3 });
    expect(first.Contents?.map(({ Key }) => Key)).toEqual(['list/a', 'list/b/1', 'list/b/2']);
    expect(first.IsTruncated).toBe(true);
    const second = await page({ ContinuationToken: first.NextContinuationToken });
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['list/c']);
    const folders = await page({ Delimiter: '/' });
    expect(folders.CommonPrefixes).toEqual([{ Prefix: 'list/b/' }]);
    expect(folders.KeyCount).toBe(3);
  });
});

describe('conditional puts', () => {
  test('create only what is not there, replace only what was read', async () => {
    const { ETag = '' } = await put('epoch', '1', { IfNoneMatch: '*' });
    const again = put('epoch', '1', { IfNoneMatch: '*' });
    await expect(again).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    await put('epoch', '2', { IfMatch: ETag });
    await expect(put('epoch', '3', { IfMatch: ETag })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect(await text('epoch')).toBe('2');
    await expect(put('missing', 'x', { IfMatch: ETag })).rejects.toMatchObject({
      name: 'NoSuchKey',
    });
  });

  test('let one of many rivals win', async () => {
    const rivals = Array.from({ length: 20 }, (_, at) =>
      put('race', `${at}`, { IfNoneMatch: '*' }),
    );
    const outcomes = await Promise.allSettled(rivals);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

test('buckets and objects are there after a restart', async () => {
  await put('lasting', 'still here', { Metadata: { a: 'b' } });
  await close();
  await open();
  expect(await text('lasting')).toBe('still here');
  const { Metadata } = await client.send(new HeadObjectCommand({ Bucket, Key: 'lasting' }));
  expect(Metadata).toEqual({ a: 'b' });
});
