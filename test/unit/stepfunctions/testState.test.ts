// Goal: single states can be tested with a result in the place of their work, and the API's TestState agrees.
import { describe, expect, it } from 'vitest';
import { testMachine } from '../../../local/stepfunctions/testState.ts';
import { startMachines } from '../../support/stateMachines.ts';

const MACHINE = {
  QueryLanguage: 'JSONata',
  StartAt: 'Rank',
  States: {
    Rank: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: 'rank', Payload: { drill: '{% $drillId %}' } },
      Assign: { best: '{% $states.result.Payload.order[0] %}' },
      Output: '{% $states.result.Payload %}',
      Retry: [
        { ErrorEquals: ['Lambda.TooManyRequestsException'], MaxAttempts: 2, IntervalSeconds: 5 },
      ],
      Catch: [
        {
          ErrorEquals: ['NotEnough'],
          Assign: { best: 'none' },
          Output: '{% $states.errorOutput %}',
          Next: 'Tell',
        },
      ],
      Next: 'Worth',
    },
    Worth: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.gain > 5 %}', Next: 'Each' }],
      Default: 'Tell',
    },
    Each: {
      Type: 'Map',
      Items: '{% $states.input.order %}',
      ItemProcessor: {
        StartAt: 'Inner',
        States: { Inner: { Type: 'Pass', Output: '{% $states.input & "!" %}', End: true } },
      },
      Next: 'Tell',
    },
    Tell: { Type: 'Wait', Seconds: 3600, Next: 'Done' },
    Done: { Type: 'Fail', Error: 'Done', Cause: '{% $states.input.why %}' },
  },
};
const { state } = testMachine(MACHINE);

describe('a state by itself', () => {
  it('gives next, output and variables for a mocked result', async () => {
    const found = await state('Rank')
      .given({}, { drillId: 'd1' })
      .mock({ Payload: { order: ['slim', 'fat'], gain: 9 } });
    expect(found).toEqual({
      status: 'SUCCEEDED',
      next: 'Worth',
      output: { order: ['slim', 'fat'], gain: 9 },
      assigned: { best: 'slim' },
      variables: { drillId: 'd1', best: 'slim' },
      arguments: { FunctionName: 'rank', Payload: { drill: 'd1' } },
    });
  });

  it('says whether an error is retried, caught or neither', async () => {
    const given = state('Rank').given({}, { drillId: 'd1' });
    expect(await given.fail('Lambda.TooManyRequestsException')).toMatchObject({
      status: 'RETRIABLE',
      retryDelayMs: 5_000,
    });
    expect(await given.fail('NotEnough', 'two rounds')).toMatchObject({
      status: 'CAUGHT_ERROR',
      next: 'Tell',
      output: { Error: 'NotEnough', Cause: 'two rounds' },
      variables: { drillId: 'd1', best: 'none' },
    });
    expect(await given.fail('Other')).toMatchObject({ status: 'FAILED', error: 'Other' });
    const used = testMachine(MACHINE, { retryCount: 2 }).state('Rank').given({}, { drillId: 'd' });
    expect((await used.fail('Lambda.TooManyRequestsException')).status).toBe('FAILED');
  });

  it('runs states that have no work: choices, waits without waiting, failures, inner states', async () => {
    expect(await state('Worth').given({ gain: 6 }).run()).toMatchObject({ next: 'Each' });
    expect(await state('Worth').given({ gain: 1 }).run()).toMatchObject({ next: 'Tell' });
    expect(await state('Tell').given({}).run()).toMatchObject({ next: 'Done', output: {} });
    expect(await state('Done').given({ why: 'x' }).run()).toMatchObject({
      status: 'FAILED',
      error: 'Done',
      cause: 'x',
    });
    expect(await state('Inner').given('a').run()).toMatchObject({ output: 'a!' });
    expect(await state('Each').given({ order: [] }).mock(['m'])).toMatchObject({ output: ['m'] });
  });

  it('fails a Task without a result instead of calling anything', async () => {
    const found = await state('Rank').given({}, { drillId: 'd' }).run();
    expect(found.cause).toContain('the test gave no result for lambda:Invoke');
  });
});

describe('TestState', () => {
  it('answers in the shape of the API', async () => {
    const machines = startMachines();
    const definition = JSON.stringify({ ...MACHINE.States.Rank, QueryLanguage: 'JSONata' });
    const found = await machines.ask('TestState', {
      definition,
      input: '{}',
      variables: '{"drillId":"d1"}',
      inspectionLevel: 'DEBUG',
      mock: { result: '{"Payload":{"order":["slim"]}}' },
    });
    expect(found).toEqual({
      status: 'SUCCEEDED',
      nextState: 'Worth',
      output: '{"order":["slim"]}',
      inspectionData: {
        input: '{}',
        afterArguments: '{"FunctionName":"rank","Payload":{"drill":"d1"}}',
        variables: '{"drillId":"d1","best":"slim"}',
      },
    });
    const failed = await machines.ask('TestState', {
      definition: JSON.stringify(MACHINE),
      stateName: 'Rank',
      variables: '{"drillId":"d1"}',
      mock: { errorOutput: { error: 'NotEnough', cause: 'c' } },
    });
    expect(failed).toMatchObject({ status: 'CAUGHT_ERROR', nextState: 'Tell', error: 'NotEnough' });
    await expect(
      machines.ask('TestState', { definition: '{"Type":"Pass"}', input: '{}' }),
    ).rejects.toMatchObject({ name: 'InvalidDefinition' });
    await machines.close();
  });
});
