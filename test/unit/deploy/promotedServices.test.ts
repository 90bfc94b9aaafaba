// Goal: promotions of services that somebody else runs know where their versions are replaced, and may change these
// services, this listener and these roles, and nothing else.
// Method: a configuration in a folder of its own, the templates as they are, SDK clients whose answers are made up.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeServicesCommand, ECSClient, ListServicesCommand } from '@aws-sdk/client-ecs';
import { afterAll, describe, expect, it } from 'vitest';
import { lintOf } from '../../../cli/commands/lint.ts';
import { loadConfig } from '../../../cli/config/load.ts';
import { lookAtServices } from '../../../cli/deploy/ecs.ts';
import { storePromotionPlan, targetFacts } from '../../../cli/deploy/service.ts';
import { readSetup, stacksOf } from '../../../cli/deploy/setup.ts';
import { grantsOf } from '../../../core/lint/grants.ts';
import { PromotionPlan } from '../../../events/promotion.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const ACCOUNT = '111122223333';
const listenerIn = (region: string): string =>
  `arn:aws:elasticloadbalancing:${region}:${ACCOUNT}:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/front-tasks`;
const CONFIG = `service: shop
record: shop.example.com
dns: { zone: example.com }
regions:
  primary:
    name: eu-west-1
    endpoint: "https://a.example.net/healthz"
    ecs: { cluster: web, service: front, promotion: { next: front-next, listener: "${listenerIn('eu-west-1')}", roles: ["${ROLE}"] } }
  standby:
    name: eu-central-1
    endpoint: "https://b.example.net/healthz"
    ecs: { cluster: spare, service: front-b, promotion: { next: front-b-next, listener: "${listenerIn('eu-central-1')}", roles: ["${ROLE}"] } }
  witness: eu-north-1
observers: [eu-north-1, us-east-2, ap-northeast-1]
`;

const folder = mkdtempSync(path.join(tmpdir(), 'failover-promoted-'));
const file = path.join(folder, 'failover.yml');
const setupWith = (text = CONFIG) => {
  writeFileSync(file, text);
  return readSetup(file, 'prod');
};
const ecs = mockedClient(ECSClient);
const tables = mockedClient(DynamoDBClient);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const service = (name: string, ...groups: string[]) => ({
  ...{ serviceName: name, status: 'ACTIVE', desiredCount: 1, taskDefinition: 'front:1' },
  loadBalancers: groups.map((targetGroupArn) => ({ targetGroupArn, containerName: 'app' })),
});

describe('services that promotions may replace the image of', () => {
  it('are changed with these rights, and have the stack of promotions and none of drills', () => {
    const stacks = stacksOf(setupWith(), ACCOUNT);
    expect(stacks.map(({ role }) => role)).toContain('promotion');
    for (const role of ['control', 'rehearsal', 'serving', 'service']) {
      expect(stacks.map((one) => one.role)).not.toContain(role);
    }
    const grants = stacks
      .flatMap(grantsOf)
      .filter(({ role }) => role === 'StepPromotionRole' || role === 'PromoteRole')
      .map(({ role, action, resource }) => `${role} ${action} ${resource}`);
    const at = (region: string, name: string) => `arn:aws:ecs:${region}:${ACCOUNT}:service/${name}`;
    const named = [
      at('eu-west-1', 'web/front'),
      at('eu-west-1', 'web/front-next'),
      at('eu-central-1', 'spare/front-b'),
      at('eu-central-1', 'spare/front-b-next'),
    ];
    const of = (what: RegExp) => grants.filter((line) => what.test(line));
    expect(of(/Step.*UpdateService/)).toEqual(
      named.map((one) => `StepPromotionRole ecs:UpdateService ${one}`),
    );
    expect(of(/ModifyListener/)).toEqual(
      ['eu-west-1', 'eu-central-1'].map(
        (one) => `StepPromotionRole elasticloadbalancing:ModifyListener ${listenerIn(one)}`,
      ),
    );
    expect(of(/PassRole/)).toEqual([`StepPromotionRole iam:PassRole ${ROLE}`]);
    expect(of(/^PromoteRole ecs:DescribeServices/)).toEqual(
      [named[0], named[2]].map((one) => `PromoteRole ecs:DescribeServices ${one}`),
    );
    const rules = lintOf(loadConfig(file), PROJECT_FOLDER).findings.map(({ rule }) => rule);
    expect(rules).toEqual(['one-controller']);
  });

  it('are found before a deployment, each with the one beside it', async () => {
    ecs
      .on(DescribeServicesCommand)
      .resolves({ services: [service('front', 'arn:main')] })
      .on(DescribeServicesCommand, { cluster: 'spare', services: ['front-b-next'] })
      .resolves({ services: [] })
      .on(ListServicesCommand)
      .resolves({ serviceArns: [] });
    const setup = setupWith();
    expect((await lookAtServices(setup)).map(({ what }) => what)).toEqual([
      'cluster spare in eu-central-1 has no service front-b-next; there is none',
    ]);
    expect(await targetFacts(setup, 'eu-west-1')).toMatchObject({ capacity: { service: 'front' } });
  });

  it('have a plan: the standby first, each with its listener and the target groups that ECS tells', async () => {
    for (const [cluster, name] of [
      ['web', 'front'],
      ['web', 'front-next'],
      ['spare', 'front-b'],
      ['spare', 'front-b-next'],
    ] as const) {
      ecs
        .on(DescribeServicesCommand, { cluster, services: [name] })
        .resolves({ services: [service(name, `arn:${name}`)] });
    }
    tables.onAnyCommand().resolves({});
    expect(await storePromotionPlan(setupWith(), null)).toBe(true);
    const written = JSON.stringify(tables.calls().map(({ args }) => args[0].input));
    const text = /"S":("\{.*?\}")\}/.exec(written)?.[1] ?? '"{}"';
    const plan = PromotionPlan.parse(JSON.parse(JSON.parse(text)));
    expect(plan).toMatchObject({ variants: false, referenceDigest: null });
    expect(plan.places).toMatchObject([
      { role: 'standby', region: 'eu-central-1', next: { service: 'front-b-next' } },
      {
        ...{ role: 'primary', cluster: 'web', service: 'front', next: { service: 'front-next' } },
        balancer: {
          ...{ url: 'https://a.example.net/healthz', listener: listenerIn('eu-west-1') },
          groups: { main: 'arn:front', next: 'arn:front-next' },
        },
      },
    ]);
  });

  it('need one target group each', async () => {
    ecs
      .on(DescribeServicesCommand)
      .resolves({ services: [service('front', 'arn:main')] })
      .on(DescribeServicesCommand, { cluster: 'web', services: ['front-next'] })
      .resolves({ services: [service('front-next')] });
    await expect(storePromotionPlan(setupWith(), null)).rejects.toThrow(
      'service front-next of cluster web in eu-west-1 has 0 target groups',
    );
  });

  it('are named in both regions, with a listener of their own', () => {
    const lone = CONFIG.replace(/, promotion: \{ next: front-b-next.*\} \}/, ' }');
    expect(() => setupWith(lone)).toThrow('a promotion goes through both regions');
    const far = CONFIG.replace(listenerIn('eu-central-1'), listenerIn('eu-west-1'));
    expect(() => setupWith(far)).toThrow('the listener is one of another region');
  });
});
