// Goal: a drill ends as it should, whatever of its end fails: looked at, ranked, judged, rehearsed, told.
// Method: one state at a time, with given input and variables, and a result in the place of its work.
import { describe, expect, it } from 'vitest';
import { NotifyInput } from '../../events/drillEnd.ts';
import { DetectAnomaliesInput } from '../../events/nights.ts';
import { PromoteInput } from '../../events/promotion.ts';
import { RehearsalInput } from '../../events/rehearsal.ts';
import { InspectStandbyInput } from '../../events/standby.ts';
import { testMachine } from '../../local/stepfunctions/testState.ts';
import { definitionOf } from './machines.ts';

const definition = definitionOf('statemachines/drill.asl.yaml');
const { state } = testMachine(definition);
/** The same machine, with its retries used up. */
const { state: lastTry } = testMachine(definition, { retryCount: 10 });

const answer = (Payload: unknown) => ({ StatusCode: 200, Payload }) as never;
const payload = (asked: unknown): unknown => Reflect.get(Object(asked), 'Payload');

const DRILL = 'drill-1';
const PLACEMENT = { region: 'eu-west-1', armId: 'slim', taskDefinition: 'shop-slim:1' };
/** Neither rehearsed nor promoted. */
const NOTHING = { rehearsal: null, promotion: null };
const failure = { Error: 'ReferenceFailed', Cause: 'the reference could not be built' };

describe('the end of a drill', () => {
  const report = {
    drillId: DRILL,
    reportKey: 'reports/shop/1.json',
    headline: 'distroless is faster',
  };
  const anomalies = { status: 'judged', told: 1, open: 2 };

  it('looks at the standby before it ranks, and ranks without that if it must', async () => {
    const given = { drillId: DRILL };
    const seen = await state('InspectStandby')
      .given({}, given)
      .mock(answer({ drifts: 0 }));
    expect(seen.next).toBe('Rank');
    expect(InspectStandbyInput.parse(payload(seen.arguments))).toEqual(given);
    const failed = await lastTry('InspectStandby').given({}, given).fail('DataCorrupt');
    expect(failed).toMatchObject({ status: 'CAUGHT_ERROR', next: 'Rank' });
  });

  it('ranks, cleans up and tells', async () => {
    const ranked = await state('Rank').given({}, { drillId: DRILL }).mock(answer(report));
    expect(ranked).toMatchObject({ next: 'DetectAnomalies', assigned: { report } });
    const judged = await state('DetectAnomalies')
      .given({}, { drillId: DRILL, report })
      .mock(answer(anomalies));
    expect(judged).toMatchObject({ next: 'IsRehearsed', assigned: { anomalies } });
    expect(DetectAnomaliesInput.parse(payload(judged.arguments))).toEqual({
      drillId: DRILL,
      reportKey: report.reportKey,
    });
    const cleaned = await state('CleanUp')
      .given({}, { drillId: DRILL })
      .mock(answer({ stopped: 0 }));
    expect(cleaned.next).toBe('Notify');
    const told = await state('Notify')
      .given({}, { drillId: DRILL, report, anomalies, ...NOTHING })
      .mock(answer({ status: 'sent', reason: null }));
    const output = { ...report, anomalies, ...NOTHING, notify: { status: 'sent' } };
    expect(told).toMatchObject({ next: 'Done', output });
    expect(NotifyInput.parse(payload(told.arguments))).toMatchObject({ failure: null });
  });

  it('stands when the nights could not be judged, and says so', async () => {
    const given = { drillId: DRILL, report };
    const seen = await lastTry('DetectAnomalies').given({}, given).fail('DataCorrupt', 'an item');
    expect(seen).toMatchObject({
      status: 'CAUGHT_ERROR',
      next: 'IsRehearsed',
      assigned: { anomalies: { status: 'failed', reason: 'DataCorrupt' } },
    });
  });

  it('is rehearsed only where the configuration asks for it, with the reference', async () => {
    const wanted = {
      depth: 'shadow',
      every: 'night',
      full: null,
      window: null,
      rtoMs: null,
      holdMs: 60_000,
    };
    expect((await state('IsRehearsed').given({}, { wanted: null }).run()).next).toBe('IsPromoted');
    expect((await state('IsRehearsed').given({}, { wanted }).run()).next).toBe('Rehearse');
    const placements = [PLACEMENT, { ...PLACEMENT, armId: 'fat' }];
    const known = { drillId: DRILL, service: 'shop', reference: 'slim', placements };
    const asked = { ...wanted, timeZone: 'UTC' };
    const seen = await state('Rehearse')
      .given({}, { ...known, wanted: asked })
      .mock({ Output: { outcome: 'SUCCEEDED' } } as never);
    expect(seen).toMatchObject({ next: 'KeepRehearsal', output: { outcome: 'SUCCEEDED' } });
    expect(RehearsalInput.parse(Reflect.get(Object(seen.arguments), 'Input'))).toEqual({
      ...{ service: 'shop', drillId: DRILL, wanted: asked },
      placements: [PLACEMENT],
    });
  });

  it('stands when the rehearsal could not be carried out, and says so', async () => {
    const given = {
      drillId: DRILL,
      service: 'shop',
      reference: 'slim',
      placements: [],
      wanted: {},
    };
    const seen = await lastTry('Rehearse').given({}, given).fail('States.TaskFailed', 'no machine');
    expect(seen).toMatchObject({
      next: 'IsPromoted',
      assigned: { rehearsal: { outcome: 'FAILED', why: 'States.TaskFailed: no machine' } },
    });
  });

  it('promotes only where the configuration lets it, and does not wait for the end of it', async () => {
    const next = async (promote: string) =>
      (await state('IsPromoted').given({}, { promote }).run()).next;
    expect(await next('manual')).toBe('CleanUp');
    expect(await next('canary')).toBe('Promote');
    expect(await next('bluegreen')).toBe('Promote');
    const known = { drillId: DRILL, service: 'shop', report, promote: 'canary' };
    const seen = await state('Promote')
      .given({}, known)
      .mock(answer({ status: 'started', why: 'distroless takes the place of what runs' }));
    expect(seen).toMatchObject({
      next: 'CleanUp',
      assigned: {
        promotion: { status: 'started', why: 'distroless takes the place of what runs' },
      },
    });
    expect(PromoteInput.parse(payload(seen.arguments))).toEqual({
      ...{ kind: 'drill', service: 'shop', drillId: DRILL, mode: 'canary' },
      reportKey: report.reportKey,
    });
  });

  it('stands when nothing could be promoted, and says so', async () => {
    const known = { drillId: DRILL, service: 'shop', report, promote: 'canary' };
    const seen = await lastTry('Promote').given({}, known).fail('Lambda.Unknown', 'no function');
    expect(seen).toMatchObject({
      next: 'CleanUp',
      assigned: { promotion: { status: 'failed', why: 'Lambda.Unknown: no function' } },
    });
  });

  it('is still an end when Slack cannot be told', async () => {
    const given = (machine: typeof state) =>
      machine('Notify').given({}, { drillId: DRILL, report, anomalies, ...NOTHING });
    expect((await given(state).fail('NotifyFailed')).status).toBe('RETRIABLE');
    expect(await given(lastTry).fail('NotifyFailed', 'HTTP 503')).toMatchObject({
      status: 'CAUGHT_ERROR',
      next: 'Done',
      output: { ...report, notify: { status: 'failed', reason: 'NotifyFailed' } },
    });
  });
});

describe('the end of a drill that failed', () => {
  it('cleans up, tells, and fails with the first error', async () => {
    const cleaned = await state('CleanUpAfterFailure')
      .given({}, { failure })
      .mock(answer({ stopped: 3 }));
    expect(cleaned.next).toBe('NotifyFailure');
    expect(payload(cleaned.arguments)).toEqual({ drillId: 'test' });
    const told = await state('NotifyFailure')
      .given({}, { failure })
      .mock(answer({ status: 'sent', reason: null }));
    expect(NotifyInput.parse(payload(told.arguments))).toEqual({
      drillId: 'test',
      reportKey: null,
      failure,
    });
    expect(told.next).toBe('Failed');
    const failed = await state('Failed').given({}, { failure }).run();
    expect(failed).toMatchObject({ status: 'FAILED', error: failure.Error, cause: failure.Cause });
  });

  it('goes the same way when clean-up or Slack fail too', async () => {
    const cleaned = await lastTry('CleanUpAfterFailure')
      .given({}, { failure })
      .fail('TransientFailure');
    expect(cleaned).toMatchObject({ status: 'CAUGHT_ERROR', next: 'NotifyFailure' });
    const told = await lastTry('NotifyFailure').given({}, { failure }).fail('NotifyFailed');
    expect(told).toMatchObject({ status: 'CAUGHT_ERROR', next: 'Failed' });
  });

  it('says so when the error has no cause', async () => {
    const failed = await state('Failed')
      .given({}, { failure: { Error: 'States.Timeout' } })
      .run();
    expect(failed).toMatchObject({ error: 'States.Timeout', cause: 'no cause given' });
  });
});
