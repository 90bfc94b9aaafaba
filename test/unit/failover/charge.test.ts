// Goal: traffic that a rehearsal has left away goes home by whoever takes charge, by all gates, and nothing else does.
import { describe, expect, it } from 'vitest';
import { isPassedOn } from '../../../core/failover/charge.ts';
import type { Event, State } from '../../../core/failover/states.ts';
import {
  drive,
  goodFacts,
  HOME,
  STANDBY,
  START_MS,
  settingsWith,
} from '../../support/failovers.ts';

const MINUTE_MS = 60_000;
const at = (minutes: number) => START_MS + minutes * MINUTE_MS;

const taking = (over: Partial<Extract<Event, { kind: 'charge' }>> = {}): Event => ({
  ...{ kind: 'charge', nowMs: at(0), epoch: 3, why: 'taken' },
  serving: { region: STANDBY, epoch: 2, rehearsal: true },
  ...over,
});

/** Whoever takes charge has moved nothing itself, and must send nothing home without a person. */
const begin = (event = taking(), settings: Parameters<typeof settingsWith>[0] = {}) => {
  const run = drive(settingsWith({ failback: 'manual', homeUpMs: 60 * MINUTE_MS, ...settings }));
  run.send(event);
  return run;
};

/** Home is seen to have been well for so long. */
const seeHome = (run: ReturnType<typeof drive>, atMin: number, forMin: number) =>
  run.see(at(atMin), { active: 'UP', other: 'UP', otherForMs: forMin * MINUTE_MS });

describe('traffic that a rehearsal has left away', () => {
  it('is told of with what can be done, and goes home at once where home has been well', () => {
    const run = begin();
    expect(run.state()).toMatchObject({ active: STANDBY, phase: 'STABILIZE', leftAway: true });
    expect(run.did('page')[0]?.action).toMatchObject({
      why:
        `taken; a rehearsal has left traffic away from ${HOME}: it goes back by itself once ${HOME} has been well ` +
        'for 1 h 0 min and every gate holds, or now by `failover back`',
    });
    seeHome(run, 0, 60);
    expect(run.did('start')[0]?.action).toMatchObject({
      execution: { cause: 'failback', from: STANDBY, to: HOME, epoch: 4, automatic: true },
    });
    expect(run.state()).toMatchObject({ phase: 'STEADY', active: HOME, epoch: 4 });
    expect(run.state()).not.toHaveProperty('leftAway');
  });

  it('waits until home has been well for as long as it must be', () => {
    const run = begin();
    seeHome(run, 1, 59);
    expect(run.state()).toMatchObject({ phase: 'STABILIZE', active: STANDBY });
    seeHome(run, 2, 60);
    expect(run.state().active).toBe(HOME);
  });

  it('waits for every gate, of the data too, and is told of once', () => {
    const run = begin();
    run.around.facts = (nowMs) => ({
      ...goodFacts(nowMs),
      replicationMs: { value: 61_000, source: 'heartbeat table', atMs: nowMs },
    });
    for (let minute = 1; minute < 5; minute++) seeHome(run, minute, 60);
    expect(run.state()).toMatchObject({ phase: 'FAILBACK_READY', active: STANDBY });
    expect(run.notices()).toEqual(['failback-ready', 'held']);
    run.around.facts = goodFacts;
    seeHome(run, 5, 60);
    expect(run.state().active).toBe(HOME);
  });

  it('stays so while a doubt of the standby comes and goes', () => {
    const run = begin();
    run.see(at(1), { active: 'DOUBT', forMs: 20_000, other: 'UP', otherForMs: 30 * MINUTE_MS });
    expect(run.state().phase).toBe('SUSPECT');
    seeHome(run, 2, 31);
    seeHome(run, 5, 34);
    expect(run.state()).toMatchObject({ phase: 'STABILIZE', leftAway: true });
    seeHome(run, 31, 60);
    expect(run.state().active).toBe(HOME);
  });

  it.each<[string, Event]>([
    ['where a fault or a person had moved it', taking({ serving: { region: STANDBY, epoch: 2 } })],
    ['where it is at home', taking({ serving: { region: HOME, epoch: 2, rehearsal: true } })],
  ])('is none %s', (_what, event) => {
    const run = begin(event);
    expect(run.did('page')[0]?.action).toMatchObject({ why: 'taken' });
    for (let minute = 1; minute < 100; minute += 10) seeHome(run, minute, 1_000);
    expect(run.did('start')).toEqual([]);
    expect(run.state()).not.toHaveProperty('leftAway');
  });

  it('is no more the business of one that is relieved', () => {
    const run = begin();
    run.send(taking({ nowMs: at(1), epoch: 5, serving: null, why: null }));
    expect(run.state()).toMatchObject({ charge: { held: false, epoch: 5 } });
    expect(run.state()).not.toHaveProperty('leftAway');
    seeHome(run, 2, 1_000);
    expect(run.did('start')).toEqual([]);
  });
});

it('a flip that a rehearsal orders says so, and passes the gates that an order passes', () => {
  const run = drive(settingsWith({ mode: 'approve' }));
  run.see(at(0), { active: 'UP' });
  run.send({ kind: 'order', nowMs: at(0), order: 'rehearse' });
  expect(run.did('start')[0]?.action).toMatchObject({
    execution: { cause: 'rehearsal', to: STANDBY, automatic: false },
  });
  expect(run.decisions.at(-1)?.plan.reason).toContain('a rehearsal gave the order');
  const ordered = run.decisions.at(-1)?.plan.gates.filter(({ why }) => /rehearsal/.test(why));
  expect(ordered?.map(({ gate }) => gate)).toEqual(['G6', 'G9']);
  // In the normal course its own machine orders the way home.
  expect(run.state()).toMatchObject({ active: STANDBY, phase: 'STABILIZE' });
  for (let minute = 1; minute < 200; minute += 10) seeHome(run, minute, 1_000);
  expect(run.state().active).toBe(STANDBY);
});

it.each<[Pick<State, 'charge' | 'leftAway'>, boolean]>([
  [{}, false],
  [{ charge: { held: true, epoch: 1 } }, false],
  [{ charge: { held: false, epoch: 2 } }, true],
  [{ charge: { held: true, epoch: 3 }, leftAway: true }, true],
])('whether a rehearsal has lost its controller in %j: %s', (state, passedOn) => {
  expect(isPassedOn(state)).toBe(passedOn);
});
