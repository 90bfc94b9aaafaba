import { connect } from 'node:net';
import * as s3 from '@aws-sdk/client-s3';
import * as sfn from '@aws-sdk/client-sfn';
import { afterEach, expect, test } from 'vitest';
import { inProcessHandler } from '../../../local/wire/inProcess.ts';
import { startWireServer, type WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import type { CallContext } from '../../../local/wire/types.ts';
import { authorization, clientOf, raw, startEndpoint } from '../endpoint.ts';

let server: WireServer | undefined;
afterEach(() => server?.close());

const calls: CallContext[] = [];
const bodies: string[] = [];
const states = serviceFromSdk(sfn, 'states', {
  async StartExecution(_: sfn.StartExecutionCommandInput, call: CallContext) {
    calls.push(call);
    return { executionArn: 'arn', startDate: new Date(0) };
  },
  StopExecution: (_: sfn.StopExecutionCommandInput, { signal }: CallContext) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
});
const objects = serviceFromSdk(s3, 's3', {
  PutObject({ Body, ContentEncoding }: s3.PutObjectCommandInput) {
    bodies.push(`${ContentEncoding ?? ''}:${Buffer.from(Object(Body)).toString()}`);
    return { ETag: '"e"' };
  },
});

const start = (url: { url: string }, region?: string) => new sfn.SFNClient(clientOf(url, region));
const startExecution = () => new sfn.StartExecutionCommand({ stateMachineArn: 'arn', name: 'n' });

test('the credential scope tells service, region and access key', async () => {
  server = await startEndpoint([states, objects]);
  calls.length = 0;
  await start(server, 'eu-north-1').send(startExecution());
  expect(calls).toMatchObject([
    { region: 'eu-north-1', accessKeyId: 'AKIDLOCAL', sourceAddress: '127.0.0.1' },
  ]);
});

test('a presigned URL and SigV4a tell it too', async () => {
  server = await startEndpoint([states, objects]);
  const credential = encodeURIComponent('AKID/20260101/eu-west-1/s3/aws4_request');
  const presigned = await fetch(`${server.url}/b/k?X-Amz-Credential=${credential}`, {
    method: 'PUT',
    body: 'x',
  });
  expect(presigned.status).toBe(200);
  const asymmetric = await fetch(`${server.url}/b/k`, {
    method: 'PUT',
    body: 'x',
    headers: {
      authorization:
        'AWS4-ECDSA-P256-SHA256 Credential=AKID/20260101/s3/aws4_request, SignedHeaders=host, Signature=0',
      'x-amz-region-set': 'eu-west-1',
    },
  });
  expect(asymmetric.status).toBe(200);
});

test('a request without a signature, or for no known service, is refused with what to do', async () => {
  server = await startEndpoint([states]);
  const unsigned = await fetch(server.url, { method: 'POST' });
  expect(unsigned.status).toBe(403);
  expect(await unsigned.json()).toMatchObject({
    __type: 'MissingAuthenticationTokenException',
    message: expect.stringContaining('AWS_ACCESS_KEY_ID'),
  });
  const unknown = await raw(server, 'sqs', { body: '{}' });
  expect(unknown.status).toBe(404);
  expect(unknown.text).toContain('the embedded cloud has no service sqs; it has states');
});

test('it binds to loopback only', async () => {
  const elsewhere = startWireServer({ services: [states], host: '0.0.0.0' });
  await expect(elsewhere).rejects.toThrow('loopback only, not to 0.0.0.0');
});

test('a body over the limit is refused, and the endpoint goes on', async () => {
  server = await startEndpoint([states, objects], { bodyBytesMax: 1000 });
  const long = await raw(server, 's3', { method: 'PUT', path: '/b/k', body: 'x'.repeat(2000) });
  expect(long.status).toBe(413);
  const short = await raw(server, 's3', { method: 'PUT', path: '/b/k', body: 'x' });
  expect(short.status).toBe(200);
});

test('aws-chunked bodies are unpacked, and broken ones are refused', async () => {
  server = await startEndpoint([objects]);
  bodies.length = 0;
  const headers = {
    'content-encoding': 'gzip,aws-chunked',
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-decoded-content-length': '8',
  };
  const put = (body: string) =>
    raw(server ?? { url: '' }, 's3', { method: 'PUT', path: '/b/k', headers, body });
  const whole =
    '5;chunk-signature=00\r\nhello\r\n3\r\nyou\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
  expect((await put(whole)).status).toBe(200);
  expect(bodies).toEqual(['gzip:helloyou']);
  for (const broken of [
    '5\r\nhel',
    'zz\r\n',
    '5\r\nhello!\r\n0\r\n\r\n',
    '3\r\nyou\r\n0\r\n\r\n',
  ]) {
    const answer = await put(broken);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('IncompleteBody');
  }
});

test('a client that waits for 100 Continue gets it', async () => {
  server = await startEndpoint([objects]);
  const { port } = server;
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.startsWith('HTTP/1.1 100') && !text.includes('200 OK')) socket.write('hello');
      if (text.includes('200 OK')) socket.end();
    });
    socket.on('close', () => resolve(text));
    socket.write(
      `PUT /b/k HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n` +
        `Authorization: ${authorization('s3')}\r\n\r\n`,
    );
  });
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue/);
  expect(answer).toContain('HTTP/1.1 200 OK');
});

test('the network may hold back an answer, or cut the connection before or after the work', async () => {
  const passed: string[] = [];
  let arriveFails = false;
  server = await startEndpoint([states], {
    arrive: async ({ scope, region }) => {
      if (arriveFails) throw new Error('cut');
      passed.push(`arrive ${scope} ${region}`);
    },
    delay: async () => {
      passed.push('delay');
      if (passed.length > 2) throw new Error('cut');
    },
  });
  calls.length = 0;
  const client = start(server);
  await client.send(startExecution());
  expect(passed).toEqual(['arrive states eu-central-1', 'delay']);
  const answerCut = await client.send(startExecution()).catch((error: unknown) => error);
  expect(Object(answerCut).code).toBe('ECONNRESET');
  expect(calls).toHaveLength(2);
  arriveFails = true;
  const requestCut = await client.send(startExecution()).catch((error: unknown) => error);
  expect(Object(requestCut).code).toBe('ECONNRESET');
  expect(calls).toHaveLength(2);
});

test('closing aborts what is running and leaves no connection', async () => {
  const own = await startEndpoint([states]);
  const running = start(own).send(new sfn.StopExecutionCommand({ executionArn: 'arn' }));
  const outcome = running.catch((error: unknown) => Object(error).code);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await own.close();
  expect(await outcome).toBe('ECONNRESET');
  await expect(fetch(own.url)).rejects.toThrow();
});

test('in process, the same client meets the same services without a socket', async () => {
  server = await startEndpoint([states, objects]);
  const requestHandler = inProcessHandler(server.dispatch, '127.11.0.1');
  calls.length = 0;
  bodies.length = 0;
  const nowhere = { ...clientOf({ url: 'http://127.0.0.1:1' }), requestHandler };
  await new sfn.SFNClient(nowhere).send(startExecution());
  expect(calls).toMatchObject([{ sourceAddress: '127.11.0.1' }]);
  const store = new s3.S3Client(nowhere);
  await store.send(new s3.PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'hello' }));
  expect(bodies).toEqual([':hello']);
});
