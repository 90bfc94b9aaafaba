// Goal: a stage is the file with its own part laid over it, and shares no name with another; faults name the line.
// Method: configurations on disk, read as the command reads them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../cli/config/load.ts';
import { NO_ACCOUNT, paramsOf, readSetup, stacksOf } from '../../../cli/deploy/setup.ts';
import { linesOf } from '../../../cli/failure.ts';
import { needsOf } from '../../../core/deploy/permissions.ts';
import { retainedIn } from '../../../core/deploy/retained.ts';
import { grantsOf } from '../../../core/lint/grants.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { loadServerless } from '../../../local/stack/variables.ts';

const CONFIG = `service: shop
record: shop.example.com
regions:
  primary: { name: eu-west-1, endpoint: "https://a.example.net/healthz" }
  standby: { name: eu-central-1, endpoint: "https://b.example.net/healthz" }
image: { matrix: { target: [slim] }, reference: slim }
drill: { schedule: cron(0 2 * * ? *) }
aws:
  network:
    eu-west-1: { vpc: vpc-0a, subnets: [subnet-0a, subnet-0b] }
    eu-central-1: { vpc: vpc-0b, subnets: [subnet-0c], access: private }
  probes:
    eu-west-1: { subnets: [subnet-0d, subnet-0e], securityGroups: [sg-0f] }
stages:
  staging:
    record: staging.example.com
    drill: { schedule: null, profile: quick }
  bare: { record: null }
  none: { run: { port: 81 } }
  typo: { record: t.example.com, health: { intervl: 1s } }
`;

let folder = '';
let file = '';
const write = (text: string): void => writeFileSync(file, text);
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'failover-deploy-'));
  file = path.join(folder, 'failover.yml');
  writeFileSync(path.join(folder, 'Dockerfile'), 'FROM scratch AS slim\n');
  write(CONFIG);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const faultsOf = (work: () => unknown): readonly string[] => {
  try {
    work();
  } catch (error) {
    return linesOf(error).map((line) => line.replace(file, 'FILE'));
  }
  return [];
};

describe('a stage', () => {
  it('has its own names, and of the rest what the file says', () => {
    const { config, written } = loadConfig(file, 'staging');
    expect(config).toMatchObject({ service: 'staging-shop', record: 'staging.example.com' });
    expect(config.drill).toMatchObject({ profile: 'quick' });
    expect(config.drill.schedule).toBeUndefined();
    expect(config.regions.primary.name).toBe('eu-west-1');
    expect(written).not.toHaveProperty('stages');
  });

  it('that is production is the file', () => {
    expect(loadConfig(file, 'prod').config).toMatchObject({ service: 'shop', stages: {} });
    expect(loadConfig(file, 'bare').config.record).toBeUndefined();
  });

  it('that is not there, or would move the name of production, is named', () => {
    expect(faultsOf(() => loadConfig(file, 'stagin'))).toEqual([
      'FILE:14: there is no stage "stagin" in stages. Did you mean "staging"?',
    ]);
    expect(faultsOf(() => loadConfig(file, 'none'))[0]).toMatch(
      /^FILE:19: stages\.none would move shop\.example\.com/,
    );
  });

  it('names its own line for a fault in it', () => {
    expect(faultsOf(() => loadConfig(file, 'typo'))).toEqual([
      'FILE:20: unknown key "intervl" in health. Did you mean "interval"?',
    ]);
  });
});

it('names what stands in the place of a key of an earlier version', () => {
  write(CONFIG.replace('  network:', '  subnets:'));
  expect(faultsOf(() => loadConfig(file))).toEqual([
    'FILE:9: unknown key "subnets" in aws. Write aws.network, with the VPC of each region: ' +
      'network: { eu-west-1: { vpc: vpc-…, subnets: [subnet-…] } }.',
  ]);
});

describe('what is to be deployed', () => {
  it('has every stack in its place, with what each is told', () => {
    const setup = readSetup(file, 'prod');
    expect(setup.planned.map(({ role, region }) => `${role} ${region}`)).toContain(
      'failover eu-central-1',
    );
    expect(setup.planned[0]?.role).toBe('serving');
    // Made under a condition that does not hold here.
    const types = setup.planned.flatMap(({ resources }) => resources.map(({ type }) => type));
    expect(types).not.toContain('AWS::SNS::Subscription');
    const groups = new Map([
      ['eu-west-1', 'sg-1'],
      ['eu-central-1', 'sg-2'],
    ]);
    const known = { configKey: 'config/shop/1.json', zoneId: 'Z1', groups };
    const home = { role: 'control', region: 'eu-central-1' };
    expect(paramsOf(setup, known, home)).toMatchObject({
      service: 'shop',
      zoneId: 'Z1',
      record: 'shop.example.com',
      schedule: 'cron(0 2 * * ? *)',
      scheduleState: 'ENABLED',
      network: 'eu-west-1/public/sg-1/subnet-0a+subnet-0b,eu-central-1/private/sg-2/subnet-0c',
      ...{ vpc: 'vpc-0b', access: 'private', port: '8080' },
    });
    const vantage = { role: 'observer', region: 'eu-west-1' };
    expect(paramsOf(setup, known, vantage)).toMatchObject({
      ...{ vpc: 'vpc-0a', access: 'public' },
      ...{ attachment: 'own', probeSubnets: 'subnet-0d,subnet-0e', probeGroups: 'sg-0f' },
    });
    const staging = readSetup(file, 'staging');
    expect(paramsOf(staging, { configKey: 'none', zoneId: null, groups }, home)).toMatchObject({
      service: 'shop',
      scheduleState: 'DISABLED',
    });
  });

  it('has heartbeats only where the service names the table that they are written to', () => {
    const beating = (): string[] =>
      readSetup(file, 'prod').planned.flatMap(({ role, region }) =>
        role === 'heartbeat' ? [region] : [],
      );
    expect(beating()).toEqual([]);
    write(`${CONFIG}probes: [{ kind: http }, { kind: database, table: things }]\n`);
    expect(beating()).toEqual(['eu-west-1', 'eu-central-1']);
  });

  it('lets callers reach tasks as their network says, and attaches functions where it is told', () => {
    const stacks = stacksOf(readSetup(file, 'prod'), NO_ACCOUNT);
    const stackAt = (role: string, region: string) => {
      const found = stacks.find((one) => one.role === role && one.region === region);
      if (found === undefined) throw new Error(`no stack ${role} in ${region}`);
      return found;
    };
    const callersIn = (region: string): unknown =>
      stackAt('serving', region).resources['TaskSecurityGroup']?.properties['SecurityGroupIngress'];
    const port = { IpProtocol: 'tcp', FromPort: '8080', ToPort: '8080' };
    expect(callersIn('eu-west-1')).toEqual([{ ...port, CidrIp: '0.0.0.0/0' }]);
    expect(callersIn('eu-central-1')).toContainEqual({ ...port, CidrIp: '10.0.0.0/8' });
    expect(callersIn('eu-central-1')).not.toContainEqual({ ...port, CidrIp: '0.0.0.0/0' });
    const attaches = (role: string, region: string, by: string): boolean =>
      grantsOf(stackAt(role, region)).some(
        (grant) => grant.role === by && grant.action === 'ec2:CreateNetworkInterface',
      );
    expect(attaches('observer', 'eu-west-1', 'ProbeRole')).toBe(true);
    expect(attaches('observer', 'eu-central-1', 'ProbeRole')).toBe(false);
    expect(attaches('control', 'eu-central-1', 'AwaitReadyRole')).toBe(false);
    // What osls makes a `VpcConfig` of.
    const known = { configKey: 'none', zoneId: null, groups: new Map() };
    const networkOf = (region: string): unknown => {
      const place = { role: 'observer', region };
      const params = { ...paramsOf(readSetup(file, 'prod'), known, place), role: 'observer' };
      const { functions } = loadServerless(PROJECT_FOLDER, params, { region });
      return Object(functions).probe.vpc;
    };
    expect(networkOf('eu-west-1')).toEqual({
      subnetIds: { 'Fn::Split': [',', 'subnet-0d,subnet-0e'] },
      securityGroupIds: { 'Fn::Split': [',', 'sg-0f'] },
    });
    expect(networkOf('eu-central-1')).toBe(false);
  });

  it('shares no name with another stage', () => {
    const namesOf = (stage: string): string[] => {
      const setup = readSetup(file, stage);
      return stacksOf(setup, NO_ACCOUNT).flatMap((stack) => [
        `${stack.region} ${stack.name}`,
        ...Object.values(stack.resources).flatMap(({ properties }) => String(properties['Arn'])),
      ]);
    };
    const production = new Set(namesOf('prod'));
    const shared = namesOf('staging').filter(
      // Security groups have no name that a template could give them.
      (name) => !/^undefined$|\/\*$/.test(name) && production.has(name),
    );
    expect(shared).toEqual([]);
  });

  it('refuses a name that another service’s things have', () => {
    write(CONFIG.replace('service: shop', 'service: shop-watch'));
    expect(faultsOf(() => readSetup(file, 'prod'))[0]).toMatch(
      /^FILE:1: a service called shop-watch would share names on AWS with one called shop, whose watch/,
    );
  });

  it('refuses a name that is too long for AWS once it has its stage', () => {
    write(CONFIG.replace('service: shop', 'service: storefront-web'));
    expect(faultsOf(() => readSetup(file, 'staging'))[0]).toContain(
      'service: "staging-storefront-web": 22 characters, and names on AWS are made of it: at most 19',
    );
  });

  it('wants to know where the regions are, and that the record is in its zone', () => {
    const bare = CONFIG.replace(
      '{ name: eu-west-1, endpoint: "https://a.example.net/healthz" }',
      'eu-west-1',
    ).replace(/^image: .*$/m, 'dns: { zone: example.org }');
    write(bare);
    expect(faultsOf(() => readSetup(file, 'prod'))).toEqual([
      expect.stringMatching(/^FILE:4: regions\.primary: nothing tells where eu-west-1 is reached/),
      expect.stringMatching(/^FILE:2: record shop\.example\.com is not in dns\.zone example\.org/),
    ]);
    write('service: shop\nregions: { primary: eu-west-1, standby: eu-central-1 }\n');
    expect(faultsOf(() => readSetup(file, 'prod'))[0]).toContain('there is nothing to deploy');
  });

  it('is known with what stays when a stack goes, and with the rights that it takes', () => {
    const stacks = stacksOf(readSetup(file, 'prod'), '111122223333');
    const kept = stacks.flatMap((stack) => retainedIn(stack));
    expect(kept.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'failover-drill-shop',
        'failover-drill-shop-watch',
        'failover-shop-switch-111122223333-eu-central-1',
      ]),
    );
    expect(kept.filter(({ holds }) => holds === 'switch')).toHaveLength(3);
    const adopted = stacks.map(() => []);
    const removed = { buckets: [], parameters: [] };
    const known = { accountId: '111122223333', zoneId: 'Z1', switchKeys: [], removed };
    const needs = needsOf({ ...known, stacks, adopted });
    const asked = needs.map(({ resource }) => resource);
    expect(asked).toContain('arn:aws:route53:::hostedzone/Z1');
    expect(asked.some((arn) => arn.startsWith('arn:aws:iam::111122223333:role/'))).toBe(true);
    expect(needs.length).toBeLessThan(80);
  });
});
