import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authorization, temporaryFolder } from '../endpoint.ts';
import { startStorage } from '../storage.ts';

const { folder, remove } = temporaryFolder();
const faults: unknown[] = [];
let storage: Awaited<ReturnType<typeof startStorage>>;

beforeAll(async () => {
  storage = await startStorage(folder, (error) => void faults.push(error));
});
afterAll(async () => {
  await storage.close();
  remove();
});

const TARGETS: Readonly<Record<string, readonly string[]>> = {
  dynamodb: ['PutItem', 'Query', 'Scan', 'TransactWriteItems', 'UpdateTable', 'CreateTable'].map(
    (name) => `DynamoDB_20120810.${name}`,
  ),
  ssm: ['PutParameter', 'GetParameters', 'GetParametersByPath', 'DescribeParameters'].map(
    (name) => `AmazonSSM.${name}`,
  ),
  logs: ['CreateLogGroup', 'PutLogEvents', 'FilterLogEvents', 'DescribeLogStreams'].map(
    (name) => `Logs_20140328.${name}`,
  ),
};
const MEMBERS = [
  ...['TableName', 'Item', 'Key', 'TransactItems', 'ReplicaUpdates', 'KeySchema', 'Name', 'Names'],
  ...['Value', 'Path', 'ParameterFilters', 'logGroupName', 'logEvents', 'limit', 'nextToken'],
  ...['NextToken', 'AttributeDefinitions', 'ExpressionAttributeValues', 'FilterExpression'],
];

const likeJson = fc.dictionary(fc.constantFrom(...MEMBERS), fc.jsonValue({ maxDepth: 4 }));
const anyBody = fc.oneof(
  likeJson.map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ maxLength: 200 }).map((text) => Buffer.from(text)),
);

const send = (path: string, init: RequestInit) => {
  const url = new URL(path, storage.server.url);
  // On a busy machine the server closes a kept connection just as the next call is sent on it.
  return fetch(url, init).catch(() => fetch(url, init));
};

test('malformed calls of JSON services are refused, never a fault', async () => {
  const call = fc
    .constantFrom(...Object.keys(TARGETS))
    .chain((scope) =>
      fc.tuple(fc.constant(scope), fc.constantFrom(...(TARGETS[scope] ?? [])), anyBody),
    );
  await fc.assert(
    fc.asyncProperty(call, async ([scope, target, body]) => {
      faults.length = 0;
      const answer = await send('/', {
        method: 'POST',
        headers: { authorization: authorization(scope), 'x-amz-target': target },
        body: new Uint8Array(body),
      });
      await answer.arrayBuffer();
      expect(faults).toEqual([]);
      expect(answer.status).toBeLessThan(500);
    }),
    { numRuns: 600 },
  );
});

test('malformed calls of S3 are refused, never a fault', async () => {
  const part = fc.oneof(
    fc.constantFrom('a-bucket', 'k', '%', '%zz', '..', '%00', '%2F', 'ü'),
    fc.webPath(),
  );
  const query = fc.constantFrom(
    '',
    '?delete',
    '?list-type=2&max-keys=x',
    '?location',
    '?uploads',
    '?a=%',
  );
  const header = fc.constantFrom(
    ['range', 'bytes=9-1'],
    ['range', 'bytes=-'],
    ['if-match', ''],
    ['x-amz-copy-source', '%zz/k'],
    ['content-encoding', 'aws-chunked'],
    ['x-amz-checksum-crc32', '!'],
    ['if-modified-since', 'yesterday'],
  );
  const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH');
  const xml = fc.constantFrom(
    '<Delete><Object><Key>k</Key></Object></Delete>',
    '<!DOCTYPE x [<!ENTITY a "b">]><Delete>&a;</Delete>',
    '<Delete>',
    '<a/><b/>',
    `${'<a>'.repeat(300)}`,
  );
  const body = fc.oneof(
    anyBody,
    xml.map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(method, part, part, query, header, body, async (verb, a, b, q, h, bytes) => {
      faults.length = 0;
      const [name = '', value = ''] = h;
      const withBody = verb !== 'GET' && verb !== 'HEAD';
      const answer = await send(`/${a}/${b}${q}`.replace(/^\/+/, '/'), {
        method: verb,
        headers: { authorization: authorization('s3'), [name]: value },
        ...(withBody ? { body: new Uint8Array(bytes) } : {}),
        redirect: 'manual',
      });
      await answer.arrayBuffer();
      expect(faults).toEqual([]);
      expect(answer.status === 501 || answer.status < 500).toBe(true);
    }),
    { numRuns: 600 },
  );
});

test('malformed credentials and protocols are refused, never a fault', async () => {
  const credential = fc.oneof(
    fc.string().map((text) => text.replace(/[^\x20-\x7e]/g, '')),
    fc.constantFrom(
      'AWS4-HMAC-SHA256 Credential=///s3/aws4_request',
      'AWS4-HMAC-SHA256 Credential=a/20260101/../dynamodb/aws4_request, x',
      'AWS4-HMAC-SHA256 Credential=a/20260101/..%2f/ssm/aws4_request, x',
      'AWS4-HMAC-SHA256 Credential=a/20260101/__proto__/logs/aws4_request, x',
    ),
  );
  const headers = fc.constantFrom<Record<string, string>>(
    { 'smithy-protocol': 'rpc-v2-cbor' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'x-amz-target': 'AmazonSSM.PutParameter' },
    { 'x-amz-target': 'DynamoDB_20120810.ListTables' },
    { 'x-amz-target': '__proto__.constructor' },
  );
  await fc.assert(
    fc.asyncProperty(credential, headers, anyBody, async (authorizationText, more, body) => {
      faults.length = 0;
      const answer = await send('/service/x/operation/PutParameter', {
        method: 'POST',
        headers: { authorization: authorizationText, ...more },
        body: new Uint8Array(body),
      });
      await answer.arrayBuffer();
      expect(faults).toEqual([]);
      expect(answer.status === 501 || answer.status < 500).toBe(true);
    }),
    { numRuns: 400 },
  );
});
