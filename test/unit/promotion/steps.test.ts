// Goal: a promotion goes its way place by place, and back whatever happens in it.
// Method: the pure machine, step by step, on a model of ECS and of a load balancer.
import { describe, expect, it } from 'vitest';
import {
  type PromotionMemory,
  sharesOf,
  startPromotion,
  startRollback,
} from '../../../core/promotion/states.ts';
import { stepAfterFailure } from '../../../core/promotion/steps.ts';
import { doingText, endingText, planText } from '../../../core/promotion/words.ts';
import {
  createWorld,
  LIMITS,
  NEW,
  placeOf,
  run,
  TASKS,
  type Trouble,
} from '../../support/promotionWorld.ts';

const THREE = () => [
  placeOf('staging', 'eu-central-1'),
  placeOf('standby', 'eu-central-1'),
  placeOf('primary', 'eu-west-1'),
];

const begin = () => {
  const world = createWorld(THREE());
  return { world, memory: startPromotion({ mode: 'canary', digest: NEW }, world.places, 1_000) };
};

const stages = ({ places }: PromotionMemory) => places.map(({ stage }) => stage);
const definitions = (world: ReturnType<typeof createWorld>) =>
  world.places.map(({ main }) => main.definition);

/** Trouble in one stage of one place. */
const when =
  (role: string, stage: string, trouble: Trouble) =>
  ({ places, at }: PromotionMemory): Trouble => {
    const place = places[at];
    return place?.role === role && place.stage === stage ? trouble : {};
  };

const BAD = {
  gate: { verdict: 'fails', why: 'p50 is twice the old one', slowerPct: 100 },
} as const;

describe('a promotion', () => {
  it('sorts its places: staging, standby, primary', () => {
    const places = THREE().reverse();
    const { places: sorted } = startPromotion({ mode: 'canary', digest: NEW }, places, 0);
    expect(sorted.map(({ role }) => role)).toEqual(['staging', 'standby', 'primary']);
  });

  it('replaces the old version everywhere, and leaves nothing beside it', () => {
    const { world, memory } = begin();
    const end = run(world, memory);
    expect(world.outcome(end)).toBe('PROMOTED');
    expect(definitions(world)).toEqual(['new-staging', 'new-standby', 'new-primary']);
    expect(world.places.map(({ percent }) => percent)).toEqual([null, 0, 0]);
    expect(world.places.map(({ next }) => next?.desired)).toEqual([undefined, 0, 0]);
    const shares = world.deeds.flatMap(({ role, deed }) =>
      role === 'primary' && deed.do === 'share' ? [deed.percent] : [],
    );
    expect(shares).toEqual([25, 100, 0]);
  });

  it('keeps the old version until all traffic was new for as long as the soak', () => {
    const { world, memory } = begin();
    const fullAtMs = new Map<string, number>();
    let state = memory;
    while (!state.over) {
      const from = world.deeds.length;
      state = world.step(state);
      for (const { role, deed } of world.deeds.slice(from)) {
        if (deed.do === 'share' && deed.percent === 100) fullAtMs.set(role, world.now());
        if (deed.do !== 'deploy' || role === 'staging') continue;
        expect(world.now() - (fullAtMs.get(role) ?? world.now())).toBeGreaterThanOrEqual(
          LIMITS.soakMs,
        );
      }
    }
    expect([...fullAtMs.keys()]).toEqual(['standby', 'primary']);
  });

  it('has fewer shares by blue-green: none, then all', () => {
    expect(sharesOf('bluegreen', [1, 5, 25, 100])).toEqual([0, 100]);
    expect(sharesOf('canary', [1, 5, 25, 100])).toEqual([0, 1, 5, 25, 100]);
    expect(sharesOf('canary', [])).toEqual([0, 100]);
  });

  it('leaves a place alone that runs the image already', () => {
    const { world, memory } = begin();
    const [, standby] = world.places;
    if (standby) standby.main.definition = 'new-standby';
    const end = run(world, memory);
    expect(stages(end)).toEqual(['done', 'kept', 'done']);
    expect(world.deeds.some(({ role }) => role === 'standby')).toBe(false);
  });
});

describe('a place that is not as it should be', () => {
  it('is waited for while somebody else deploys there, and not for ever', () => {
    const { world, memory } = begin();
    const [staging] = world.places;
    if (staging) staging.main.readyAtMs = 10_000;
    expect(world.outcome(run(world, memory))).toBe('PROMOTED');
    const late = begin();
    if (late.world.places[0]) late.world.places[0].main.readyAtMs = Number.POSITIVE_INFINITY;
    const end = run(late.world, late.memory);
    expect(endingText(end)).toContain('another deployment is still under way');
    expect(late.world.deeds).toEqual([]);
  });

  it('is left alone where the listener serves somebody else too', () => {
    const { world, memory } = begin();
    const [, standby] = world.places;
    if (standby) standby.percent = null;
    const end = run(world, memory);
    expect(endingText(end)).toContain("somebody else's target group");
    expect(world.deeds.some(({ deed }) => deed.do === 'share')).toBe(false);
    expect(definitions(world)).toEqual(['old-staging', 'old-standby', 'old-primary']);
  });

  it('loses first what an earlier promotion has left', () => {
    const { world, memory } = begin();
    const [, standby] = world.places;
    if (standby) standby.percent = 40;
    expect(world.outcome(run(world, memory))).toBe('PROMOTED');
    const [first] = world.deeds.filter(
      ({ role, deed }) => role === 'standby' && deed.do === 'share',
    );
    expect(first?.deed).toEqual({ do: 'share', percent: 0 });
  });
});

describe('a gate that fails', () => {
  it('takes the traffic back in the same step', () => {
    const { world, memory } = begin();
    const failing = when('primary', 'shift', BAD);
    let state = memory;
    while (state.ending === null) state = world.step(state, failing(state));
    expect(world.places[2]?.percent).toBe(0);
    expect(state.ending).toEqual({
      kind: 'ROLLED_BACK',
      why: 'primary eu-west-1: p50 is twice the old one',
    });
  });

  it('undoes the places before it too, one after the other', () => {
    const { world, memory } = begin();
    const end = run(world, memory, when('primary', 'shift', BAD));
    expect(world.outcome(end)).toBe('ROLLED_BACK');
    expect(definitions(world)).toEqual(['old-staging', 'old-standby', 'old-primary']);
    expect(stages(end)).toEqual(['reverted', 'reverted', 'reverted']);
    const back = world.deeds.flatMap(({ role, deed }) =>
      deed.do === 'deploy' && deed.definition.startsWith('old') ? [role] : [],
    );
    expect(back).toEqual(['standby', 'staging']);
  });

  it.each([
    ['standby', 'raise', { breaks: 'beside' }, 'did not start'],
    ['standby', 'settle', { breaks: 'service' }, 'did not take the new version on'],
    ['staging', 'settle', { breaks: 'service' }, 'did not take the new version on'],
    ['standby', 'shift', { trouble: 'eu-central-1 is DOWN' }, 'eu-central-1 is DOWN'],
  ] as const)('so does trouble in %s while %s', (role, stage, trouble, why) => {
    const { world, memory } = begin();
    const end = run(world, memory, when(role, stage, trouble));
    expect(world.outcome(end)).toBe('ROLLED_BACK');
    expect(endingText(end)).toContain(why);
    expect(definitions(world)).toEqual(['old-staging', 'old-standby', 'old-primary']);
  });

  it('is one that cannot be judged in time', () => {
    const { world, memory } = begin();
    const open = { verdict: 'open', why: '0 of 6 comparisons are made', slowerPct: null } as const;
    const end = run(world, memory, when('standby', 'shift', { gate: open }));
    expect(endingText(end)).toContain('could not be compared: 0 of 6 comparisons');
  });
});

describe('an interruption', () => {
  const suspected = { stopper: 'the watch is in SUSPECT, not at rest' };

  it('gives all traffic to the old version at once, and leaves what was proved', () => {
    const { world, memory } = begin();
    const end = run(world, memory, when('primary', 'shift', suspected));
    expect(world.outcome(end)).toBe('INTERRUPTED');
    expect(stages(end)).toEqual(['done', 'done', 'reverted']);
    expect(definitions(world)).toEqual(['new-staging', 'new-standby', 'old-primary']);
    expect(endingText(end)).toContain('eu-central-1 and eu-central-1 keeps the new version');
  });

  it('lets a version that was proved come to its place', () => {
    const { world, memory } = begin();
    const settling = when('standby', 'settle', suspected);
    const end = run(world, memory, (state) => (state.ordered ? settling(state) : {}));
    expect(world.outcome(end)).toBe('INTERRUPTED');
    expect(stages(end)).toEqual(['done', 'done', 'waiting']);
    expect(world.places[1]).toMatchObject({ percent: 0, main: { definition: 'new-standby' } });
    expect(world.deeds.some(({ role }) => role === 'primary')).toBe(false);
  });

  it('before anything was changed changes nothing', () => {
    const { world, memory } = begin();
    const end = run(world, memory, () => suspected);
    expect(world.outcome(end)).toBe('INTERRUPTED');
    expect(world.deeds).toEqual([]);
  });

  it('makes a rollback wait with the regions that may be taking traffic', () => {
    const { world, memory } = begin();
    let steps = 0;
    const end = run(world, memory, (state, n) => {
      const failed = when('primary', 'shift', BAD)(state);
      if (state.ending !== null && steps === 0) steps = n;
      return state.ending !== null && n < steps + 20 ? { ...failed, ...suspected } : failed;
    });
    expect(world.outcome(end)).toBe('ROLLED_BACK');
    expect(definitions(world)).toEqual(['old-staging', 'old-standby', 'old-primary']);
  });
});

describe("a person's word", () => {
  it('takes a promotion under way back', () => {
    const { world, memory } = begin();
    const end = run(world, memory, when('primary', 'settle', { undo: true }));
    expect(endingText(end)).toBe('a person ordered it');
    expect(definitions(world)).toEqual(['old-staging', 'old-standby', 'old-primary']);
  });

  it('undoes one that is over, the region that serves first', () => {
    const { world, memory } = begin();
    const done = run(world, memory);
    const from = world.deeds.length;
    const end = run(world, startRollback(done, 'a person ordered it', world.now()));
    expect(world.outcome(end)).toBe('ROLLED_BACK');
    expect(definitions(world)).toEqual(['old-staging', 'old-standby', 'old-primary']);
    const deployed = world.deeds
      .slice(from)
      .flatMap(({ role, deed }) => (deed.do === 'deploy' ? [role] : []));
    expect(deployed).toEqual(['primary', 'standby', 'staging']);
  });

  it('leaves alone what somebody has deployed since', () => {
    const { world, memory } = begin();
    const done = run(world, memory);
    const [, , primary] = world.places;
    if (primary) primary.main.definition = 'hotfix';
    const end = run(world, startRollback(done, 'a person ordered it', world.now()));
    expect(stages(end)).toEqual(['reverted', 'reverted', 'kept']);
    expect(definitions(world)).toEqual(['old-staging', 'old-standby', 'hotfix']);
  });

  it('has nothing to undo where nothing was promoted', () => {
    const { memory } = begin();
    expect(startRollback(memory, 'a person ordered it', 0).over).toBe(true);
  });
});

describe('a deed that fails for good', () => {
  it('puts the old version back, and asks for a person when that fails too', () => {
    const { world, memory } = begin();
    let state = memory;
    while (state.places[state.at]?.stage !== 'raise') state = world.step(state);
    const seen = {
      ...{ nowMs: world.now(), percent: 0, trouble: null, stopper: null, undo: false },
      main: { definition: 'old-standby', digest: null, desired: TASKS, ready: TASKS },
      next: null,
      gate: { verdict: 'open', why: '', slowerPct: null },
    };
    const whole = { ...seen, main: { ...seen.main, rollout: 'done', said: null } } as never;
    const first = stepAfterFailure(state, whole, world.now(), 'AccessDenied: no');
    expect(first.memory.ending).toMatchObject({ kind: 'ROLLED_BACK' });
    expect(first.deeds).toEqual([{ do: 'share', percent: 0 }]);
    const second = stepAfterFailure(first.memory, null, world.now(), 'AccessDenied: no');
    expect(second.memory).toMatchObject({ over: true, ending: { kind: 'FAILED' } });
    expect(second.memory.ending?.why).toContain('standby eu-central-1 could not be put back');
  });
});

describe('words', () => {
  it('say what would be done, and that staging is skipped where there is none', () => {
    const places = [
      { role: 'standby', region: 'eu-central-1' },
      { role: 'primary', region: 'eu-west-1' },
    ] as const;
    const limits = { holdMs: 300_000, soakMs: 1_800_000 };
    const plan = planText({ mode: 'canary', digest: NEW, places, steps: [1, 25], limits });
    expect(plan[0]).toBe('staging: skipped, no staging configured (promotion.staging)');
    expect(plan[1]).toContain('compare, then 1 %, 25 %, 100 % (5 min 0 s each)');
  });

  it('say what is being done', () => {
    const { world, memory } = begin();
    let state = memory;
    const said = new Set<string>();
    while (!state.over) {
      said.add(doingText(state, LIMITS.shares));
      state = world.step(state);
    }
    expect([...said]).toContain('primary eu-west-1: 25 % of the traffic go to the new version');
    expect([...said]).toContain(
      'standby eu-central-1: all traffic goes to the new version; the old one is kept',
    );
  });
});
