// Goal: each state of the drill hands on what the next one needs, also when its work fails.
// Method: one state at a time, with given input and variables, and a result in the place of its work.
import { describe, expect, it } from 'vitest';
import { PlanInput } from '../../events/drillInput.ts';
import { GateImagesInput, InspectImagesInput } from '../../events/image.ts';
import { ProbeResult } from '../../events/probeRequest.ts';
import { LookInput, PlacementFailure } from '../../events/roundOutcome.ts';
import type { Json } from '../../local/stepfunctions/json.ts';
import { testMachine } from '../../local/stepfunctions/testState.ts';
import { definitionOf } from './machines.ts';

const definition = definitionOf('statemachines/drill.asl.yaml');
const { state } = testMachine(definition);
/** The same machine, with its retries used up. */
const { state: lastTry } = testMachine(definition, { retryCount: 10 });

const answer = (Payload: unknown) => ({ StatusCode: 200, Payload }) as never;
const payload = (asked: unknown): unknown => Reflect.get(Object(asked), 'Payload');

const DRILL = 'drill-1';
const CELL = { region: 'eu-west-1', vantage: 'eu-north-1' };
const PLACEMENT = { region: 'eu-west-1', armId: 'slim', taskDefinition: 'shop-slim:1' };
const PLACED = { region: 'eu-west-1', armId: 'slim', taskArn: 'arn:task/1' };
const READY = {
  ...PLACED,
  host: '127.11.0.9',
  port: 8080,
  runner: 'runc',
  times: { scheduleMs: 10, pullMs: null, startMs: 200, readyMs: 300 },
};
const failure = { Error: 'ReferenceFailed', Cause: 'the reference could not be built' };

describe('Plan', () => {
  it('asks for a plan of this execution and remembers the drill', async () => {
    const input = { service: 'shop', configKey: 'config/shop/1.json', profile: 'quick' };
    const made = {
      ...{ drillId: DRILL, service: 'shop', reference: 'slim', builds: [] },
      heartbeatSeconds: 20,
      rehearsal: null,
      promote: 'manual',
    };
    const seen = await state('Plan').given(input).mock(answer(made));
    expect(seen).toMatchObject({ status: 'SUCCEEDED', next: 'BuildVariants', output: made });
    expect(seen.assigned).toEqual({
      ...{ drillId: DRILL, service: 'shop', round: 1 },
      ...{ heartbeatSeconds: 20, reference: 'slim', wanted: null, rehearsal: null },
      ...{ promote: 'manual', promotion: null },
    });
    expect(PlanInput.parse(payload(seen.arguments))).toMatchObject({
      drillId: 'test',
      drill: input,
    });
  });

  it('is tried again after a passing fault, and not after a wrong configuration', async () => {
    const given = state('Plan').given({ service: 'shop', configKey: 'none' });
    expect(await given.fail('TransientFailure')).toMatchObject({ status: 'RETRIABLE' });
    const wrong = await given.fail('ConfigInvalid', 'image.reference is no variant');
    expect(wrong).toMatchObject({ status: 'CAUGHT_ERROR', next: 'CleanUpAfterFailure' });
    expect(wrong.assigned).toEqual({
      failure: { Error: 'ConfigInvalid', Cause: 'image.reference is no variant' },
    });
  });
});

describe('BuildVariant', () => {
  const build = {
    variantId: 'slim',
    environment: [{ Name: 'TARGET', Value: 'slim' }],
    sourceLocation: 'bucket/source/1.zip',
  };

  it('builds the variant from the sources of this drill', async () => {
    const result = { Build: { Id: 'failover-drill-shop:1', BuildStatus: 'SUCCEEDED' } };
    const seen = await state('BuildVariant').given(build).mock(result);
    expect(seen.output).toEqual({
      variantId: 'slim',
      status: 'SUCCEEDED',
      buildId: 'failover-drill-shop:1',
    });
    expect(seen.arguments).toEqual({
      ProjectName: 'BuildProject',
      SourceLocationOverride: build.sourceLocation,
      EnvironmentVariablesOverride: build.environment,
    });
  });

  it('marks a build that failed, with its id from the cause', async () => {
    const cause = JSON.stringify({ Build: { Id: 'failover-drill-shop:2', BuildStatus: 'FAILED' } });
    const caught = await state('BuildVariant').given(build).fail('States.TaskFailed', cause);
    // The id is looked for in the text, since a long cause may be cut and is no JSON then.
    const id = /"Id":"([^"]+)"/.exec(cause)?.[1];
    expect(caught).toMatchObject({
      status: 'CAUGHT_ERROR',
      next: 'IsBuildFault',
      output: { variantId: 'slim', status: 'FAILED', buildId: id, fault: false },
    });
    const judged = await state('IsBuildFault')
      .given(caught.output ?? null)
      .run();
    expect(judged.next).toBe('BuildFailed');
    const marked = await state('BuildFailed')
      .given(caught.output ?? null)
      .run();
    const input = { drillId: DRILL, builds: [marked.output] };
    expect(InspectImagesInput.parse(input).builds[0]).toMatchObject({ buildId: id });
  });

  it('builds again what failed by a fault of CodeBuild, three times and no more', async () => {
    const cause = JSON.stringify({ Build: { Id: 'failover-drill-shop:3', BuildStatus: 'FAULT' } });
    let given: Json = build;
    for (let faults = 1; faults <= 3; faults++) {
      const caught = await state('BuildVariant').given(given).fail('States.TaskFailed', cause);
      const judged = await state('IsBuildFault')
        .given(caught.output ?? null)
        .run();
      expect(judged).toMatchObject({ next: 'BuildVariant', output: { ...build, faults } });
      given = judged.output ?? null;
    }
    const caught = await state('BuildVariant').given(given).fail('States.TaskFailed', cause);
    expect(caught.output).toMatchObject({ fault: false, status: 'FAILED' });
  });

  it('marks a build that never began, without an id', async () => {
    const caught = await lastTry('BuildVariant')
      .given(build)
      .fail('CodeBuild.AccountLimitExceededException', 'Cannot have more than 4 builds in queue');
    expect(caught.output).toMatchObject({ fault: false });
    const marked = await state('BuildFailed')
      .given(caught.output ?? null)
      .run();
    expect(marked.output).toEqual({
      variantId: 'slim',
      status: 'FAILED',
      reason: 'CodeBuild.AccountLimitExceededException: Cannot have more than 4 builds in queue',
    });
    expect(() =>
      InspectImagesInput.parse({ drillId: DRILL, builds: [marked.output] }),
    ).not.toThrow();
  });

  it('waits for room when too many builds are under way', async () => {
    const seen = await state('BuildVariant')
      .given(build)
      .fail('CodeBuild.AccountLimitExceededException');
    expect(seen.status).toBe('RETRIABLE');
    expect(seen.retryDelayMs).toBe(5_000);
  });
});

describe('InspectImages', () => {
  const builds = [{ variantId: 'slim', status: 'SUCCEEDED', buildId: 'b:1' }];

  it('hands the arms on and keeps the cells', async () => {
    const arms = [
      { region: 'eu-west-1', armId: 'slim', imageUri: 'shop:slim', imageDigest: 'sha256:1' },
    ];
    const seen = await state('InspectImages')
      .given(builds, { drillId: DRILL })
      .mock(answer({ arms, cells: [CELL] }));
    expect(seen).toMatchObject({
      next: 'GateImages',
      output: arms,
      assigned: { cells: [CELL] },
    });
    expect(payload(seen.arguments)).toEqual({ drillId: DRILL, builds });
  });

  it('hands on the arms that pass their gates', async () => {
    const arm = (armId: string) => ({
      ...{ region: 'eu-west-1', armId },
      ...{ imageUri: `shop:${armId}`, imageDigest: 'sha256:1' },
    });
    const seen = await state('GateImages')
      .given([arm('slim'), arm('fat')], { drillId: DRILL })
      .mock(answer({ arms: [arm('slim')], gated: ['fat'] }));
    expect(seen).toMatchObject({ next: 'RegisterTasks', output: [arm('slim')] });
    const asked = GateImagesInput.parse(payload(seen.arguments));
    expect(asked).toEqual({ drillId: DRILL, arms: [arm('slim'), arm('fat')] });
  });

  it('ends the drill when the reference could not be built', async () => {
    const seen = await state('InspectImages')
      .given(builds, { drillId: DRILL })
      .fail(failure.Error, failure.Cause);
    expect(seen).toMatchObject({ next: 'CleanUpAfterFailure', assigned: { failure } });
  });
});

describe('PlaceTask and AwaitReady', () => {
  const variables = { drillId: DRILL, round: 2 };

  it('place an arm and wait until it answers', async () => {
    const placed = await state('PlaceTask').given(PLACEMENT, variables).mock(answer(PLACED));
    expect(placed).toMatchObject({ next: 'AwaitReady', output: PLACED });
    expect(payload(placed.arguments)).toEqual({ ...PLACEMENT, drillId: DRILL, round: 2 });
    const ready = await state('AwaitReady').given(PLACED, variables).mock(answer(READY));
    expect(ready.output).toEqual({ placement: READY });
    expect(ready.next).toBeUndefined();
  });

  it.each([
    ['PlaceTask', PLACEMENT, 'PlacementFailed', 'RESOURCE:CPU'],
    ['AwaitReady', PLACED, 'NotReady', 'no answer in 60 s'],
    ['AwaitReady', PLACED, 'States.Timeout', ''],
  ])('%s marks a placement that failed (%#)', async (name, input, error, cause) => {
    const caught = await state(name).given(input, variables).fail(error, cause);
    expect(caught).toMatchObject({ status: 'CAUGHT_ERROR', next: 'PlacementFailed' });
    const marked = await state('PlacementFailed')
      .given(caught.output ?? null, variables)
      .run();
    const told = Reflect.get(Object(marked.output), 'failure');
    expect(PlacementFailure.parse(told)).toEqual({
      region: 'eu-west-1',
      armId: 'slim',
      error,
      reason: cause,
      // A task that was started is told of, so that it is released with the others.
      ...(name === 'AwaitReady' ? { taskArn: PLACED.taskArn } : {}),
    });
  });

  it('cut a long cause to what the next state can carry', async () => {
    const caught = await state('AwaitReady')
      .given(PLACED, variables)
      .fail('NotReady', 'x'.repeat(9_000));
    expect(Reflect.get(Object(caught.output), 'reason')).toHaveLength(500);
  });

  it('sort what came of the round into placements and failures', async () => {
    const lost = { region: 'eu-west-1', armId: 'fat', error: 'NotReady', reason: 'no answer' };
    const seen = await state('PlaceRound')
      .given({}, { ...variables, placements: [PLACEMENT] })
      .mock([{ placement: READY }, { failure: lost }]);
    expect(seen).toMatchObject({
      next: 'ProbeRound',
      assigned: { placed: [READY], failures: [lost] },
    });
  });

  it('leave lists, also when there is one of a kind or none', async () => {
    const seen = await state('PlaceRound')
      .given({}, { ...variables, placements: [PLACEMENT] })
      .mock([{ placement: READY }]);
    expect(seen.assigned).toEqual({ placed: [READY], failures: [] });
  });
});

describe('ProbeRound', () => {
  const variables = {
    drillId: DRILL,
    round: 2,
    heartbeatSeconds: 20,
    placed: [READY, { ...READY, region: 'eu-central-1' }],
  };

  it('gives a vantage the placements of its cell, and the token to answer with', async () => {
    const result = { cell: CELL, status: 'measured', reason: null, arms: [] };
    const seen = await state('DispatchProbe').given({ cell: CELL }, variables).mock(result);
    expect(seen.output).toEqual(result);
    expect(payload(seen.arguments)).toMatchObject({
      drillId: DRILL,
      round: 2,
      cell: CELL,
      placements: [READY],
      taskToken: expect.any(String),
    });
  });

  it.each([
    ['States.HeartbeatTimeout', '', 'States.HeartbeatTimeout: '],
    [
      'VantageUnreachable',
      'eu-north-1 answered 503',
      'VantageUnreachable: eu-north-1 answered 503',
    ],
  ])('marks a cell that did not answer: %s', async (error, cause, reason) => {
    const caught = await state('DispatchProbe').given({ cell: CELL }, variables).fail(error, cause);
    expect(caught).toMatchObject({ status: 'CAUGHT_ERROR', next: 'CellUnreachable' });
    const marked = await state('CellUnreachable')
      .given(caught.output ?? null)
      .run();
    expect(ProbeResult.parse(marked.output)).toEqual({
      cell: CELL,
      status: 'unreachable',
      reason,
      arms: [],
    });
  });
});

describe('Look and IsDecided', () => {
  const LOOKED = { nextRound: 3, placements: [PLACEMENT], cells: [CELL] };

  it('give what came of the round, and go on with what is left', async () => {
    const variables = { drillId: DRILL, round: 2, failures: [], probes: [], dead: [] };
    const seen = await state('Look')
      .given({}, { ...variables, placements: [PLACEMENT] })
      .mock(answer({ decision: 'more', why: 'one round is no drill', ...LOOKED }));
    expect(() => LookInput.parse(payload(seen.arguments))).not.toThrow();
    expect(seen.assigned).toEqual({ round: 3, placements: [PLACEMENT], cells: [CELL] });
    expect(seen.next).toBe('IsDecided');
  });

  it.each([
    ['more', 'PlaceRound'],
    ['decided', 'InspectStandby'],
    ['max', 'InspectStandby'],
    ['hopeless', 'InspectStandby'],
  ])('after "%s" comes %s', async (decision, next) => {
    const seen = await state('IsDecided')
      .given({ decision, ...LOOKED })
      .run();
    expect(seen.next).toBe(next);
  });
});
