// Goal: the invariants of failover hold whatever happens, in any order.
// Method: random days of opinions, orders, alarms and step results against the machine.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../core/evidence/canonical.ts';
import { decide } from '../../core/evidence/decision.ts';
import { reproduces } from '../../core/evidence/replay.ts';
import { reduce } from '../../core/failover/machine.ts';
import type { Action, Execution, Order } from '../../core/failover/states.ts';
import { isWantedAway } from '../../core/failover/view.ts';
import {
  drive,
  goodFacts,
  HOME,
  type Opinion,
  type Outside,
  STANDBY,
  START_MS,
  settingsWith,
} from '../support/failovers.ts';

const opinion = fc.constantFrom<Opinion>(
  'UP',
  'UP',
  'DOUBT',
  'DEGRADED',
  'DOWN',
  'DOWN',
  'ABSTAIN',
);
const opinions = fc.oneof(
  fc.constant<Opinion>('UP'),
  opinion,
  fc.array(opinion, { minLength: 5, maxLength: 5 }),
);

type Moment =
  | { kind: 'see'; home: Opinion | Opinion[]; standby: Opinion | Opinion[]; forMs: number }
  | { kind: 'order'; order: Order }
  | { kind: 'alarm'; region: string; ringing: boolean }
  | { kind: 'approve'; decision: number; epoch: number }
  | { kind: 'outside'; outside: Partial<Omit<Outside, 'facts'>> }
  | { kind: 'again'; back: number };

const moment: fc.Arbitrary<Moment> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('see' as const),
      home: opinions,
      standby: opinions,
      forMs: fc.constantFrom(1_000, 10_000, 40_000, 400_000, 8_000_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      order: fc.constantFrom<Order>('flip', 'rehearse', 'back'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('alarm' as const),
      region: fc.constantFrom(HOME, STANDBY),
      ringing: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('approve' as const),
      decision: fc.nat(30),
      epoch: fc.nat(5),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('outside' as const),
      outside: fc.record(
        {
          lease: fc.boolean(),
          enough: fc.boolean(),
          flipDone: fc.boolean(),
          verified: fc.boolean(),
          oldSideNoWorse: fc.boolean(),
          rolledBack: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), back: fc.nat(20) }) },
);

const day = fc.array(
  fc.record({ moment, waitMs: fc.constantFrom(1_000, 10_000, 60_000, 1_000_000, 10_000_000) }),
  { minLength: 5, maxLength: 80 },
);

const settings = fc
  .record({
    mode: fc.constantFrom('auto' as const, 'auto' as const, 'approve' as const, 'manual' as const),
    failback: fc.constantFrom('manual' as const, 'auto' as const),
    cooldownMs: fc.constantFrom(0, 1_800_000),
    soakMs: fc.constantFrom(0, 1_800_000),
    homeUpMs: fc.constantFrom(5_000, 7_200_000),
  })
  .map(settingsWith);

type Run = ReturnType<typeof drive>;

/** Lets a day happen; the last step results are remembered, to be sent again later. */
const live = (
  chosen: ReturnType<typeof settingsWith>,
  moments: { moment: Moment; waitMs: number }[],
) => {
  const run = drive(chosen);
  let nowMs = START_MS;
  const orders: number[] = [];
  const executions: Execution[] = [];
  for (const { moment: what, waitMs } of moments) {
    nowMs += waitMs;
    const before = run.told.length;
    play(run, what, nowMs, executions);
    if (what.kind === 'order') orders.push(nowMs);
    for (const { action } of run.told.slice(before)) {
      if (action.do === 'start') executions.push(action.execution);
    }
  }
  return { run, orders, executions };
};

const play = (run: Run, what: Moment, nowMs: number, executions: readonly Execution[]): void => {
  switch (what.kind) {
    case 'see': {
      const atHome = run.state().active === HOME;
      const { home, standby, forMs } = what;
      const [active, other] = atHome ? [home, standby] : [standby, home];
      run.see(nowMs, { active, other, forMs, otherForMs: forMs });
      break;
    }
    case 'order':
      run.send({ kind: 'order', nowMs, order: what.order });
      break;
    case 'alarm':
      run.send({ ...what, nowMs, source: 'elsewhere' });
      break;
    case 'approve':
      run.send({
        kind: 'approved',
        nowMs,
        decisionId: `decision-${what.decision}`,
        epoch: what.epoch,
      });
      break;
    case 'outside':
      Object.assign(run.around, what.outside);
      break;
    default: {
      // An event of a past execution, as a bus that delivers twice sends it.
      const old = executions.at(-1 - what.back);
      if (old) run.send({ kind: 'flipped', nowMs, execution: old.name, done: true, why: '' });
    }
  }
};

const flipActions = (run: Run): Extract<Action, { execution: Execution }>[] =>
  run.told.flatMap(({ action }) => (action.do === 'flip' ? [action] : []));

const RUNS = { numRuns: 500 };
const days = (
  check: (lived: ReturnType<typeof live>, chosen: ReturnType<typeof settingsWith>) => void,
) =>
  fc.assert(
    fc.property(settings, day, (chosen, moments) => check(live(chosen, moments), chosen)),
    RUNS,
  );

describe('whatever a day brings', () => {
  it('I1: exactly one region serves, and it is one of the two', () => {
    days(({ run }) => {
      const { active, other } = run.state();
      expect([active, other].sort()).toEqual([STANDBY, HOME].sort());
    });
  });

  it('I2, I6: no two executions share a name or an epoch that was won', () => {
    days(({ run, executions }) => {
      const names = executions.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      const won = run.told.flatMap(({ action }) =>
        action.do === 'fence' ? [action.execution.epoch] : [],
      );
      expect(new Set(won).size).toBe(won.length);
      expect(run.state().flips.map(({ epoch }) => epoch)).toEqual(
        run
          .state()
          .flips.map(({ epoch }) => epoch)
          .sort((a, b) => a - b),
      );
    });
  });

  it('I3: what is moved rests on a fresh quorum against the active region, and for the other', () => {
    let moved = 0;
    days(({ run }) => {
      for (const decision of run.decisions) {
        if (decision.plan.plan !== 'flip') continue;
        moved++;
        expect(decision.other.state).toBe('UP');
        const good = decision.other.votes.filter(({ vote }) => vote === 'UP').length;
        expect(good).toBeGreaterThanOrEqual(decision.other.needed);
        if (decision.cause === 'rehearsal') expect(decision.active.state).not.toBe('UNKNOWN');
        if (isWantedAway(decision.cause) || decision.cause === 'unstable') continue;
        const bad = decision.active.votes.filter(
          ({ vote }) => vote === 'DOWN' || vote === 'DEGRADED',
        );
        expect(bad.length).toBeGreaterThanOrEqual(decision.active.needed);
        expect(decision.active.eligible).toBeGreaterThanOrEqual(3);
      }
    });
    expect(moved).toBeGreaterThan(20);
  });

  it('I4: at most two automatic flips in 24 hours', () => {
    let seen = 0;
    days(({ run }) => {
      const flips = run.state().flips.filter(({ automatic }) => automatic);
      seen = Math.max(seen, flips.length);
      for (const { atMs } of flips) {
        const within = flips.filter((flip) => flip.atMs >= atMs && flip.atMs - atMs < 86_400_000);
        expect(within.length).toBeLessThanOrEqual(2);
      }
    });
    expect(seen).toBeGreaterThanOrEqual(2);
  });

  it('I5: nothing goes home by itself unless it was told to', () => {
    let ready = 0;
    days(({ run, orders }, { failback }) => {
      if (failback === 'manual')
        ready += run.notices().filter((each) => each === 'failback-ready').length;
      for (const { atMs, action } of run.did('flip')) {
        const goesHome = action.do === 'flip' && action.execution.cause === 'failback';
        if (goesHome && failback === 'manual') expect(orders).toContain(atMs);
      }
    });
    expect(ready).toBeGreaterThan(0);
  });

  it('I7: every decision is made again bit for bit from what was stored', () => {
    days(({ run }) => {
      for (const [index, input] of run.inputs.entries()) {
        const stored = JSON.parse(canonicalJson(input)) as typeof input;
        expect(reproduces(stored, run.decisions[index]!)).toEqual({ same: true, differences: [] });
        expect(canonicalJson(decide(stored))).toBe(canonicalJson(run.decisions[index]!));
      }
    });
  });

  it('the manual mode never moves by itself', () => {
    days(({ run, orders }, { mode, failback }) => {
      if (mode !== 'manual' || failback === 'auto' || orders.length > 0) return;
      expect(flipActions(run)).toEqual([]);
    });
  });

  it('a result of no execution under way changes nothing', () => {
    days(({ run }, chosen) => {
      const state = run.state();
      for (const kind of ['fenced', 'lease', 'flipped', 'rolledBack'] as const) {
        const event = {
          kind,
          nowMs: START_MS,
          execution: 'shop-99-1',
          done: true,
          won: true,
          why: '',
        };
        expect(reduce(state, event, chosen)).toEqual({ state, actions: [] });
      }
    });
  });
});

describe('facts', () => {
  it('that are unknown never open a gate', () => {
    const run = drive(settingsWith(), {
      facts: (nowMs) => ({ ...goodFacts(nowMs), preflight: null }),
    });
    run.see(START_MS + 60_000, { active: 'DOWN', forMs: 60_000 });
    expect(flipActions(run)).toEqual([]);
  });
});
