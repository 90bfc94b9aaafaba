// Goal: a move that stopped in the middle, wherever that was, ends in a phase that a person can work from.
import { describe, expect, it } from 'vitest';
import { abandonment } from '../../../core/failover/abandon.ts';
import { reduce } from '../../../core/failover/machine.ts';
import type { Phase, State } from '../../../core/failover/states.ts';
import { evaluating, HOME, STANDBY, START_MS, settingsWith } from '../../support/failovers.ts';

const execution = {
  name: 'shop-0-1',
  decisionId: 'd1',
  cause: 'down' as const,
  from: HOME,
  to: STANDBY,
  epoch: 1,
  automatic: true,
};
const stopped = (phase: Phase): State => ({ ...evaluating(), phase, execution });

/** Applies what ends the execution until nothing is left of it. */
const ended = (phase: Phase) => {
  let state = stopped(phase);
  const done: string[] = [];
  for (;;) {
    const event = abandonment(state, execution.name, 'the function failed', START_MS + 1_000);
    if (event === null) return { state, done };
    const step = reduce(state, event, settingsWith());
    expect(step.state).not.toEqual(state);
    state = step.state;
    done.push(...step.actions.map((action) => ('notice' in action ? action.notice : action.do)));
  }
};

describe('an execution that stopped', () => {
  it.each<[Phase, Phase]>([
    ['ACQUIRE', 'SUSPECT'],
    ['FENCE', 'HOLD'],
    ['SCALE', 'HOLD'],
    ['FLIP', 'HOLD'],
    ['FAILBACK_SHIFT', 'HOLD'],
    ['VERIFY', 'HOLD'],
    ['ROLLBACK_FLIP', 'HOLD'],
  ])('in %s leaves the machine in %s', (phase, end) => {
    const { state, done } = ended(phase);
    expect(state).toMatchObject({ phase: end, execution: null });
    if (end === 'HOLD') {
      expect(done).toEqual(expect.arrayContaining(['page', 'failed']));
      expect(state.held).toBe('the function failed');
    }
  });

  it('changes nothing when it is over, or another is under way', () => {
    const away = { ...stopped('STABILIZE'), execution: null };
    expect(abandonment(away, execution.name, 'why', START_MS)).toBeNull();
    expect(abandonment(stopped('FLIP'), 'shop-0-2', 'why', START_MS)).toBeNull();
    expect(abandonment(stopped('SUSPECT'), execution.name, 'why', START_MS)).toBeNull();
  });
});
