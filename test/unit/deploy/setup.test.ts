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
      'FILE:12: there is no stage "stagin" in stages. Did you mean "staging"?',
    ]);
    expect(faultsOf(() => loadConfig(file, 'none'))[0]).toMatch(
      /^FILE:17: stages\.none would move shop\.example\.com/,
    );
  });

  it('names its own line for a fault in it', () => {
    expect(faultsOf(() => loadConfig(file, 'typo'))).toEqual([
      'FILE:18: unknown key "intervl" in health. Did you mean "interval"?',
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
    expect(paramsOf(setup, { configKey: 'config/shop/1.json', zoneId: 'Z1' })).toMatchObject({
      service: 'shop',
      zoneId: 'Z1',
      record: 'shop.example.com',
      schedule: 'cron(0 2 * * ? *)',
      scheduleState: 'ENABLED',
      subnets: 'eu-west-1/subnet-0a,eu-west-1/subnet-0b,eu-central-1/subnet-0c',
    });
    const staging = readSetup(file, 'staging');
    expect(paramsOf(staging, { configKey: 'none', zoneId: null })).toMatchObject({
      service: 'shop',
      scheduleState: 'DISABLED',
    });
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
      (name) => name !== 'undefined' && production.has(name),
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
    write(
      CONFIG.replace(
        '{ name: eu-west-1, endpoint: "https://a.example.net/healthz" }',
        'eu-west-1',
      ) + 'dns: { zone: example.org }\n',
    );
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
    const needs = needsOf({ accountId: '111122223333', stacks, zoneId: 'Z1', switchKey: null });
    const asked = needs.map(({ resource }) => resource);
    expect(asked).toContain('arn:aws:route53:::hostedzone/Z1');
    expect(asked.some((arn) => arn.startsWith('arn:aws:iam::111122223333:role/'))).toBe(true);
    expect(needs.length).toBeLessThan(80);
  });
});
