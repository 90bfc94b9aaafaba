// Goal: whatever happens at whichever step of a promotion, both regions go on being served whole, one at a
// time is changed, and the way back is always there.
// Method: random trouble, kills and orders on a model of ECS and of a load balancer, checked after each step.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type PromotionMemory,
  startPromotion,
  startRollback,
} from '../../core/promotion/states.ts';
import {
  createWorld,
  LIMITS,
  NEW,
  placeOf,
  run,
  TASKS,
  type Trouble,
  type World,
} from '../support/promotionWorld.ts';

const BAD: Trouble = { gate: { verdict: 'fails', why: 'slow', slowerPct: 50 } };
const OPEN: Trouble = { gate: { verdict: 'open', why: 'too few', slowerPct: null } };

const troubles = fc.oneof(
  { weight: 60, arbitrary: fc.constant<Trouble>({}) },
  { weight: 1, arbitrary: fc.constant(BAD) },
  { weight: 1, arbitrary: fc.constant(OPEN) },
  { weight: 1, arbitrary: fc.constant<Trouble>({ stopper: 'the watch is in SUSPECT' }) },
  { weight: 1, arbitrary: fc.constant<Trouble>({ trouble: 'the region is DOWN' }) },
  { weight: 1, arbitrary: fc.constant<Trouble>({ undo: true }) },
  { weight: 1, arbitrary: fc.constant<Trouble>({ breaks: 'beside' }) },
  { weight: 1, arbitrary: fc.constant<Trouble>({ breaks: 'service' }) },
);

const steps = fc.array(fc.record({ trouble: troubles, killed: fc.boolean().map((flip) => flip) }), {
  minLength: 20,
  maxLength: 140,
});

const worldOf = (staging: boolean): World =>
  createWorld([
    ...(staging ? [placeOf('staging', 'eu-central-1')] : []),
    placeOf('standby', 'eu-central-1'),
    placeOf('primary', 'eu-west-1'),
  ]);

/** What gets traffic in a region has all its tasks. `<name>` rolls, so it counts as whole while it does. */
const expectServed = (world: World): void => {
  for (const { role, main, next, percent } of world.places) {
    if (role === 'staging') continue;
    if ((percent ?? 0) < 100) expect(main.desired).toBe(TASKS);
    if ((percent ?? 0) > 0) {
      expect(next?.desired).toBe(TASKS);
      expect(next?.failed).toBe(false);
      // Nobody is sent to a version that has not started.
      expect(next?.readyAtMs ?? 0).toBeLessThanOrEqual(world.now());
    }
  }
};

const busy = ({ places }: PromotionMemory): number =>
  places.filter(({ stage }) =>
    ['raise', 'shift', 'settle', 'lower', 'revert', 'restore'].includes(stage),
  ).length;

/** The old version is there, whole, until all traffic was new for as long as the soak. */
const expectOldKept = (world: World, from: number, soaked: Map<string, number>): void => {
  for (const { role, deed } of world.deeds.slice(from)) {
    if (deed.do === 'share' && deed.percent === 100 && !soaked.has(role)) {
      soaked.set(role, world.now());
    }
    if (deed.do === 'share' && deed.percent < 100) soaked.delete(role);
    if (deed.do !== 'deploy' || role === 'staging' || deed.definition.startsWith('old')) continue;
    expect(soaked.has(role)).toBe(true);
    expect(world.now() - (soaked.get(role) ?? 0)).toBeGreaterThanOrEqual(LIMITS.soakMs);
  }
};

it('serves both regions whole at every step, and changes one place at a time', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.constantFrom('canary', 'bluegreen'),
      steps,
      (staging, mode, all) => {
        const world = worldOf(staging);
        const soaked = new Map<string, number>();
        let memory = startPromotion({ mode, digest: NEW } as const, world.places, world.now());
        for (const { trouble, killed } of all) {
          if (memory.over) break;
          const from = world.deeds.length;
          const at = memory.at;
          memory = world.step(memory, trouble, killed);
          const touched = new Set(world.deeds.slice(from).map(({ role }) => role));
          expect(touched.size).toBeLessThanOrEqual(1);
          for (const role of touched) expect(role).toBe(memory.places[at]?.role);
          expect(busy(memory)).toBeLessThanOrEqual(1);
          expectServed(world);
          expectOldKept(world, from, soaked);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

it('comes to an end, with one version in each region and nothing beside it', () => {
  fc.assert(
    fc.property(fc.boolean(), steps, (staging, all) => {
      const world = worldOf(staging);
      let memory = startPromotion({ mode: 'canary', digest: NEW }, world.places, world.now());
      for (const { trouble, killed } of all) {
        if (!memory.over) memory = world.step(memory, trouble, killed);
      }
      const end = run(world, memory);
      expect(end.over).toBe(true);
      if (world.outcome(end) === 'FAILED') return;
      for (const { role, next, percent } of world.places) {
        if (role !== 'staging')
          expect({ percent, beside: next?.desired }).toEqual({ percent: 0, beside: 0 });
      }
      const outcome = world.outcome(end);
      const versions = world.places.map(({ main }) => main.definition.slice(0, 3));
      if (outcome === 'PROMOTED') expect(new Set(versions)).toEqual(new Set(['new']));
      if (outcome === 'ROLLED_BACK') expect(new Set(versions)).toEqual(new Set(['old']));
    }),
    { numRuns: 2_000 },
  );
});

it('can be rolled back from wherever it is', () => {
  fc.assert(
    fc.property(fc.boolean(), steps, (staging, all) => {
      const world = worldOf(staging);
      let memory = startPromotion({ mode: 'canary', digest: NEW }, world.places, world.now());
      for (const { trouble, killed } of all) {
        if (!memory.over) memory = world.step(memory, trouble, killed);
      }
      const first = run(world, memory, () => ({ undo: true }));
      const end = run(world, startRollback(first, 'a person ordered it', world.now()));
      expect(end.over).toBe(true);
      if ([first, end].some((one) => world.outcome(one) === 'FAILED')) return;
      const versions = world.places.map(({ main }) => main.definition.slice(0, 3));
      expect(new Set(versions)).toEqual(new Set(['old']));
      for (const { percent } of world.places) expect(percent ?? 0).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});
