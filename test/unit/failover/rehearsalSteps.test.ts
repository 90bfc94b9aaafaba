// Goal: a rehearsal goes its way, home again whatever comes in between, and repeats nothing in vain.
import { describe, expect, it } from 'vitest';
import { depthTonight, parseNights } from '../../../core/failover/rehearsalNights.ts';
import { rtoFromFault } from '../../../core/failover/rehearsalRto.ts';
import {
  isPutBack,
  type RehearsalMemory,
  type RehearsalSeen,
  startRehearsal,
  stepRehearsal,
} from '../../../core/failover/rehearsalSteps.ts';

const HOME = 'eu-west-1';
const OTHER = 'eu-central-1';
const LIMITS = {
  setUpMs: 10_000,
  calmMs: 20_000,
  flipMs: 30_000,
  holdMs: 10_000,
  returnMs: 40_000,
};

const seenAt = (nowMs: number, over: Partial<RehearsalSeen> = {}): RehearsalSeen => ({
  nowMs,
  home: HOME,
  active: HOME,
  phase: 'STEADY',
  homeUp: true,
  otherUp: true,
  moves: [],
  stopper: null,
  passedOn: false,
  ...over,
});

const away = { active: OTHER, phase: 'STABILIZE' as const };
const moved = (to: string, outcome: 'done' | 'failed' = 'done') => ({
  to,
  outcome,
  finishedAtMs: 5_000,
  reason: 'the resolvers keep the old answer',
});

/** Steps through what is seen, and tells stage and deeds of each step. */
const walk = (memory: RehearsalMemory, seen: readonly RehearsalSeen[]) => {
  let now = memory;
  const steps = seen.map((each) => {
    const step = stepRehearsal(now, each, LIMITS);
    now = step.memory;
    return [now.stage, ...step.deeds].join(' ');
  });
  return { steps, memory: now };
};

describe('a rehearsal of depth', () => {
  it('shadow breaks, waits for the flip, mends, and goes back when home is seen well', () => {
    const { steps, memory } = walk(startRehearsal('shadow', 0), [
      seenAt(0, { phase: null, homeUp: false, otherUp: false }),
      seenAt(1_000, { homeUp: false }),
      seenAt(2_000),
      seenAt(3_000, { homeUp: false }),
      seenAt(5_000, { ...away, homeUp: false, moves: [moved(OTHER)] }),
      seenAt(6_000, { ...away, homeUp: false, moves: [moved(OTHER)] }),
      seenAt(7_000, { ...away, moves: [moved(OTHER)] }),
      seenAt(8_000, { ...away, phase: 'FLIP', moves: [moved(OTHER)] }),
      seenAt(9_000, { moves: [moved(OTHER), moved(HOME)] }),
    ]);
    expect(steps).toEqual([
      'calm set-up',
      'calm',
      'flip break',
      'flip',
      'recover mend',
      'recover',
      'return order-back',
      'return',
      'over',
    ]);
    expect(memory).toMatchObject({ faultAtMs: 2_000, verifiedAtMs: 5_000, failure: null });
  });

  it('full is ordered, must stay well, and counts the time it was bad again', () => {
    const { steps, memory } = walk({ ...startRehearsal('full', 0), stage: 'calm' }, [
      seenAt(0),
      seenAt(5_000, { ...away, moves: [moved(OTHER)] }),
      seenAt(6_000, { ...away, otherUp: false }),
      seenAt(8_000, away),
      seenAt(15_000, away),
      seenAt(16_000),
    ]);
    expect(steps).toEqual(['flip order-flip', 'hold', 'hold', 'hold', 'return order-back', 'over']);
    expect(memory.relapsesMs).toBe(2_000);
  });

  it('canary moves a share, holds it, and gives it back', () => {
    const { steps, memory } = walk({ ...startRehearsal('canary', 0), stage: 'calm' }, [
      seenAt(0),
      seenAt(5_000),
      seenAt(10_000),
    ]);
    expect(steps).toEqual(['hold weight-on', 'hold', 'over weight-off']);
    expect(memory.verifiedAtMs).toBe(10_000);
  });
});

describe('a rehearsal goes home', () => {
  it('with a share that is taken back once more, unless the service itself has gone', () => {
    const reverting = { ...startRehearsal('canary', 0), stage: 'revert' as const };
    const back = stepRehearsal(reverting, seenAt(1_000), LIMITS);
    expect(back).toMatchObject({ deeds: ['weight-off'], memory: { stage: 'over' } });
    const gone = stepRehearsal(reverting, seenAt(1_000, away), LIMITS);
    expect(gone).toMatchObject({ deeds: [], memory: { stage: 'over' } });
  });

  it('at once when the live service is in trouble, and mends what it broke', () => {
    const broken = { ...startRehearsal('shadow', 0), stage: 'flip' as const };
    const stopper = 'trouble of the live service, which is SUSPECT';
    const { steps, memory } = walk(broken, [
      seenAt(1_000, { stopper }),
      seenAt(2_000, { ...away, stopper }),
      seenAt(4_000, { ...away, stopper }),
      seenAt(12_000, { ...away, stopper }),
      seenAt(14_000, { stopper }),
    ]);
    expect(steps).toEqual([
      'revert mend',
      'revert order-back',
      'revert',
      'revert order-back',
      'over',
    ]);
    expect(memory.interruptedBy).toBe(stopper);
  });

  it('when the flip fails or does not come', () => {
    const flipping = { ...startRehearsal('full', 0), stage: 'flip' as const };
    const refused = stepRehearsal(
      flipping,
      seenAt(1_000, { moves: [moved(OTHER, 'failed')] }),
      LIMITS,
    );
    expect(refused.memory).toMatchObject({
      stage: 'revert',
      failure: 'the resolvers keep the old answer',
    });
    const late = stepRehearsal(flipping, seenAt(30_000), LIMITS);
    expect(late.memory).toMatchObject({
      stage: 'revert',
      failure: 'no flip within 30000 ms of the fault',
    });
  });

  it('when a side is not seen well before it starts', () => {
    const calm = { ...startRehearsal('shadow', 0), stage: 'calm' as const };
    const step = stepRehearsal(calm, seenAt(20_000, { otherUp: false }), LIMITS);
    expect(step).toMatchObject({ deeds: [], memory: { stage: 'revert' } });
    expect(step.memory.failure).toContain('the standby was not seen well');
  });

  it('and ends once its way home is written down, or when that never comes', () => {
    const returning = { ...startRehearsal('shadow', 0), stage: 'return' as const };
    const home = (nowMs: number, moves = [moved(OTHER)]) => seenAt(nowMs, { moves });
    const { steps } = walk(returning, [home(1_000), home(3_000, [moved(OTHER), moved(HOME)])]);
    expect(steps).toEqual(['return', 'over']);
    const { memory } = walk(returning, [home(39_000), home(40_000)]);
    expect(memory).toMatchObject({ stage: 'over', failure: null });
    const refused = walk(returning, [home(1_000, [moved(OTHER, 'failed')])]);
    expect(refused.steps).toEqual(['over']);
  });

  it.each(['set-up', 'calm', 'flip', 'hold', 'return', 'revert'] as const)(
    'by whoever is in charge, and is over at once, when its controller is not any more: %s',
    (stage) => {
      const full = { ...startRehearsal('full', 0), stage };
      const step = stepRehearsal(full, seenAt(1_000, { ...away, passedOn: true }), LIMITS);
      expect(step).toMatchObject({ deeds: [], memory: { stage: 'over', failure: null } });
      expect(step.memory.interruptedBy).toBe('a controller that took charge meanwhile');
      const before = { ...full, interruptedBy: 'the end of the window' };
      const { memory } = stepRehearsal(before, seenAt(1_000, { passedOn: true }), LIMITS);
      expect(memory.interruptedBy).toBe('the end of the window');
    },
  );

  it('or says that it could not', () => {
    const returning = { ...startRehearsal('full', 0), stage: 'return' as const };
    const { memory } = stepRehearsal(returning, seenAt(40_000, away), LIMITS);
    expect(memory).toMatchObject({ stage: 'over' });
    expect(memory.failure).toContain('failover back');
    expect(isPutBack(seenAt(0, away))).toBe(false);
    expect(isPutBack(seenAt(0))).toBe(true);
  });
});

describe('the nights of rehearsals', () => {
  const friday = Date.UTC(2026, 10, 20, 2);
  const firstSunday = Date.UTC(2026, 11, 6, 2);
  const nights = { depth: 'shadow', every: 'night', full: 'first sunday' } as const;

  it('go all the way on the nights that are named for it', () => {
    expect(depthTonight(nights, friday, 'UTC')).toBe('shadow');
    expect(depthTonight(nights, firstSunday, 'UTC')).toBe('full');
    expect(depthTonight(nights, firstSunday + 7 * 86_400_000, 'UTC')).toBe('shadow');
  });

  it('are counted in the time zone of the service', () => {
    const late = Date.UTC(2026, 11, 5, 23, 30);
    expect(depthTonight(nights, late, 'UTC')).toBe('shadow');
    expect(depthTonight(nights, late, 'Europe/Berlin')).toBe('full');
  });

  it('may be some days only, or none', () => {
    expect(depthTonight({ ...nights, every: 'mon, fri' }, friday, 'UTC')).toBe('shadow');
    expect(depthTonight({ ...nights, every: 'sunday' }, friday, 'UTC')).toBeNull();
    expect(depthTonight({ ...nights, every: 'never', full: null }, friday, 'UTC')).toBeNull();
  });

  it.each(['', 'often', 'first', 'fifth sunday', 'first mon,tue', 'su'])('are not "%s"', (text) => {
    expect(parseNights(text)).toBeUndefined();
  });
});

describe('the RTO of a rehearsal', () => {
  const timings = {
    detectMs: 2_000,
    decideMs: 100,
    fenceMs: 0,
    scaleMs: 0,
    flipMs: 200,
    authoritativeMs: 300,
    effectiveMs: 400,
    rtoMs: 3_000,
  };

  it('counts from the fault, not from the first probe that saw it', () => {
    const measured = rtoFromFault(timings, 12_100, { faultAtMs: 9_500 });
    expect(measured).toMatchObject({ detectMs: 2_500, rtoMs: 3_500 });
    expect(rtoFromFault(timings, 12_100, { faultAtMs: null })).toEqual(timings);
  });
});
