import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-s3';
import { realClock } from '../../../local/clock.ts';
import { createS3 } from '../../../local/s3/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { awscliTable } from './awscli.ts';

const api = (...args: string[]) => ['s3api', ...args];
const object = (operation: string, key: string, ...args: string[]) =>
  api(operation, '--bucket', 'evidence', '--key', key, ...args);
const readableByAll = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::evidence/*',
    },
  ],
});
const ETAG_OF_HELLO = '"5d41402abc4b2a76b9719d911017c592"';

awscliTable(
  's3',
  async (dataDir) => {
    const { operations, close } = await createS3({ dataDir, clock: realClock });
    writeFileSync(path.join(dataDir, 'hello.txt'), 'hello');
    return { front: serviceFromSdk(sdk, 's3', operations), close };
  },
  [
    {
      name: 'create-bucket',
      args: () =>
        api(
          'create-bucket',
          '--bucket',
          'evidence',
          '--create-bucket-configuration',
          'LocationConstraint=eu-central-1',
        ),
      prints: { Location: '/evidence' },
    },
    {
      name: 'get-bucket-location',
      args: () => api('get-bucket-location', '--bucket', 'evidence'),
      prints: { LocationConstraint: 'eu-central-1' },
    },
    { name: 'head-bucket', args: () => api('head-bucket', '--bucket', 'evidence') },
    {
      name: 'head-bucket that is missing',
      args: () => api('head-bucket', '--bucket', 'no-bucket'),
      fails: '404',
    },
    {
      name: 'list-buckets',
      args: () => api('list-buckets'),
      prints: { Buckets: [{ Name: 'evidence' }] },
    },
    {
      name: 'put-bucket-policy',
      args: () => api('put-bucket-policy', '--bucket', 'evidence', '--policy', readableByAll),
    },
    {
      name: 'put-bucket-policy that allows more than reading',
      args: () =>
        api(
          ...['put-bucket-policy', '--bucket', 'evidence', '--policy'],
          readableByAll.replace('s3:GetObject', 's3:PutObject'),
        ),
      fails: 'MalformedPolicy',
    },
    {
      name: 'put-object',
      args: (folder) =>
        object(
          'put-object',
          'a/hello world.txt',
          '--body',
          path.join(folder, 'hello.txt'),
          '--metadata',
          'night=n1',
          '--content-type',
          'text/plain',
        ),
      prints: { ETag: ETAG_OF_HELLO },
    },
    {
      name: 'put-object with its MD5 wrong',
      args: (folder) =>
        object(
          'put-object',
          'bad',
          '--body',
          path.join(folder, 'hello.txt'),
          '--content-md5',
          '1B2M2Y8AsgTpgAmY7PhCfg==',
        ),
      fails: 'BadDigest',
    },
    {
      name: 'head-object',
      args: () => object('head-object', 'a/hello world.txt'),
      prints: { ContentLength: 5, ContentType: 'text/plain', Metadata: { night: 'n1' } },
    },
    {
      name: 'head-object that is missing',
      args: () => object('head-object', 'none'),
      fails: '404',
    },
    {
      name: 'get-object, a range of it',
      args: (folder) =>
        object(
          'get-object',
          'a/hello world.txt',
          '--range',
          'bytes=1-3',
          path.join(folder, 'part.txt'),
        ),
      prints: { ContentLength: 3, ContentRange: 'bytes 1-3/5' },
    },
    {
      name: 'get-object that is missing',
      args: (folder) => object('get-object', 'none', path.join(folder, 'none')),
      fails: 'NoSuchKey',
    },
    {
      name: 'get-object when the condition fails',
      args: (folder) =>
        object('get-object', 'a/hello world.txt', '--if-match', 'other', path.join(folder, 'none')),
      fails: 'PreconditionFailed',
    },
    {
      name: 'copy-object',
      args: () => object('copy-object', 'b/copy', '--copy-source', 'evidence/a/hello world.txt'),
      prints: { CopyObjectResult: { ETag: ETAG_OF_HELLO } },
    },
    {
      name: 'list-objects-v2',
      args: () => api('list-objects-v2', '--bucket', 'evidence', '--delimiter', '/'),
      prints: { CommonPrefixes: [{ Prefix: 'a/' }, { Prefix: 'b/' }] },
    },
    {
      name: 'list-objects-v2 below a prefix',
      args: () => api('list-objects-v2', '--bucket', 'evidence', '--prefix', 'a/'),
      prints: { Contents: [{ Key: 'a/hello world.txt', Size: 5 }] },
    },
    {
      name: 'delete-objects',
      args: () =>
        api(
          'delete-objects',
          '--bucket',
          'evidence',
          '--delete',
          'Objects=[{Key=b/copy},{Key=none}]',
        ),
      prints: { Deleted: [{ Key: 'b/copy' }, { Key: 'none' }] },
    },
    {
      name: 'an operation that is not offered',
      args: () => object('get-object-acl', 'a/hello world.txt'),
      fails: 'NotImplemented',
    },
    {
      name: 'delete-bucket that is not empty',
      args: () => api('delete-bucket', '--bucket', 'evidence'),
      fails: 'BucketNotEmpty',
    },
    { name: 'delete-object', args: () => object('delete-object', 'a/hello world.txt') },
    { name: 'delete-bucket', args: () => api('delete-bucket', '--bucket', 'evidence') },
  ],
);
