// Goal: the record sets of a quorum switch at the top of a zone are aliases of load balancers, which the switch
// chooses between, and which nobody but it moves.
// Method: the set-up of a watch over sockets against the embedded Route 53.
import { ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { targetOf, type WatchPlan } from '../../../events/watchPlan.ts';
import { realClock } from '../../../local/clock.ts';
import { BALANCER_ZONE } from '../../../local/route53/balancers.ts';
import { ensureSets, foundSets } from '../../../local/stack/watchSets.ts';
import { HOME, STANDBY } from '../../support/failovers.ts';
import { startRoute53 } from '../../support/route53.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';

const ADDRESSES: Readonly<Record<string, string>> = {
  'home.elb.test': '127.0.1.1',
  'away.elb.test': '127.0.2.1',
};
let world: Awaited<ReturnType<typeof startRoute53>>;

beforeAll(async () => {
  world = await startRoute53({ clock: realClock });
  world.route53.setBalancers((name) => ADDRESSES[name]);
});
afterAll(() => world.close());

const planWith = (home: string): WatchPlan => {
  const base = watchPlanWith();
  const aliased = (region: string, name: string) => ({
    ...targetOf(base, region),
    answers: { alias: { zoneId: BALANCER_ZONE, name } },
  });
  const targets: WatchPlan['targets'] = [aliased(HOME, home), aliased(STANDBY, 'away.elb.test')];
  return { ...base, targets, record: 'ex.test', zone: 'ex.test', zoneId: world.zoneId };
};

it('makes them once, answers with the primary, and knows another hand', async () => {
  const checkId = await world.createCheck({ IPAddress: '127.0.0.1', Port: 9 });
  const plan = planWith('home.elb.test');
  const ensure = async (wanted: WatchPlan, former: WatchPlan | null) =>
    ensureSets(
      world.client,
      { plan: wanted, former, placeholder: '' },
      await foundSets(world.client, wanted),
      checkId,
    );
  expect(await ensure(plan, null)).toBeNull();
  const { ResourceRecordSets: sets = [] } = await world.client.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: world.zoneId }),
  );
  expect(sets.filter(({ Type }) => Type === 'A')).toMatchObject([
    {
      ...{ Failover: 'PRIMARY', HealthCheckId: checkId },
      AliasTarget: { DNSName: 'home.elb.test.', EvaluateTargetHealth: false },
    },
    { Failover: 'SECONDARY', AliasTarget: { DNSName: 'away.elb.test.' } },
  ]);
  expect(world.answers('ex.test')).toEqual(['127.0.1.1']);
  expect(await ensure(plan, plan)).toBeNull();
  const other = planWith('away.elb.test');
  expect(await ensure(other, null)).toContain(
    'ex.test was edited by another hand: it answers alias of home.elb.test',
  );
  expect(await ensure(other, plan)).toBeNull();
  expect(world.answers('ex.test')).toEqual(['127.0.2.1']);
});
