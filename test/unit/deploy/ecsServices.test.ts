// Goal: a service of ECS that runs already is looked at and scaled where the configuration names it, with rights on it
// and nothing else; one that is not there is told of with what is, before anything is changed.
// Method: a configuration in a folder of its own, the templates as they are, an SDK client whose answers are made up.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DescribeServicesCommand,
  ECSClient,
  ListClustersCommand,
  ListServicesCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, describe, expect, it } from 'vitest';
import { lintOf } from '../../../cli/commands/lint.ts';
import { loadConfig } from '../../../cli/config/load.ts';
import { lookAtServices } from '../../../cli/deploy/ecs.ts';
import { targetFacts } from '../../../cli/deploy/service.ts';
import { readSetup, stacksOf } from '../../../cli/deploy/setup.ts';
import { grantsOf } from '../../../core/lint/grants.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const ACCOUNT = '111122223333';
const CONFIG = `service: shop
record: shop.example.com
dns: { zone: example.com }
regions:
  primary: { name: eu-west-1, endpoint: "https://a.example.net/", ecs: { cluster: web, service: front, tasks: 3 } }
  standby: { name: eu-central-1, endpoint: "https://b.example.net/", ecs: { cluster: spare, service: front-b } }
  witness: eu-north-1
observers: [eu-north-1, us-east-2, ap-northeast-1]
probes: [{ kind: http }, { kind: database, table: things }]
`;

const folder = mkdtempSync(path.join(tmpdir(), 'failover-ecs-'));
const file = path.join(folder, 'failover.yml');
const setupWith = (text = CONFIG) => {
  writeFileSync(file, text);
  return readSetup(file, 'prod');
};
const ecs = mockedClient(ECSClient);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const onEcs = (text?: string): Record<string, string[]> => {
  const found: Record<string, string[]> = {};
  for (const stack of stacksOf(setupWith(text), ACCOUNT)) {
    for (const { role, action, resource } of grantsOf(stack)) {
      if (!/^ecs:(?:DescribeServices|UpdateService)$/.test(action)) continue;
      const at = `${stack.role} ${stack.region} ${role} ${action.slice('ecs:'.length)}`;
      found[at] = [...(found[at] ?? []), resource.replace(/^arn:aws:ecs:/, '')];
    }
  }
  return found;
};

describe('a service of ECS that is named', () => {
  const PRIMARY = `eu-west-1:${ACCOUNT}:service/web/front`;
  const STANDBY = `eu-central-1:${ACCOUNT}:service/spare/front-b`;

  it('may be looked at and scaled, and no other', () => {
    const both = [PRIMARY, STANDBY];
    expect(onEcs()).toEqual({
      'failover eu-central-1 PrepareRole DescribeServices': both,
      'failover eu-central-1 ScaleStandbyRole DescribeServices': both,
      'failover eu-central-1 ScaleStandbyRole UpdateService': both,
      'failover eu-central-1 FinishRole DescribeServices': both,
      'failover eu-central-1 FinishRole UpdateService': both,
      'heartbeat eu-central-1 BeatRole DescribeServices': [STANDBY],
      'heartbeat eu-west-1 BeatRole DescribeServices': [PRIMARY],
    });
  });

  it('in one region alone leaves the other as it is without', () => {
    const one = CONFIG.replace(', ecs: { cluster: spare, service: front-b }', '');
    expect(onEcs(one)).toMatchObject({
      'failover eu-central-1 ScaleStandbyRole UpdateService': [
        PRIMARY,
        `eu-central-1:${ACCOUNT}:service/failover-drill-shop/shop`,
      ],
    });
  });

  it('passes the lint, but for the second controller that its regions do not allow', () => {
    setupWith();
    const rules = lintOf(loadConfig(file), PROJECT_FOLDER).findings.map(({ rule }) => rule);
    expect(rules).toEqual(['one-controller']);
  });

  it('is what a failover orders tasks of', async () => {
    const setup = setupWith();
    expect(await targetFacts(setup, 'eu-west-1')).toEqual({
      capacity: { cluster: 'web', service: 'front', wanted: 3 },
    });
    expect(await targetFacts(setup, 'eu-central-1')).toEqual({
      capacity: { cluster: 'spare', service: 'front-b', wanted: 1 },
    });
    const none = setupWith(CONFIG.replace(/, ecs: \{[^}]*\}/g, ''));
    expect(await targetFacts(none, 'eu-west-1')).toEqual({});
    expect(await lookAtServices(none)).toEqual([]);
  });
});

describe('the look before a deployment', () => {
  const there = { status: 'ACTIVE', schedulingStrategy: 'REPLICA' as const };
  const balanced = { ...there, loadBalancers: [{ targetGroupArn: 'arn:tg' }] };
  const ofStandby = { cluster: 'spare', services: ['front-b'] };
  const noCluster = Object.assign(new Error('Cluster not found.'), {
    name: 'ClusterNotFoundException',
  });
  const denied = Object.assign(new Error('User is not authorized to perform it'), {
    name: 'AccessDeniedException',
  });
  const said = async (): Promise<string[]> =>
    (await lookAtServices(setupWith())).map(
      ({ check, severity, what }) => `${check} ${severity}: ${what}`,
    );

  it('says nothing of what is there', async () => {
    ecs.on(DescribeServicesCommand).resolves({ services: [balanced] });
    expect(await said()).toEqual([]);
  });

  it('names what is there instead of a service or a cluster', async () => {
    ecs
      .on(DescribeServicesCommand)
      .resolves({ services: [] })
      .on(DescribeServicesCommand, ofStandby)
      .rejects(noCluster)
      .on(ListServicesCommand)
      .resolves({
        serviceArns: ['worker', 'fornt', 'api'].map((name) => `arn:x:service/web/${name}`),
      })
      .on(ListClustersCommand)
      .resolves({ clusterArns: [] });
    expect(await said()).toEqual([
      'ecs-service-missing stop: cluster web in eu-west-1 has no service front; there are api, fornt, worker. Did you mean fornt?',
      'ecs-service-missing stop: eu-central-1 has no cluster spare of ECS; there is none',
    ]);
  });

  it('tells a deleted one, and names no others where nobody may list them', async () => {
    ecs
      .on(DescribeServicesCommand)
      .resolves({ services: [{ ...balanced, status: 'INACTIVE' }] })
      .on(DescribeServicesCommand, ofStandby)
      .rejects(noCluster)
      .on(ListServicesCommand)
      .rejects(denied)
      .on(ListClustersCommand)
      .rejects(denied);
    expect(await said()).toEqual([
      'ecs-service-missing stop: service front of cluster web in eu-west-1 is INACTIVE',
      'ecs-service-missing stop: eu-central-1 has no cluster spare of ECS',
    ]);
  });

  it('refuses one that cannot be scaled, and warns of one that nothing stands before', async () => {
    ecs
      .on(DescribeServicesCommand)
      .resolves({ services: [{ ...balanced, schedulingStrategy: 'DAEMON' }] })
      .on(DescribeServicesCommand, ofStandby)
      .resolves({ services: [there] });
    const [fixed, bare] = await said();
    expect(fixed).toContain('ecs-service-fixed stop: service front of cluster web in eu-west-1');
    expect(fixed).toContain('the strategy DAEMON: a failover cannot order tasks of it');
    expect(bare).toContain('ecs-service-unbalanced warn: service front-b of cluster spare');
  });

  it('says that it could not look', async () => {
    ecs
      .on(DescribeServicesCommand)
      .rejects(denied)
      .on(DescribeServicesCommand, ofStandby)
      .rejects(Object.assign(new Error('try later'), { name: 'ServerException' }));
    const [forbidden, failed] = await said();
    expect(forbidden).toContain('permission-missing stop: service front of cluster web');
    expect(failed).toContain('not-answered stop: service front-b of cluster spare');
  });
});
