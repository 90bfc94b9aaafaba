// Goal: the facts of the gates are read, never guessed, and none in the region that may be gone; a
// standby counts as big enough only when it really serves. Scenarios 8 and 16 of a failover.
// Method: the functions as they are, over the wire, with plain processes behind load balancers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateGates } from '../../../core/failover/gates.ts';
import { initialState } from '../../../core/failover/states.ts';
import type { Facts, View } from '../../../core/failover/view.ts';
import { judgeRegion } from '../../../core/health/verdict.ts';
import type { WatchPlan } from '../../../events/watchPlan.ts';
import { openTransitions } from '../../../functions/_transition.ts';
import { beat } from '../../../functions/beat/run.ts';
import { prepare } from '../../../functions/prepare/run.ts';
import { scaleStandby } from '../../../functions/scale-standby/run.ts';
import { httpProbe } from '../../../probes/http.ts';
import { eventually } from '../../contract/endpoint.ts';
import {
  type CapacityWorld,
  DATA_TABLE,
  DIGEST,
  PLACE,
  READY,
  startCapacityWorld,
} from '../../support/capacityWorld.ts';
import { HOME, OBSERVERS, STANDBY, settingsWith, votesOn } from '../../support/failovers.ts';
import { DEFAULTS } from '../../support/traces.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';

const signal = new AbortController().signal;
let world: CapacityWorld;
let urls: [string, string];

/** Time in which a sleep takes next to nothing, and counts as often as is said. */
const steppingClock = (pace = 1) => {
  let aheadMs = 0;
  return {
    now: () => Date.now() + aheadMs,
    monotonicMs: () => performance.now() + aheadMs,
    sleep: async (ms: number) => {
      aheadMs += ms * pace;
      await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20)));
    },
  };
};

const said: unknown[] = [];
const log = (...words: unknown[]) => void said.push(words);
const baseWith = (clock: ReturnType<typeof steppingClock>) => ({
  clock,
  log: { info: log, warn: log, error: log },
  count: () => {},
});

const planWith = (service: string, wanted: number): WatchPlan => {
  const plan = watchPlanWith({ service, urls, failover: { rpo: '10s' } });
  const [primary, standby] = plan.targets;
  const capacity = { ...PLACE, wanted };
  return {
    ...plan,
    dataTable: DATA_TABLE,
    targets: [
      { ...primary, capacity },
      { ...standby, capacity },
    ],
  };
};

const gather = async (plan: WatchPlan): Promise<Facts> => {
  await world.table.putPlan(plan);
  const run = prepare({
    ...baseWith(steppingClock()),
    ...world,
    acquireLeaseFunction: 'acquire-lease',
    flipFunction: 'flip',
    scaleStandbyFunction: 'scale-standby',
    verifyFunction: 'verify',
  });
  return run({ service: plan.service }, signal);
};

/** One invocation of a region's heartbeat, the waiting left out; the last is the newest. */
const beatIn = (region: string, clock = steppingClock()) =>
  beat({
    ...baseWith(clock),
    heartbeats: world.heartbeatsIn(DATA_TABLE, region),
    services: world.servicesIn(region),
    region,
    place: PLACE,
  })({}, signal);

const gateOf = (name: string, facts: Facts) => {
  const nowMs = Date.now();
  const view: View = {
    ...{ nowMs, facts, settings: settingsWith({ rpoMs: 10_000 }) },
    areas: { active: 'EU', other: 'EU' },
    active: judgeRegion(HOME, votesOn(HOME, 'UP', nowMs), OBSERVERS, nowMs, DEFAULTS),
    other: judgeRegion(STANDBY, votesOn(STANDBY, 'UP', nowMs), OBSERVERS, nowMs, DEFAULTS),
    ...{ epoch: 0, flips: [], cause: 'down', approved: false },
  };
  return evaluateGates(view).find(({ gate }) => gate === name);
};

beforeAll(async () => {
  world = await startCapacityWorld();
  urls = [await world.serve(HOME, 2), await world.serve(STANDBY, 1)];
  await eventually('both serve', async () => {
    const [a, b] = await Promise.all(urls.map((url) => fetch(url).catch(() => undefined)));
    return a?.status === 200 && b?.status === 200;
  });
});
afterAll(() => world.close());

describe('the facts of the gates', () => {
  it('are null where nothing is known, and the gates that need them do not hold', async () => {
    const facts = await gather(planWith('unknown', 1));
    expect(facts).toMatchObject({ replicationMs: null, digests: null });
    expect(gateOf('G3', facts)).toMatchObject({ ok: false, why: 'the data age is unknown' });
  });

  it('come with where and when, and none was asked of the region that may be gone', async () => {
    await beatIn(HOME);
    world.asked.length = 0;
    const before = Date.now();
    const facts = await gather(planWith('known', 1));
    expect(new Set(world.asked)).toEqual(new Set([STANDBY]));
    expect(facts).toMatchObject({
      replicationMs: { source: `heartbeat of ${HOME} in things, read in ${STANDBY}` },
      // The other region carried two tasks within the day, so two are wanted and not one.
      capacity: {
        value: { ready: 1, wanted: 2, scalable: true },
        source: `ECS service shop in ${STANDBY}`,
      },
      preflight: {
        value: { writable: 3, needed: 2, of: 3 },
        source: 'preflight: all can be written',
      },
      digests: { value: { active: DIGEST, other: DIGEST } },
      deployInProgress: { value: false, source: `ECS in ${STANDBY} and heartbeat` },
    });
    for (const fact of Object.values(facts)) {
      expect(fact?.atMs).toBeGreaterThanOrEqual(before);
    }
    expect(world.called).toContain('scale-standby');
    expect(await world.table.facts('known')).toEqual(facts);
  });

  it('say that nothing can be written when the lease cannot be taken', async () => {
    const { lease } = world.preflights;
    world.preflights.lease = { ...lease, ok: false, why: 'the table refuses writes' };
    const facts = await gather(planWith('locked', 1));
    world.preflights.lease = lease;
    expect(facts.preflight).toMatchObject({
      value: { writable: 0 },
      source: 'preflight of the lease: the table refuses writes',
    });
    expect(gateOf('G10', facts)?.ok).toBe(false);
  });

  it('a switch that is lost is told of once, with what losing another one means', async () => {
    const { flip } = world.preflights;
    const service = 'losing';
    const plan = planWith(service, 1);
    const objects = ['eu-central-1', 'eu-north-1', 'us-east-2'].map((region) => ({
      ...{ region, bucket: `switch-${region}`, key: 'switch/one' },
    }));
    const quorum: WatchPlan = {
      ...plan,
      switch: { driver: 'quorum', objects, signingParameter: null },
    };
    const before = initialState(HOME, STANDBY, Date.now());
    const away = { ...before, active: STANDBY, other: HOME, epoch: 1, phase: 'STABILIZE' as const };
    await world.table.saveState(service, {
      ...{ version: 1, state: away, before, verdicts: [], outbox: [], votes: [] },
      savedAtMs: Date.now(),
    });
    const pages = () => world.heard.filter(({ detail }) => detail['service'] === service);
    await gather(quorum);
    world.preflights.flip = { ...READY, why: '2 of 3; us-east-2: gone', writable: 2 };
    await gather(quorum);
    await gather(quorum);
    world.preflights.flip = { ...READY, ok: false, why: '1 of 3', writable: 1 };
    await gather(quorum);
    world.preflights.flip = flip;
    await eventually('two pages', () => pages().length >= 2);
    expect(pages().map(({ detail }) => [detail['notice'], detail['why']])).toEqual([
      [
        'page',
        `preflight: 2 of 3; us-east-2: gone: if one more is lost, traffic goes back to ${HOME} by itself`,
      ],
      ['page', `preflight: 1 of 3: traffic may already go back to ${HOME} by itself`],
    ]);
  });

  it('are not told by a function that fails', async () => {
    const { flip } = world.preflights;
    world.preflights.flip = { nonsense: true };
    const facts = await gather(planWith('failing', 1));
    world.preflights.flip = flip;
    expect(facts.preflight).toBeNull();
  });
});

describe('the age of the data, scenario 8', () => {
  const heartbeatOf = (ageMs: number) =>
    world.heartbeatsIn(DATA_TABLE, HOME).beat(
      {
        region: HOME,
        writtenAtMs: Date.now() - ageMs,
        peaks: [],
        digest: null,
        deploying: null,
      },
      signal,
    );

  it.each([
    ['just under the limit', 8_000, true],
    ['just over the limit', 10_500, false],
  ])('is judged: %s', async (_, ageMs, ok) => {
    await heartbeatOf(ageMs);
    const facts = await gather(planWith('aged', 1));
    expect(facts.replicationMs?.value).toBeGreaterThanOrEqual(ageMs);
    expect(gateOf('G3', facts)?.ok).toBe(ok);
  });

  it('grows where replication stands still, whatever is written in the other region', async () => {
    await heartbeatOf(0);
    const first = await gather(planWith('aged', 1));
    world.dynamodb.pauseReplication();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await heartbeatOf(0);
    const second = await gather(planWith('aged', 1));
    world.dynamodb.resumeReplication();
    expect(second.replicationMs!.value).toBeGreaterThanOrEqual(first.replicationMs!.value + 300);
  });
});

describe('the standby, scenario 16', () => {
  const scale = async (plan: WatchPlan, name: string, pace = 1) => {
    await world.table.putPlan(plan);
    const base = baseWith(steppingClock(pace));
    const transitions = openTransitions({ ...base, ...world, random: Math.random });
    const execution = {
      ...{ name, decisionId: 'd1', cause: 'down' as const, from: HOME, to: STANDBY },
      ...{ epoch: 1, automatic: true },
    };
    const run = scaleStandby({ ...base, ...world, transitions, probe: httpProbe });
    const answer = await run({ service: plan.service, execution }, signal);
    const [evidence] = await world.table.evidence(name);
    return { answer, evidence };
  };

  it('is not big enough when the order is taken and no task comes', async () => {
    world.ecs.setCapacity(STANDBY, 1);
    const { answer, evidence } = await scale(planWith('full', 3), 'full-1-1', 20);
    world.ecs.setCapacity(STANDBY, undefined);
    expect(answer.ok).toBe(false);
    expect(answer.why).toMatch(
      /^eu-central-1 is not big enough after 10 min 0 s: 1 of 3 tasks are ready \(1 run\); ECS: .*Capacity is unavailable/,
    );
    expect(evidence).toMatchObject({
      kind: 'scale',
      body: {
        enough: false,
        wanted: 3,
        before: { desired: 1, running: 1, ready: 1 },
        after: { desired: 3, running: 1, ready: 1 },
        calls: [{ operation: 'UpdateService', result: '1 to 3 tasks' }],
      },
    });
  });

  it('is not big enough when the order is refused', async () => {
    const { answer, evidence } = await scale(planWith('many', 6_000), 'many-1-1');
    expect(answer.ok).toBe(false);
    expect(answer.why).toMatch(/^eu-central-1 refused 6000 tasks: InvalidParameterException: /);
    expect(evidence).toMatchObject({ body: { after: null, before: { desired: 3 } } });
  });

  it('is big enough when tasks run, are healthy, and answer in time', async () => {
    const { answer, evidence } = await scale(planWith('enough', 3), 'enough-1-1');
    expect(answer).toEqual({
      ok: true,
      why: expect.stringMatching(/^3 of 3 tasks are ready in eu-central-1; the slowest of 10/),
    });
    expect(evidence).toMatchObject({ body: { enough: true, after: { ready: 3, healthy: [3] } } });
  });

  it('is never made smaller', async () => {
    const { answer, evidence } = await scale(planWith('fewer', 1), 'fewer-1-1');
    expect(answer.ok).toBe(true);
    expect(evidence).toMatchObject({
      body: { before: { desired: 3 }, calls: [{ result: '3 to 3 tasks' }] },
    });
  });
});
