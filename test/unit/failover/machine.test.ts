// Goal: the way from doubt to a verified flip and back home, and every way it can stop.
// Method: the machine driven by votes, with an outside that answers each action at once.
import { describe, expect, it } from 'vitest';
import { reduce, resume } from '../../../core/failover/machine.ts';
import type { Event, Phase } from '../../../core/failover/states.ts';
import {
  drive,
  HOME,
  nothingKnown,
  STANDBY,
  START_MS,
  settingsWith,
} from '../../support/failovers.ts';

const S = 1_000;
const at = (seconds: number) => START_MS + seconds * S;

/** Suspicion at 10 s of doubt, DOWN by quorum at 31 s. */
const failPrimary = (run: ReturnType<typeof drive>, other: 'UP' | 'DOWN' = 'UP') => {
  run.see(at(0), { active: 'UP', other });
  run.see(at(5), { active: 'DOUBT', forMs: 5 * S, other });
  run.see(at(10), { active: 'DOUBT', forMs: 10 * S, other });
  run.see(at(31), { active: 'DOWN', forMs: 31 * S, other });
};

describe('a dead primary', () => {
  it('is suspected, decided, flipped and verified, each told once', () => {
    const run = drive(settingsWith());
    failPrimary(run);
    expect(run.notices()).toEqual(['suspect', 'decided', 'flipped', 'verified']);
    // The words name the region: they may be told after the roles have changed.
    expect(run.did('notify')[0]?.action).toMatchObject({
      notice: 'suspect',
      why: expect.stringMatching(new RegExp(`^${HOME}: `)),
    });
    expect(run.state()).toMatchObject({ phase: 'STABILIZE', active: STANDBY, epoch: 1 });
    expect(run.did('start')[0]?.action).toMatchObject({
      execution: { name: 'shop-0-1', from: HOME, to: STANDBY, epoch: 1, cause: 'down' },
    });
  });

  it('has the flip prepared, and a rehearsal interrupted, as soon as doubt is a suspicion', () => {
    const run = drive(settingsWith());
    failPrimary(run);
    expect(run.did('prepare')).toEqual([{ atMs: at(10), action: { do: 'prepare' } }]);
    expect(run.did('interrupt-rehearsal')[0]?.atMs).toBe(at(10));
    expect(run.did('flip')[0]?.atMs).toBe(at(31));
  });

  it('that comes back before `down` is over leads to nothing', () => {
    const run = drive(settingsWith());
    run.see(at(10), { active: 'DOUBT', forMs: 10 * S });
    run.see(at(12), { active: 'UP' });
    run.see(at(131), { active: 'UP' });
    expect(run.state().phase).toBe('SUSPECT');
    run.see(at(132), { active: 'UP' });
    expect(run.state().phase).toBe('STEADY');
    expect(run.notices()).toEqual(['suspect', 'cleared']);
  });

  it('is found by a machine that just started', () => {
    const run = drive(settingsWith());
    run.see(at(0), { active: 'DOWN', forMs: 40 * S });
    expect(run.state().active).toBe(STANDBY);
  });
});

describe('a standby that is no better', () => {
  it('holds, pages once, and flips when it comes up', () => {
    const run = drive(settingsWith());
    failPrimary(run, 'DOWN');
    for (let s = 32; s < 60; s++) run.see(at(s), { active: 'DOWN', other: 'DOWN' });
    expect(run.state()).toMatchObject({ phase: 'HOLD_BOTH', active: HOME });
    expect(run.did('page')).toHaveLength(1);
    expect(run.notices()).toEqual(['suspect', 'held']);
    run.see(at(60), { active: 'DOWN', other: 'UP' });
    expect(run.state()).toMatchObject({ phase: 'STABILIZE', active: STANDBY });
  });
});

describe('a gate that blocks', () => {
  it('is told once, and asked again with every verdict', () => {
    const run = drive(settingsWith(), { facts: nothingKnown });
    failPrimary(run);
    for (let s = 32; s < 40; s++) run.see(at(s), { active: 'DOWN' });
    expect(run.notices()).toEqual(['suspect', 'held']);
    expect(run.did('plan').length).toBeGreaterThan(8);
    run.around.facts = drive(settingsWith()).around.facts;
    run.see(at(40), { active: 'DOWN' });
    expect(run.state().active).toBe(STANDBY);
  });
});

describe('approval', () => {
  const asked = () => {
    const run = drive(settingsWith({ mode: 'approve' }));
    failPrimary(run);
    return run;
  };
  const word = (over: object = {}): Event => ({
    kind: 'approved',
    nowMs: at(60),
    decisionId: 'decision-1',
    epoch: 0,
    ...over,
  });

  it('is asked for once, and moves traffic when it comes while the region is still down', () => {
    const run = asked();
    expect(run.did('ask-approval')).toHaveLength(1);
    run.see(at(60), { active: 'DOWN' });
    run.send(word());
    expect(run.state().active).toBe(STANDBY);
    expect(run.state().flips[0]?.automatic).toBe(false);
  });

  it('asks the gates again: nothing moves when the region is up by then', () => {
    const run = asked();
    run.see(at(59), { active: 'UP' });
    run.send(word());
    expect(run.state().active).toBe(HOME);
  });

  it.each([
    ['another decision', { decisionId: 'decision-9' }],
    ['another epoch', { epoch: 7 }],
    ['after its time', { nowMs: at(31 + 900) }],
  ])('counts for nothing for %s', (_, over) => {
    const run = asked();
    run.send(word(over));
    expect(run.state()).toMatchObject({ phase: 'AWAIT_APPROVAL', active: HOME });
  });

  it('outlasts a moment of doubt about the standby, not a refusal', () => {
    const waits = asked();
    waits.see(at(59), { active: 'DOWN', other: 'DOUBT' });
    waits.send(word());
    expect(waits.state()).toMatchObject({ phase: 'SUSPECT', active: HOME });
    waits.see(at(61), { active: 'DOWN' });
    expect(waits.state().active).toBe(STANDBY);
    const refused = asked();
    refused.around.facts = nothingKnown;
    refused.see(at(59), { active: 'DOWN' });
    refused.send(word());
    refused.around.facts = waits.around.facts;
    refused.see(at(61), { active: 'DOWN' });
    expect(refused.state()).toMatchObject({ phase: 'AWAIT_APPROVAL', active: HOME });
  });

  it('expires, and is asked for anew while the trouble lasts', () => {
    const run = asked();
    run.see(at(932), { active: 'DOWN' });
    expect(run.did('ask-approval')).toHaveLength(2);
  });
});

describe('a step that fails', () => {
  it.each<[string, Parameters<typeof drive>[1], Phase, string]>([
    ['capacity does not come', { enough: false }, 'HOLD', HOME],
    ['too few switches are written', { flipDone: false }, 'HOLD', HOME],
    [
      'verification, with a worse old side',
      { verified: false, oldSideNoWorse: false },
      'HOLD',
      STANDBY,
    ],
    ['verification, rolled back', { verified: false }, 'HOLD', HOME],
    ['verification, and the rollback', { verified: false, rolledBack: false }, 'HOLD', STANDBY],
  ])('%s: a person is paged', (_, outside, phase, active) => {
    const run = drive(settingsWith(), outside);
    failPrimary(run);
    expect(run.state()).toMatchObject({ phase, active });
    expect(run.did('page')).toHaveLength(1);
    expect(run.notices().at(-1)).toBe('failed');
    expect(run.did('roll-back').length).toBeLessThanOrEqual(1);
  });

  it('burns its epoch, so that no later attempt shares it', () => {
    const run = drive(settingsWith(), { flipDone: false });
    failPrimary(run);
    expect(run.state().epoch).toBe(1);
    run.around.flipDone = true;
    run.send({ kind: 'order', nowMs: at(60), order: 'flip' });
    expect(run.did('start').at(-1)?.action).toMatchObject({
      execution: { name: 'shop-1-1', epoch: 2 },
    });
    expect(run.state()).toMatchObject({ active: STANDBY, epoch: 2 });
  });

  it('and takes effect all the same is followed: the region that serves is the one to watch', () => {
    const run = drive(settingsWith(), { flipDone: false });
    failPrimary(run);
    expect(run.state()).toMatchObject({ phase: 'HOLD', active: HOME, epoch: 1 });
    const found = (region: string, epoch: number) =>
      run.send({ kind: 'found', nowMs: at(60), serving: { region, epoch } });
    found(HOME, 1);
    found(STANDBY, 0);
    expect(run.state().active).toBe(HOME);
    found(STANDBY, 1);
    expect(run.state()).toMatchObject({ phase: 'HOLD', active: STANDBY, other: HOME, epoch: 1 });
    expect(run.state().flips).toEqual([{ epoch: 1, atMs: at(60), to: STANDBY, automatic: true }]);
    const pages = run.did('page').length;
    found(STANDBY, 1);
    expect(run.did('page')).toHaveLength(pages);
    run.see(at(70), { active: 'UP' });
    run.see(at(200), { active: 'UP' });
    expect(run.state()).toMatchObject({ phase: 'STABILIZE', active: STANDBY });
  });

  it('to see that an accepted write is lost follows the clients back, and pages', () => {
    const run = drive(settingsWith(), { verified: false, oldSideNoWorse: false });
    failPrimary(run);
    expect(run.state()).toMatchObject({ phase: 'HOLD', active: STANDBY, epoch: 1 });
    const pages = run.did('page').length;
    run.send({ kind: 'found', nowMs: at(60), serving: { region: STANDBY, epoch: 1 } });
    expect(run.state()).toMatchObject({ phase: 'HOLD', active: STANDBY });
    run.send({ kind: 'found', nowMs: at(61), serving: { region: HOME, epoch: 0 } });
    expect(run.state()).toMatchObject({ phase: 'HOLD', active: HOME, other: STANDBY, epoch: 1 });
    expect(run.state().flips).toEqual([]);
    run.send({ kind: 'found', nowMs: at(62), serving: { region: HOME, epoch: 0 } });
    expect(run.did('page')).toHaveLength(pages + 1);
  });

  it('to win the lease leaves the move to its holder', () => {
    const run = drive(settingsWith(), { lease: false });
    failPrimary(run);
    expect(run.did('fence')).toEqual([]);
    expect(run.state()).toMatchObject({ phase: 'SUSPECT', attempt: 2, epoch: 0 });
  });
});

describe('an alarm of another system', () => {
  const ring = (ringing: boolean): Event => ({
    kind: 'alarm',
    nowMs: at(1),
    region: HOME,
    ringing,
    source: 'cloudwatch:errors',
  });

  it('shortens the wait where the quorum agrees', () => {
    const run = drive(settingsWith());
    run.send(ring(true));
    run.see(at(3), { active: 'DEGRADED', forMs: 2 * S });
    expect(run.state().active).toBe(STANDBY);
    expect(run.did('start')[0]?.action).toMatchObject({ execution: { cause: 'external' } });
  });

  it('moves nothing while the quorum sees the region up', () => {
    const run = drive(settingsWith());
    run.send(ring(true));
    for (let s = 2; s < 300; s++) run.see(at(s), { active: 'UP' });
    expect(run.state()).toMatchObject({ phase: 'SUSPECT', active: HOME });
    run.send(ring(false));
    run.see(at(300), { active: 'UP' });
    expect(run.state().phase).toBe('STEADY');
  });
});

describe('failback', () => {
  const away = (settings: Parameters<typeof settingsWith>[0]) => {
    const run = drive(settingsWith(settings));
    failPrimary(run);
    return run;
  };

  it('by hand: says once that home is ready, and waits', () => {
    const run = away({});
    run.see(at(7_000), { active: 'UP', other: 'UP', otherForMs: 6_900 * S });
    expect(run.state().phase).toBe('STABILIZE');
    for (let s = 9_000; s < 9_010; s++) {
      run.see(at(s), { active: 'UP', other: 'UP', otherForMs: 8_000 * S });
    }
    expect(run.state()).toMatchObject({ phase: 'FAILBACK_READY', active: STANDBY });
    expect(run.notices().filter((notice) => notice === 'failback-ready')).toHaveLength(1);
    run.send({ kind: 'order', nowMs: at(9_010), order: 'back' });
    expect(run.state()).toMatchObject({ phase: 'STEADY', active: HOME, epoch: 2 });
  });

  it('by itself: as soon as home has been up for long enough', () => {
    const run = away({ failback: 'auto', soakMs: 0, homeUpMs: 5 * S, cooldownMs: 0, perDay: null });
    run.see(at(40), { active: 'UP', other: 'UP', otherForMs: 4 * S });
    expect(run.state().active).toBe(STANDBY);
    run.see(at(41), { active: 'UP', other: 'UP', otherForMs: 5 * S });
    expect(run.state()).toMatchObject({ phase: 'STEADY', active: HOME });
  });

  it('by itself, blocked by a gate: told once, tried again', () => {
    const run = away({ failback: 'auto', soakMs: 0, homeUpMs: 5 * S });
    for (let s = 40; s < 60; s++) run.see(at(s), { active: 'UP', other: 'UP', otherForMs: 9 * S });
    expect(run.notices().slice(4)).toEqual(['failback-ready', 'held']);
    run.see(at(31 + 1_800), { active: 'UP', other: 'UP', otherForMs: 1_700 * S });
    expect(run.state().active).toBe(HOME);
  });
});

describe('after a crash', () => {
  it('does the step it was in again, and a second answer changes nothing', () => {
    const run = drive(settingsWith());
    const seen = new Map<Phase, number>();
    const settings = settingsWith();
    failPrimary(run);
    // Walk the same way again, step by step, and ask at each what a restarted process would do.
    let state = drive(settings).state();
    const { execution } = run.did('start')[0]!.action as Extract<
      (typeof run.told)[number]['action'],
      { do: 'start' }
    >;
    state = { ...state, phase: 'ACQUIRE', execution };
    const result = { nowMs: at(40), execution: execution.name };
    const steps: Event[] = [
      { kind: 'lease', won: true, ...result },
      { kind: 'fenced', ...result },
      { kind: 'scaled', enough: true, why: '', ...result },
      { kind: 'flipped', done: true, why: '', ...result },
      { kind: 'verified', ok: true, oldSideNoWorse: true, why: '', ...result },
    ];
    for (const event of steps) {
      const again = resume(state);
      expect(again).toHaveLength(1);
      seen.set(state.phase, again.length);
      const next = reduce(state, event, settings).state;
      for (const late of steps.slice(0, steps.indexOf(event) + 1)) {
        expect(reduce(next, late, settings)).toEqual({ state: next, actions: [] });
      }
      state = next;
    }
    expect([...seen.keys()]).toEqual(['ACQUIRE', 'FENCE', 'SCALE', 'FLIP', 'VERIFY']);
    expect(resume(state)).toEqual([]);
    expect(state).toMatchObject({ phase: 'STABILIZE', active: STANDBY, epoch: 1 });
  });
});
