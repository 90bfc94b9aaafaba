// Goal: scenarios 1 to 4 of a failover: what flaps, lies, is blind or is cut off moves nothing it
// should not. Method: five observers in simulated time, their votes through `evaluate` as it is, on
// the embedded DynamoDB and EventBridge.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Vote } from '../../../core/health/vote.ts';
import { seededRandom } from '../../../core/random.ts';
import { eventually } from '../../contract/endpoint.ts';
import { goodFacts, HOME, OBSERVERS, STANDBY, START_MS } from '../../support/failovers.ts';
import { type Station, simulateObservers } from '../../support/observers.ts';
import { FAULTS, flapping, outage, type World } from '../../support/traces.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { openWatchRun } from '../../support/watchRun.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';

let world: WatchWorld;
beforeAll(async () => {
  world = await startWatchWorld();
});
afterAll(() => world.close());

const fine: World = () => FAULTS.fine;
const MINUTE_MS = 60_000;

const stationsWith = (
  over: (name: string, index: number) => Partial<Station> & { home?: World; standby?: World },
): Station[] =>
  OBSERVERS.map((name, index) => {
    const { home = fine, standby = fine, ...rest } = over(name, index);
    return { name, worlds: { [HOME]: home, [STANDBY]: standby }, ...rest };
  });

let runs = 0;
const watching = async (
  stations: Station[],
  untilMs: number,
  options: Parameters<typeof watchPlanWith>[0] & { facts?: typeof goodFacts } = {},
) => {
  const { facts, ...rest } = options;
  const plan = watchPlanWith({ ...rest, service: `run${++runs}` });
  const run = await openWatchRun(world, {
    plan,
    startMs: START_MS,
    ...(facts ? { facts } : {}),
  });
  const observers = simulateObservers(plan, stations, seededRandom(`run ${runs}`), START_MS);
  await observers.run(untilMs, run.hear);
  return run;
};

describe('a primary that is really down', () => {
  it('is left within down and an interval, once', async () => {
    const downMs = START_MS + 20_000;
    const stations = stationsWith(() => ({ home: outage('refused', downMs) }));
    const run = await watching(stations, downMs + MINUTE_MS);
    const { state } = await run.stored();
    expect(state).toMatchObject({ phase: 'STABILIZE', active: STANDBY, epoch: 1 });
    expect(state.flips).toHaveLength(1);
    expect(state.flips[0]!.atMs - downMs).toBeGreaterThanOrEqual(2_000);
    expect(state.flips[0]!.atMs - downMs).toBeLessThanOrEqual(3_100);
    expect(run.started()).toEqual([
      {
        arn: expect.stringContaining('shop-failover'),
        name: `run${runs}-0-1`,
        input: { service: `run${runs}`, execution: expect.objectContaining({ epoch: 1 }) },
        status: 'RUNNING',
      },
    ]);
    const told = ['suspect', 'decided', 'flipped', 'verified'];
    await eventually('all notices', () => run.notices().length >= told.length);
    expect(run.notices()).toEqual(told);
    const [decided] = run.heard('FailoverDecided');
    expect(decided?.detail).toMatchObject({ to: STANDBY, cause: 'down', automatic: true });
    expect(run.prepared()).toBeGreaterThanOrEqual(1);
  });
});

describe('scenario 1: flapping', () => {
  it.each([5, 10, 30, 60, 120])(
    'half of the time, with a period of %i s, moves traffic at most once in ten minutes',
    async (periodS) => {
      const home = flapping('refused', START_MS + 5_000, (periodS * 1_000) / 2);
      const stations = stationsWith(() => ({ home }));
      const health = { interval: '10s', timeout: '2s', down: '30s', up: '2m' };
      const failover = { failback: 'manual', cooldown: '30m', perDay: 2 };
      const run = await watching(stations, START_MS + 10 * MINUTE_MS, { health, failover });
      const { state } = await run.stored();
      expect(state.flips.length).toBeLessThanOrEqual(1);
      // Shorter outages than `down` are instability, which takes ten minutes to be acted upon.
      if (periodS < 60) expect(state).toMatchObject({ active: HOME, flips: [] });
    },
  );

  it('is acted upon as unstable after ten minutes, not before', async () => {
    const home = flapping('refused', START_MS + 5_000, 15_000);
    const stations = stationsWith(() => ({ home }));
    const health = { interval: '10s', timeout: '2s', down: '30s', up: '2m' };
    const failover = { failback: 'manual', cooldown: '30m', perDay: 2 };
    const run = await watching(stations, START_MS + 12 * MINUTE_MS, { health, failover });
    const { state } = await run.stored();
    expect(state.active).toBe(STANDBY);
    expect(state.flips[0]!.atMs - START_MS).toBeGreaterThanOrEqual(10 * MINUTE_MS);
    const [decided] = run.heard('FailoverDecided');
    expect(decided?.detail).toMatchObject({ cause: 'unstable' });
  });
});

describe('scenario 2: an observer', () => {
  const lie = (vote: Vote): Vote =>
    vote.target === HOME && vote.vote === 'UP'
      ? { ...vote, vote: 'DOWN', sinceMs: START_MS }
      : vote;

  it.each<[string, Partial<Station> & { home?: World; standby?: World }]>([
    ['that is blind', { home: outage('blackhole', START_MS), standby: outage('blackhole', 0) }],
    ['that is half blind', { home: outage('blackhole', START_MS + 5_000) }],
    ['that lies', { says: lie }],
  ])('%s moves nothing', async (_what, odd) => {
    const stations = stationsWith((_name, index) => (index === 2 ? odd : {}));
    const run = await watching(stations, START_MS + 2 * MINUTE_MS);
    const { state, verdicts } = await run.stored();
    expect(state).toMatchObject({ phase: 'STEADY', active: HOME, epoch: 0 });
    expect(verdicts).toContainEqual({ region: HOME, state: 'UP' });
    expect(run.started()).toEqual([]);
    expect(run.notices()).toEqual([]);
  });

  it('whose canaries fail abstains, and its view counts for nothing', async () => {
    const stations = stationsWith((_name, index) =>
      index < 2
        ? { home: outage('blackhole', START_MS + 5_000), canaries: () => false }
        : { canaries: () => true },
    );
    const run = await watching(stations, START_MS + MINUTE_MS);
    const { state, votes } = await run.stored();
    expect(state.phase).toBe('STEADY');
    const silent = votes.filter(({ reason }) => reason === 'canary-failed');
    expect(new Set(silent.map(({ observer }) => observer))).toEqual(new Set(OBSERVERS.slice(0, 2)));
  });

  it('that lies does not keep a real outage from being seen', async () => {
    const downMs = START_MS + 10_000;
    const stations = stationsWith((_name, index) =>
      index === 4 ? {} : { home: outage('HTTP 500', downMs) },
    );
    const run = await watching(stations, downMs + 20_000);
    expect((await run.stored()).state).toMatchObject({ active: STANDBY, epoch: 1 });
  });
});

describe('scenario 3: observers that are lost', () => {
  it('leave no quorum: nothing moves, and a person is paged', async () => {
    const diesAtMs = START_MS + 20_000;
    const stations = stationsWith((_name, index) => ({
      home: outage('refused', diesAtMs + 1_000),
      ...(index < 3 ? { diesAtMs } : {}),
    }));
    const run = await watching(stations, diesAtMs + MINUTE_MS);
    const { state, verdicts } = await run.stored();
    expect(verdicts).toContainEqual({ region: HOME, state: 'UNKNOWN' });
    expect(state).toMatchObject({ phase: 'SUSPECT', active: HOME, epoch: 0 });
    expect(run.started()).toEqual([]);
    await eventually('a page', () => run.notices().includes('page'));
    const page = run.heard('FailoverNotice').find(({ detail }) => detail['notice'] === 'page');
    expect(page?.detail['why']).toContain('the detector is degraded: 2 eligible observers');
    expect(run.notices().filter((notice) => notice === 'page')).toHaveLength(1);
  });
});

describe('scenario 4: partitions', () => {
  it('that cut one continent of observers off move nothing', async () => {
    const cut = new Set(['us-east-2', 'ca-central-1']);
    const stations = stationsWith((name) =>
      cut.has(name) ? { home: outage('blackhole', START_MS + 5_000) } : {},
    );
    const run = await watching(stations, START_MS + MINUTE_MS);
    expect((await run.stored()).state).toMatchObject({ active: HOME, epoch: 0 });
    expect(run.started()).toEqual([]);
  });

  it('that cut only replication off do not even raise a suspicion', async () => {
    const facts = (nowMs: number) => ({
      ...goodFacts(nowMs),
      replicationMs: { value: 3_600_000, source: 'heartbeat', atMs: nowMs },
    });
    const run = await watching(
      stationsWith(() => ({})),
      START_MS + MINUTE_MS,
      { facts },
    );
    expect((await run.stored()).state).toMatchObject({ phase: 'STEADY', active: HOME });
    expect(run.prepared()).toBe(0);
  });
});
