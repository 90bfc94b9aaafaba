// Goal: what is stored of a watch comes back as it was written, and of two writers one is told that
// it was too late. Method: aws/watchTable.ts over sockets against the embedded DynamoDB.
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { beginAgain } from '../../../cli/deploy/adopt.ts';
import { claimLease } from '../../../core/failover/lease.ts';
import { initialState } from '../../../core/failover/states.ts';
import { NO_FACTS } from '../../../core/failover/view.ts';
import { NEW_FILTER, stepFilter } from '../../../core/health/filter.ts';
import type { WatchState } from '../../../events/watchState.ts';
import { goodFacts, HOME, OBSERVERS, STANDBY, START_MS, votesOn } from '../../support/failovers.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { startWatchWorld, WATCH_TABLE, type WatchWorld } from '../../support/watchWorld.ts';

let world: WatchWorld;
beforeAll(async () => {
  world = await startWatchWorld();
});
afterAll(() => world.close());

const stateAt = (version: number, over: Partial<WatchState> = {}): WatchState => ({
  version,
  state: initialState(HOME, STANDBY, START_MS),
  before: initialState(HOME, STANDBY, START_MS),
  votes: votesOn(HOME, 'UP', START_MS),
  verdicts: [{ region: HOME, state: 'UP' }],
  outbox: [],
  savedAtMs: START_MS,
  ...over,
});

describe('the plan of a watch', () => {
  it('comes back as it was written, and is absent before', async () => {
    expect(await world.table.plan('shop')).toBeNull();
    const plan = watchPlanWith();
    await world.table.putPlan(plan);
    expect(await world.table.plan('shop')).toEqual(plan);
  });
});

describe('the state of a watch', () => {
  it('is written by the first of two who read the same version', async () => {
    const { table } = world;
    expect(await table.load('states')).toEqual({ stored: null, facts: NO_FACTS });
    expect(await table.saveState('states', stateAt(1))).toBe(true);
    expect(await table.saveState('states', stateAt(1, { savedAtMs: START_MS + 1 }))).toBe(false);
    const both = [stateAt(2, { savedAtMs: 1 }), stateAt(2, { savedAtMs: 2 })];
    const won = await Promise.all(both.map((state) => table.saveState('states', state)));
    expect([...won].sort()).toEqual([false, true]);
    const stored = await table.state('states');
    expect(stored).toEqual(both[won.indexOf(true)]);
    expect(await table.saveState('states', stateAt(4))).toBe(false);
  });

  it('is read together with the facts of the gates', async () => {
    const { table } = world;
    await table.putFacts('both', goodFacts(START_MS));
    const page = { do: 'page' as const, why: 'both are down' };
    const outbox = [{ version: 1, atMs: START_MS, actions: [page], execution: null }];
    await table.saveState('both', stateAt(1, { outbox }));
    expect(await table.load('both')).toEqual({
      stored: stateAt(1, { outbox }),
      facts: goodFacts(START_MS),
    });
    expect(await table.facts('both')).toEqual(goodFacts(START_MS));
  });

  it('begins again at home for a new deployment, with the epochs of the old one and none of its plan', async () => {
    const { table } = world;
    const service = 'again';
    const away = { ...initialState(STANDBY, HOME, START_MS), home: HOME, epoch: 4 };
    await table.putPlan({ ...watchPlanWith(), service });
    await table.putFacts(service, goodFacts(START_MS));
    await table.saveState(service, stateAt(1, { state: away }));
    const claimant = { holder: 'x', epoch: 5, nowMs: START_MS, ttlMs: 1_000, skewMs: 0 };
    const claim = claimLease(null, claimant);
    if (claim.ok) await table.claim(service, claim);
    const watch = { service, primary: HOME, standby: STANDBY };
    await beginAgain(table, watch, START_MS + 9, new AbortController().signal);
    expect(await table.plan(service)).toBeNull();
    expect(await table.load(service)).toMatchObject({
      facts: NO_FACTS,
      stored: {
        version: 2,
        state: { phase: 'STEADY', active: HOME, other: STANDBY, epoch: 5 },
        votes: [],
      },
    });
    await beginAgain(table, { ...watch, service: 'never' }, START_MS, new AbortController().signal);
    expect(await table.state('never')).toBeNull();
  });

  it('that a hand has spoilt is named', async () => {
    const client = new DynamoDBClient(world.sdk);
    const put = (value: string) =>
      client.send(
        new PutItemCommand({
          TableName: WATCH_TABLE,
          Item: { pk: { S: 'WATCH#odd' }, sk: { S: 'STATE' }, value: { S: value } },
        }),
      );
    await put('{"version":');
    await expect(world.table.state('odd')).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: 'item WATCH#odd STATE holds no JSON',
    });
    await put('{"version":0}');
    await expect(world.table.state('odd')).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: expect.stringMatching(/^item WATCH#odd STATE does not fit its schema: version: /),
    });
    client.destroy();
  });
});

describe('the lease', () => {
  it('goes to one of two claimants, and to a later epoch when it is over', async () => {
    const { table } = world;
    const claimant = (holder: string, epoch: number, nowMs = START_MS) => ({
      ...{ holder, epoch, nowMs, ttlMs: 30_000, skewMs: 2_000 },
    });
    const claimBy = async (one: ReturnType<typeof claimant>) => {
      const claim = claimLease(await table.lease('leases'), one);
      return claim.ok && (await table.claim('leases', claim));
    };
    const first = claimLease(null, claimant('a', 1));
    const second = claimLease(null, claimant('b', 1));
    if (!first.ok || !second.ok) throw new Error('a claim of an absent lease is granted');
    expect(await table.claim('leases', first)).toBe(true);
    expect(await table.claim('leases', second)).toBe(false);
    expect(await claimBy(claimant('a', 1))).toBe(true);
    expect(await claimBy(claimant('b', 2))).toBe(false);
    expect(await claimBy(claimant('b', 2, START_MS + 32_000))).toBe(true);
    // The former holder claims on what it read before: that is over.
    const stale = claimLease(first.item, claimant('a', 3, START_MS + 64_001));
    expect(stale.ok && (await table.claim('leases', stale))).toBe(false);
    expect(await table.lease('leases')).toMatchObject({ epoch: 2, holder: 'b' });
  });
});

describe('the place of an observer', () => {
  const place = (holder: string, untilMs: number) => ({
    ...{ holder, untilMs, endsMs: untilMs + 60_000 },
    memory: {
      [HOME]: {
        filter: stepFilter(
          NEW_FILTER,
          { startMs: 1, endMs: 2, failure: 'refused', latencyMs: null },
          watchPlanWith().health,
        ),
        lastDueMs: 1,
      },
    },
  });

  it('is held by one, put off by its holder, and taken when it is over, or not in use, or by force', async () => {
    const { table } = world;
    type Options = { heldMs?: number; force?: boolean };
    const hold = async (one: ReturnType<typeof place>, nowMs: number, options: Options = {}) => {
      const held = await table.holdObserver('places', 'local', one, { nowMs, ...options });
      return held && { before: held.before() };
    };
    expect(await hold(place('a', 5_000), 0)).toEqual({ before: null });
    expect(await hold(place('b', 9_000), 4_000)).toBe(false);
    expect(await hold(place('a', 8_000), 4_000)).toEqual({ before: place('a', 5_000) });
    expect(await hold(place('b', 12_000), 7_999)).toBe(false);
    expect(await hold(place('b', 12_000), 8_000)).toEqual({ before: place('a', 8_000) });
    expect(await hold(place('c', 13_000), 9_000, { force: true })).toEqual({
      before: place('b', 12_000),
    });
    // Of one that is taken for dead, by the first who finds it so.
    expect(await hold(place('d', 14_000), 9_000, { heldMs: 12_999 })).toBe(false);
    expect(await hold(place('d', 14_000), 9_000, { heldMs: 13_000 })).toEqual({
      before: place('c', 13_000),
    });
    expect(await hold(place('e', 15_000), 9_000, { heldMs: 13_000 })).toBe(false);
    expect(await table.observer('places', 'local')).toEqual(place('d', 14_000));
    await table.saveState('places', stateAt(1));
    const plan = watchPlanWith({ service: 'places' });
    await table.putPlan(plan);
    expect(await table.occupant('places', 'local')).toEqual({
      ...{ plan, memory: place('d', 14_000), votedMs: null },
    });
    const other = await table.occupant('places', OBSERVERS[0]!);
    expect(other).toEqual({ plan, memory: null, votedMs: START_MS });
    expect(await table.observer('places', 'other')).toBeNull();
  });
});

describe('what is kept', () => {
  it('of samples lies in the order of time', async () => {
    const { table } = world;
    const seen = (target: string, startMs: number) => ({
      target,
      samples: [{ startMs, endMs: startMs + 3, failure: null, latencyMs: 2 }],
    });
    for (const ms of [30_000, 10_000, 20_000]) {
      const startMs = START_MS + ms;
      const targets = [
        seen(STANDBY, startMs),
        seen(HOME, startMs + 1),
        { target: 'x', samples: [] },
      ];
      await table.putSamples('shop', 'local', targets);
    }
    const span = { fromMs: START_MS + 20_000, toMs: START_MS + 30_000 };
    const found = await table.samples('shop', span);
    expect(found.map(({ samples, target }) => [samples[0]!.startMs - START_MS, target])).toEqual([
      [20_000, STANDBY],
      [20_001, HOME],
      [30_000, STANDBY],
      [30_001, HOME],
    ]);
    await table.putSamples('shop', 'local', [{ target: HOME, samples: [] }]);
    expect(await table.samples('shop', { fromMs: 0, toMs: START_MS + 60_000 })).toHaveLength(6);
  });

  it('of executions is found again, the latest first', async () => {
    const { table } = world;
    const shape = z.strictObject({ startedAtMs: z.number(), execution: z.string() });
    for (const at of [1, 3, 2]) {
      await table.putSummary('shop', { startedAtMs: START_MS + at, execution: `shop-${at}-1` });
      await table.putEvidence('shop-1-1', { kind: 'step', atMs: START_MS + at, body: { at } });
    }
    const latest = await table.summaries('shop', shape, 2);
    expect(latest.map(({ execution }) => execution)).toEqual(['shop-3-1', 'shop-2-1']);
    const evidence = await table.evidence('shop-1-1');
    expect(evidence.map(({ body }) => body)).toEqual([{ at: 1 }, { at: 2 }, { at: 3 }]);
  });

  it('once is kept once', async () => {
    const once = () => world.table.once('shop', 'notice-1', 1, START_MS);
    const won = await Promise.all([once(), once(), once()]);
    expect(won.filter(Boolean)).toHaveLength(1);
  });
});
