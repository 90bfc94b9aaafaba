// Goal: anybody reads what a bucket policy makes public, as health checkers do, and nothing else.
// Method: the SDK client sets policies; requests without a signature carry the bucket in the host name.

import http from 'node:http';
import * as sdk from '@aws-sdk/client-s3';
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../local/clock.ts';
import { createS3 } from '../../local/s3/service.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { clientOf, startEndpoint, temporaryFolder } from './endpoint.ts';

const { folder, remove } = temporaryFolder();
const Bucket = 'switch.eu';
let server: WireServer;
let client: S3Client;

beforeAll(async () => {
  const { operations } = await createS3({ dataDir: folder, clock: realClock });
  server = await startEndpoint([serviceFromSdk(sdk, 's3', operations)]);
  client = new S3Client(clientOf(server));
  await client.send(new CreateBucketCommand({ Bucket }));
  for (const Key of ['shop/switch', 'other/secret']) {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: `the ${Key}` }));
  }
});
afterAll(async () => {
  client.destroy();
  await server.close();
  remove();
});

const policy = (extra: object = {}) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: `arn:aws:s3:::${Bucket}/shop/*`,
        ...extra,
      },
    ],
  });
const put = (Policy: string) => client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
const read = (key: string, host = `${Bucket}.s3.eu-central-1.amazonaws.com`, method = 'GET') =>
  new Promise<[number | undefined, string]>((resolve, reject) => {
    const request = http.request(
      `${server.url}/${key}`,
      { method, headers: { host } },
      (answer) => {
        let body = '';
        answer.on('data', (chunk) => {
          body += chunk;
        });
        answer.on('end', () => resolve([answer.statusCode, body]));
      },
    );
    request.on('error', reject);
    request.end();
  });

describe('without a policy', () => {
  it('nothing is public', async () => {
    expect((await read('shop/switch'))[0]).toBe(403);
    const asked = client.send(new GetBucketPolicyCommand({ Bucket }));
    await expect(asked).rejects.toMatchObject({ name: 'NoSuchBucketPolicy' });
  });
});

describe('with a policy', () => {
  beforeAll(() => put(policy()));

  it('the objects that it names are public, and survive a restart', async () => {
    expect(await read('shop/switch')).toEqual([200, 'the shop/switch']);
    expect((await read('shop/switch', undefined, 'HEAD'))[0]).toBe(200);
    expect((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(policy());
    const { operations } = await createS3({ dataDir: folder, clock: realClock });
    const again = await startEndpoint([serviceFromSdk(sdk, 's3', operations)]);
    const other = new S3Client(clientOf(again));
    expect((await other.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(policy());
    other.destroy();
    await again.close();
  });

  it('others are not, whether they are there or not, and nobody writes or lists', async () => {
    for (const key of ['other/secret', 'shop/none', '?list-type=2']) {
      const [status, body] = await read(key);
      expect([key, status]).toEqual([key, 403]);
      expect(body).not.toContain('the other/secret');
    }
    for (const method of ['PUT', 'DELETE']) {
      expect((await read('shop/switch', undefined, method))[0]).toBe(403);
    }
    expect(await read('shop/switch')).toEqual([200, 'the shop/switch']);
  });

  it('hazard: another region answers 301, which a health check takes for healthy', async () => {
    expect((await read('shop/switch', `${Bucket}.s3.us-west-2.amazonaws.com`))[0]).toBe(301);
    expect((await read('shop/switch', 'nobody.s3.eu-central-1.amazonaws.com'))[0]).toBe(404);
  });

  it('is seen at the next read once it is replaced', async () => {
    await put(policy({ Resource: `arn:aws:s3:::${Bucket}/other/*` }));
    expect((await read('shop/switch'))[0]).toBe(403);
    expect(await read('other/secret')).toEqual([200, 'the other/secret']);
    await put(policy());
    expect(await read('shop/switch')).toEqual([200, 'the shop/switch']);
    expect((await read('other/secret'))[0]).toBe(403);
  });

  it('an object that is written again is read as it is now, whatever is kept beside it', async () => {
    const write = (Body: string, Metadata = {}) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'shop/moved', Body, Metadata }));
    await write('before');
    expect(await read('shop/moved')).toEqual([200, 'before']);
    await write('after', { longer: 'than it was' });
    expect(await read('shop/moved')).toEqual([200, 'after']);
  });

  it('is taken back', async () => {
    await client.send(new DeleteBucketPolicyCommand({ Bucket }));
    expect((await read('shop/switch'))[0]).toBe(403);
  });
});

describe('policies are refused', () => {
  it.each([
    ['that are no JSON', '{'],
    ['that let people write', policy({ Action: 's3:*' })],
    ['that deny', policy({ Effect: 'Deny' })],
    ['for one account', policy({ Principal: { AWS: 'arn:aws:iam::000000000000:root' } })],
    ['with a condition', policy({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } })],
    ['of another bucket', policy({ Resource: 'arn:aws:s3:::another/*' })],
  ])('%s', async (_name, text) => {
    await expect(put(text)).rejects.toMatchObject({
      name: 'MalformedPolicy',
      message: expect.stringContaining('Policies must let everybody do s3:GetObject'),
    });
  });
});
