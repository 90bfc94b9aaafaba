// Goal: the embedded Step Functions answers the real SDK client as AWS does.
// Method: SDK clients over the wire; tasks reach another embedded service through the SDK gateway.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as codebuild from '@aws-sdk/client-codebuild';
import * as lambda from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import * as sdk from '@aws-sdk/client-sfn';
import * as ssm from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../local/clock.ts';
import { createStepFunctions, type StepFunctions } from '../../local/stepfunctions/engine.ts';
import { createSdkGateway } from '../../local/stepfunctions/sdkGateway.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { AwsError } from '../../local/wire/types.ts';
import { startTestServer } from '../support/wireServer.ts';

const CREDENTIALS = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const ROLE = 'arn:aws:iam::000000000000:role/machine';

let dataDir: string;
let service: StepFunctions;
let wire: WireServer;
let gateway: ReturnType<typeof createSdkGateway>;
let client: sdk.SFNClient;

const parameters = {
  GetParameter: ({ Name }: { Name: string }) => {
    if (Name !== '/known') throw new AwsError('ParameterNotFound', `${Name} is not there`);
    return { Parameter: { Name, Value: 'v1', Type: 'String', Version: 3 } };
  },
};

type Far = (input: Record<string, unknown>) => object;
const unexpected: Far = () => {
  throw new AwsError('Unexpected', 'this test makes no such call');
};
const far = { codebuild: unexpected, lambda: unexpected, s3: unexpected };

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'states-'));
  const relay = { call: (request: Parameters<typeof gateway.call>[0]) => gateway.call(request) };
  service = createStepFunctions({ dataDir, clock: realClock, random: Math.random, gateway: relay });
  wire = await startTestServer({
    services: [
      serviceFromSdk(sdk, 'states', service.operations),
      serviceFromSdk(ssm, 'ssm', parameters),
      serviceFromSdk(codebuild, 'codebuild', { StartBuild: (input) => far.codebuild(input) }),
      serviceFromSdk(lambda, 'lambda', { Invoke: (input) => far.lambda(input) }),
      serviceFromSdk(s3, 's3', { GetObject: (input) => far.s3(input) }),
    ],
  });
  gateway = createSdkGateway({ endpoint: wire.url, credentials: CREDENTIALS });
  client = new sdk.SFNClient({ region: 'eu-west-1', endpoint: wire.url, credentials: CREDENTIALS });
});
afterEach(async () => {
  client.destroy();
  gateway.close();
  await service.close();
  await wire.close();
  rmSync(dataDir, { recursive: true });
});

const create = (name: string, definition: object) =>
  client.send(
    new sdk.CreateStateMachineCommand({
      name,
      roleArn: ROLE,
      definition: JSON.stringify(definition),
    }),
  );

const ended = async (executionArn: string | undefined): Promise<sdk.DescribeExecutionOutput> => {
  for (;;) {
    const now = await client.send(new sdk.DescribeExecutionCommand({ executionArn }));
    if (now.status !== 'RUNNING') return now;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

const runToEnd = async (name: string, definition: object, input: unknown = {}) => {
  const { stateMachineArn } = await create(name, definition);
  const { executionArn } = await client.send(
    new sdk.StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return ended(executionArn);
};

const task = (resource: string, args: object) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Call',
  States: { Call: { Type: 'Task', Resource: resource, Arguments: args, End: true } },
});

describe('the Step Functions API', () => {
  it('runs a machine and tells its history with ids, types and payloads', async () => {
    const { stateMachineArn } = await create('greet', {
      QueryLanguage: 'JSONata',
      StartAt: 'Greet',
      States: { Greet: { Type: 'Pass', Output: '{% "hi " & $states.input.name %}', End: true } },
    });
    expect(stateMachineArn).toBe('arn:aws:states:eu-west-1:000000000000:stateMachine:greet');
    const { executionArn, startDate } = await client.send(
      new sdk.StartExecutionCommand({ stateMachineArn, name: 'one', input: '{"name":"Ann"}' }),
    );
    expect(startDate).toBeInstanceOf(Date);
    expect(await ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '"hi Ann"' });
    const { events } = await client.send(new sdk.GetExecutionHistoryCommand({ executionArn }));
    expect(events?.map((e) => [e.id, e.previousEventId, e.type])).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 0, 'PassStateEntered'],
      [3, 2, 'PassStateExited'],
      [4, 3, 'ExecutionSucceeded'],
    ]);
    expect(events?.[2]?.stateExitedEventDetails).toMatchObject({
      name: 'Greet',
      output: '"hi Ann"',
    });
    const back = await client.send(
      new sdk.GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 3 }),
    );
    expect(back.events?.map((e) => e.id)).toEqual([4, 3, 2]);
    const rest = await client.send(
      new sdk.GetExecutionHistoryCommand({
        executionArn,
        reverseOrder: true,
        maxResults: 3,
        nextToken: back.nextToken,
      }),
    );
    expect(rest.events?.map((e) => e.id)).toEqual([1]);
    const { executions } = await client.send(new sdk.ListExecutionsCommand({ stateMachineArn }));
    expect(executions).toMatchObject([{ name: 'one', status: 'SUCCEEDED', executionArn }]);
  });

  it('reaches other services with parameters and results in the names AWS uses', async () => {
    const found = await runToEnd(
      'parameter',
      task('arn:aws:states:::aws-sdk:ssm:getParameter', { Name: '/known' }),
    );
    expect(found.status).toBe('SUCCEEDED');
    expect(JSON.parse(found.output ?? '')).toEqual({
      Parameter: { Name: '/known', Value: 'v1', Type: 'String', Version: 3 },
    });
    const missing = await runToEnd(
      'missing',
      task('arn:aws:states:::aws-sdk:ssm:getParameter', { Name: '/other' }),
    );
    expect(missing).toMatchObject({ status: 'FAILED', error: 'Ssm.ParameterNotFoundException' });
    expect(missing.cause).toMatch(/^\/other is not there \(Service: Ssm, Status Code: 400, /);
  });

  it('speaks to CodeBuild, Lambda and S3 in the spelling of each', async () => {
    const seen: unknown[] = [];
    far.codebuild = (input) => {
      seen.push(input);
      const startTime = new Date('2026-11-20T10:00:00Z');
      return { build: { id: 'p:1', buildStatus: 'IN_PROGRESS', startTime } };
    };
    far.lambda = ({ Payload }) => {
      seen.push(JSON.parse(Buffer.from(Payload as Uint8Array).toString()));
      return { StatusCode: 200, Payload: Buffer.from('{"answer":42}') };
    };
    far.s3 = ({ Bucket, Key }) => ({ Body: Buffer.from(`${Bucket}/${Key}`) });
    const build = await runToEnd(
      'build',
      task('arn:aws:states:::codebuild:startBuild', {
        ProjectName: 'p',
        EnvironmentVariablesOverride: [{ Name: 'VARIANT', Value: 'slim' }],
      }),
    );
    expect(build.cause).toBeUndefined();
    expect(JSON.parse(build.output ?? '').Build).toEqual({
      Id: 'p:1',
      BuildStatus: 'IN_PROGRESS',
      StartTime: Date.parse('2026-11-20T10:00:00Z'),
    });
    const invoke = await runToEnd(
      'invoke',
      task('arn:aws:states:::lambda:invoke', { FunctionName: 'f', Payload: { a: 1 } }),
    );
    expect(JSON.parse(invoke.output ?? '')).toMatchObject({
      Payload: { answer: 42 },
      StatusCode: 200,
      SdkHttpMetadata: { HttpStatusCode: 200 },
    });
    const object = await runToEnd(
      'object',
      task('arn:aws:states:::aws-sdk:s3:getObject', { Bucket: 'bucket', Key: 'key' }),
    );
    expect(JSON.parse(object.output ?? '').Body).toBe('bucket/key');
    expect(seen).toEqual([
      {
        projectName: 'p',
        environmentVariablesOverride: [{ name: 'VARIANT', value: 'slim' }],
      },
      { a: 1 },
    ]);
  });

  it('fails a task whose field the operation does not have, and says which it has', async () => {
    const wrong = await runToEnd(
      'wrong',
      task('arn:aws:states:::aws-sdk:ssm:getParameter', { Nmae: '/known' }),
    );
    expect(wrong.error).toBe('Ssm.ValidationException');
    expect(wrong.cause).toContain("GetParameter has no field 'Nmae': it takes Name");
  });

  it('waits for an execution it started and parses its output', async () => {
    const { stateMachineArn } = await create('inner', {
      StartAt: 'P',
      States: { P: { Type: 'Pass', Result: { answer: 42 }, End: true } },
    });
    const outer = await runToEnd(
      'outer',
      task('arn:aws:states:::states:startExecution.sync:2', {
        StateMachineArn: stateMachineArn,
        Input: { a: 1 },
      }),
    );
    expect(JSON.parse(outer.output ?? '')).toMatchObject({
      Status: 'SUCCEEDED',
      Output: { answer: 42 },
      Input: { a: 1 },
    });
  });

  it('refuses a wrong definition with the place of every fault', async () => {
    const wrong = {
      StartAt: 'A',
      States: { A: { Type: 'Pass', Next: 'B', Color: 'red' } },
    };
    await expect(create('wrong', wrong)).rejects.toMatchObject({
      name: 'InvalidDefinition',
      message:
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field is not supported at /States/A/Color, MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next'",
    });
  });

  it('knows a start by its name: the same input is the same execution, another an error', async () => {
    const { stateMachineArn } = await create('slow', {
      StartAt: 'W',
      States: { W: { Type: 'Wait', Seconds: 60, End: true } },
    });
    const start = (input: string) =>
      client.send(new sdk.StartExecutionCommand({ stateMachineArn, name: 'n', input }));
    const first = await start('{"a":1}');
    expect(await start('{"a": 1}')).toMatchObject({
      executionArn: first.executionArn,
      startDate: first.startDate,
    });
    await expect(start('{"a":2}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    const { executionArn } = first;
    await client.send(new sdk.StopExecutionCommand({ executionArn, error: 'E', cause: 'C' }));
    expect(await ended(executionArn)).toMatchObject({ status: 'ABORTED', error: 'E', cause: 'C' });
  });

  it('answers unknown machines, executions, names and tokens with the errors of AWS', async () => {
    const machine = 'arn:aws:states:eu-west-1:000000000000:stateMachine:none';
    const execution = 'arn:aws:states:eu-west-1:000000000000:execution:none:x';
    const errors = await Promise.all(
      [
        client.send(new sdk.StartExecutionCommand({ stateMachineArn: machine })),
        client.send(new sdk.DescribeExecutionCommand({ executionArn: execution })),
        client.send(new sdk.DescribeExecutionCommand({ executionArn: 'arn:aws:s3:::x' })),
        client.send(new sdk.SendTaskSuccessCommand({ taskToken: 'nonsense', output: '{}' })),
        client.send(new sdk.SendTaskSuccessCommand({ taskToken: 'nonsense', output: '{' })),
        create('has space', {}),
      ].map((call) => call.then(() => 'answered').catch((error: Error) => error.name)),
    );
    expect(errors).toEqual([
      'StateMachineDoesNotExist',
      'ExecutionDoesNotExist',
      'InvalidArn',
      'InvalidToken',
      'InvalidOutput',
      'InvalidName',
    ]);
  });
});
