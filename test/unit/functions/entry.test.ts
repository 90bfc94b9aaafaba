// Goal: every function checks its settings, its input and its output, and names what is wrong.
// Method: a function made as all are, called as Lambda calls it.
import type { Context } from 'aws-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { DrillError } from '../../../core/errors.ts';
import { entry } from '../../../functions/_entry.ts';
import { BUCKET, NETWORK, TABLE } from '../../../functions/_settings.ts';

const context = (leftMs = 5_000) =>
  ({
    awsRequestId: 'r-1',
    functionName: 'double',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:double',
    memoryLimitInMB: '256',
    getRemainingTimeInMillis: () => leftMs,
  }) as Context;

type Work = (input: { n: number }, signal: AbortSignal) => Promise<unknown>;
const double = (work: Work = async ({ n }) => ({ twice: 2 * n })) =>
  entry({
    name: 'double',
    env: z.object({ TABLE, BUCKET, NETWORK }),
    input: z.strictObject({ n: z.int() }),
    output: z.strictObject({ twice: z.int() }),
    make: () => work as never,
  });

const call = (handler: ReturnType<typeof double>, event: unknown, leftMs?: number) =>
  handler(event as never, context(leftMs));

const settings = (values: Record<string, string>) => {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
};
afterEach(() => vi.unstubAllEnvs());

describe('a function', () => {
  const GOOD = { TABLE: 'drills', BUCKET: 'documents', NETWORK: '*/public/sg-1/subnet-1+subnet-2' };

  it('gives its answer', async () => {
    settings(GOOD);
    expect(await call(double(), { n: 21 })).toEqual({ twice: 42 });
  });

  it('names every setting that is missing or wrong, at once', async () => {
    settings({ BUCKET: 'x' });
    await expect(call(double(), { n: 1 })).rejects.toMatchObject({
      name: 'ConfigInvalid',
      message: expect.stringMatching(
        /^environment of the function: .*TABLE: .*BUCKET: .*NETWORK: /s,
      ),
    });
  });

  it('refuses an input that is not what was agreed on', async () => {
    settings(GOOD);
    await expect(call(double(), { n: 'one', more: 1 })).rejects.toMatchObject({
      name: 'InputInvalid',
      message: expect.stringMatching(/^input of double: n: .*; \(whole\): .*more/),
    });
  });

  it('hands on no output that the next state could not read', async () => {
    settings(GOOD);
    await expect(
      call(
        double(async () => ({ twice: 0.5 })),
        { n: 1 },
      ),
    ).rejects.toMatchObject({
      name: 'InputInvalid',
      message: expect.stringMatching(/^output of double: twice: /),
    });
  });

  it('keeps the name of an error, since state machines go by it', async () => {
    settings(GOOD);
    const failing = double(async () => {
      throw new DrillError('TransientFailure', 'not now');
    });
    await expect(call(failing, { n: 1 })).rejects.toMatchObject({
      name: 'TransientFailure',
      message: 'not now',
    });
  });

  it('tells its work to stop before Lambda stops it', async () => {
    settings(GOOD);
    const stopped = double(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    const startedMs = performance.now();
    await expect(call(stopped, { n: 1 }, 650)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - startedMs).toBeLessThan(650);
  });
});
