// Goal: Retry, Catch, timeouts and waits follow the documented arithmetic.
// Method: machines on a virtual clock; the time an execution took and what it called are exact.
import { describe, expect, it } from 'vitest';
import {
  functionAnswer,
  functionError,
  payloadOf,
  runMachine,
} from '../../support/stateMachines.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const machine = (state: object, more: object = {}, top: object = {}) => ({
  StartAt: 'Call',
  States: { Call: { Type: 'Task', Resource: FUNCTION, End: true, ...state }, ...more },
  ...top,
});

/** A function that fails with each error in turn and then answers. */
const failing = (...errors: string[]) => {
  let calls = 0;
  return {
    count: () => calls,
    call: () => {
      const error = errors[calls];
      calls += 1;
      return error === undefined ? functionAnswer('done') : functionError(error);
    },
  };
};

describe('Retry', () => {
  it('waits 1, 2 and 4 seconds by default and gives up after three retries', async () => {
    const far = failing('E', 'E', 'E', 'E', 'E');
    const ended = await runMachine(machine({ Retry: [{ ErrorEquals: ['E'] }] }), {}, far.call);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'E', tookMs: 7_000 });
    expect(far.count()).toBe(4);
  });

  it('grows the delay by BackoffRate up to MaxDelaySeconds', async () => {
    const far = failing('E', 'E', 'E', 'E');
    const rule = {
      ErrorEquals: ['E'],
      IntervalSeconds: 3,
      BackoffRate: 3,
      MaxDelaySeconds: 10,
      MaxAttempts: 9,
    };
    const ended = await runMachine(machine({ Retry: [rule] }), {}, far.call);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', tookMs: (3 + 9 + 10 + 10) * 1000 });
  });

  it('draws the delay between nothing and itself with full jitter', async () => {
    const rule = {
      ErrorEquals: ['E'],
      IntervalSeconds: 100,
      MaxAttempts: 1,
      JitterStrategy: 'FULL',
    };
    const took = (await runMachine(machine({ Retry: [rule] }), {}, failing('E').call)).tookMs;
    expect(took).toBeGreaterThan(0);
    expect(took).toBeLessThan(100_000);
    const again = (await runMachine(machine({ Retry: [rule] }), {}, failing('E').call)).tookMs;
    expect(again, 'the seed repeats the jitter').toBe(took);
  });

  it('counts each rule by itself and takes the first that fits', async () => {
    const far = failing('A', 'B', 'A', 'B', 'A');
    const Retry = [
      { ErrorEquals: ['A'], MaxAttempts: 2, BackoffRate: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 2, BackoffRate: 1 },
    ];
    const ended = await runMachine(machine({ Retry }), {}, far.call);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'A' });
    expect(far.count()).toBe(5);
  });

  it('tells the state how often it was retried', async () => {
    const seen: unknown[] = [];
    const state = {
      QueryLanguage: 'JSONata',
      Arguments: { n: '{% $states.context.State.RetryCount %}' },
      Retry: [{ ErrorEquals: ['E'] }],
    };
    await runMachine(machine(state), {}, (request) => {
      seen.push(payloadOf(request));
      return seen.length < 3 ? functionError('E') : functionAnswer(1);
    });
    expect(seen).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });
});

describe('Catch', () => {
  const caught = { Caught: { Type: 'Pass', End: true } };

  it('puts the error at ResultPath and goes on', async () => {
    const Catch = [{ ErrorEquals: ['E'], ResultPath: '$.error', Next: 'Caught' }];
    const ended = await runMachine(machine({ Catch }, caught), { a: 1 }, failing('E').call);
    expect(ended.output).toEqual({
      a: 1,
      error: { Error: 'E', Cause: '{"errorType":"E","errorMessage":"it failed"}' },
    });
  });

  it('comes only after Retry is used up', async () => {
    const far = failing('E', 'E');
    const rules = {
      Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }],
      Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'Caught' }],
    };
    const ended = await runMachine(machine(rules, caught), {}, far.call);
    expect(ended.status).toBe('SUCCEEDED');
    expect(far.count()).toBe(2);
  });

  it('cannot handle States.Runtime, not even with States.ALL', async () => {
    const rules = {
      OutputPath: '$.nothing',
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
    };
    const ended = await runMachine(machine(rules, caught), {}, () => functionAnswer({}));
    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });

  it('assigns variables from the error, in JSONata', async () => {
    const rules = {
      QueryLanguage: 'JSONata',
      Catch: [
        {
          ErrorEquals: ['States.ALL'],
          Assign: { why: '{% $states.errorOutput.Error %}' },
          Output: { kept: '{% $states.input.a %}' },
          Next: 'Told',
        },
      ],
    };
    const told = {
      Told: {
        Type: 'Pass',
        QueryLanguage: 'JSONata',
        Output: '{% [$why, $states.input.kept] %}',
        End: true,
      },
    };
    const ended = await runMachine(machine(rules, told), { a: 5 }, failing('E').call);
    expect(ended.output).toEqual(['E', 5]);
  });

  it('handles a JSONata fault of a Task as States.QueryEvaluationError', async () => {
    const rules = {
      QueryLanguage: 'JSONata',
      Arguments: '{% $states.input.none %}',
      Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Caught' }],
    };
    const ended = await runMachine(machine(rules, caught));
    expect(ended.status).toBe('SUCCEEDED');
    expect(ended.output).toMatchObject({ Error: 'States.QueryEvaluationError' });
    expect(ended.events.map((e) => e.type)).toContain('EvaluationFailed');
  });
});

describe('time', () => {
  const never = () => new Promise(() => {});

  it('stops a task at TimeoutSeconds, given or computed', async () => {
    const fixed = await runMachine(machine({ TimeoutSeconds: 30 }), {}, never);
    expect(fixed).toMatchObject({ status: 'FAILED', error: 'States.Timeout', tookMs: 30_000 });
    const path = await runMachine(machine({ TimeoutSecondsPath: '$.t' }), { t: 12 }, never);
    expect(path.tookMs).toBe(12_000);
    const state = { QueryLanguage: 'JSONata', TimeoutSeconds: '{% $states.input.t * 2 %}' };
    expect((await runMachine(machine(state), { t: 4 }, never)).tookMs).toBe(8_000);
  });

  it.each([0, -1, 1.5])('refuses a computed TimeoutSeconds of %d', async (t) => {
    const state = { QueryLanguage: 'JSONata', TimeoutSeconds: '{% $states.input.t %}' };
    expect(await runMachine(machine(state), { t }, never)).toMatchObject({
      error: 'States.Runtime',
      cause: expect.stringContaining(`TimeoutSeconds must be a positive integer, but was ${t}`),
    });
  });

  it('does not count a timeout as States.TaskFailed', async () => {
    const Retry = [{ ErrorEquals: ['States.TaskFailed'] }];
    const ended = await runMachine(machine({ TimeoutSeconds: 5, Retry }), {}, never);
    expect(ended.tookMs).toBe(5_000);
  });

  it('ends the execution at its own TimeoutSeconds', async () => {
    const ended = await runMachine(machine({}, {}, { TimeoutSeconds: 60 }), {}, never);
    expect(ended).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout', tookMs: 60_000 });
    expect(ended.events.at(-1)?.type).toBe('ExecutionTimedOut');
  });

  it.each([
    ['Seconds', { Seconds: 90 }, 90_000],
    ['SecondsPath', { SecondsPath: '$.s' }, 7_000],
    ['Timestamp', { Timestamp: '2026-11-20T10:05:00Z' }, 300_000],
    ['TimestampPath', { TimestampPath: '$.at' }, 60_500],
    ['a time that is over', { Timestamp: '2020-01-01T00:00:00Z' }, 0],
    ['JSONata', { QueryLanguage: 'JSONata', Seconds: '{% $states.input.s + 1 %}' }, 8_000],
    ['a long wait', { Seconds: 30 * 86_400 }, 30 * 86_400_000],
  ])('waits by %s', async (_, wait, tookMs) => {
    const definition = { StartAt: 'W', States: { W: { Type: 'Wait', End: true, ...wait } } };
    const ended = await runMachine(definition, { s: 7, at: '2026-11-20T11:01:00.5+01:00' });
    expect(ended).toMatchObject({ status: 'SUCCEEDED', tookMs });
  });
});
