// Goal: each invariant of the system level is seen when it breaks, and not when it holds.
// Method: what functions would have written and name servers answered, right and wrong.
import { beforeEach, expect, it } from 'vitest';
import { decide } from '../../../core/evidence/decision.ts';
import { initialState, type State } from '../../../core/failover/states.ts';
import type { WatchPlan } from '../../../events/watchPlan.ts';
import { openChecks } from '../../../sim/system/checks.ts';
import { INVARIANTS, type InvariantId, type Violation } from '../../../sim/system/invariants.ts';
import { evaluating, HOME, inputAt, STANDBY, START_MS } from '../../support/failovers.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';

let found: Violation[];
let nowMs: number;
let plan: WatchPlan;
let isShared: boolean;
let checks: ReturnType<typeof openChecks>;
const seen = new Set<InvariantId>();

const open = (over: Partial<WatchPlan> = {}, failover: Record<string, unknown> = {}): void => {
  found = [];
  nowMs = START_MS;
  isShared = false;
  plan = {
    ...watchPlanWith({ failover: { failback: 'manual', perDay: 2, ...failover } }),
    ...over,
  };
  checks = openChecks({
    ...{ plan: () => plan, nowMs: () => nowMs, atMs: () => 0, isShared: () => isShared },
    found: (violation) => {
      found.push(violation);
      seen.add(violation.invariant);
    },
  });
};
beforeEach(() => open());

const write = (pk: string, sk: string, value: unknown): void =>
  checks.wrote(STANDBY, { pk: { S: pk }, sk: { S: sk }, value: { S: JSON.stringify(value) } });
const lease = (epoch: number, holder: string): void =>
  write('WATCH#shop', 'LEASE', { epoch, holder, expiresAtMs: 0 });
const state = (over: Partial<State>): void =>
  write('WATCH#shop', 'STATE', { state: { ...initialState(HOME, STANDBY, START_MS), ...over } });
/** The place of the one rehearsal of a service. */
const mark = (drillId: string): void =>
  checks.wrote(STANDBY, {
    ...{ pk: { S: 'WATCH#shop' }, sk: { S: 'REHEARSAL' }, drillId: { S: drillId } },
    value: { S: JSON.stringify({ drillId, untilMs: 0 }) },
  });
const decision = (id: string, opinions: Parameters<typeof inputAt>[2]): void => {
  const input = inputAt(evaluating(), START_MS, opinions);
  write('DECISION#shop', id, { input, before: input.state, decision: decide(input) });
};
const execution = (id: string, cause: 'down' | 'failback' = 'down') => ({
  ...{
    name: 'shop-0-1',
    decisionId: id,
    cause,
    from: HOME,
    to: STANDBY,
    epoch: 1,
    automatic: true,
  },
});
const flip = (over: Partial<State['flips'][number]> = {}) => ({
  ...{ epoch: 1, atMs: START_MS, to: STANDBY, automatic: true, ...over },
});
const broken = (): string[] => found.map(({ invariant }) => invariant);

it('lets a right failover pass', () => {
  state({});
  decision('d1', { active: 'DOWN' });
  lease(1, 'shop-0-1');
  lease(1, 'shop-0-1');
  lease(2, 'shop-1-1');
  state({ phase: 'FLIP', execution: execution('d1'), epoch: 1 });
  state({
    phase: 'VERIFY',
    execution: execution('d1'),
    epoch: 1,
    active: STANDBY,
    flips: [flip()],
  });
  expect(checks.eligible()).toEqual([STANDBY, STANDBY]);
  state({ phase: 'STABILIZE', epoch: 1, active: STANDBY, flips: [flip()] });
  checks.answered(['127.0.2.1'], 1);
  checks.served(STANDBY, checks.eligible());
  checks.settled(0);
  expect(found).toEqual([]);
});

it('lets a canary that takes its share back pass', () => {
  state({});
  mark('drill-f1-canary');
  write('WATCH#shop', 'PLAN', plan);
  isShared = true;
  checks.answered(['127.0.1.1'], 0);
  checks.answered(['127.0.2.1'], 0);
  checks.served(STANDBY, checks.eligible());
  // Another one was not begun meanwhile.
  checks.rehearsed({ drillId: 'drill-f2-shadow', status: 'SUCCEEDED', tasksLeft: 0 });
  isShared = false;
  checks.answered(['127.0.1.1'], 0);
  checks.removed({ pk: { S: 'WATCH#shop' }, sk: { S: 'REHEARSAL' } });
  checks.rehearsed({ drillId: 'drill-f1-canary', status: 'SUCCEEDED', tasksLeft: 0 });
  expect(checks.eligible()).toEqual([HOME]);
  expect(found).toEqual([]);
});

const CASES: [InvariantId, () => void][] = [
  ['I1', () => checks.answered([], 0)],
  ['I1', () => checks.answered(['127.0.9.9'], 0)],
  [
    'I2',
    () => {
      lease(1, 'shop-0-1');
      lease(1, 'shop-0-2');
    },
  ],
  [
    'I3',
    () => {
      state({});
      state({ phase: 'VERIFY', execution: execution('never kept'), flips: [flip()] });
    },
  ],
  [
    'I4',
    () => {
      state({});
      const flips = [1, 2, 3].map((epoch) => flip({ epoch, automatic: true }));
      decision('d1', { active: 'DOWN' });
      state({ execution: execution('d1'), flips });
    },
  ],
  [
    'I5',
    () => {
      state({});
      state({ execution: execution('d1', 'failback'), flips: [flip({ to: HOME })] });
    },
  ],
  [
    'I6',
    () => {
      checks.answered(['127.0.1.1'], 1);
      checks.answered(['127.0.2.1'], 1);
    },
  ],
  [
    'I7',
    () => {
      const input = inputAt(evaluating(), START_MS, { active: 'DOWN' });
      const other = decide(inputAt(evaluating(), START_MS, { active: 'UP' }));
      write('DECISION#shop', 'd1', { input, before: input.state, decision: other });
    },
  ],
  [
    'I8',
    () => {
      checks.answered(['127.0.1.1'], 2);
      checks.answered(['127.0.2.1'], 1);
    },
  ],
  [
    'I9',
    () => {
      checks.switched('eu-north-1', { epoch: 1, state: 'home' });
      checks.switched('eu-north-1', null);
    },
  ],
  ['I10', () => write('WATCH#shop', 'PLAN', { ...plan, observers: [] })],
  [
    'I10',
    () => {
      mark('drill-f1-shadow');
      isShared = true;
      checks.answered(['127.0.1.1'], 0);
    },
  ],
  [
    'I10',
    () => {
      isShared = true;
      checks.rehearsed({ drillId: 'drill-f1-canary', status: 'FAILED', tasksLeft: 0 });
    },
  ],
  [
    'I10',
    () => {
      mark('drill-f1-full');
      checks.rehearsed({ drillId: 'drill-f1-full', status: 'SUCCEEDED', tasksLeft: 0 });
    },
  ],
  [
    'I10',
    () => checks.rehearsed({ drillId: 'drill-f1-shadow', status: 'SUCCEEDED', tasksLeft: 1 }),
  ],
  [
    'I11',
    () => {
      const objects = ['a', 'b', 'c'].map((key) => ({ region: STANDBY, bucket: 'b', key }));
      const controllers = { first: STANDBY, second: 'eu-west-3', leaseTable: 'shop-lease' };
      open({ switch: { driver: 'quorum', objects, signingParameter: null }, controllers });
      state({ execution: execution('d1'), phase: 'FLIP' });
      const caller = {
        name: 'flip',
        region: STANDBY,
        part: 'flip',
        isDead: () => false,
        event: () => ({ service: 'shop' }),
        kill: () => {},
      };
      const asked = { service: 'ecs', region: HOME, operation: 'DescribeServices' };
      // Nobody waits for a controller that runs in the lost region itself.
      checks.asked(asked, { ...caller, region: HOME });
      expect(found).toEqual([]);
      checks.asked(asked, caller);
    },
  ],
  ['served', () => checks.served(STANDBY, [HOME])],
  [
    'kept',
    () => {
      state({ phase: 'VERIFY', epoch: 1, active: STANDBY, flips: [flip()] });
      state({ phase: 'STABILIZE', epoch: 1, active: STANDBY, flips: [flip()] });
      state({ phase: 'STEADY', epoch: 1, active: HOME, flips: [] });
    },
  ],
  [
    'I10',
    () => {
      // Its way home may be longer than home must be well for, by a takeover and a move.
      const { homeUpMs } = plan.failover;
      state({ phase: 'STABILIZE', active: STANDBY, leftAway: true });
      checks.settled(homeUpMs + 899_000);
      expect(found).toEqual([]);
      checks.settled(homeUpMs + 901_000);
    },
  ],
  [
    'settles',
    () => {
      state({ phase: 'FLIP', execution: execution('d1') });
      nowMs += 1_000_000;
      checks.settled(0);
    },
  ],
  [
    'charged',
    () => {
      state({ charge: { held: false, epoch: 1 } });
      checks.settled(479_000);
      expect(found).toEqual([]);
      checks.settled(481_000);
    },
  ],
];

it.each(CASES)('%s', (invariant, breaks) => {
  breaks();
  expect(broken()).toContain(invariant);
});

it('lets whoever takes charge bring home what a rehearsal has left away', () => {
  state({ active: STANDBY, other: HOME, leftAway: true });
  const back = { ...execution('d1', 'failback'), from: STANDBY, to: HOME };
  decision('d1', { active: 'UP' });
  state({ execution: back, flips: [flip({ to: HOME })] });
  expect(broken()).toEqual([]);
});

it('two controllers have epochs of their own, and keep the place in the middle of a move', () => {
  const inCharge = (region: string, value: unknown, sk = 'LEASE'): void =>
    checks.wrote(region, {
      ...{ pk: { S: 'WATCH#shop' }, sk: { S: sk } },
      value: { S: JSON.stringify(value) },
    });
  const place = (epoch: number, controller: string, by = controller): void =>
    inCharge(by, { epoch, holder: `controller of ${controller}`, expiresAtMs: 0, controller });
  const charged = (region: string, over: Partial<State>): void =>
    inCharge(region, { state: { ...initialState(HOME, STANDBY, START_MS), ...over } }, 'STATE');
  place(1, STANDBY);
  charged(STANDBY, { charge: { held: true, epoch: 1 }, epoch: 1 });
  charged('eu-west-3', { charge: { held: false, epoch: 0 } });
  place(2, 'eu-west-3');
  charged('eu-west-3', { charge: { held: true, epoch: 2 }, epoch: 2 });
  expect(checks.state()).toMatchObject({ charge: { epoch: 2 } });
  expect(broken()).toEqual([]);
  place(2, STANDBY);
  expect(broken()).toEqual(['I12', 'I2']);
  open();
  charged(STANDBY, { charge: { held: true, epoch: 1 }, execution: execution('d1') });
  place(2, 'eu-west-3', STANDBY);
  expect(found).toMatchObject([
    { what: `${STANDBY} gave its place to eu-west-3 in the middle of a move` },
  ]);
});

it('every invariant has been seen to break', () => {
  expect([...seen].sort()).toEqual(Object.keys(INVARIANTS).sort());
});
