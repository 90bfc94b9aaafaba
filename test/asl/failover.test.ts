// Goal: each state of the failover and failback machines leads where it should, with what the next
// function needs, and whatever fails is told by Finish.
// Method: one state at a time, with given input and variables, and a result in the place of its work.
import { describe, expect, it } from 'vitest';
import { AcquireLeaseInput, FenceInput, FlipInput } from '../../events/failoverFlip.ts';
import { FinishInput } from '../../events/finishStep.ts';
import { testMachine } from '../../local/stepfunctions/testState.ts';
import { definitionOf } from './machines.ts';

const failover = definitionOf('statemachines/failover.asl.yaml');
const failback = definitionOf('statemachines/failback.asl.yaml');
const { state } = testMachine(failover);
const { state: back } = testMachine(failback);
/** The same machine, with its retries used up. */
const { state: lastTry } = testMachine(failover, { retryCount: 10 });

const answer = (Payload: unknown) => ({ StatusCode: 200, Payload }) as never;
const payload = (asked: unknown): unknown => Reflect.get(Object(asked), 'Payload');

const INPUT = {
  service: 'shop',
  execution: {
    ...{ name: 'shop-0-1', decisionId: 'a1b2', cause: 'down', automatic: true },
    ...{ from: 'eu-west-1', to: 'eu-central-1', epoch: 1 },
  },
} as const;
const LEASE = {
  ...{ ok: true, why: 'held', won: true, leaseWonAtMs: 1 },
  ...{ fence: false, scale: false, listener: false },
};
const FLIPPED = { ok: true, done: true, superseded: false, changeId: 'C1', shift: null };
const failure = { Error: 'DataCorrupt', Cause: 'the plan does not fit its schema' };

describe('the lease', () => {
  it('is asked for with the input as it came, and remembered', async () => {
    const seen = await state('AcquireLease').given(INPUT).mock(answer(LEASE));
    expect(seen).toMatchObject({ next: 'WhatIsNeeded', output: INPUT });
    expect(seen.assigned).toEqual({ lease: LEASE, failure: null });
    expect(AcquireLeaseInput.parse(payload(seen.arguments))).toEqual(INPUT);
  });

  it.each([
    ['nothing', {}, 'IsListenerFenced'],
    ['a fence', { fence: true, scale: true }, 'Fence'],
    ['capacity', { scale: true }, 'ScaleStandby'],
    ['another executor', { won: false, fence: true }, 'Finish'],
  ])('with %s leads to the next thing to do', async (_what, over, next) => {
    const seen = await state('WhatIsNeeded')
      .given(INPUT, { lease: { ...LEASE, ...over } })
      .run();
    expect(seen).toMatchObject({ next, output: INPUT });
  });

  it('is tried again after a passing fault, and told of after another', async () => {
    const given = state('AcquireLease').given(INPUT);
    expect(await given.fail('TransientFailure')).toMatchObject({ status: 'RETRIABLE' });
    const caught = await given.fail(failure.Error, failure.Cause);
    expect(caught).toMatchObject({ next: 'Finish', output: INPUT, assigned: { failure } });
  });
});

describe('the fence', () => {
  it('is waited for only where one region may write', async () => {
    const told = await state('Fence')
      .given(INPUT, {})
      .mock(answer({ ok: true, why: '', waitSeconds: 32 }));
    expect(told.assigned).toEqual({ waitSeconds: 32 });
    expect(FenceInput.parse(payload(told.arguments))).toMatchObject({ ...INPUT, waited: false });
    const next = (waitSeconds: number) =>
      state('IsOldLeaseOver').given(INPUT, { waitSeconds, lease: LEASE }).run();
    expect((await next(32)).next).toBe('WaitForOldLease');
    expect((await next(0)).next).toBe('IsCapacityManaged');
  });

  it('is told of once the old lease is over', async () => {
    const over = await state('FenceOver')
      .given(INPUT)
      .mock(answer({ ok: true, why: '', waitSeconds: 0 }));
    expect(FenceInput.parse(payload(over.arguments))).toMatchObject({ ...INPUT, waited: true });
    expect(over.next).toBe('IsCapacityManaged');
  });
});

describe('the capacity', () => {
  it.each([
    [true, 'IsListenerFenced'],
    [false, 'Finish'],
  ])('enough: %s leads on', async (ok, next) => {
    const scaled = await state('ScaleStandby')
      .given(INPUT)
      .mock(answer({ ok, why: 'told' }));
    expect(scaled).toMatchObject({ next: 'IsScaled', assigned: { scaled: ok } });
    expect((await state('IsScaled').given(INPUT, { scaled: ok }).run()).next).toBe(next);
  });
});

describe('the listener of the primary', () => {
  it.each([
    ['failover', state, 'Flip'],
    ['failback', back, 'FlipShift'],
  ])('is asked about in a %s where there is one', async (_what, of, next) => {
    const leads = async (lease: Record<string, string | number | boolean>) =>
      (await of('IsListenerFenced').given(INPUT, { lease }).run()).next;
    expect(await leads({ ...LEASE, listener: true })).toBe('FenceListener');
    expect(await leads(LEASE)).toBe(next);
    // A lease that was taken by the functions of a former deployment.
    expect(await leads({ won: true })).toBe(next);
    const seen = await of('FenceListener')
      .given(INPUT)
      .mock(answer({ ok: true, why: '', waitSeconds: 0 }));
    expect(FenceInput.parse(payload(seen.arguments))).toMatchObject({ listener: true });
    expect(seen).toMatchObject({ next, output: INPUT });
  });

  it('holds no failover up, and keeps traffic from going home before it is open', async () => {
    const failed = await lastTry('FenceListener').given(INPUT).fail('States.Timeout', '');
    expect(failed).toMatchObject({ status: 'CAUGHT_ERROR', next: 'Flip', output: INPUT });
    const shut = testMachine(failback, { retryCount: 10 }).state('FenceListener').given(INPUT);
    const caught = await shut.fail('TransientFailure', 'eu-west-1 may not be open');
    expect(caught).toMatchObject({
      next: 'Finish',
      assigned: { failure: { Error: 'TransientFailure' } },
    });
  });
});

describe('the flip', () => {
  it('moves all at once', async () => {
    const seen = await state('Flip').given(INPUT).mock(answer(FLIPPED));
    expect(FlipInput.parse(payload(seen.arguments))).toMatchObject({ ...INPUT, move: 'flip' });
    expect(seen).toMatchObject({ next: 'IsFlipped', assigned: { flipped: FLIPPED } });
  });

  it.each([
    [true, 'Prove'],
    [false, 'Finish'],
  ])('done: %s leads on', async (done, next) => {
    const seen = await state('IsFlipped')
      .given(INPUT, { flipped: { ...FLIPPED, done } })
      .run();
    expect(seen.next).toBe(next);
  });

  it('is followed while it is verified, and what the API says of it stops nothing', async () => {
    const seen = await state('FlipSettle').given(INPUT, { flipped: FLIPPED }).mock(answer(FLIPPED));
    expect(FlipInput.parse(payload(seen.arguments))).toMatchObject({
      move: 'settle',
      changeId: 'C1',
    });
    const failed = await lastTry('FlipSettle')
      .given(INPUT, { flipped: FLIPPED })
      .fail('States.Timeout', '');
    expect(failed).toMatchObject({ status: 'CAUGHT_ERROR', next: 'Settled' });
  });

  it.each([
    [{ ok: true, oldSideNoWorse: true }, 'Finish'],
    [{ ok: false, oldSideNoWorse: false }, 'Finish'],
    [{ ok: false, oldSideNoWorse: true }, 'FlipBack'],
  ])('verified as %j leads on', async (verified, next) => {
    const seen = await state('IsVerified').given(INPUT, { verified }).run();
    expect(seen.next).toBe(next);
  });

  it('is rolled back once', async () => {
    const seen = await state('FlipBack').given(INPUT).mock(answer(FLIPPED));
    expect(FlipInput.parse(payload(seen.arguments))).toMatchObject({ move: 'roll-back' });
    expect(seen.next).toBe('Finish');
  });
});

describe('a failback', () => {
  const start = { weight: 0, weightSinceMs: null };

  it('asks for one share after the other', async () => {
    const shift = { weight: 5, weightSinceMs: 1_000, holdSeconds: 3 };
    const moved = { ...FLIPPED, done: false, shift };
    const seen = await back('FlipShift').given(INPUT, start).mock(answer(moved));
    expect(FlipInput.parse(payload(seen.arguments))).toMatchObject({ move: 'shift', ...start });
    expect(seen.assigned).toEqual({ flipped: moved, weight: 5, weightSinceMs: 1_000 });
    const next = await back('IsShifted').given(INPUT, { flipped: moved }).run();
    expect(next.next).toBe('WatchShare');
  });

  it.each([
    [true, 'Prove'],
    [false, 'Finish'],
  ])('that has come to its end, done: %s, leads on', async (done, next) => {
    const moved = { ...FLIPPED, done };
    const seen = await back('FlipShift').given(INPUT, start).mock(answer(moved));
    expect(seen.assigned).toEqual({ flipped: moved, weight: 100, weightSinceMs: null });
    expect((await back('IsShifted').given(INPUT, { flipped: moved }).run()).next).toBe(next);
  });

  it('starts with no share', async () => {
    const seen = await back('AcquireLease').given(INPUT).mock(answer(LEASE));
    expect(seen.assigned).toEqual({ lease: LEASE, failure: null, ...start });
  });
});

describe('the end', () => {
  it.each([
    ['well', null, 'Done'],
    ['after a failure', failure, 'Failed'],
  ])('is told when it went %s', async (_how, failed, next) => {
    const seen = await state('Finish')
      .given(INPUT, { failure: failed })
      .mock(answer({ outcome: 'done' }));
    expect(FinishInput.parse(payload(seen.arguments))).toEqual({ ...INPUT, failure: failed });
    expect(seen).toMatchObject({ next: 'IsWell', output: { outcome: 'done' } });
    expect((await state('IsWell').given({}, { failure: failed }).run()).next).toBe(next);
  });

  it('that cannot be told fails with the first error', async () => {
    const seen = await lastTry('Finish').given(INPUT, { failure }).fail('TransientFailure', 'busy');
    expect(seen).toMatchObject({ next: 'Failed', assigned: { failure } });
    const failed = await state('Failed').given({}, { failure }).run();
    expect(failed).toMatchObject({ status: 'FAILED', error: failure.Error, cause: failure.Cause });
  });
});
