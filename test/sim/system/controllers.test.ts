// Goal: with two controllers the service fails over whichever region is lost, also that of a controller, and never by
// both under one epoch.
// Method: the whole watch in virtual time, with everything in one region dark.
import { describe, expect, it } from 'vitest';
import { handler as evaluate } from '../../../functions/evaluate/handler.ts';
import type { Fault, Trace } from '../../../sim/faults/fault.ts';
import { TWO_CONTROLLERS } from '../../../sim/faults/profiles.ts';
import { simulateSystem } from '../../../sim/system/run.ts';
import type { Over } from '../../../sim/system/world.ts';
import { writing } from '../../support/brokenParts.ts';
import { MINUTE_MS } from './outage.ts';

let faults = 0;
/** Nothing passes to the region or from it, and nothing starts there; with `aws`, the service alone goes on. */
const dark = (
  region: string,
  fromMs: number,
  untilMs: number,
  plane: 'aws' | null = null,
): Fault[] => [
  {
    ...{ id: `f${++faults}`, kind: 'network', what: { kind: 'down' }, scope: { region } },
    ...{ plane, rhythm: { kind: 'steady' }, returnsAfterFlipMs: null, fromMs, untilMs },
  },
  { id: `f${++faults}`, kind: 'platform', observers: [region], fromMs, untilMs },
];

const traceOf = (seed: string, minutes: number, list: Fault[]): Trace => ({
  ...{ seed, profile: 'outage', places: TWO_CONTROLLERS, untilMs: minutes * MINUTE_MS },
  faults: list,
});

/** So that the way home is open as soon as it is safe. */
const OVER: Over = { failover: { cooldown: '1s', perDay: 'unlimited' } };

describe('two controllers', () => {
  it('lose the home, then the standby that serves: the second one takes charge and moves traffic home', async () => {
    const { violation, state, moves } = await simulateSystem({
      trace: traceOf('both in turn', 13, [
        ...dark(TWO_CONTROLLERS.home, MINUTE_MS, 5 * MINUTE_MS),
        // It comes back, finds another in charge, and leaves it at that.
        ...dark(TWO_CONTROLLERS.standby, 5 * MINUTE_MS, 11 * MINUTE_MS),
      ]),
      driver: 'quorum',
      over: OVER,
    });
    expect(violation).toBeNull();
    expect(moves).toMatchObject([
      { name: 'shop-1-1', to: TWO_CONTROLLERS.standby, cause: 'down' },
      { name: 'shop-3-1', to: TWO_CONTROLLERS.home, cause: 'down' },
    ]);
    // Three minutes of silence, and what the next tick after them takes.
    const tookMs = (moves[1]?.atMs ?? 0) - 5 * MINUTE_MS;
    expect(tookMs).toBeGreaterThan(2 * MINUTE_MS);
    expect(tookMs).toBeLessThan(5 * MINUTE_MS);
    expect(state).toMatchObject({
      ...{
        phase: 'STEADY',
        active: TWO_CONTROLLERS.home,
        epoch: 4,
        charge: { held: true, epoch: 3 },
      },
    });
  });

  it.each([
    ['the standby while the move is decided', TWO_CONTROLLERS.standby, 91_650],
    ['the witness while the move is made', TWO_CONTROLLERS.witness, 92_000],
  ])('lose the home, and %s', async (seed, region, fromMs) => {
    const { violation, state } = await simulateSystem({
      trace: traceOf(seed, 9, [
        ...dark(TWO_CONTROLLERS.home, MINUTE_MS, 4 * MINUTE_MS),
        ...dark(region, fromMs, 9 * MINUTE_MS),
      ]),
      driver: 'quorum',
      over: OVER,
    });
    expect(violation).toBeNull();
    // Whichever region is left serves, whoever had to see to it.
    expect(state?.active).toBe(
      region === TWO_CONTROLLERS.standby ? TWO_CONTROLLERS.home : TWO_CONTROLLERS.standby,
    );
    expect(state?.execution).toBeNull();
    expect(state?.charge?.held).toBe(true);
  });
});

describe('the first of two controllers is lost while it rehearses the whole way', () => {
  const rehearsed = (seed: string, lostAtMs: number, untilMin: number) =>
    simulateSystem({
      trace: traceOf(seed, untilMin, [
        { id: 'd', kind: 'drill', depth: 'full', fromMs: MINUTE_MS, untilMs: 3 * MINUTE_MS },
        ...dark(TWO_CONTROLLERS.standby, lostAtMs, 8 * MINUTE_MS, 'aws'),
      ]),
      driver: 'quorum',
      // Only a person sends traffic home after a failover: this is none.
      over: { failover: { failback: 'manual', homeUp: '2m' } },
    });
  const told = {
    outcome: 'INTERRUPTED',
    why: 'stopped by a controller that took charge meanwhile: whoever is in charge brings home what it moved',
  };

  it('with traffic away: the second brings it home by itself, and the first lets it be', async () => {
    const { violation, state, moves, rehearsals, failed } = await rehearsed(
      ...(['held', 130_000, 10] as const),
    );
    expect(violation).toBeNull();
    expect(moves).toMatchObject([
      { name: 'shop-1-1', to: TWO_CONTROLLERS.standby, cause: 'rehearsal' },
      { name: 'shop-3-1', to: TWO_CONTROLLERS.home, cause: 'failback' },
    ]);
    // Before the region of the first is back.
    expect(moves[1]?.atMs).toBeLessThan(7 * MINUTE_MS);
    expect(state).toMatchObject({
      ...{ phase: 'STEADY', active: TWO_CONTROLLERS.home, epoch: 4 },
      charge: { held: true, epoch: 3 },
    });
    expect(rehearsals).toMatchObject([told]);
    expect(failed).toBe(0);
  });

  it('before the switch is written: nothing has moved, and nothing moves', async () => {
    const { violation, state, moves, rehearsals } = await rehearsed('ordered', 62_800, 9);
    expect(violation).toBeNull();
    expect(moves).toMatchObject([{ name: 'shop-1-1', cause: 'rehearsal' }]);
    expect(state).toMatchObject({ phase: 'STEADY', active: TWO_CONTROLLERS.home, flips: [] });
    expect(rehearsals).toMatchObject([told]);
  });
});

it('an epoch that both controllers have is found', async () => {
  // The second one takes the epoch of the first, instead of a new one.
  const taking = writing(evaluate, (body) =>
    body.replace(
      /(\\"epoch\\":)(\d+)(,\\"holder\\":\\"controller of eu-west-3)/,
      (_text, before, epoch, after) => `${before}${Number(epoch) - 1}${after}`,
    ),
  );
  const { violation } = await simulateSystem({
    trace: traceOf('shared', 8, dark(TWO_CONTROLLERS.standby, MINUTE_MS, 8 * MINUTE_MS)),
    driver: 'quorum',
    parts: { evaluate: taking },
  });
  expect(violation).toMatchObject({ invariant: 'I12' });
});
