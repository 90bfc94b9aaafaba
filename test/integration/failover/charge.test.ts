// Goal: of two controllers one is in charge; a quiet minute costs it one call more, and the place changes hands by
// silence or by order only.
// Method: `evaluate` as it is, once for each controller, on the embedded DynamoDB with a table in three regions.
import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Leases, openLeaseTable } from '../../../aws/leases.ts';
import { openWatchTable } from '../../../aws/watchTable.ts';
import type { Serving } from '../../../core/failover/view.ts';
import type { EvaluateInput, EvaluateOutput } from '../../../events/evaluation.ts';
import { planAt } from '../../../events/watchPlan.ts';
import { evaluate } from '../../../functions/evaluate/run.ts';
import { goodFacts, HOME, STANDBY, START_MS } from '../../support/failovers.ts';
import { keyedTable } from '../../support/keyedTable.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import {
  createWatchTable,
  MACHINE_ARNS,
  PREPARE,
  startWatchWorld,
  WATCH_TABLE,
  type WatchWorld,
} from '../../support/watchWorld.ts';

const WITNESS = 'eu-west-3';
const LEASES = 'failover-drill-shop-lease';
const MINUTE_MS = 60_000;
const { signal } = new AbortController();

let world: WatchWorld;
beforeAll(async () => {
  world = await startWatchWorld();
  await createWatchTable(world.sdk.endpoint, WITNESS);
  const client = new DynamoDBClient(world.sdk);
  await client.send(new CreateTableCommand(keyedTable(LEASES)));
  await client.send(
    new UpdateTableCommand({
      ...{ TableName: LEASES, MultiRegionConsistency: 'STRONG' },
      ReplicaUpdates: [{ Create: { RegionName: WITNESS } }],
      GlobalTableWitnessUpdates: [{ Create: { RegionName: 'eu-west-2' } }],
    }),
  );
  client.destroy();
});
afterAll(() => world.close());

/** Both controllers of a watch, in simulated time. */
const openBoth = async (service: string) => {
  const controllers = { first: STANDBY, second: WITNESS, leaseTable: LEASES };
  const plan = { ...watchPlanWith({ service }), controllers };
  let nowMs = START_MS;
  let serving: Serving | null = { region: HOME, epoch: 0 };
  const calls = { lease: 0, claim: 0 };
  const open = async (region: string) => {
    const sdk = { ...world.sdk, region };
    const table = openWatchTable(WATCH_TABLE, sdk);
    await table.putPlan(planAt(plan, region));
    const leases = openLeaseTable(LEASES, sdk);
    const counted: Leases = {
      lease: (...args) => {
        calls.lease += 1;
        return leases.lease(...args);
      },
      claim: (...args) => {
        calls.claim += 1;
        return leases.claim(...args);
      },
    };
    const log = () => undefined;
    const run = evaluate({
      clock: { now: () => nowMs, monotonicMs: () => nowMs, sleep: async () => {} },
      log: { info: log, warn: log, error: log },
      ...{ count: log, random: () => 0.5, table, leasesIn: () => counted, service },
      ...{ bus: world.bus, machines: world.machines, functions: world.functions },
      ...{ prepareFunction: PREPARE, machineArns: MACHINE_ARNS },
    });
    const ask = (input: EvaluateInput): Promise<EvaluateOutput> => run(input, signal);
    const state = async () => (await table.state(service))?.state;
    return { ask, tick: () => ask({ kind: 'tick', service }), table, state };
  };
  const [first, second] = [await open(STANDBY), await open(WITNESS)];
  world.called.set(PREPARE, async () => {
    const read = { source: 'preflight', atMs: nowMs };
    const facts = {
      ...goodFacts(nowMs),
      ...(serving ? { serving: { value: serving, ...read } } : {}),
    };
    await Promise.all([first, second].map(({ table }) => table.putFacts(service, facts)));
  });
  return {
    ...{ first, second, calls },
    serves: (found: Serving | null) => {
      serving = found;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};

it('a quiet minute costs the one in charge a write, and the other one a read', async () => {
  const { first, second, calls, pass } = await openBoth('quiet');
  await second.tick();
  expect((await second.state())?.charge).toEqual({ held: false, epoch: 0 });
  await first.tick();
  expect(await first.state()).toMatchObject({ epoch: 1, charge: { held: true, epoch: 1 } });
  for (let minute = 1; minute <= 5; minute++) {
    pass(MINUTE_MS);
    Object.assign(calls, { lease: 0, claim: 0 });
    await first.tick();
    expect(calls).toEqual({ lease: 0, claim: 1 });
    await second.tick();
    expect(calls).toEqual({ lease: 1, claim: 1 });
  }
  expect((await second.state())?.charge?.held).toBe(false);
});

it('the second takes charge after three minutes of silence, once it knows where clients are sent', async () => {
  const { first, second, serves, pass } = await openBoth('silent');
  await first.tick();
  pass(3 * MINUTE_MS - 1);
  await second.tick();
  expect((await second.state())?.charge?.held).toBe(false);
  pass(1);
  serves(null);
  await second.tick();
  expect((await second.state())?.charge?.held).toBe(false);
  // Traffic had been moved before, which the second one was never told.
  serves({ region: STANDBY, epoch: 4 });
  pass(MINUTE_MS);
  await second.tick();
  expect(await second.state()).toMatchObject({
    ...{ active: STANDBY, other: HOME, epoch: 4, phase: 'STABILIZE' },
    charge: { held: true, epoch: 2 },
  });
  // The first one wakes up: it is relieved, and whoever orders something is told whom to ask.
  await first.tick();
  expect((await first.state())?.charge).toEqual({ held: false, epoch: 2 });
  const refused = await first.ask({ kind: 'order', service: 'silent', order: 'flip' });
  expect(refused).toMatchObject({
    accepted: false,
    why: `the controller in ${STANDBY} is not in charge: ask the one in ${WITNESS}`,
  });
});

it('the place is given back by order alone, by the one that has it', async () => {
  const { first, second, pass } = await openBoth('given');
  await first.tick();
  pass(4 * MINUTE_MS);
  await second.tick();
  for (let minute = 0; minute < 5; minute++) {
    pass(MINUTE_MS);
    await first.tick();
    await second.tick();
  }
  expect([await first.state(), await second.state()].map((one) => one?.charge?.held)).toEqual([
    ...[false, true],
  ]);
  const handOver = { kind: 'hand-over', service: 'given' } as const;
  expect(await first.ask(handOver)).toMatchObject({
    ...{ accepted: false, why: `${WITNESS} is in charge, not ${STANDBY}` },
  });
  expect(await second.ask(handOver)).toMatchObject({
    ...{ accepted: true, why: `${STANDBY} takes charge within a minute` },
  });
  expect((await second.state())?.charge?.held).toBe(false);
  await first.tick();
  expect(await first.state()).toMatchObject({ epoch: 3, charge: { held: true, epoch: 3 } });
});
