/** Two controllers of a watch: `evaluate` as it is, once for each, on the embedded DynamoDB with a lease in three regions. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { type Leases, openLeaseTable } from '../../aws/leases.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import type { Serving } from '../../core/failover/view.ts';
import type { EvaluateInput, EvaluateOutput } from '../../events/evaluation.ts';
import { planAt } from '../../events/watchPlan.ts';
import { evaluate } from '../../functions/evaluate/run.ts';
import { goodFacts, HOME, STANDBY, START_MS } from './failovers.ts';
import { keyedTable } from './keyedTable.ts';
import { watchPlanWith } from './watchPlans.ts';
import {
  createWatchTable,
  MACHINE_ARNS,
  PREPARE,
  startWatchWorld,
  WATCH_TABLE,
  type WatchWorld,
} from './watchWorld.ts';

export const WITNESS = 'eu-west-3';
const LEASES = 'failover-drill-shop-lease';
export const CONTROLLERS = { first: STANDBY, second: WITNESS, leaseTable: LEASES };
const { signal } = new AbortController();

/** A region that is lost: takes connections and answers none. */
export const startDark = async (): Promise<{ endpoint: string; close: () => void }> => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { endpoint: `http://127.0.0.1:${port}`, close: () => server.close() };
};

export const startTwoRegions = async (): Promise<WatchWorld> => {
  const world = await startWatchWorld();
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
  return world;
};

/** Both controllers of a watch, in simulated time. */
export const openBoth = async (world: WatchWorld, service: string) => {
  const plan = { ...watchPlanWith({ service }), controllers: CONTROLLERS };
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
    now: () => nowMs,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};
