// Goal: what aws/ asks of ECS, load balancers and DynamoDB for a promotion, it gets, and asking twice does no harm.
// Method: the files of aws/ as they are, over sockets, against the embedded services with real processes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CreateClusterCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import * as elbSdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeployments } from '../../../aws/deployments.ts';
import { openJsonTable } from '../../../aws/jsonTable.ts';
import { openListenerShares } from '../../../aws/listenerShares.ts';
import { openPromotionRecords } from '../../../aws/promotionRecords.ts';
import { openTargetGroups } from '../../../aws/targetGroups.ts';
import { startPromotion } from '../../../core/promotion/states.ts';
import { VERSION_HEADER, versionHeaderOf } from '../../../core/promotion/versions.ts';
import { Config } from '../../../events/config.ts';
import type { PromotionRecord } from '../../../events/promotion.ts';
import { promotionPlanOf } from '../../../events/promotionPlanOf.ts';
import { compare } from '../../../functions/step-promotion/measure.ts';
import { realClock } from '../../../local/clock.ts';
import { createDynamodb } from '../../../local/dynamodb/service.ts';
import {
  type BalancedCloud,
  makeBalancer,
  makeService,
  registerImage,
  startBalancedCloud,
} from '../../support/balancedCloud.ts';
import { HOME } from '../../support/failovers.ts';
import { createWatchTable, sdkAt, WATCH_TABLE } from '../../support/watchWorld.ts';
import { eventually, startEndpoint } from '../endpoint.ts';

const PORT = 18_084;
const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`;
const REPOSITORY = '000000000000.dkr.ecr.eu-west-1.amazonaws.com/shop';
const PLACE = { cluster: 'drill', service: 'shop' } as const;
const signal = AbortSignal.timeout(60_000);

const folder = mkdtempSync(path.join(tmpdir(), 'promotion-calls-'));
let cloud: BalancedCloud;
let listener = '';
let url = '';
let groups = { main: '', next: '' };
let first = '';

const sdk = () => sdkAt(cloud.endpoint);

const PLAN = promotionPlanOf(
  Config.parse({
    ...{ service: 'shop', regions: { primary: HOME, standby: 'eu-central-1' } },
    probes: [{ kind: 'http' }],
  }),
  [
    {
      ...{ role: 'primary', region: HOME, cluster: 'drill', service: 'shop' },
      next: { service: 'shop-next' },
      balancer: {
        ...{ url: 'http://127.0.0.1/', serverName: null, listener: 'l' },
        groups: { main: 'a', next: 'b' },
      },
    },
  ],
  digestOf('e'),
);
const QUICK_PLAN = { ...PLAN, sampling: { samples: 5, warmup: 0, ratePerS: 100, perStep: 2 } };

beforeAll(async () => {
  cloud = await startBalancedCloud(folder);
  const balancer = await makeBalancer(cloud, PORT);
  const { targetGroupArn } = balancer;
  url = balancer.url;
  const { Listeners: found = [] } = await cloud.elb.send(
    new elbSdk.DescribeListenersCommand({
      LoadBalancerArn: (await cloud.elb.send(new elbSdk.DescribeLoadBalancersCommand({})))
        .LoadBalancers?.[0]?.LoadBalancerArn,
    }),
  );
  listener = found[0]?.ListenerArn ?? '';
  const made = await cloud.elb.send(
    new elbSdk.CreateTargetGroupCommand({
      ...{ Name: 'shop-next', Protocol: 'HTTP', Port: 8080, TargetType: 'ip' },
    }),
  );
  groups = { main: targetGroupArn, next: made.TargetGroups?.[0]?.TargetGroupArn ?? '' };
  await cloud.ecs.send(new CreateClusterCommand({ clusterName: PLACE.cluster }));
  first = await registerImage(cloud, `${REPOSITORY}@${digestOf('a')}`);
  await makeService(cloud, targetGroupArn, {
    ...{ desiredCount: 1, taskDefinition: first },
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  });
});
afterAll(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a service of ECS', () => {
  it('tells which version it runs, where, and whether all of it is there', async () => {
    const deployments = openDeployments(HOME, sdk());
    const targets = openTargetGroups(HOME, sdk());
    await eventually(
      'it is deployed',
      async () => (await deployments.look(PLACE, signal)).rollout === 'done',
    );
    const seen = await deployments.look(PLACE, signal);
    expect(seen).toMatchObject({
      ...{ definition: first, desired: 1, container: 'app' },
      targetGroups: [groups.main],
    });
    expect(await deployments.digest(first, 'app', signal)).toBe(digestOf('a'));
    const addresses = await deployments.addresses(PLACE, first, signal);
    expect(addresses).toHaveLength(1);
    expect(await targets.healthyAddresses(groups.main, signal)).toEqual(addresses);
    expect(await deployments.addresses(PLACE, 'another', signal)).toEqual([]);
    deployments.close();
    targets.close();
  });

  it('gets a definition with another image once, whoever asks again', async () => {
    const deployments = openDeployments(HOME, sdk());
    const second = await deployments.withDigest(first, 'app', digestOf('b'), signal);
    expect(second).not.toBe(first);
    expect(await deployments.withDigest(first, 'app', digestOf('b'), signal)).toBe(second);
    expect(await deployments.digest(second, 'app', signal)).toBe(digestOf('b'));
    // One that is made anew for the old image again is another revision.
    const third = await deployments.withDigest(second, 'app', digestOf('a'), signal);
    expect([first, second]).not.toContain(third);
    deployments.close();
  });

  it('keeps the tags of its definition', async () => {
    const tags = [
      { key: 'team', value: 'web' },
      { key: 'cost', value: '7' },
    ];
    const plain = await cloud.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: first }),
    );
    const { containerDefinitions } = plain.taskDefinition ?? {};
    const made = await cloud.ecs.send(
      new RegisterTaskDefinitionCommand({
        ...{ family: 'tagged', networkMode: 'awsvpc', cpu: '256', memory: '512', tags },
        ...{ requiresCompatibilities: ['FARGATE'], containerDefinitions },
      }),
    );
    const deployments = openDeployments(HOME, sdk());
    const arn = made.taskDefinition?.taskDefinitionArn ?? '';
    const next = await deployments.withDigest(arn, 'app', digestOf('b'), signal);
    expect(await deployments.withDigest(arn, 'app', digestOf('b'), signal)).toBe(next);
    const described = await cloud.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: next, include: ['TAGS'] }),
    );
    expect(described.tags).toEqual(tags.toReversed());
    deployments.close();
  });

  it('gets it in the repository that its own definition names, by whatever tag', async () => {
    const deployments = openDeployments(HOME, sdk());
    const theirs = await registerImage(cloud, 'registry.example.test:5000/team/front:v1');
    expect(await deployments.digest(theirs, 'app', signal)).toBeNull();
    const taskDefinition = await deployments.withDigest(theirs, 'app', digestOf('b'), signal);
    const { taskDefinition: made } = await cloud.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition }),
    );
    const image = `registry.example.test:5000/team/front@${digestOf('b')}`;
    expect(made?.containerDefinitions).toMatchObject([{ name: 'app', image }]);
    deployments.close();
  });

  it('runs what it is told, and is told the same twice without harm', async () => {
    const deployments = openDeployments(HOME, sdk());
    const second = await deployments.withDigest(first, 'app', digestOf('c'), signal);
    await deployments.deploy(PLACE, { definition: second }, signal);
    await deployments.deploy(PLACE, { definition: second }, signal);
    expect(await deployments.look(PLACE, signal)).toMatchObject({
      ...{ definition: second, rollout: 'under-way' },
    });
    await eventually(
      'it is rolled out',
      async () => (await deployments.look(PLACE, signal)).rollout === 'done',
    );
    expect(await deployments.addresses(PLACE, first, signal)).toEqual([]);
    deployments.close();
  });

  it('goes back to what it ran when tasks of a new version end at once', async () => {
    const deployments = openDeployments(HOME, sdk());
    const good = (await deployments.look(PLACE, signal)).definition;
    const broken = await registerImage(cloud, 'broken');
    await deployments.deploy(PLACE, { definition: broken }, signal);
    await eventually(
      'it is rolled back',
      async () => (await deployments.look(PLACE, signal)).definition === good,
    );
    deployments.close();
  });

  it('that is not there is named', async () => {
    const deployments = openDeployments(HOME, sdk());
    await expect(deployments.look({ ...PLACE, service: 'none' }, signal)).rejects.toThrow(
      `${HOME} has no service none in cluster drill: deploy it, or correct the name`,
    );
    deployments.close();
  });
});

describe('a listener', () => {
  it('shares traffic out as it is told, and tells how', async () => {
    const shares = openListenerShares(HOME, sdk());
    expect(await shares.percent(listener, groups, signal)).toBe(0);
    for (const percent of [25, 25, 100, 0]) {
      await shares.share(listener, groups, percent, signal);
      expect(await shares.percent(listener, groups, signal)).toBe(percent);
    }
    shares.close();
  });

  it('tells by which values of a header it sends on, and where', async () => {
    const shares = openListenerShares(HOME, sdk());
    const asks = (name: string, value: string): elbSdk.RuleCondition => ({
      Field: 'http-header',
      HttpHeaderConfig: { HttpHeaderName: name, Values: [value] },
    });
    const both = [
      { TargetGroupArn: groups.main, Weight: 1 },
      { TargetGroupArn: groups.next, Weight: 1 },
    ];
    const rules: [elbSdk.RuleCondition[], elbSdk.Action][] = [
      [[asks('X-FAILOVER-drill-group', 'main')], { TargetGroupArn: groups.main, Type: 'forward' }],
      [[asks('X-Other', 'other')], { TargetGroupArn: groups.next, Type: 'forward' }],
      [
        [asks(VERSION_HEADER, 'more'), { Field: 'path-pattern', Values: ['/x'] }],
        { TargetGroupArn: groups.next, Type: 'forward' },
      ],
      [[asks(VERSION_HEADER, 'both')], { ForwardConfig: { TargetGroups: both }, Type: 'forward' }],
    ];
    for (const [at, [Conditions, action]] of rules.entries()) {
      await cloud.elb.send(
        new elbSdk.CreateRuleCommand({
          ...{ ListenerArn: listener, Priority: at + 10, Conditions, Actions: [action] },
        }),
      );
    }
    expect([...(await shares.byHeader(listener, VERSION_HEADER, signal))]).toEqual([
      ['main', groups.main],
    ]);
    shares.close();
  });

  it('has each version asked alone, and none that its rules do not know', async () => {
    const shares = openListenerShares(HOME, sdk());
    const region = HOME;
    const balancer = { url, serverName: null, listener, groups };
    const sides = {
      old: { region, balancer, group: groups.main },
      fresh: { region, balancer, group: groups.next },
    };
    const asked = () => compare(() => shares, QUICK_PLAN, sides, 0, signal);
    await expect(asked()).rejects.toThrow(
      `has no rule that sends requests with ${VERSION_HEADER}: ${versionHeaderOf(groups.main)}`,
    );
    for (const [Priority, arn] of [groups.main, groups.next].entries()) {
      const HttpHeaderConfig = { HttpHeaderName: VERSION_HEADER, Values: [versionHeaderOf(arn)] };
      await cloud.elb.send(
        new elbSdk.CreateRuleCommand({
          ...{ ListenerArn: listener, Priority: Priority + 1 },
          Conditions: [{ Field: 'http-header', HttpHeaderConfig }],
          Actions: [{ Type: 'forward', TargetGroupArn: arn }],
        }),
      );
    }
    const [first, second] = await asked();
    // Nothing runs in the second group, whatever the weights say.
    expect(first).toMatchObject({
      old: { sent: 5, failed: 0, p50Ms: expect.any(Number) },
      fresh: { sent: 5, failed: 5, p50Ms: null },
    });
    expect(second).toMatchObject({ old: { failed: 0 }, fresh: { failed: 5 } });
    shares.close();
  });

  it('that forwards to somebody else as well has no share of ours', async () => {
    const shares = openListenerShares(HOME, sdk());
    const others = { main: groups.main, next: 'arn:another' };
    await shares.share(listener, groups, 50, signal);
    expect(await shares.percent(listener, others, signal)).toBeNull();
    await cloud.elb.send(
      new elbSdk.ModifyListenerCommand({
        ListenerArn: listener,
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
      }),
    );
    await expect(shares.percent(listener, groups, signal)).rejects.toThrow(
      'has no default action that forwards',
    );
    shares.close();
  });
});

describe('the records of promotions', () => {
  const NEW = digestOf('d');
  const places = [{ role: 'primary', region: 'eu-west-1' }] as const;
  const recordAt = (seq: number, startedAtMs = 1_000): PromotionRecord => ({
    ...{ service: 'shop', promotionId: `p-${startedAtMs}`, execution: 'p-1', digest: NEW },
    ...{ variant: null, previousDigest: null, by: 'person', evidence: null, gates: [] },
    ...{ outcome: 'RUNNING', why: 'it begins', startedAtMs, finishedAtMs: null },
    memory: {
      ...startPromotion({ mode: 'canary', digest: NEW }, places, startedAtMs),
      ...{ seq, places: [], measured: [] },
    },
  });

  it('take no step that is late, and list the newest first', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'promotion-records-'));
    const dynamodb = await createDynamodb({ dataDir, clock: realClock });
    const server = await startEndpoint([dynamodb.front]);
    const settings = sdkAt(server.url);
    await createWatchTable(server.url);
    const records = openPromotionRecords(WATCH_TABLE, settings);
    expect(await records.put(recordAt(0))).toBe(true);
    expect(await records.put(recordAt(3))).toBe(true);
    expect(await records.put(recordAt(3))).toBe(true);
    expect(await records.put(recordAt(2))).toBe(false);
    expect(await records.put(recordAt(0, 2_000))).toBe(true);
    const found = await records.list('shop', 10);
    expect(found.map(({ promotionId, memory }) => [promotionId, memory.seq])).toEqual([
      ['p-2000', 0],
      ['p-1000', 3],
    ]);
    const asked = { service: 'shop', promotionId: 'p-1000', startedAtMs: 1_000 };
    expect((await records.find(asked))?.memory.seq).toBe(3);
    expect(await records.isUndoOrdered('shop', 'p-1000')).toBe(false);
    await records.orderUndo('shop', 'p-1000', 5_000);
    expect(await records.isUndoOrdered('shop', 'p-1000')).toBe(true);
    expect(await records.isUndoOrdered('shop', 'p-2000')).toBe(false);
    expect(await records.plan('shop')).toBeNull();
    expect(await records.plannedReference('shop')).toBeNull();
    await records.putPlan(PLAN);
    expect(await records.plan('shop')).toEqual(PLAN);
    // A plan of an earlier version of this program still tells what the configuration asked for.
    const items = openJsonTable(WATCH_TABLE, settings);
    const older = { referenceDigest: NEW, places: [] };
    await items.put({ pk: 'WATCH#shop', sk: 'PROMOTION-PLAN' }, older);
    expect(await records.plannedReference('shop')).toBe(NEW);
    items.close();
    records.close();
    await server.close();
    await dynamodb.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
