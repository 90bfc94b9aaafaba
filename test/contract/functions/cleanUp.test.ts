// Goal: once traffic is home again, capacity is as it was before the failover; what is not is said.
// Method: cleanUp on the embedded ECS with tasks that only wait, and on the embedded table.
import os from 'node:os';
import * as ecsSdk from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServices } from '../../../aws/services.ts';
import type { FailoverSummary } from '../../../events/failoverSummary.ts';
import type { WatchPlan } from '../../../events/watchPlan.ts';
import { cleanUp } from '../../../functions/finish/cleanUp.ts';
import {
  type Cloud,
  definitionInput,
  runInput,
  startProcessCloud,
} from '../../integration/ecs/harness.ts';
import { HOME, STANDBY, START_MS } from '../../support/failovers.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';
import { clientOf } from '../endpoint.ts';

const signal = new AbortController().signal;
const PLACE = { cluster: 'drill', service: 'shop' };

let cloud: Cloud;
let world: WatchWorld;
let plan: WatchPlan;
const logged: unknown[] = [];

const settings = () => clientOf({ url: cloud.wire.url });
const wanted = async (): Promise<number> => {
  const services = openServices(STANDBY, settings());
  const { desired } = await services.state(PLACE, signal);
  services.close();
  return desired;
};

beforeAll(async () => {
  world = await startWatchWorld();
  cloud = await startProcessCloud(
    {},
    {
      images: async () => ({
        ...{ kind: 'process' as const, digest: `sha256:${'a'.repeat(64)}` },
        ...{ cwd: os.tmpdir(), env: {} },
        command: [process.execPath, '-e', 'setInterval(() => {}, 1_000)'],
      }),
    },
  );
  const client = new ecsSdk.ECSClient({ ...settings(), region: STANDBY });
  await client.send(new ecsSdk.CreateClusterCommand({ clusterName: 'drill' }));
  const { taskDefinition } = await client.send(
    new ecsSdk.RegisterTaskDefinitionCommand(definitionInput('one')),
  );
  const { launchType, networkConfiguration } = runInput();
  await client.send(
    new ecsSdk.CreateServiceCommand({
      ...{ cluster: 'drill', launchType, networkConfiguration, desiredCount: 3 },
      ...{ serviceName: 'shop', taskDefinition: taskDefinition?.taskDefinitionArn },
    }),
  );
  client.destroy();
  const base = watchPlanWith();
  const [primary, standby] = base.targets;
  const capacity = { ...PLACE, wanted: 1 };
  plan = { ...base, targets: [primary, { ...standby, capacity }] };
});
afterAll(async () => {
  await cloud.close();
  await world.close();
});

const execution = (name: string, over: object = {}) => ({
  ...{ name, decisionId: 'd1', cause: 'down' as const, from: HOME, to: STANDBY, epoch: 1 },
  automatic: true,
  ...over,
});
const home = execution('shop-1-1', { cause: 'failback', from: STANDBY, to: HOME, epoch: 2 });

const summary = (over: Partial<FailoverSummary>): FailoverSummary => ({
  ...{ service: 'shop', execution: 'shop-0-1', decisionId: 'd1', cause: 'down', from: HOME },
  ...{ to: STANDBY, epoch: 1, automatic: true, outcome: 'done', active: STANDBY },
  ...{ reason: 'it was down', startedAtMs: START_MS, finishedAtMs: START_MS + 9 },
  ...{ timings: null, lossMs: null, leftovers: [], vantage: 'quorum' },
  ...{ record: 'evidence/shop/shop-0-1.json', entries: 3, head: 'a'.repeat(64) },
  ...over,
});

const scaled = (region: string, desired: number) => ({
  kind: 'scale',
  atMs: START_MS,
  body: { why: 'scaled', region, before: { desired } },
});

const cleaned = (isHome: boolean, own: ReturnType<typeof scaled>[] = []) => {
  const log = (...said: unknown[]) => void logged.push(said);
  const needs = {
    log: { info: log, warn: log, error: log },
    table: world.table,
    servicesIn: (region: string) => openServices(region, settings()),
  };
  const order = isHome ? home : execution('shop-0-1');
  return cleanUp(needs, plan, { execution: order, own, isHome }, signal);
};

describe('what a failover ordered', () => {
  it('stays while traffic is away, and is named', async () => {
    expect(await cleaned(false, [scaled(STANDBY, 1)])).toEqual([
      `shop in ${STANDBY} wants 3 tasks, it wanted 1`,
    ]);
    expect(await wanted()).toBe(3);
  });

  it('is taken back when traffic is home, to what was before the first of several moves', async () => {
    const { table } = world;
    await table.putSummary('shop', summary({}));
    await table.putEvidence('shop-0-1', scaled(STANDBY, 2));
    const again = { execution: 'shop-0-2', startedAtMs: START_MS + 1_000 };
    await table.putSummary('shop', summary(again));
    await table.putEvidence('shop-0-2', scaled(STANDBY, 3));
    expect(await cleaned(true)).toEqual([]);
    expect(await wanted()).toBe(2);
  });

  it('is not looked for beyond the last time traffic came home', async () => {
    const back = {
      execution: 'shop-1-1',
      cause: 'failback' as const,
      startedAtMs: START_MS + 2_000,
    };
    await world.table.putSummary('shop', summary(back));
    expect(await cleaned(true)).toEqual([]);
    expect(await wanted()).toBe(2);
  });

  it('is a leftover where it cannot be read', async () => {
    const lost = { ...plan, targets: [...plan.targets] as WatchPlan['targets'] };
    const capacity = { cluster: 'drill', service: 'gone', wanted: 1 };
    lost.targets[1] = { ...lost.targets[1], capacity };
    const before = plan;
    plan = lost;
    expect(await cleaned(false, [scaled(STANDBY, 1)])).toEqual([
      `gone in ${STANDBY} cannot be read; tasks wanted before: 1`,
    ]);
    plan = before;
    expect(JSON.stringify(logged)).toContain('capacity not put back');
  });

  it('is nothing where nothing was made bigger', async () => {
    expect(await cleaned(false)).toEqual([]);
  });
});
