// Goal: functions that speak to private tasks are attached to the networks that the configuration names, and no others are.
// Method: what `failover deploy` tells osls of such a configuration, compiled by osls.
import { beforeAll, expect, it } from 'vitest';
import { stackParams } from '../../cli/lint/setup.ts';
import { Config } from '../../events/config.ts';
import { ofType, type Template, templateTold } from './templates.ts';

const COMPILE_MS = 900_000;
const HOME = 'eu-central-1';
const config = Config.parse({
  service: 'shop',
  regions: { primary: 'eu-west-1', standby: HOME },
  image: { matrix: { target: ['slim'] }, reference: 'slim' },
  aws: {
    network: {
      'eu-west-1': { vpc: 'vpc-0a', subnets: ['subnet-0a'], access: 'private' },
      [HOME]: { vpc: 'vpc-0b', subnets: ['subnet-0b'], access: 'private' },
    },
    probes: { [HOME]: { subnets: ['subnet-0c', 'subnet-0d'], securityGroups: ['sg-0e'] } },
  },
});

const ATTACHED = { observer: ['probe'], control: ['await-ready'] } as const;
const compiled = new Map<string, Template>();
beforeAll(async () => {
  for (const role of ['observer', 'control'] as const) {
    const told = stackParams(config, { role, region: HOME });
    compiled.set(role, await templateTold(role, told));
  }
}, COMPILE_MS);

it.each(['observer', 'control'] as const)('of role %s', (role) => {
  const functions = ofType(compiled.get(role) ?? expect.fail(), 'AWS::Lambda::Function');
  const attached = functions.filter(([, { Properties }]) => Properties['VpcConfig'] !== undefined);
  expect(attached.map(([, { Properties }]) => Properties['FunctionName'])).toEqual(
    ATTACHED[role].map((name) => `failover-drill-shop-${name}`),
  );
  for (const [, { Properties }] of attached) {
    expect(Properties['VpcConfig']).toEqual({
      SubnetIds: { 'Fn::Split': [',', 'subnet-0c,subnet-0d'] },
      SecurityGroupIds: { 'Fn::Split': [',', 'sg-0e'] },
    });
  }
});
