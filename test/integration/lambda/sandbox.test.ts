// Goal: a sandbox behaves as a Lambda environment does: results, failures, limits, reuse, identity.
// Method: real child processes behind the service's own operations; one handler that misbehaves on request.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { createLambda, type Lambda } from '../../../local/lambda/service.ts';
import type { LogLine } from '../../../local/lambda/types.ts';
import { MISBEHAVING, readPayload, testCall } from './support.ts';

const STARTING = 2;
const dataDir = mkdtempSync(path.join(tmpdir(), 'lambda-'));
const lines: LogLine[] = [];
let lambda: Lambda;

const register = (name: string, code: string, more: object = {}, to = lambda) => {
  const codePath = path.join(dataDir, `${name}.mjs`);
  writeFileSync(codePath, code);
  to.registerFunction({
    region: 'eu-west-1',
    name,
    codePath,
    handler: `${name}.handler`,
    timeoutS: 5,
    memoryMb: 256,
    environment: { GREETING: 'hello' },
    ...more,
  });
};

const invoke = async (name: string, event: unknown = {}, more: object = {}, of = lambda) => {
  const input = { FunctionName: name, Payload: Buffer.from(JSON.stringify(event)), ...more };
  const output = await of.operations['Invoke']?.(input, testCall('eu-west-1'));
  return readPayload(output);
};

const openLambda = (patienceMs: number) =>
  createLambda({
    dataDir,
    clock: realClock,
    endpoint: () => 'http://127.0.0.1:1',
    network: { sourceAddress: () => '127.31.0.1', resolver: () => undefined },
    log: (line) => lines.push(line),
    concurrency: { perFunction: 3, total: 5, starting: STARTING, patienceMs },
  });

beforeAll(() => {
  process.env['NOT_FOR_SANDBOXES'] = 'secret';
  lambda = openLambda(500);
  register('misbehaving', MISBEHAVING);
});

afterAll(async () => {
  await lambda.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('a sandbox', () => {
  it('answers, and is used again', async () => {
    const first = await invoke('misbehaving', { do: 'count' });
    const second = await invoke('misbehaving', { do: 'count' });
    expect(first.output).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(first.output.FunctionError).toBeUndefined();
    expect(second.payload).toEqual({ count: first.payload.count + 1, pid: first.payload.pid });
  });

  it('leaves what was compiled for the next one, though it ends by being killed', async () => {
    await invoke('misbehaving', { do: 'count' });
    const kept = path.join(dataDir, '.compiled');
    const files = () => readdirSync(kept, { recursive: true, withFileTypes: true });
    await expect.poll(() => files().some((entry) => entry.isFile())).toBe(true);
  });

  it('sees what Lambda gives and nothing else', async () => {
    const { payload } = await invoke('misbehaving', { do: 'environment' });
    expect(payload).toMatchObject({
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_NAME: 'misbehaving',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      GREETING: 'hello',
      TZ: 'UTC',
    });
    expect(Object.keys(payload).filter((name) => /^(NOT_FOR|SANDBOX_|HOME$)/.test(name))).toEqual(
      [],
    );
  });

  it('gives the handler a context', async () => {
    const context = Buffer.from('{"custom":{"name":"Zoë"}}').toString('base64');
    const { payload } = await invoke('misbehaving', { do: 'context' }, { ClientContext: context });
    expect(payload).toMatchObject({
      functionName: 'misbehaving',
      functionVersion: '$LATEST',
      memoryLimitInMB: '256',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:misbehaving',
      clientContext: { custom: { name: 'Zoë' } },
    });
    expect(payload.leftMs).toBeGreaterThan(4_000);
    expect(payload.leftMs).toBeLessThanOrEqual(5_000);
  });

  it('reports an error by its name, with its trace', async () => {
    const { output, payload } = await invoke('misbehaving', { do: 'throw' });
    expect(output.FunctionError).toBe('Unhandled');
    expect(payload).toMatchObject({
      errorType: 'ProbeRefusedError',
      errorMessage: 'no probe today',
    });
    expect(payload.trace[0]).toBe('ProbeRefusedError: no probe today');
  });

  it('is killed at its deadline, also in a busy loop', async () => {
    register('spinning', MISBEHAVING, { timeoutS: 1 });
    const startedMs = performance.now();
    const { payload } = await invoke('spinning', { do: 'spin' });
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(950);
    // It would spin for ever; a start and a kill take long on a busy machine.
    expect(tookMs).toBeLessThan(30_000);
    expect(payload.errorType).toBe('Sandbox.Timedout');
    expect(payload.errorMessage).toMatch(
      /^RequestId: \S+ Error: Task timed out after 1.00 seconds$/,
    );
  });

  it('is replaced after its process exits', async () => {
    const { payload } = await invoke('misbehaving', { do: 'exit' });
    expect(payload.errorType).toBe('Runtime.ExitError');
    expect(payload.errorMessage).toMatch(/Runtime exited with error: exit status 3$/);
    expect((await invoke('misbehaving', { do: 'count' })).payload.count).toBe(1);
  });

  it('is stopped when it takes more memory than it has', async () => {
    register('greedy', MISBEHAVING, { memoryMb: 128, timeoutS: 20 });
    const { payload } = await invoke('greedy', { do: 'allocate' });
    expect(payload.errorType).toBe('Runtime.OutOfMemory');
  });

  it('may not answer more than 6 MB', async () => {
    const fits = await invoke('misbehaving', { do: 'answer', bytes: 6_291_000 });
    expect(fits.payload).toHaveLength(6_291_000);
    const { payload } = await invoke('misbehaving', { do: 'answer', bytes: 6_291_556 });
    expect(payload.errorType).toBe('Function.ResponseSizeTooLarge');
  });

  it('reports errors that no handler caught', async () => {
    const rejected = await invoke('misbehaving', { do: 'reject' });
    expect(rejected.payload.errorType).toBe('Runtime.UnhandledPromiseRejection');
    const thrown = await invoke('misbehaving', { do: 'throw-later' });
    expect(thrown.payload).toMatchObject({ errorType: 'RangeError', errorMessage: 'late' });
  });
});

describe('init', () => {
  it.each([
    ['throwing', "throw new TypeError('bad config');", 'TypeError', 'bad config'],
    ['unexported', 'export const other = 1;', 'Runtime.HandlerNotFound', 'unexported.handler is'],
    ['unparsable', 'export const = ;', 'Runtime.UserCodeSyntaxError', 'SyntaxError'],
    ['lost', "import './nowhere.mjs';", 'Runtime.ImportModuleError', 'nowhere.mjs'],
    ['leaving', 'process.exit(7);', 'Runtime.ExitError', 'exit status 7'],
  ])('of a %s module fails with the name Lambda gives', async (name, code, errorType, text) => {
    register(name, code);
    const { payload } = await invoke(name);
    expect(payload.errorType).toBe(errorType);
    expect(payload.errorMessage).toContain(text);
  });

  it('that never ends is stopped after 10 seconds', async () => {
    register('dreaming', 'await new Promise(() => setInterval(() => {}, 1000));');
    const startedMs = performance.now();
    const { payload } = await invoke('dreaming');
    expect(payload.errorType).toBe('Sandbox.Timedout');
    expect(performance.now() - startedMs).toBeGreaterThan(9_900);
  });
});

describe('many invocations', () => {
  it('run side by side up to the bound, the others wait', async () => {
    register('slow', MISBEHAVING);
    const calls = Array.from({ length: 7 }, () => invoke('slow', { do: 'sleep', ms: 700 }));
    const pids = new Set((await Promise.all(calls)).map(({ payload }) => payload.pid));
    expect(pids.size).toBe(3);
  });

  it('that are quick share the few environments that start at once', async () => {
    // However slow the machine is, what idles is used before the patience with it ends.
    const patient = openLambda(60_000);
    register('quick', MISBEHAVING, {}, patient);
    const calls = Array.from({ length: 20 }, () => invoke('quick', { do: 'count' }, {}, patient));
    const counts = (await Promise.all(calls)).map(({ payload }) => payload.count);
    await patient.close();
    expect(counts.filter((count) => count === 1).length).toBeLessThanOrEqual(STARTING);
  });

  it('take the place of idle environments of other functions', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      register(name, MISBEHAVING);
      expect((await invoke(name, { do: 'count' })).payload.count).toBe(1);
    }
    expect((await invoke('g', { do: 'count' })).payload.count).toBe(2);
    expect((await invoke('a', { do: 'count' })).payload.count).toBe(1);
  });
});

describe('logs', () => {
  it('carry function, region and request id, and metric lines as they are', async () => {
    const { output } = await invoke('misbehaving', { do: 'log' }, { LogType: 'Tail' });
    const metric = lines.find((line) => line.text.startsWith('{"_aws"'));
    expect(metric).toMatchObject({
      region: 'eu-west-1',
      functionName: 'misbehaving',
      stream: 'stdout',
    });
    expect(JSON.parse(metric?.text ?? '{}').Probes).toBe(3);
    const tail = Buffer.from(output.LogResult, 'base64').toString();
    expect(tail).toContain(`START RequestId: ${metric?.requestId} Version: $LATEST\n`);
    expect(tail).toContain('to stderr\n');
    expect(tail).toMatch(/REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms/);
  });
});
