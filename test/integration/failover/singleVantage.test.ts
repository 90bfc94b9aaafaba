// Goal: the configuration with one observer and a one-second interval does what it is held to: fast
// on real outages, still on errors and flapping, and a page where moving would not help. Method: one
// observer in simulated time, `evaluate` as it is, on the embedded DynamoDB and EventBridge.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { eventually } from '../../contract/endpoint.ts';
import { goodFacts, HOME, STANDBY, START_MS } from '../../support/failovers.ts';
import { simulateObservers } from '../../support/observers.ts';
import {
  burstErrors,
  FAULTS,
  flapping,
  independentErrors,
  outage,
  type World,
} from '../../support/traces.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { openWatchRun, type WatchRun } from '../../support/watchRun.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';

let world: WatchWorld;
beforeAll(async () => {
  world = await startWatchWorld();
});
afterAll(() => world.close());

const S = 1_000;
const FAULT_MS = START_MS + 10 * S;
const fine: World = () => FAULTS.fine;

let runs = 0;
const watched = async (home: World, standby: World, untilMs: number): Promise<WatchRun> => {
  const plan = watchPlanWith({ service: `single${++runs}`, observers: [] });
  // Nothing is run by this tool, so neither capacity nor data has an age.
  const facts = (nowMs: number) => ({ ...goodFacts(nowMs), capacity: null, replicationMs: null });
  const run = await openWatchRun(world, { plan, startMs: START_MS, facts });
  const stations = [{ name: 'local', worlds: { [HOME]: home, [STANDBY]: standby } }];
  const observers = simulateObservers(plan, stations, seededRandom('single', runs), START_MS);
  await observers.run(untilMs, run.hear);
  return run;
};

const stays = async (run: WatchRun): Promise<void> => {
  const { state } = await run.stored();
  expect(state).toMatchObject({ active: HOME, epoch: 0, flips: [] });
  expect(run.started()).toEqual([]);
};

describe('with a single vantage', () => {
  it.each([
    ['refused', 3.1],
    ['HTTP 500', 3.1],
    ['blackhole', 3.4],
    ['slow 2 s', 3.4],
  ] as const)('a primary that is %s is left within %f s', async (fault, withinS) => {
    const tookMs: number[] = [];
    for (let trial = 0; trial < 11; trial++) {
      const run = await watched(outage(fault, FAULT_MS), fine, FAULT_MS + 6 * S);
      const [flip] = (await run.stored()).state.flips;
      tookMs.push(flip!.atMs - FAULT_MS);
    }
    tookMs.sort((a, b) => a - b);
    expect(tookMs[0]).toBeGreaterThanOrEqual(2 * S);
    expect(tookMs.at(-1)).toBeLessThanOrEqual(withinS * S);
  });

  it('two minutes of 3 s down and 3 s up move traffic at most once', async () => {
    const run = await watched(flapping('refused', FAULT_MS, 3 * S), fine, FAULT_MS + 120 * S);
    expect((await run.stored()).state.flips.length).toBeLessThanOrEqual(1);
  });

  it('thirty percent of errors, one by one or in bursts, move nothing', async () => {
    const random = seededRandom('errors');
    const bursts = burstErrors(() => random.unit() * S, S / 2, {
      ...{ share: 0.3, untilMs: 130 * S, random },
    });
    const sinceStart: World = (startMs) => bursts(startMs - START_MS);
    for (const home of [independentErrors(0.3, random), sinceStart]) {
      await stays(await watched(home, fine, START_MS + 120 * S));
    }
  });

  it('when both fail at once, traffic stays and a person is paged', async () => {
    const down = outage('refused', FAULT_MS);
    const run = await watched(down, down, FAULT_MS + 30 * S);
    await stays(run);
    expect((await run.stored()).state.phase).toBe('HOLD_BOTH');
    await eventually('a page', () => run.notices().includes('page'));
    expect(run.notices().filter((notice) => notice === 'page')).toHaveLength(1);
  });

  it('when the standby was down already, traffic stays until it is back', async () => {
    const backMs = FAULT_MS + 20 * S;
    const standby = outage('HTTP 500', START_MS + 2 * S, backMs);
    const run = await watched(outage('refused', FAULT_MS), standby, backMs - S);
    await stays(run);
    await eventually('a page', () => run.notices().includes('page'));
    const later = await watched(outage('refused', FAULT_MS), standby, backMs + 10 * S);
    const { state } = await later.stored();
    expect(state).toMatchObject({ active: STANDBY, epoch: 1 });
    expect(state.flips[0]!.atMs).toBeGreaterThanOrEqual(backMs + 5 * S);
  });

  it('goes home again by itself once home was well for `up`', async () => {
    const backMs = FAULT_MS + 10 * S;
    const home = outage('refused', FAULT_MS, backMs);
    const run = await watched(home, fine, backMs + 12 * S);
    const { state } = await run.stored();
    expect(state).toMatchObject({ active: HOME, phase: 'STEADY', epoch: 2 });
    expect(state.flips[1]!.atMs - backMs).toBeGreaterThanOrEqual(5 * S);
    expect(run.started().map(({ arn }) => arn.split('-').at(-1))).toEqual(['failover', 'failback']);
  });
});
