// Goal: while traffic is in the standby, the listener of a service that somebody else runs lets nobody in who asks for the
// record; its owner's rules stay as they are, a move that fails leaves it open, and a region that is silent holds nothing up.
// Method: the real acquire-lease, fence and finish, over sockets, on the embedded tables and a load balancer that listens.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as elbSdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openListenerFences } from '../../../aws/listenerFence.ts';
import type { SdkSettings } from '../../../aws/sdk.ts';
import type { Execution } from '../../../core/failover/states.ts';
import { rttMs } from '../../../core/regions/regions.ts';
import { EvidenceRecord } from '../../../events/evidenceRecord.ts';
import type { WatchPlan } from '../../../events/watchPlan.ts';
import { acquireLease } from '../../../functions/acquire-lease/run.ts';
import { fenceListeners } from '../../../functions/fence/listeners.ts';
import { realClock } from '../../../local/clock.ts';
import { createNetwork, type Network } from '../../../local/network/network.ts';
import { startElb } from '../../support/elb.ts';
import { HOME, STANDBY } from '../../support/failovers.ts';
import { createBucket, decidedWatch } from '../../support/movedWatch.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';
import { temporaryFolder } from '../endpoint.ts';

const RECORD = 'www.example.test';
const OWN_NAME = 'eu-west-1.example.test';
const NEIGHBOUR = 'other.example.test';
const PORT = 18_091;
const signal = new AbortController().signal;
const log = { info: () => {}, warn: () => {}, error: () => {} };
const { folder, remove } = temporaryFolder();

let network: Network;
let elb: Awaited<ReturnType<typeof startElb>>;
let world: WatchWorld;
let listener = '';
let host = '';

const fixed = (StatusCode: string): elbSdk.Action[] => [
  { Type: 'fixed-response', FixedResponseConfig: { StatusCode } },
];
const hostIs = (name: string): elbSdk.RuleCondition[] => [
  { Field: 'host-header', HostHeaderConfig: { Values: [name] } },
];
const ruleAt = (Priority: number, name: string) =>
  elb.client.send(
    new elbSdk.CreateRuleCommand({
      ...{ ListenerArn: listener, Priority, Conditions: hostIs(name), Actions: fixed('202') },
    }),
  );
const rules = async (): Promise<elbSdk.Rule[]> => {
  const asked = new elbSdk.DescribeRulesCommand({ ListenerArn: listener });
  return (await elb.client.send(asked)).Rules ?? [];
};

/** What the load balancer answers to whoever asks for this name. */
const answered = (name: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const headers = ['Host', name];
    const request = http.get({ host, port: PORT, agent: false, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    request.once('error', reject);
  });
const answers = () => Promise.all([RECORD, OWN_NAME, NEIGHBOUR].map(answered));
const OPEN = [200, 200, 202];
const CLOSED = [503, 200, 202];

beforeAll(async () => {
  network = createNetwork({ rtt: rttMs, random: Math.random, clock: realClock });
  elb = await startElb(folder, network, HOME);
  const { client } = elb;
  const balanced = await client.send(
    new elbSdk.CreateLoadBalancerCommand({ Name: 'front', Subnets: ['subnet-1', 'subnet-2'] }),
  );
  const one = balanced.LoadBalancers?.[0];
  const listening = await client.send(
    new elbSdk.CreateListenerCommand({
      ...{ LoadBalancerArn: one?.LoadBalancerArn, Protocol: 'HTTP', Port: PORT },
      DefaultActions: fixed('200'),
    }),
  );
  listener = listening.Listeners?.[0]?.ListenerArn ?? '';
  host = one?.AvailabilityZones?.[0]?.LoadBalancerAddresses?.[0]?.IpAddress ?? '';
  await ruleAt(2, NEIGHBOUR);
  world = await startWatchWorld();
  await createBucket(world);
});
afterAll(async () => {
  await world.close();
  await elb.close();
  await network.close();
  remove();
});
beforeEach(async () => {
  for (const { RuleArn, Priority } of await rules()) {
    if (Priority === '1') await elb.client.send(new elbSdk.DeleteRuleCommand({ RuleArn }));
  }
});

const planFor = (service: string, region = HOME): WatchPlan => {
  const plan = watchPlanWith({ service, observers: [] });
  const [primary, standby] = plan.targets;
  const targets: WatchPlan['targets'] =
    region === HOME ? [{ ...primary, listener }, standby] : [primary, { ...standby, listener }];
  return { ...plan, targets };
};

const clock = {
  now: () => realClock.now(),
  monotonicMs: () => realClock.now(),
  sleep: async () => {},
};
const fencing = (sdk: SdkSettings = elb.settings, now = clock.now) =>
  fenceListeners({
    ...{ table: world.table, clock: { ...clock, now }, log, count: () => {} },
    listeners: openListenerFences(sdk),
  });
const moveOf = (over: Partial<Execution> = {}): Execution => ({
  ...{ name: 'shop-0-1', decisionId: 'a1b2', cause: 'down', automatic: true },
  ...{ from: HOME, to: STANDBY, epoch: 1 },
  ...over,
});
const HOMEWARD = { name: 'shop-1-1', cause: 'failback', from: STANDBY, to: HOME } as const;
const told = async (execution: string) =>
  (await world.table.evidence(execution)).filter(({ kind }) => kind === 'listener');

describe('the listener of the primary', () => {
  it('is closed to the record, and to nobody else, and opened as it was on the way home', async () => {
    const plan = planFor('shop');
    const before = await rules();
    const execution = moveOf();
    const closed = await fencing()(plan, { service: 'shop', execution }, signal);
    expect(closed).toMatchObject({ ok: true, waitSeconds: 0 });
    expect(closed.why).toBe(`${HOME} is closed: ${RECORD} is answered with 503`);
    expect(await answers()).toEqual(CLOSED);
    const again = await fencing()(plan, { service: 'shop', execution }, signal);
    expect(again.why).toBe(`${HOME} is closed: it was closed already`);
    expect(await rules()).toHaveLength(before.length + 1);
    const [piece] = await told(execution.name);
    expect(piece?.body).toMatchObject({
      closed: true,
      calls: [{ service: 'elasticloadbalancing', operation: 'close', region: HOME }],
    });
    const home = moveOf(HOMEWARD);
    const opened = await fencing()(plan, { service: 'shop', execution: home }, signal);
    expect(opened.why).toBe(`${HOME} is open: the rule is gone`);
    expect(await rules()).toEqual(before);
    expect(await answers()).toEqual(OPEN);
  });

  it('is left to its owner where a rule of theirs stands first', async () => {
    await ruleAt(1, OWN_NAME);
    const order = { service: 'shop', execution: moveOf({ name: 'taken' }) };
    const { why } = await fencing()(planFor('shop'), order, signal);
    expect(why).toBe(`${HOME} may not be closed: refused, another rule has priority 1`);
    expect((await told('taken'))[0]?.body).toMatchObject({ closed: false });
  });

  it('keeps neither a failover waiting that cannot reach it, nor lets traffic come home to it closed', async () => {
    const silent = http.createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const mute = fencing({ ...elb.settings, endpoint: `http://127.0.0.1:${port}` });
    const order = { service: 'shop', execution: moveOf({ name: 'mute' }) };
    const { ok, why } = await mute(planFor('shop'), order, signal);
    expect({ ok, why }).toMatchObject({
      ok: true,
      why: expect.stringMatching(/^eu-west-1 may not be closed: unknown, (?:Abort|Timeout)Error$/),
    });
    silent.closeAllConnections();
    silent.close();
    const dead = fencing({ ...elb.settings, endpoint: 'http://127.0.0.1:1' });
    const home = moveOf({ ...HOMEWARD, name: 'home-shut' });
    const homeward = dead(planFor('shop'), { service: 'shop', execution: home }, signal);
    await expect(homeward).rejects.toMatchObject({
      name: 'TransientFailure',
      message: expect.stringContaining('Delete the rule of priority 1 of its listener'),
    });
    // The standby is gone: whatever comes of it, home is better.
    const forced = moveOf({ ...HOMEWARD, name: 'home-forced', cause: 'down' });
    const goes = await dead(planFor('shop'), { service: 'shop', execution: forced }, signal);
    expect(goes.why).toContain(`${HOME} may not be open: unknown`);
  });
});

describe('a move that failed', () => {
  const failed = async (service: string) => {
    const plan = planFor(service);
    const listeners = openListenerFences(elb.settings);
    const watch = await decidedWatch(world, plan, { listeners });
    const { execution, run } = watch;
    if (execution === null) throw new Error('nothing was decided');
    const needs = { table: world.table, clock: { ...clock, now: run.now }, log, count: () => {} };
    const { transitions } = run;
    const acquire = acquireLease({ ...needs, leasesIn: () => world.table, transitions });
    expect(await acquire({ service, execution }, signal)).toMatchObject({ listener: true });
    await fencing(elb.settings, run.now)(plan, { service, execution }, signal);
    expect(await answers()).toEqual(CLOSED);
    run.setNow(run.now() + 1);
    return { watch, execution };
  };

  it('opens the listener that it closed, and its record says so', async () => {
    const { watch } = await failed('stayed');
    const output = await watch.finish({ Error: 'Sandbox.Timedout', Cause: '' });
    expect(output).toMatchObject({ outcome: 'failed', active: HOME, leftovers: [] });
    expect(await answers()).toEqual(OPEN);
    const record = await watch.documents.read(output.record, EvidenceRecord);
    const whys = record.flatMap(({ kind, body }) => (kind === 'listener' ? [body] : []));
    expect(whys).toMatchObject([{ closed: true }, { closed: false }]);
  });

  it('says that the listener is open that it opened for traffic that never came, and what to do', async () => {
    const service = 'homeless';
    const plan = planFor(service, STANDBY);
    const watch = await decidedWatch(world, plan, { listeners: openListenerFences(elb.settings) });
    const { execution, run } = watch;
    if (execution === null) throw new Error('nothing was decided');
    await fencing(elb.settings, run.now)(plan, { service, execution }, signal);
    run.setNow(run.now() + 1);
    const output = await watch.finish({ Error: 'Sandbox.Timedout', Cause: '' });
    expect(output).toMatchObject({ outcome: 'failed', active: HOME });
    expect(output.leftovers).toEqual([
      `${STANDBY} lets clients in while traffic is in ${HOME}: its fence was taken away for this move. ` +
        'Mend what stopped it, and order it again: failover back',
    ]);
    expect(await answers()).toEqual(OPEN);
  });

  it('leaves it to whoever has the lease by now', async () => {
    const { watch, execution } = await failed('late');
    const found = await world.table.lease('late');
    if (found === null) throw new Error('no lease');
    const item = { ...found, epoch: found.epoch + 1, holder: 'another' };
    const condition = { expect: 'epoch' as const, epoch: found.epoch, holder: execution.name };
    expect(await world.table.claim('late', { ok: true, item, condition })).toBe(true);
    await watch.finish({ Error: 'Sandbox.Timedout', Cause: '' });
    expect(await answers()).toEqual(CLOSED);
  });
});
