// Goal: Parallel and Map run side by side within their limits and come apart as AWS does.
// Method: an engine on a virtual clock; S3 for distributed Maps is a map of keys in the test.
import { describe, expect, it } from 'vitest';
import type { TaskRequest } from '../../../local/stepfunctions/runtime.ts';
import {
  functionAnswer,
  functionError,
  payloadOf,
  runMachine,
  startMachines,
} from '../../support/stateMachines.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const one = (state: object) => ({ StartAt: 'One', States: { One: { End: true, ...state } } });
const call = { Type: 'Task', Resource: FUNCTION };
const machine = (state: object) => ({
  StartAt: 'M',
  States: { M: { Type: 'Map', End: true, ...state } },
});
const types = (events: readonly { type: string }[]) => events.map((e) => e.type);

describe('an inline Map', () => {
  it('runs no more iterations at a time than MaxConcurrency', async () => {
    const machines = startMachines(async (request) => {
      active += 1;
      most = Math.max(most, active);
      await new Promise<void>((resolve) => machines.clock.after(1_000, resolve));
      active -= 1;
      return functionAnswer(payloadOf(request));
    });
    let active = 0;
    let most = 0;
    const items = Array.from({ length: 10 }, (_, i) => i);
    const definition = machine({ MaxConcurrency: 3, ItemProcessor: one(call) });
    const ended = await machines.run(definition, items);
    expect(ended).toMatchObject({ output: items, tookMs: 4_000 });
    expect(most).toBe(3);
    await machines.close();
  });

  it('gives each iteration its item, its index and what the selector makes of them', async () => {
    const definition = machine({
      ItemsPath: '$.list',
      ItemSelector: { 'i.$': '$$.Map.Item.Index', 'v.$': '$$.Map.Item.Value', 'all.$': '$.n' },
      ItemProcessor: one({ Type: 'Pass' }),
      ResultPath: '$.out',
    });
    const ended = await runMachine(definition, { list: ['a', 'b'], n: 7 });
    expect(ended.output).toMatchObject({
      out: [
        { i: 0, v: 'a', all: 7 },
        { i: 1, v: 'b', all: 7 },
      ],
    });
  });

  it('stops the others when one fails and says so in the history', async () => {
    const never = () => new Promise(() => {});
    const definition = machine({ ItemProcessor: one(call) });
    const ended = await runMachine(definition, [0, 1], (request) =>
      payloadOf(request) === 0 ? functionError('E') : never(),
    );
    expect(ended).toMatchObject({ status: 'FAILED', error: 'E', tookMs: 0 });
    expect(types(ended.events).slice(-6)).toEqual([
      'MapIterationFailed',
      'TaskStateAborted',
      'MapIterationAborted',
      'TaskStateAborted',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  it('fails with the reason when the input of a later iteration cannot be made', async () => {
    const definition = {
      ...machine({
        Items: [1, 2],
        MaxConcurrency: 1,
        ItemSelector: '{% $states.context.Map.Item.Value = 2 ? $none : 1 %}',
        ItemProcessor: one({ Type: 'Pass' }),
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Told' }],
      }),
      QueryLanguage: 'JSONata',
    };
    Object.assign(definition.States, { Told: { Type: 'Pass', End: true } });
    const ended = await runMachine(definition);
    expect(ended.status).toBe('SUCCEEDED');
    expect(Object(ended.output).Cause).toContain("field 'ItemSelector' returned nothing");
  });

  it('lets the process breathe while it runs', async () => {
    const items = Array.from({ length: 2_000 }, (_, i) => i);
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await runMachine(machine({ ItemProcessor: one({ Type: 'Pass' }) }), items);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it('runs ten thousand branches', async () => {
    const items = Array.from({ length: 10_000 }, (_, i) => i);
    const machines = startMachines(undefined, { historyEventsMax: 1_000_000 });
    const ended = await machines.run(machine({ ItemProcessor: one({ Type: 'Pass' }) }), items);
    expect(ended.output).toEqual(items);
    expect(ended.events.at(-1)?.id).toBe(40_006);
    await machines.close();
  }, 60_000);

  it('ends the execution at 25,000 events, as AWS does', async () => {
    const items = Array.from({ length: 10_000 }, (_, i) => i);
    const ended = await runMachine(machine({ ItemProcessor: one({ Type: 'Pass' }) }), items);
    expect(ended).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect(ended.events).toHaveLength(25_000);
  }, 60_000);
});

describe('Parallel', () => {
  it('gives the outputs in the order of the branches, whichever ends first', async () => {
    const wait = (Seconds: number) => ({
      StartAt: 'W',
      States: {
        W: { Type: 'Wait', Seconds, Next: 'P' },
        P: { Type: 'Pass', Result: Seconds, End: true },
      },
    });
    const definition = {
      StartAt: 'P1',
      States: { P1: { Type: 'Parallel', Branches: [wait(30), wait(10)], End: true } },
    };
    expect(await runMachine(definition)).toMatchObject({ output: [30, 10], tookMs: 30_000 });
  });

  it('is tried again as a whole', async () => {
    let calls = 0;
    const definition = {
      StartAt: 'P1',
      States: {
        P1: {
          Type: 'Parallel',
          Branches: [one(call), one({ Type: 'Pass' })],
          Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }],
          End: true,
        },
      },
    };
    const ended = await runMachine(definition, 5, () => {
      calls += 1;
      return calls === 1 ? functionError('E') : functionAnswer('ok');
    });
    expect(ended).toMatchObject({ output: ['ok', 5], tookMs: 1_000 });
    expect(types(ended.events).filter((t) => t === 'ParallelStateStarted')).toHaveLength(2);
  });
});

/** S3 as the engine calls it, and a function that fails for the item `bad`. */
const s3 = (objects: Record<string, string>) => async (request: TaskRequest) => {
  const input = Object(request.input);
  if (request.service === 'lambda') {
    const payload = payloadOf(request);
    return JSON.stringify(payload).includes('bad') ? functionError('Bad') : functionAnswer(payload);
  }
  const key = `${input.Bucket}/${input.Key}`;
  if (request.action === 'PutObject') {
    objects[key] = input.Body;
    return {};
  }
  if (request.action === 'ListObjectsV2') {
    const names = Object.keys(objects).map((name) => ({ Key: name.split('/').slice(1).join('/') }));
    const from = Number(input.ContinuationToken ?? 0);
    const more = from + 1 < names.length;
    return {
      Contents: names.slice(from, from + 1),
      IsTruncated: more,
      NextContinuationToken: from + 1,
    };
  }
  const body = objects[key];
  if (body === undefined) {
    const error = Object.assign(new Error('The specified key does not exist.'), {
      name: 'NoSuchKey',
    });
    throw Object.assign(error, { $metadata: { httpStatusCode: 404, requestId: 'r' } });
  }
  return { Body: body };
};

const distributed = (processor: object, more: object = {}) =>
  machine({
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      ...processor,
    },
    ...more,
  });
const reader = (Key: string, ReaderConfig: object) => ({
  ItemReader: {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig,
    Parameters: { Bucket: 'b', Key },
  },
});

describe('a distributed Map', () => {
  it('runs an execution of its own for each item', async () => {
    const machines = startMachines(s3({}));
    const arn = await machines.start(await machines.create(distributed(one(call))), ['x', 'y']);
    await machines.clock.until(machines.engine.settled());
    const ended = await machines.endOf(arn);
    expect(ended.output).toEqual(['x', 'y']);
    expect(types(ended.events)).not.toContain('LambdaFunctionScheduled');
    const { mapRuns } = await machines.ask('ListMapRuns', { executionArn: arn });
    const { mapRunArn } = mapRuns[0];
    const children = await machines.ask('ListExecutions', { mapRunArn });
    expect(children.executions).toHaveLength(2);
    const child = await machines.history(children.executions[0].executionArn);
    expect(types(child)).toContain('LambdaFunctionScheduled');
    const run = await machines.ask('DescribeMapRun', { mapRunArn });
    expect(run).toMatchObject({ status: 'SUCCEEDED', itemCounts: { total: 2, succeeded: 2 } });
    await machines.close();
  });

  it.each([
    ['JSON', { InputType: 'JSON' }, '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
    ['JSONL', { InputType: 'JSONL' }, '{"a":1}\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
    [
      'CSV',
      { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
      'a,b\n1,"x,y"\n2,z\n',
      [
        { a: '1', b: 'x,y' },
        { a: '2', b: 'z' },
      ],
    ],
    [
      'CSV with given names',
      { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['q'], CSVDelimiter: 'PIPE' },
      '1\n2\n',
      [{ q: '1' }, { q: '2' }],
    ],
    ['a part', { InputType: 'JSON', MaxItems: 1 }, '[1,2,3]', [1]],
  ])('reads %s', async (_, config, body, items) => {
    const definition = distributed(one(call), reader('k', config));
    expect((await runMachine(definition, {}, s3({ 'b/k': body }))).output).toEqual(items);
  });

  it('reads the list of a bucket, page by page', async () => {
    const ItemReader = {
      Resource: 'arn:aws:states:::s3:listObjectsV2',
      Parameters: { Bucket: 'b' },
    };
    const definition = distributed(one(call), { ItemReader });
    const ended = await runMachine(definition, {}, s3({ 'b/1': '', 'b/2': '', 'b/3': '' }));
    expect(ended.output).toEqual([{ Key: '1' }, { Key: '2' }, { Key: '3' }]);
  });

  it('fails with States.ItemReaderFailed and the reason', async () => {
    const missing = distributed(one(call), reader('none', { InputType: 'JSON' }));
    const ended = await runMachine(missing, {}, s3({}));
    expect(ended.error).toBe('States.ItemReaderFailed');
    expect(ended.cause).toContain('The specified key does not exist.');
    const wrong = distributed(one(call), reader('k', { InputType: 'JSON' }));
    expect(await runMachine(wrong, {}, s3({ 'b/k': '{}' }))).toMatchObject({
      cause: 'Attempting to map over non-iterable node.',
    });
  });

  it('groups items with what the batch shares', async () => {
    const ItemBatcher = { MaxItemsPerBatch: 2, BatchInput: { 'run.$': '$.run' } };
    const definition = distributed(one(call), { ItemsPath: '$.items', ItemBatcher });
    const ended = await runMachine(definition, { items: [1, 2, 3], run: 'r' }, s3({}));
    expect(ended.output).toEqual([
      { BatchInput: { run: 'r' }, Items: [1, 2] },
      { BatchInput: { run: 'r' }, Items: [3] },
    ]);
  });

  it('writes results and a manifest, failures in a file of their own', async () => {
    const objects: Record<string, string> = {};
    const definition = distributed(one(call), {
      ToleratedFailureCount: 1,
      ResultWriter: {
        Resource: 'arn:aws:states:::s3:putObject',
        Parameters: { Bucket: 'out', Prefix: 'p' },
      },
    });
    const ended = await runMachine(definition, ['x', 'bad'], s3(objects));
    const details = Object(ended.output).ResultWriterDetails;
    expect(details.Key).toMatch(/^p\/.+\/manifest\.json$/);
    const manifest = JSON.parse(objects[`out/${details.Key}`] ?? '');
    const rows = (name: string) =>
      JSON.parse(objects[`out/${manifest.ResultFiles[name][0].Key}`] ?? '');
    expect(rows('SUCCEEDED')).toMatchObject([{ Status: 'SUCCEEDED', Input: '"x"', Output: '"x"' }]);
    expect(rows('FAILED')).toMatchObject([{ Status: 'FAILED', Error: 'Bad' }]);
  });

  it('tolerates failures up to the limit and fails beyond it', async () => {
    const items = ['x', 'bad', 'y', 'bad'];
    const run = (limit: object) => runMachine(distributed(one(call), limit), items, s3({}));
    expect((await run({ ToleratedFailureCount: 2 })).output).toEqual(['x', 'y']);
    expect((await run({ ToleratedFailurePercentage: 50 })).output).toEqual(['x', 'y']);
    const failed = await run({ ToleratedFailureCount: 1 });
    expect(failed).toMatchObject({
      status: 'FAILED',
      error: 'States.ExceedToleratedFailureThreshold',
    });
    expect(types(failed.events).slice(-3)).toEqual([
      'MapRunFailed',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  it('goes on after a restart without running finished children again', async () => {
    const calls: unknown[] = [];
    const slow = {
      StartAt: 'One',
      States: { One: { ...call, Next: 'W' }, W: { Type: 'Wait', Seconds: 60, End: true } },
    };
    const answer = (request: TaskRequest) => {
      calls.push(payloadOf(request));
      return functionAnswer(payloadOf(request));
    };
    const machines = startMachines(answer);
    const definition = distributed(slow, { MaxConcurrency: 1 });
    const arn = await machines.start(await machines.create(definition), [1, 2, 3]);
    await machines.clock.advance(90_000);
    await machines.leave();
    const next = startMachines(answer, { dataDir: machines.dataDir });
    await next.engine.resume();
    await next.clock.until(next.engine.settled());
    expect((await next.endOf(arn)).output).toEqual([1, 2, 3]);
    expect(calls).toEqual([1, 2, 3]);
    await next.close();
  });
});

describe('a redrive', () => {
  it('of a distributed Map runs only the child executions that failed', async () => {
    let broken = true;
    const calls: unknown[] = [];
    const machines = startMachines((request) => {
      calls.push(payloadOf(request));
      return broken && payloadOf(request) === 2
        ? functionError('E')
        : functionAnswer(payloadOf(request));
    });
    const definition = distributed(one(call), { MaxConcurrency: 1 });
    const executionArn = await machines.start(await machines.create(definition), [1, 2, 3]);
    await machines.clock.until(machines.engine.settled());
    broken = false;
    await machines.clock.advance(1_000);
    await machines.ask('RedriveExecution', { executionArn });
    await machines.clock.until(machines.engine.settled());
    const ended = await machines.endOf(executionArn);
    expect(ended.output).toEqual([1, 2, 3]);
    expect(calls).toEqual([1, 2, 2, 3]);
    expect(types(ended.events)).toContain('MapRunRedriven');
    await machines.close();
  });

  it('runs again what failed and keeps what succeeded', async () => {
    let broken = true;
    const calls: unknown[] = [];
    const machines = startMachines((request) => {
      calls.push(payloadOf(request));
      return broken && payloadOf(request) === 2
        ? functionError('E')
        : functionAnswer(payloadOf(request));
    });
    const definition = machine({ MaxConcurrency: 1, ItemProcessor: one(call) });
    const executionArn = await machines.start(await machines.create(definition), [1, 2, 3]);
    await machines.clock.until(machines.engine.settled());
    expect((await machines.endOf(executionArn)).status).toBe('FAILED');
    broken = false;
    await machines.ask('RedriveExecution', { executionArn });
    await machines.clock.until(machines.engine.settled());
    const ended = await machines.endOf(executionArn);
    expect(ended.output).toEqual([1, 2, 3]);
    expect(calls).toEqual([1, 2, 2, 3]);
    expect(types(ended.events)).toContain('ExecutionRedriven');
    const { redriveCount, redriveStatus } = await machines.ask('DescribeExecution', {
      executionArn,
    });
    expect({ redriveCount, redriveStatus }).toEqual({
      redriveCount: 1,
      redriveStatus: 'NOT_REDRIVABLE',
    });
    await expect(machines.ask('RedriveExecution', { executionArn })).rejects.toMatchObject({
      name: 'ExecutionNotRedrivable',
    });
    await machines.close();
  });
});
