// Goal: each gate holds and fails for its own reason, and shows what it rests on.
import { describe, expect, it } from 'vitest';
import { decide } from '../../../core/evidence/decision.ts';
import type { GateName } from '../../../core/failover/gates.ts';
import {
  evaluating,
  HOME,
  inputAt,
  type Situation,
  STANDBY,
  START_MS,
} from '../../support/failovers.ts';

type Over = Parameters<typeof inputAt>[3];

const DOWN: Situation = { active: 'DOWN' };

const planOf = (situation: Situation = DOWN, over: Over = {}, state = evaluating()) =>
  decide(inputAt(state, START_MS, situation, over)).plan;

const failing = (...args: Parameters<typeof planOf>): GateName[] =>
  planOf(...args)
    .gates.filter(({ ok }) => !ok)
    .map(({ gate }) => gate);

const flip = (over: object) => ({
  epoch: 1,
  atMs: START_MS,
  to: STANDBY,
  automatic: true,
  ...over,
});

describe('with every gate open', () => {
  it('flips to the standby, and stores ten gates with source and age', () => {
    const plan = planOf();
    expect(plan).toMatchObject({ plan: 'flip', to: STANDBY });
    expect(plan.gates.map(({ gate }) => gate).join(' ')).toBe('G1 G2 G3 G4 G5 G6 G7 G8 G9 G10');
    for (const gate of plan.gates) {
      expect(gate.ok, gate.gate).toBe(true);
      expect(gate.source).not.toBe('');
      expect(gate.why).not.toBe('');
    }
  });

  it('stays when nothing is confirmed', () => {
    expect(planOf({ active: 'DOWN', forMs: 29_000 }).plan).toBe('stay');
    expect(planOf({ active: 'UP' }).plan).toBe('stay');
  });
});

describe('a gate', () => {
  it('G1 and G2 hold the flip while the standby is down, degraded or unknown', () => {
    for (const other of ['DOWN', 'DEGRADED', 'ABSTAIN'] as const) {
      expect(failing({ active: 'DOWN', other })).toEqual(
        other === 'ABSTAIN' ? ['G1', 'G2'] : ['G1', 'G2', 'G7'],
      );
      expect(planOf({ active: 'DOWN', other }).plan).toBe('hold');
    }
  });

  it('G1 waits while the last probes of the standby failed', () => {
    expect(failing({ active: 'DOWN', other: 'DOUBT' })).toEqual(['G1']);
    expect(planOf({ active: 'DOWN', other: 'DOUBT' })).toMatchObject({ plan: 'wait', to: null });
  });

  it.each([
    ['just under the RPO', 60_000, []],
    ['just over it', 60_001, ['G3']],
    ['unknown', null, ['G3']],
  ])('G3: data age %s', (_, value, gates) => {
    const situation: Situation = { active: 'DEGRADED', forMs: 400_000 };
    const replicationMs = value === null ? null : { value, source: 'heartbeat', atMs: START_MS };
    const facts = { replicationMs };
    expect(failing(situation, { facts })).toEqual(gates);
    expect(planOf(situation, { facts }).plan).toBe(gates.length > 0 ? 'blocked' : 'flip');
  });

  it('G3 counts the age at the loss of a dead region, not the wait for a person after it', () => {
    const facts = { replicationMs: { value: 600_500, source: 'heartbeat', atMs: START_MS } };
    expect(failing({ active: 'DOWN', forMs: 600_000 }, { facts })).toEqual([]);
    expect(failing({ active: 'DOWN', forMs: 500_000 }, { facts })).toEqual(['G3']);
  });

  it('G3 and G4 do not ask for what the configuration does not have', () => {
    const facts = { replicationMs: null, capacity: null };
    expect(failing(DOWN, { facts })).toEqual(['G3', 'G4']);
    const settings = { replicated: false, managedCapacity: false };
    expect(failing(DOWN, { facts, settings })).toEqual([]);
  });

  it('G4: enough tasks, or room for them', () => {
    const with_ = (ready: number, scalable: boolean) => ({
      facts: { capacity: { value: { ready, wanted: 4, scalable }, source: 'ECS', atMs: START_MS } },
    });
    expect(failing(DOWN, with_(1, true))).toEqual([]);
    expect(failing(DOWN, with_(1, false))).toEqual(['G4']);
  });

  it('G5: the data stays in its area', () => {
    expect(failing(DOWN, { settings: { residency: ['US'] } })).toEqual(['G5']);
    expect(failing(DOWN, { settings: { residency: 'any' } })).toEqual([]);
  });

  it('G6: cooldown, and flips a day', () => {
    const having = (...flips: object[]) => evaluating({ flips: flips.map(flip) });
    const long = { atMs: START_MS - 7_200_000 };
    expect(failing(DOWN, {}, having({ atMs: START_MS - 60_000 }))).toEqual(['G6']);
    expect(failing(DOWN, {}, having(long))).toEqual([]);
    expect(failing(DOWN, {}, having(long, long))).toEqual(['G6']);
    expect(failing(DOWN, {}, having(long, { ...long, automatic: false }))).toEqual([]);
    expect(failing(DOWN, { settings: { perDay: null } }, having(long, long))).toEqual([]);
    // A person's order waits for neither, away or home: a full rehearsal goes back within minutes.
    const home = (approved: boolean) =>
      evaluating({ cause: 'failback', approved, flips: [flip({ atMs: START_MS - 60_000 })] });
    expect(failing({ active: 'UP' }, {}, home(false))).toEqual(['G6']);
    expect(failing({ active: 'UP' }, {}, home(true))).toEqual([]);
    const unhurried = { settings: { cooldownMs: 0 } };
    expect(failing(DOWN, unhurried, having({ atMs: START_MS - 1 }))).toEqual([]);
  });

  it('G7: windows, deployments, one bad image in both', () => {
    const window = { settings: { maintenance: ['fri 11:30-12:30'] } };
    expect(failing(DOWN, window)).toEqual(['G7']);
    const facts = { deployInProgress: { value: true, source: 'ECS', atMs: START_MS } };
    expect(failing(DOWN, { facts })).toEqual(['G7']);
    expect(planOf({ active: 'DOWN', other: 'DOWN' }).reason).toContain('roll it back');
  });

  it('G8: nothing rests on old evidence', () => {
    const facts = {
      preflight: {
        value: { writable: 3, needed: 2, of: 3 },
        source: 'S3',
        atMs: START_MS - 30_001,
      },
    };
    expect(failing(DOWN, { facts })).toEqual(['G8']);
  });

  it('G9: a person says so, unless policy does', () => {
    const plan = planOf(DOWN, { settings: { mode: 'approve' } });
    expect(plan).toMatchObject({ plan: 'approve', to: STANDBY });
    const approved = evaluating({ approved: true });
    expect(planOf(DOWN, { settings: { mode: 'approve' } }, approved).plan).toBe('flip');
    expect(planOf(DOWN, { settings: { mode: 'manual' } }).plan).toBe('blocked');
  });

  it('G10: enough switches can be written', () => {
    const only = (writable: number) => ({
      facts: { preflight: { value: { writable, needed: 2, of: 3 }, source: 'S3', atMs: START_MS } },
    });
    expect(failing(DOWN, only(2))).toEqual([]);
    expect(failing(DOWN, only(1))).toEqual(['G10']);
    expect(failing(DOWN, { facts: { preflight: null } })).toEqual(['G10']);
  });
});

describe('an order of a person', () => {
  const ordered = evaluating({ cause: 'operator', approved: true, troubleSinceMs: null });

  it('needs no confirmation, cooldown, window or mode', () => {
    const settings = { mode: 'manual' as const, maintenance: ['00:00-24:00'], perDay: 1 };
    const state = { ...ordered, flips: [flip({ atMs: START_MS - 1_000 })] };
    expect(planOf({ active: 'UP' }, { settings }, state).plan).toBe('flip');
  });

  it('still never moves to a region that is down', () => {
    expect(planOf({ active: 'UP', other: 'DOWN' }, {}, ordered).plan).toBe('hold');
  });

  it('goes home as a restore', () => {
    const away = evaluating({ cause: 'failback', active: STANDBY, other: HOME });
    expect(planOf({ active: 'UP' }, {}, away)).toMatchObject({ plan: 'restore', to: HOME });
  });
});
