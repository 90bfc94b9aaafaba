// Goal: networks that tasks could not work in are named before anything is changed.
// Method: the look at them against SDK clients whose answers are made up, as AWS words its refusals.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DescribeRouteTablesCommand, DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAccount } from '../../../aws/account.ts';
import { lookAtNetworks } from '../../../cli/deploy/network.ts';
import { readSetup } from '../../../cli/deploy/setup.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const CONFIG = `service: shop
regions: { primary: eu-west-1, standby: eu-central-1 }
image: { matrix: { target: [slim] }, reference: slim }
aws:
  network:
    eu-west-1: { vpc: vpc-1, subnets: [subnet-1, subnet-2, subnet-9] }
    eu-central-1: { vpc: vpc-2, subnets: [subnet-3] }
`;

const ec2 = mockedClient(EC2Client);
const iam = mockedClient(IAMClient);
const named = (name: string) => Object.assign(new Error(name), { name });

const VPCS: Readonly<Record<string, string>> = {
  ...{ 'subnet-1': 'vpc-1', 'subnet-2': 'vpc-1', 'subnet-3': 'vpc-2' },
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'failover-network-'));
  writeFileSync(path.join(folder, 'Dockerfile'), 'FROM scratch AS slim\n');
  writeFileSync(path.join(folder, 'failover.yml'), CONFIG);
  iam.on(GetRoleCommand).resolves({});
  ec2.on(DescribeSubnetsCommand).callsFake(({ SubnetIds: [id = ''] = [] }) => {
    const VpcId = VPCS[id];
    if (VpcId === undefined) throw named('InvalidSubnetID.NotFound');
    return { Subnets: [{ SubnetId: id, VpcId }] };
  });
  // The first subnet has a table of its own; the others go by the main one of their network.
  ec2.on(DescribeRouteTablesCommand).callsFake(({ Filters: [filter] = [] }) => ({
    RouteTables: [
      { Associations: [{ Main: true }], Routes: [{ GatewayId: 'local' }] },
      {
        Associations: [{ SubnetId: filter.Values[0] === 'vpc-1' ? 'subnet-1' : 'subnet-3' }],
        Routes: [{ GatewayId: 'local' }, { GatewayId: 'igw-1' }],
      },
    ],
  }));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const look = async () => {
  const account = openAccount();
  const found = await lookAtNetworks(account, readSetup(path.join(folder, 'failover.yml'), 'prod'));
  account.close();
  return found.map(({ check, severity, what }) => `${severity} ${check}: ${what}`);
};

it('subnets that are not there, and those that lead nowhere, are named', async () => {
  expect(await look()).toEqual([
    'stop subnet-missing: eu-west-1 has no subnet subnet-9',
    'stop subnet-closed: subnet-2 in eu-west-1 has no route to an internet gateway: a public address there reaches nothing',
  ]);
});

it('an account where ECS has never been used is told so', async () => {
  iam.on(GetRoleCommand).rejects(named('NoSuchEntityException'));
  expect((await look())[0]).toMatch(/^stop ecs-role-missing: /);
  // Who may not ask is not told that it is missing.
  iam.on(GetRoleCommand).rejects(named('AccessDenied'));
  expect((await look()).join()).not.toContain('ecs-role');
});

it('whoever may not look at networks is told that nobody did', async () => {
  ec2.on(DescribeSubnetsCommand).rejects(named('UnauthorizedOperation'));
  expect(await look()).toEqual([
    'warn network-unknown: the subnets of eu-west-1 could not be looked at: UnauthorizedOperation: UnauthorizedOperation',
    'warn network-unknown: the subnets of eu-central-1 could not be looked at: UnauthorizedOperation: UnauthorizedOperation',
  ]);
  ec2.on(DescribeSubnetsCommand).rejects(named('OptInRequired'));
  expect((await look())[0]).toMatch(/^stop region-not-enabled: eu-west-1/);
});
