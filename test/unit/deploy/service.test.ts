// Goal: a region without an endpoint gets the service itself, told all that it needs; what is missing is named
// before anything is changed, and what AWS made up is read back.
// Method: a configuration in a folder of its own; SDK clients whose answers are made up.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, describe, expect, it } from 'vitest';
import { serviceStackParams, targetFacts } from '../../../cli/deploy/service.ts';
import { primaryAnswers, readSetup } from '../../../cli/deploy/setup.ts';
import { serviceFindings } from '../../../core/deploy/serviceStacks.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { environmentOf, readWithEnvironment } from '../../../local/stack/serviceParams.ts';
import { readStack } from '../../../local/stack/stackModel.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const CONFIG = `service: shop
record: shop.example.com
dns: { zone: example.com }
regions: { primary: eu-west-1, standby: eu-central-1 }
image: { matrix: { target: [slim] }, reference: slim }
run: { port: 9000, health: /healthz, env: { LOG_LEVEL: warn, PORT: "1" } }
aws:
  network:
    eu-west-1: { vpc: vpc-0a, subnets: [subnet-0a, subnet-0b] }
    eu-central-1: { vpc: vpc-0b, subnets: [subnet-0c], access: private, balancerSubnets: [subnet-0d, subnet-0e] }
  certificates: { eu-central-1: "arn:aws:acm:eu-central-1:111122223333:certificate/0a-1b" }
`;
const DIGEST = `sha256:${'a'.repeat(64)}`;

const folder = mkdtempSync(path.join(tmpdir(), 'failover-service-'));
const file = path.join(folder, 'failover.yml');
writeFileSync(path.join(folder, 'Dockerfile'), 'FROM node:24-slim AS slim\nCMD ["node"]\n');
const setupWith = (text = CONFIG) => {
  writeFileSync(file, text);
  return readSetup(file, 'prod');
};
const elb = mockedClient(ElasticLoadBalancingV2Client);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As AWS answers once the stack is there. */
const balancerIs = (protocol: 'HTTP' | 'HTTPS'): void => {
  elb.on(DescribeLoadBalancersCommand).resolves({
    LoadBalancers: [
      {
        LoadBalancerArn: 'arn:lb',
        DNSName: 'Shop-1.eu-west-1.elb.amazonaws.com',
        CanonicalHostedZoneId: 'Z32O12XQLNTSW2',
      },
    ],
  });
  elb.on(DescribeTargetGroupsCommand).resolves({
    TargetGroups: ['shop-next', 'shop'].map((name) => ({
      TargetGroupArn: `arn:${name}`,
      TargetGroupName: name,
    })),
  });
  elb.on(DescribeListenersCommand).resolves({
    Listeners: [
      { ListenerArn: 'arn:to', Protocol: 'HTTP', Port: 80, DefaultActions: [{ Type: 'redirect' }] },
      {
        ListenerArn: 'arn:listener',
        Protocol: protocol,
        Port: protocol === 'HTTP' ? 80 : 443,
        DefaultActions: [{ Type: 'forward' }],
      },
    ],
  });
};

describe('a service with an image', () => {
  it('has a stack in each region without an endpoint, after what builds its image', () => {
    const rolesOf = (text?: string) =>
      setupWith(text).planned.map(({ role, region }) => `${role} ${region}`);
    const both = rolesOf();
    expect(both.indexOf('service eu-west-1')).toBeGreaterThan(both.indexOf('control eu-central-1'));
    expect(both.indexOf('failover eu-central-1')).toBeGreaterThan(
      both.indexOf('service eu-central-1'),
    );
    const one = CONFIG.replace(
      'primary: eu-west-1,',
      'primary: { name: eu-west-1, endpoint: "https://a.example.net/" },',
    );
    expect(rolesOf(one).filter((role) => role.startsWith('service'))).toEqual([
      'service eu-central-1',
    ]);
    const unwatched = CONFIG.replace(/^record: .*\n/m, '');
    expect(rolesOf(unwatched).some((role) => role.startsWith('service'))).toBe(false);
  });

  it('is told its version, its size and its place, in each region its own', () => {
    const setup = setupWith();
    const versions = {
      uri: '111122223333.dkr.ecr.eu-central-1.amazonaws.com/failover-drill-shop',
      reference: DIGEST,
      byRegion: new Map([['eu-west-1', `sha256:${'b'.repeat(64)}`]]),
    };
    expect(serviceStackParams(setup, 'eu-west-1', versions)).toEqual({
      image: `111122223333.dkr.ecr.eu-west-1.amazonaws.com/failover-drill-shop@sha256:${'b'.repeat(64)}`,
      imageDigest: `sha256:${'b'.repeat(64)}`,
      ...{ cpu: '256', memory: '512', port: '9000', healthPath: '/healthz', graceS: '60' },
      serviceSubnets: 'subnet-0a,subnet-0b',
      ...{ balancerSubnets: 'subnet-0a,subnet-0b', assignPublicIp: 'ENABLED' },
    });
    expect(serviceStackParams(setup, 'eu-central-1', versions)).toMatchObject({
      image: `${versions.uri}@${DIGEST}`,
      imageDigest: DIGEST,
      ...{ serviceSubnets: 'subnet-0c', balancerSubnets: 'subnet-0d,subnet-0e' },
      assignPublicIp: 'DISABLED',
      certificate: 'arn:aws:acm:eu-central-1:111122223333:certificate/0a-1b',
    });
  });

  it('is known by the name of its load balancer, once that is there', async () => {
    const setup = setupWith();
    const live = setup.live ?? expect.fail();
    expect(primaryAnswers(live, null).CNAME?.[0]).toContain('not there yet');
    balancerIs('HTTP');
    const host = 'shop-1.eu-west-1.elb.amazonaws.com';
    expect(await targetFacts(setup, 'eu-west-1')).toEqual({
      url: `http://${host}/healthz`,
      answers: { CNAME: [host] },
      capacity: { cluster: 'failover-drill-shop', service: 'shop', wanted: 1 },
    });
    balancerIs('HTTPS');
    expect(await targetFacts(setup, 'eu-west-1')).toMatchObject({
      url: `https://${host}/healthz`,
      serverName: 'shop.example.com',
    });
    // At the top of its zone the record cannot be a CNAME.
    const top = setupWith(CONFIG.replace('record: shop.example.com', 'record: example.com'));
    const alias = { zoneId: 'Z32O12XQLNTSW2', name: host };
    expect(await targetFacts(top, 'eu-west-1')).toMatchObject({ answers: { alias } });
    expect(primaryAnswers(top.live ?? expect.fail(), null).alias?.name).toContain('not there yet');
    elb
      .on(DescribeLoadBalancersCommand)
      .rejects(Object.assign(new Error('not found'), { name: 'LoadBalancerNotFoundException' }));
    await expect(targetFacts(setup, 'eu-west-1')).rejects.toThrow('the same command makes it');
  });
});

describe('the template', () => {
  const stackWith = (params: Record<string, string>) =>
    readStack({
      folder: PROJECT_FOLDER,
      ...{ role: 'service', region: 'eu-west-1', accountId: '111122223333' },
      params: { service: 'shop', port: '9000', imageDigest: DIGEST, ...params },
      read: readWithEnvironment(setupWith().checked.config),
    }).resources;

  it('gives the container the variables of the configuration, and its own above them', () => {
    const { config } = setupWith().checked;
    expect(environmentOf(config).map(({ Name }) => Name)).toEqual([
      ...['LOG_LEVEL', 'PORT', 'IMAGE_DIGEST'],
    ]);
    const [container] = Object(stackWith({})['Task']?.properties['ContainerDefinitions']);
    expect(container.Environment).toEqual([
      { Name: 'LOG_LEVEL', Value: 'warn' },
      { Name: 'PORT', Value: '9000' },
      { Name: 'IMAGE_DIGEST', Value: DIGEST },
    ]);
  });

  it('leaves the number of tasks to whoever scales the service', () => {
    const { Service, NextService } = stackWith({});
    expect(Service?.properties).not.toHaveProperty('DesiredCount');
    expect(NextService?.properties).toMatchObject({ DesiredCount: 0, ServiceName: 'shop-next' });
  });

  it('listens by HTTPS where there is a certificate, and sends HTTP on to it', () => {
    const plain = stackWith({});
    expect(plain['Listener']?.properties).toMatchObject({ Protocol: 'HTTP', Port: '80' });
    expect(plain['Listener']?.properties).not.toHaveProperty('Certificates');
    expect(plain['ToHttps']).toBeUndefined();
    const certificate = 'arn:aws:acm:eu-west-1:111122223333:certificate/0a';
    const secure = stackWith({ certificate });
    expect(secure['Listener']?.properties).toMatchObject({
      ...{ Protocol: 'HTTPS', Port: 443 },
      Certificates: [{ CertificateArn: certificate }],
    });
    expect(secure['ToHttps']?.properties).toMatchObject({ Port: 80 });
  });
});

describe('what is in the way of a service', () => {
  const network = { vpc: 'vpc-1', subnets: ['subnet-1', 'subnet-2'], access: 'public' as const };
  const asked = {
    service: 'shop',
    serves: ['eu-west-1'],
    network: { 'eu-west-1': network },
    certificates: { 'eu-west-1': 'arn:aws:acm:eu-west-1:111122223333:certificate/0a' },
    env: { LOG_LEVEL: 'warn', PATTERN: `\${HOME}` },
    staging: false,
  };
  const checksOf = (more: Partial<Parameters<typeof serviceFindings>[0]>) =>
    serviceFindings({ ...asked, ...more }).map(({ check, severity }) => `${check} ${severity}`);

  it('is nothing, where all is named', () => {
    expect(checksOf({})).toEqual([]);
    expect(checksOf({ serves: [], certificates: {}, service: 'internal-shop' })).toEqual([]);
  });

  it('is a load balancer without two subnets, a certificate of another region, or none', () => {
    const lone = { ...network, subnets: ['subnet-1'] };
    const hidden = { ...network, access: 'private' as const };
    expect(checksOf({ network: { 'eu-west-1': lone } })).toEqual(['balancer-subnets stop']);
    expect(checksOf({ network: { 'eu-west-1': hidden } })).toEqual(['balancer-subnets stop']);
    const balancerSubnets = ['subnet-3', 'subnet-4'];
    expect(checksOf({ network: { 'eu-west-1': { ...hidden, balancerSubnets } } })).toEqual([]);
    const elsewhere = { 'eu-west-1': 'arn:aws:acm:us-east-1:111122223333:certificate/0a' };
    expect(checksOf({ certificates: elsewhere })).toEqual(['certificate-region stop']);
    expect(checksOf({ certificates: {} })).toEqual(['certificate-missing warn']);
  });

  it('is a name that AWS keeps, and a value that the template would read', () => {
    expect(checksOf({ service: 'internal-shop' })).toEqual(['name-reserved stop']);
    const env = { KEY: `\${ssm:/shop/key}` };
    expect(checksOf({ env })).toEqual(['variable-in-value stop']);
  });

  it('is a staging that only the embedded cloud makes, where the service is ours to run', () => {
    expect(checksOf({ staging: true })).toEqual(['staging-left-out warn']);
    expect(checksOf({ staging: true, serves: [], certificates: {} })).toEqual([]);
  });
});
