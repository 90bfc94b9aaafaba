// Goal: scenarios 5 to 7 and 22 of a failover: what is bad in both regions, merely slow, broken behind a page
// that still answers, or a standby that answers with a certificate nobody accepts. Method: five observers in simulated time, their votes through `evaluate` as it is, on
// the embedded DynamoDB and EventBridge.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { eventually } from '../../contract/endpoint.ts';
import { goodFacts, HOME, OBSERVERS, STANDBY, START_MS } from '../../support/failovers.ts';
import { simulateObservers } from '../../support/observers.ts';
import { FAULTS, independentErrors, lossyTcp, outage, type World } from '../../support/traces.ts';
import { type PlanOptions, watchPlanWith } from '../../support/watchPlans.ts';
import { openWatchRun } from '../../support/watchRun.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';

let world: WatchWorld;
beforeAll(async () => {
  world = await startWatchWorld();
});
afterAll(() => world.close());

const MINUTE_MS = 60_000;
const BROKEN_MS = START_MS + 20_000;
const fine: World = () => FAULTS.fine;

let runs = 0;
const watched = async (
  worlds: { home?: World; standby?: World },
  untilMs: number,
  options: PlanOptions & { facts?: typeof goodFacts } = {},
) => {
  const { facts = goodFacts, ...rest } = options;
  const plan = watchPlanWith({ ...rest, service: `gray${++runs}` });
  const run = await openWatchRun(world, { plan, startMs: START_MS, facts });
  const { home = fine, standby = fine } = worlds;
  const stations = OBSERVERS.map((name) => ({
    name,
    worlds: { [HOME]: home, [STANDBY]: standby },
  }));
  const random = seededRandom(`gray ${runs}`);
  await simulateObservers(plan, stations, random, START_MS).run(untilMs, run.hear);
  return run;
};

describe('scenario 5: both regions are bad', () => {
  it('stays and pages, and tells of the image that both run', async () => {
    const bad = outage('HTTP 500', BROKEN_MS);
    const run = await watched({ home: bad, standby: bad }, BROKEN_MS + MINUTE_MS);
    const { state } = await run.stored();
    expect(state).toMatchObject({ phase: 'HOLD_BOTH', active: HOME, epoch: 0, flips: [] });
    expect(run.started()).toEqual([]);
    await eventually('a page', () => run.notices().includes('page'));
    const held = run.heard('FailoverNotice').find(({ detail }) => detail['notice'] === 'held');
    expect(String(held?.detail['why'])).toContain('roll it back');
  });

  it('moves once one of them is well again, and is not the one that serves', async () => {
    const home = outage('HTTP 500', BROKEN_MS);
    const standby = outage('HTTP 500', BROKEN_MS, BROKEN_MS + 30_000);
    const run = await watched({ home, standby }, BROKEN_MS + MINUTE_MS);
    expect((await run.stored()).state).toMatchObject({ active: STANDBY, epoch: 1 });
    expect(run.started()).toHaveLength(1);
  });
});

describe('scenario 6: gray failures', () => {
  const slow = { slow: { p95: '200ms', for: '1m' } };
  const brownout: World = (startMs) =>
    startMs >= BROKEN_MS ? { takesMs: 500, failure: null } : FAULTS.fine;

  it('leaves a region that answers, but too slowly for too long', async () => {
    const untilMs = BROKEN_MS + 2 * MINUTE_MS;
    const run = await watched({ home: brownout }, untilMs, { health: slow });
    const { state } = await run.stored();
    expect(state).toMatchObject({ active: STANDBY, epoch: 1 });
    const tookMs = (state.flips[0]?.atMs ?? 0) - BROKEN_MS;
    expect(tookMs).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(tookMs).toBeLessThan(1.5 * MINUTE_MS);
  });

  it('stays where slowness passes, and where it is slow in both', async () => {
    const passing: World = (startMs) =>
      startMs >= BROKEN_MS && startMs < BROKEN_MS + 40_000
        ? { takesMs: 500, failure: null }
        : FAULTS.fine;
    const untilMs = BROKEN_MS + 2 * MINUTE_MS;
    const over = await watched({ home: passing }, untilMs, { health: slow });
    expect((await over.stored()).state).toMatchObject({ active: HOME, epoch: 0 });
    const both = { home: brownout, standby: brownout };
    const held = await watched(both, untilMs, { health: slow });
    expect((await held.stored()).state).toMatchObject({ phase: 'HOLD_BOTH', active: HOME });
  });

  /** A share of packets is lost, which TCP mends by waiting: no errors but what takes too long. */
  const losing = async (share: number, minutes: number) => {
    const tcp = lossyTcp(share, seededRandom(`loss of ${share}`));
    const home: World = () => {
      const { connectMs, answerMs } = tcp();
      const late = connectMs + answerMs > 2_000;
      return late ? FAULTS.blackhole : { takesMs: answerMs, failure: null };
    };
    const health = { interval: '10s', timeout: '2s', down: '30s', up: '2m' };
    const untilMs = START_MS + minutes * MINUTE_MS;
    const run = await watched({ home }, untilMs, {
      health: { ...health, slow: { p95: '800ms', for: '5m' } },
      failover: { failback: 'manual' },
    });
    return (await run.stored()).state;
  };

  it('leaves a region that loses a quarter of its packets, after five minutes of it', async () => {
    const { flips } = await losing(0.25, 15);
    expect(flips.map(({ to }) => to)).toEqual([STANDBY]);
    expect((flips[0]?.atMs ?? 0) - START_MS).toBeGreaterThanOrEqual(5 * MINUTE_MS);
  });

  it('does not leave a region that loses a tenth of its packets', async () => {
    expect(await losing(0.1, 30)).toMatchObject({ active: HOME, epoch: 0, flips: [] });
  });

  it('does not leave a region for a tenth of its answers', async () => {
    const lossy = independentErrors(0.1, seededRandom('loss'), 'blackhole');
    const run = await watched({ home: lossy }, START_MS + 5 * MINUTE_MS);
    expect((await run.stored()).state).toMatchObject({ active: HOME, epoch: 0 });
  });
});

describe('scenario 7: only the database is broken', () => {
  // A static page knows nothing of it; a health URL that writes and reads does.
  const isBroken = (ms: number) => ms >= BROKEN_MS;
  const staticPage: World = () => FAULTS.fine;
  const transaction: World = (ms) => FAULTS[isBroken(ms) ? 'HTTP 500' : 'fine'];

  it('is caught by a health URL that is a transaction, and not by a static page', async () => {
    const untilMs = BROKEN_MS + 30_000;
    const blind = await watched({ home: staticPage }, untilMs);
    expect((await blind.stored()).state).toMatchObject({ active: HOME, epoch: 0 });
    const seeing = await watched({ home: transaction }, untilMs);
    expect((await seeing.stored()).state).toMatchObject({ active: STANDBY, epoch: 1 });
  });
});

describe('scenario 22: the certificate of the standby is expired, or of another name', () => {
  it('keeps traffic where it is: the gate of the standby does not hold', async () => {
    // How such a certificate reads for an observer is in test/unit/probes/tls.test.ts.
    const standby: World = () => ({ takesMs: 3, failure: 'certificate' });
    const home = outage('refused', BROKEN_MS);
    const run = await watched({ home, standby }, BROKEN_MS + MINUTE_MS);
    const { state } = await run.stored();
    expect(state).toMatchObject({ phase: 'HOLD_BOTH', active: HOME, epoch: 0 });
    await eventually('a page', () => run.notices().includes('page'));
  });
});
