// Goal: an AWS client sees Lambda; a bundled function reaches the endpoint through the network.
// Method: client-lambda over sockets; a function bundled as for the drill, run from another folder.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { bundleFunctions } from '../../../local/lambda/bundle.ts';
import { createLambda, type Lambda } from '../../../local/lambda/service.ts';
import { createNetwork, type Network } from '../../../local/network/network.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { clientOf, startEndpoint, temporaryFolder } from '../endpoint.ts';

const HOME = 'eu-central-1';
const AWAY = 'ap-southeast-2';
const RTT_MS = 60;
const limits = { timeoutS: 20, memoryMb: 512, environment: { STAGE: 'test' } };
const { folder, remove } = temporaryFolder();
let lambda: Lambda;
let network: Network;
let server: WireServer;
let client: sdk.LambdaClient;

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const read = (output: sdk.InvokeCommandOutput) =>
  JSON.parse(Buffer.from(output.Payload ?? []).toString());

beforeAll(async () => {
  network = createNetwork({
    rtt: (from, to) => (from === to ? 0 : RTT_MS),
    random: Math.random,
    clock: realClock,
  });
  lambda = createLambda({
    dataDir: folder,
    clock: realClock,
    endpoint: () => server.url,
    network,
    log: () => {},
  });
  server = await startEndpoint([serviceFromSdk(sdk, 'lambda', lambda.operations)], {
    arrive: network.arriveHook,
    delay: network.delayHook,
  });
  client = new sdk.LambdaClient(clientOf(server, HOME));
  const codePath = path.join(folder, 'double.mjs');
  writeFileSync(
    codePath,
    `export const handler = async ({ n }) => {
       if (n === undefined) throw new RangeError('no n');
       console.log('doubling', n);
       return { twice: 2 * n };
     };`,
  );
  for (const region of [HOME, AWAY]) {
    lambda.registerFunction({
      region,
      name: 'double',
      codePath,
      handler: 'double.handler',
      ...limits,
    });
  }
  const entry = path.join(import.meta.dirname, 'caller.ts');
  const { files } = await bundleFunctions({
    entries: { caller: entry },
    outDir: path.join(folder, 'bundles'),
  });
  lambda.registerFunction({
    region: HOME,
    name: 'caller',
    codePath: files['caller'] ?? '',
    handler: 'handler.handler',
    ...limits,
  });
});

afterAll(async () => {
  client.destroy();
  await server.close();
  await lambda.close();
  await network.close();
  remove();
});

describe('Invoke', () => {
  it('answers with payload, version and log tail', async () => {
    const output = await client.send(
      new sdk.InvokeCommand({ FunctionName: 'double', Payload: json({ n: 21 }), LogType: 'Tail' }),
    );
    expect(output.StatusCode).toBe(200);
    expect(output.ExecutedVersion).toBe('$LATEST');
    expect(output.FunctionError).toBeUndefined();
    expect(read(output)).toEqual({ twice: 42 });
    expect(Buffer.from(output.LogResult ?? '', 'base64').toString()).toContain('doubling 21\n');
  });

  it('marks a function error', async () => {
    const output = await client.send(new sdk.InvokeCommand({ FunctionName: 'double' }));
    expect(output.StatusCode).toBe(200);
    expect(output.FunctionError).toBe('Unhandled');
    expect(read(output)).toMatchObject({ errorType: 'RangeError', errorMessage: 'no n' });
  });

  it('accepts an event with 202 and a dry run with 204', async () => {
    const event = { FunctionName: 'double', Payload: json({ n: 1 }) };
    const accepted = await client.send(
      new sdk.InvokeCommand({ ...event, InvocationType: 'Event' }),
    );
    expect(accepted.StatusCode).toBe(202);
    const tried = await client.send(new sdk.InvokeCommand({ ...event, InvocationType: 'DryRun' }));
    expect(tried.StatusCode).toBe(204);
  });

  it.each([
    [
      { FunctionName: 'nobody' },
      sdk.ResourceNotFoundException,
      `Function not found: arn:aws:lambda:${HOME}:000000000000:function:nobody`,
    ],
    [
      { FunctionName: 'double', Payload: Buffer.from('{"n":') },
      sdk.InvalidRequestContentException,
      'Could not parse request body into json',
    ],
  ])('refuses %o', async (input, errorClass, message) => {
    const error = await client.send(new sdk.InvokeCommand(input)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(errorClass);
    expect(String(error)).toContain(message);
  });

  it('refuses more than 6 MB', async () => {
    const Payload = Buffer.alloc(6 * 1024 * 1024 + 1, 0x20);
    const error = await client
      .send(new sdk.InvokeCommand({ FunctionName: 'double', Payload }))
      .catch((e: unknown) => e);
    expect(error).toMatchObject({
      name: 'RequestEntityTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
  });
});

describe('functions', () => {
  it('are described', async () => {
    const { Configuration, Code } = await client.send(
      new sdk.GetFunctionCommand({
        FunctionName: `arn:aws:lambda:${HOME}:000000000000:function:double`,
      }),
    );
    expect(Configuration).toMatchObject({
      FunctionName: 'double',
      Runtime: 'nodejs24.x',
      Handler: 'double.handler',
      Timeout: 20,
      MemorySize: 512,
      State: 'Active',
      Environment: { Variables: { STAGE: 'test' } },
    });
    expect(Code?.Location).toMatch(/double\.mjs$/);
    const alone = await client.send(
      new sdk.GetFunctionConfigurationCommand({ FunctionName: 'double' }),
    );
    expect(alone.CodeSha256).toBe(Configuration?.CodeSha256);
  });

  it('are listed by region, in pages', async () => {
    const first = await client.send(new sdk.ListFunctionsCommand({ MaxItems: 1 }));
    expect(first.Functions?.map(({ FunctionName }) => FunctionName)).toEqual(['caller']);
    const second = await client.send(new sdk.ListFunctionsCommand({ Marker: first.NextMarker }));
    expect(second.Functions?.map(({ FunctionName }) => FunctionName)).toEqual(['double']);
    expect(second.NextMarker).toBeUndefined();
  });
});

describe('a bundled function', () => {
  it('asks another region a round trip away, and its own at once', async () => {
    const ask = async (region: string) =>
      read(
        await client.send(
          new sdk.InvokeCommand({ FunctionName: 'caller', Payload: json({ region, calls: 6 }) }),
        ),
      );
    const away = await ask(AWAY);
    expect(away.names).toEqual(['double']);
    expect(Math.min(...away.times)).toBeGreaterThanOrEqual(RTT_MS - 2);
    expect(Math.min(...away.times)).toBeLessThan(2 * RTT_MS);
    const home = await ask(HOME);
    expect(home.names).toEqual(['caller', 'double']);
    expect(Math.min(...home.times)).toBeLessThan(Math.min(...away.times) - RTT_MS / 2);
  });
});
