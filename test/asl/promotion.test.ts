// Goal: each state of the promotion machine leads where it should, and a step that fails is told to the next.
// Method: one state at a time, with given input and variables, and a result in the place of its work.
import { describe, expect, it } from 'vitest';
import { StepPromotionInput } from '../../events/promotion.ts';
import { testMachine } from '../../local/stepfunctions/testState.ts';
import { definitionOf } from './machines.ts';

const definition = definitionOf('statemachines/promotion.asl.yaml');
const { state } = testMachine(definition);
/** The same machine, with its retries used up. */
const { state: lastTry } = testMachine(definition, { retryCount: 10 });

const ASKED = { service: 'shop', promotionId: 'shop-promote-1', startedAtMs: 1_000 };
const answer = (Payload: unknown) => ({ StatusCode: 200, Payload }) as never;
const payload = (asked: unknown): unknown => Reflect.get(Object(asked), 'Payload');
const known = { asked: ASKED, failure: null, failures: 0 };

describe('a promotion', () => {
  it('remembers what it is asked', async () => {
    const seen = await state('Begin').given(ASKED).run();
    expect(seen).toMatchObject({ next: 'StepPromotion', assigned: known });
  });

  it('takes one step after the other until it is over', async () => {
    const running = { outcome: 'RUNNING', why: '25 % of the traffic', doing: 'a canary' };
    const seen = await state('StepPromotion').given({}, known).mock(answer(running));
    expect(seen).toMatchObject({ next: 'IsOver', output: running, assigned: { failures: 0 } });
    expect(StepPromotionInput.parse(payload(seen.arguments))).toEqual({ ...ASKED, failure: null });
    expect((await state('IsOver').given(running).run()).next).toBe('LookAgain');
    for (const outcome of ['PROMOTED', 'ROLLED_BACK', 'INTERRUPTED', 'FAILED']) {
      expect((await state('IsOver').given({ outcome }).run()).next).toBe('Over');
    }
  });

  it('tries a step again that was lost with its process', async () => {
    const seen = await state('StepPromotion').given({}, known).fail('Lambda.SdkClientException');
    expect(seen.status).toBe('RETRIABLE');
  });

  it('tells a failure to the next step, which puts the old version back', async () => {
    const seen = await lastTry('StepPromotion').given({}, known).fail('AccessDenied', 'not you');
    expect(seen).toMatchObject({
      next: 'MayGoOn',
      assigned: { failure: 'AccessDenied: not you', failures: 1 },
    });
    const failure = 'AccessDenied: not you';
    const after = await state('StepPromotion')
      .given({}, { ...known, failure })
      .mock(answer({ outcome: 'RUNNING', why: '', doing: '' }));
    expect(payload(after.arguments)).toEqual({ ...ASKED, failure });
    expect(after.assigned).toMatchObject({ failure: null, failures: 0 });
  });

  it('gives up after three failures in a row', async () => {
    const next = async (failures: number) =>
      (
        await state('MayGoOn')
          .given({}, { ...known, failures })
          .run()
      ).next;
    expect(await next(2)).toBe('LookAgain');
    expect(await next(3)).toBe('NotPromoted');
    const failed = await state('NotPromoted')
      .given({}, { ...known, failure: 'x: y' })
      .run();
    expect(failed).toMatchObject({ status: 'FAILED', error: 'PromotionFailed', cause: 'x: y' });
  });
});
