import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as lambda from '@aws-sdk/client-lambda';
import * as route53 from '@aws-sdk/client-route-53';
import * as s3 from '@aws-sdk/client-s3';
import * as sfn from '@aws-sdk/client-sfn';
import * as ssm from '@aws-sdk/client-ssm';
import { cbor, SmithyRpcV2CborProtocol } from '@smithy/core/cbor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { AwsError, type Operations } from '../../../local/wire/types.ts';
import { authorization, clientOf, raw, startEndpoint } from '../endpoint.ts';

const SUBMITTED = new Date('2026-01-02T03:04:05.678Z');
const seen: unknown[] = [];
let server: WireServer;

const quiet = { onFault: (error: unknown) => void seen.push(error) };
const front = (sdk: object, scope: string, operations: Operations) =>
  serviceFromSdk(sdk, scope, operations, quiet);

beforeAll(async () => {
  server = await startEndpoint([
    front(route53, 'route53', {
      GetChange({ Id }: route53.GetChangeCommandInput) {
        if (Id !== 'C1') throw new AwsError('NoSuchChange', `no change <${Id}>`);
        return { ChangeInfo: { Id: '/change/C1', Status: 'INSYNC', SubmittedAt: SUBMITTED } };
      },
      ChangeResourceRecordSets(input: route53.ChangeResourceRecordSetsCommandInput) {
        seen.push(input);
        throw new AwsError('InvalidChangeBatch', '[not expected]', { messages: ['not expected'] });
      },
    }),
    front(sfn, 'states', {
      StartExecution: ({ name }: sfn.StartExecutionCommandInput) => ({
        executionArn: `arn:${name}`,
        startDate: SUBMITTED,
      }),
      DescribeExecution() {
        throw new AwsError('ExecutionDoesNotExist', 'Execution Does Not Exist');
      },
      StopExecution() {
        throw new TypeError('a mistake of ours');
      },
    }),
    front(ssm, 'ssm', {
      GetParameter() {
        throw new AwsError('ParameterNotFound', '');
      },
    }),
    front(lambda, 'lambda', {
      Invoke: ({ Payload }: lambda.InvokeCommandInput) => ({
        StatusCode: 200,
        FunctionError: 'Unhandled',
        Payload,
      }),
      GetFunction() {
        throw new AwsError('ResourceNotFoundException', 'Function not found', { Type: 'User' });
      },
      ListTags() {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
          retryAfterSeconds: '3',
        });
      },
    }),
    front(s3, 's3', {
      ListBuckets: () => ({ Buckets: [{ Name: 'b', CreationDate: SUBMITTED }] }),
      GetObject({ Key }: s3.GetObjectCommandInput) {
        throw new AwsError('NoSuchKey', 'The specified key does not exist.', { Key });
      },
    }),
    front(cloudwatch, 'monitoring', {
      PutMetricData: (input: cloudwatch.PutMetricDataCommandInput) => void seen.push(input),
      DescribeAlarms() {
        throw new AwsError('ResourceNotFound', 'no alarm');
      },
      GetMetricStatistics: () => ({ Label: 'l', Datapoints: [{ Timestamp: SUBMITTED, Sum: 1.5 }] }),
    }),
  ]);
});

afterAll(() => server.close());

const json = (target: string, body: string, version = '1.0') => ({
  headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
  body,
});

test('AWS JSON 1.0 answers and fails with the namespace of the service', async () => {
  const good = await raw(server, 'states', json('AWSStepFunctions.StartExecution', '{"name":"n"}'));
  expect(good.status).toBe(200);
  expect(good.headers.get('content-type')).toBe('application/x-amz-json-1.0');
  expect(good.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  expect(good.text).toBe('{"executionArn":"arn:n","startDate":1767323045.678}');
  const bad = await raw(server, 'states', json('AWSStepFunctions.DescribeExecution', '{}'));
  expect(bad.status).toBe(400);
  expect(bad.text).toBe(
    '{"__type":"com.amazonaws.sfn#ExecutionDoesNotExist","message":"Execution Does Not Exist"}',
  );
});

test('AWS JSON 1.1 names errors without a namespace', async () => {
  const bad = await raw(server, 'ssm', json('AmazonSSM.GetParameter', '{"Name":"x"}', '1.1'));
  expect(bad.status).toBe(400);
  expect(bad.headers.get('content-type')).toBe('application/x-amz-json-1.1');
  expect(bad.text).toBe('{"__type":"ParameterNotFound","message":""}');
});

test('REST JSON binds path, blob payload and headers, and names errors in a header', async () => {
  const path = '/2015-03-31/functions/f/invocations';
  const good = await raw(server, 'lambda', { path, body: '{"a":1}' });
  expect(good.status).toBe(200);
  expect(good.headers.get('x-amz-function-error')).toBe('Unhandled');
  expect(good.text).toBe('{"a":1}');
  const bad = await raw(server, 'lambda', { method: 'GET', path: '/2015-03-31/functions/f' });
  expect(bad.status).toBe(404);
  expect(bad.headers.get('x-amzn-errortype')).toBe('ResourceNotFoundException');
  expect(JSON.parse(bad.text)).toEqual({ Type: 'User', Message: 'Function not found' });
  const slow = await raw(server, 'lambda', { method: 'GET', path: '/2017-03-31/tags/arn%3Af' });
  expect(slow.status).toBe(429);
  expect(slow.headers.get('retry-after')).toBe('3');
});

test('REST XML answers and fails with the documents of Route 53', async () => {
  const get = (id: string) =>
    raw(server, 'route53', { method: 'GET', path: `/2013-04-01/change/${id}` });
  const good = await get('C1');
  expect(good.status).toBe(200);
  expect(good.headers.get('content-type')).toBe('text/xml');
  expect(good.text).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<GetChangeResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeInfo>' +
      '<Id>/change/C1</Id><Status>INSYNC</Status><SubmittedAt>2026-01-02T03:04:05.678Z</SubmittedAt>' +
      '</ChangeInfo></GetChangeResponse>',
  );
  const bad = await get('C2');
  expect(bad.status).toBe(404);
  expect(bad.text).toMatch(
    /^<\?xml.*\?>\n<ErrorResponse xmlns="https:\/\/route53.amazonaws.com\/doc\/2013-04-01\/"><Error><Type>Sender<\/Type><Code>NoSuchChange<\/Code><Message>no change &lt;C2&gt;<\/Message><\/Error><RequestId>[0-9a-f-]+<\/RequestId><\/ErrorResponse>$/,
  );
});

test('REST XML reads nested lists from the bytes a client sends', async () => {
  seen.length = 0;
  const client = new route53.Route53Client(clientOf(server));
  const change = client.send(
    new route53.ChangeResourceRecordSetsCommand({
      HostedZoneId: '/hostedzone/Z1',
      ChangeBatch: {
        Changes: [
          {
            Action: 'UPSERT',
            ResourceRecordSet: {
              Name: 'a&b.test.',
              Type: 'A',
              TTL: 5,
              ResourceRecords: [{ Value: '127.1.0.1' }, { Value: '127.2.0.1' }],
            },
          },
        ],
      },
    }),
  );
  await expect(change).rejects.toMatchObject({ name: 'InvalidChangeBatch' });
  expect(seen).toMatchObject([
    {
      HostedZoneId: 'Z1',
      ChangeBatch: {
        Changes: [
          {
            ResourceRecordSet: {
              Name: 'a&b.test.',
              TTL: 5,
              ResourceRecords: [{}, { Value: '127.2.0.1' }],
            },
          },
        ],
      },
    },
  ]);
  client.destroy();
});

test('S3 answers and fails with documents of its own', async () => {
  const good = await raw(server, 's3', { method: 'GET', path: '/' });
  expect(good.headers.get('content-type')).toBe('application/xml');
  expect(good.text).toContain(
    '<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets><Bucket><Name>b</Name>',
  );
  const bad = await raw(server, 's3', { method: 'GET', path: '/b/a%20key' });
  expect(bad.status).toBe(404);
  expect(bad.text).toMatch(
    /^<\?xml.*\?>\n<Error><Code>NoSuchKey<\/Code><Message>The specified key does not exist.<\/Message><Key>a key<\/Key><RequestId>[^<]+<\/RequestId><HostId>[^<]+<\/HostId><\/Error>$/,
  );
  const inHost = await raw(server, 's3', { method: 'GET', path: '/x?acl' });
  expect(inHost.status).toBe(501);
  expect(inHost.text).toContain('<Code>NotImplemented</Code>');
});

test('the query protocol reads forms and answers XML', async () => {
  seen.length = 0;
  const form = (fields: string) => ({
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: `Version=2010-08-01&${fields}`,
  });
  const metric =
    'MetricData.member.1.MetricName=m&MetricData.member.1.Value=2.5&MetricData.member.1.Dimensions.member.1.Name=d&MetricData.member.1.Dimensions.member.1.Value=v';
  await raw(server, 'monitoring', form(`Action=PutMetricData&Namespace=n&${metric}`));
  expect(seen).toEqual([
    {
      Namespace: 'n',
      MetricData: [{ MetricName: 'm', Value: 2.5, Dimensions: [{ Name: 'd', Value: 'v' }] }],
    },
  ]);
  const good = await raw(server, 'monitoring', form('Action=GetMetricStatistics'));
  expect(good.text).toMatch(
    /^<\?xml.*\?>\n<GetMetricStatisticsResponse xmlns="http:\/\/monitoring.amazonaws.com\/doc\/2010-08-01\/"><GetMetricStatisticsResult><Label>l<\/Label><Datapoints><member><Timestamp>2026-01-02T03:04:05.678Z<\/Timestamp><Sum>1.5<\/Sum><\/member><\/Datapoints><\/GetMetricStatisticsResult><ResponseMetadata><RequestId>[^<]+<\/RequestId><\/ResponseMetadata><\/GetMetricStatisticsResponse>$/,
  );
  const bad = await raw(server, 'monitoring', form('Action=DescribeAlarms'));
  expect(bad.text).toContain('<Error><Type>Sender</Type><Code>ResourceNotFound</Code>');
  const none = await raw(server, 'monitoring', form('Action=Nothing'));
  expect(none.status).toBe(400);
  expect(none.text).toContain('<Code>InvalidAction</Code>');
});

test('RPC v2 CBOR is spoken to clients that prefer it', async () => {
  const headers = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' };
  const path = '/service/GraniteServiceVersion20100801/operation';
  const post = (name: string) =>
    fetch(`${server.url}${path}/${name}`, {
      method: 'POST',
      headers: { ...headers, authorization: authorization('monitoring') },
      body: new Uint8Array([0xa0]),
    });
  const bad = await post('DescribeAlarms');
  expect(bad.headers.get('smithy-protocol')).toBe('rpc-v2-cbor');
  expect(cbor.deserialize(new Uint8Array(await bad.arrayBuffer()))).toMatchObject({
    __type: 'com.amazonaws.cloudwatch#ResourceNotFound',
    message: 'no alarm',
  });
  expect((await post('Nothing')).status).toBe(404);
  const client = new cloudwatch.CloudWatchClient({
    ...clientOf(server),
    protocol: SmithyRpcV2CborProtocol,
  });
  const { Datapoints } = await client.send(
    new cloudwatch.GetMetricStatisticsCommand({
      Namespace: 'n',
      MetricName: 'm',
      StartTime: SUBMITTED,
      EndTime: SUBMITTED,
      Period: 60,
    }),
  );
  expect(Datapoints).toEqual([{ Timestamp: SUBMITTED, Sum: 1.5 }]);
  client.destroy();
});

test('an operation without a handler is refused as AWS refuses one it does not know', async () => {
  const unknown = await raw(server, 'states', json('AWSStepFunctions.ListActivities', '{}'));
  expect(unknown.status).toBe(400);
  expect(JSON.parse(unknown.text)).toEqual({
    __type: 'com.amazonaws.sfn#UnknownOperationException',
    message: 'unknown operation: AWSStepFunctions.ListActivities',
  });
  const rest = await raw(server, 'lambda', { method: 'GET', path: '/2015-03-31/nothing' });
  expect(rest.status).toBe(404);
  expect(rest.headers.get('x-amzn-errortype')).toBe('UnknownOperationException');
});

test('a fault in a handler is reported, and answered as an internal failure', async () => {
  seen.length = 0;
  const fault = await raw(server, 'states', json('AWSStepFunctions.StopExecution', '{}'));
  expect(fault.status).toBe(500);
  expect(JSON.parse(fault.text)).toEqual({
    __type: 'com.amazonaws.sfn#InternalFailure',
    message: 'states StopExecution: a mistake of ours',
  });
  expect(seen).toEqual([expect.any(TypeError)]);
});

test('values that do not fit the model are refused with the place where', async () => {
  const wrong = await raw(server, 'states', json('AWSStepFunctions.StartExecution', '{"name":5}'));
  expect(wrong.status).toBe(400);
  expect(JSON.parse(wrong.text)).toEqual({
    __type: 'com.amazonaws.sfn#SerializationException',
    message: 'StartExecution.name: expected a string, found number',
  });
});

test('a handler that the model does not know is refused when the service is made', () => {
  expect(() => serviceFromSdk(sfn, 'states', { StartExecutions: () => ({}) })).toThrow(
    'states has no operation StartExecutions in its model',
  );
});
