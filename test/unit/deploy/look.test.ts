// Goal: everything in the way of a deployment is named before anything is changed, and a look changes nothing.
// Method: the command against SDK clients whose answers are made up, as AWS words its refusals.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, ListTagsOfResourceCommand } from '@aws-sdk/client-dynamodb';
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import {
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
} from '@aws-sdk/client-route-53';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deploy } from '../../../cli/commands/deploy.ts';
import { EXIT } from '../../../cli/failure.ts';
import { DeployOutput } from '../../../events/deployOutput.ts';
import { keptOutput } from '../../support/keptOutput.ts';
import { awsError, DEPLOYER, openMadeUpAccount } from '../../support/madeUpAccount.ts';

const account = openMadeUpAccount();
const { sts, iam, cloudFormation, route53, dynamodb, s3 } = account;
const mocks = [sts, iam, cloudFormation, route53, dynamodb, s3];

const CONFIG = `service: shop
record: shop.example.com
regions:
  primary: { name: eu-west-1, endpoint: "https://a.example.net/healthz" }
  standby: { name: eu-central-1, endpoint: "https://b.example.net/healthz" }
observers: [us-east-2]
probes: [{ kind: http }, { kind: database, table: things }]
health: { quorum: 1 of 1 }
aws: { account: "111122223333" }
`;

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'failover-look-'));
  file = path.join(folder, 'failover.yml');
  writeFileSync(file, CONFIG);
  account.empty();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const look = async () => {
  const { output, kept } = keptOutput();
  const options = { config: file, stage: 'prod', dryRun: true };
  const code = await deploy(options, output, new AbortController().signal);
  const result = DeployOutput.parse(kept.result);
  const stops = result.findings.filter(({ severity }) => severity === 'stop');
  return { code, result, text: kept.text, checks: stops.map(({ check }) => check) };
};

const calledNames = (): string[] =>
  mocks.flatMap((mock) => mock.calls().map(({ args }) => args[0].constructor.name));

const WRITES = /^(Create|Put|Update|Delete|Change|Register|Deregister)/;

describe('a dry run', () => {
  it('tells what would be made, and changes nothing', async () => {
    const { code, result, text, checks } = await look();
    expect(checks).toEqual([]);
    expect(code).toBe(EXIT.ok);
    expect(result).toMatchObject({
      account: '111122223333',
      outcome: 'planned',
      dns: { record: 'shop.example.com', found: 'absent' },
    });
    expect(text).toContain('Nothing was changed: this was a dry run.');
    expect(text).toMatch(/Costs {2}about \$\d+\.\d\d a month/);
    expect(calledNames().length).toBeGreaterThan(10);
    expect(calledNames().filter((name) => WRITES.test(name))).toEqual([]);
  });

  it('asks for rights by the role of a session, with its path', async () => {
    iam.on(SimulatePrincipalPolicyCommand).resolves({
      EvaluationResults: [
        { EvalActionName: 'iam:CreateRole', EvalDecision: 'implicitDeny' },
        { EvalActionName: 'iam:GetRole', EvalDecision: 'allowed' },
      ],
    });
    const { code, result, checks } = await look();
    expect(code).toBe(EXIT.input);
    expect(new Set(checks)).toEqual(new Set(['permission-missing']));
    expect(result.findings[0]?.what).toContain(`${DEPLOYER} may not iam:CreateRole on arn:aws:`);
    expect(iam.commandCalls(SimulatePrincipalPolicyCommand)[0]?.args[0].input.PolicySourceArn).toBe(
      DEPLOYER,
    );
  });

  it('goes on where rights cannot be asked for, and says so', async () => {
    iam.on(SimulatePrincipalPolicyCommand).rejects(awsError('AccessDenied', 'no\nmore'));
    const { code, result } = await look();
    expect(code).toBe(EXIT.ok);
    expect(result.findings).toMatchObject([{ check: 'permissions-unknown', severity: 'warn' }]);
  });
});

describe('what a former deployment kept', () => {
  const WATCH = 'failover-drill-shop-watch';
  const tagged = (tags: Readonly<Record<string, string>>): void => {
    const set = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    dynamodb.on(DescribeTableCommand, { TableName: WATCH }).resolves({ Table: { TableArn: 'a' } });
    dynamodb.on(ListTagsOfResourceCommand, { ResourceArn: 'a', NextToken: undefined }).resolves({
      Tags: set.slice(0, 1),
      NextToken: 'more',
    });
    dynamodb
      .on(ListTagsOfResourceCommand, { ResourceArn: 'a', NextToken: 'more' })
      .resolves({ Tags: set.slice(1) });
  };

  it('is taken over where it carries our tags, with the rights that an import takes', async () => {
    tagged({ project: 'failover-drill', service: 'shop', stage: 'prod', cost: 'x' });
    const { code, result, checks, text } = await look();
    expect(checks).toEqual([]);
    expect(code).toBe(EXIT.ok);
    const adopts = result.stacks.flatMap((stack) => stack.adopts);
    expect(adopts).toEqual([`table ${WATCH}`]);
    expect(text).toContain(`adopts the table ${WATCH} in eu-central-1`);
    const asked = iam
      .commandCalls(SimulatePrincipalPolicyCommand)
      .flatMap(({ args }) => args[0].input.ActionNames ?? []);
    expect(asked).toContain('dynamodb:GetResourcePolicy');
    expect(asked).not.toContain('s3:GetBucketAbac');
  });

  it('is left alone where a tag is another one: that of another stage, or nobody’s', async () => {
    tagged({ project: 'failover-drill', service: 'shop', stage: 'staging' });
    const { checks, text } = await look();
    expect(checks).toEqual(['left-over']);
    expect(text.replace(/\s+/g, ' ')).toContain('of this service keeps (stage=prod)');
  });
});

describe('what is in the way', () => {
  it('is no credentials: the plan is told all the same', async () => {
    sts.on(GetCallerIdentityCommand).rejects(awsError('CredentialsProviderError'));
    const { code, result, text, checks } = await look();
    expect(code).toBe(EXIT.ok);
    expect(checks).toEqual(['no-credentials']);
    expect(text).toContain('this was a dry run. The account was not looked at.');
    expect(result).toMatchObject({ account: null, outcome: 'planned' });
    expect(result.stacks.length).toBeGreaterThan(3);
  });

  it('is another account: nothing else is asked of it', async () => {
    sts
      .on(GetCallerIdentityCommand)
      .resolves({ Account: '999999999999', Arn: 'arn:aws:iam::999999999999:user/x' });
    expect((await look()).checks).toEqual(['wrong-account']);
    expect(cloudFormation.calls()).toEqual([]);
  });

  it('is a region, a zone, a record, a stack and a table, all told at once', async () => {
    cloudFormation.on(DescribeStacksCommand).callsFake(async (input, getClient) => {
      const region = await getClient().config.region();
      if (region === 'us-east-2') throw awsError('InvalidClientTokenId');
      if (input.StackName?.endsWith('-failover')) {
        return {
          Stacks: [{ StackName: 'x', CreationTime: new Date(0), StackStatus: 'ROLLBACK_COMPLETE' }],
        };
      }
      throw awsError('ValidationError', 'Stack with id x does not exist');
    });
    route53.on(ListResourceRecordSetsCommand).resolves({
      ResourceRecordSets: [
        {
          Name: 'shop.example.com.',
          Type: 'A',
          TTL: 60,
          ResourceRecords: [{ Value: '192.0.2.7' }],
        },
        { Name: 'www.example.com.', Type: 'A', TTL: 60, ResourceRecords: [{ Value: '192.0.2.8' }] },
      ],
    });
    s3.on(HeadBucketCommand).resolves({});
    const { code, result, checks, text } = await look();
    expect(code).toBe(EXIT.input);
    expect(result.outcome).toBe('blocked');
    expect(checks).toEqual(
      expect.arrayContaining([
        'region-not-enabled',
        'stack-blocked',
        'record-foreign',
        'left-over',
      ]),
    );
    expect(text).toContain('us-east-2 is not enabled in this account');
    expect(text).toContain('shop.example.com exists already and is not ours: A 192.0.2.7');
    const flat = text.replace(/\s+/g, ' ');
    expect(flat).toContain('keep what it holds: aws s3 sync s3://failover-');
    expect(flat).toContain('project=failover-drill, service=shop, stage=prod');
    expect(text).toContain('Nothing was changed.');
    route53.on(ListHostedZonesByNameCommand).resolves({ HostedZones: [] });
    expect((await look()).checks).toContain('zone-missing');
  });

  it.each([{ destroy: false }, { destroy: true }])(
    'is a region that does not answer: %o ends before anything is changed, and names it',
    async (how) => {
      const options = { config: file, stage: 'prod', yes: true, ...how };
      const run = async () => {
        const { output, kept } = keptOutput();
        const code = await deploy(options, output, new AbortController().signal);
        const { outcome, findings } = DeployOutput.parse(kept.result);
        return { code, outcome, told: findings.map(({ check, what }) => `${check} ${what}`) };
      };
      cloudFormation.on(DescribeStacksCommand).callsFake(async (_, getClient) => {
        const region = await getClient().config.region();
        if (region === 'eu-west-1') throw awsError('TimeoutError', 'no answer');
        throw awsError('ValidationError', 'Stack with id x does not exist');
      });
      const primary = await run();
      expect(primary).toMatchObject({ code: EXIT.input, outcome: 'blocked' });
      expect(primary.told).toContainEqual(
        expect.stringMatching(
          /^not-answered cloudformation:DescribeStacks in eu-west-1: TimeoutError/,
        ),
      );
      sts.on(GetCallerIdentityCommand).rejects(awsError('TimeoutError', 'no answer'));
      const global = await run();
      expect(global).toMatchObject({ code: EXIT.input, outcome: 'blocked' });
      expect(global.told).toEqual(['not-answered AWS could not be asked: TimeoutError: no answer']);
      expect(calledNames().filter((name) => WRITES.test(name))).toEqual([]);
    },
  );

  it('refuses a name that another service of the account would take for its own, until both are deployed', async () => {
    writeFileSync(file, CONFIG.replace('service: shop', 'service: shop-two'));
    const there = new Set(['failover-drill-shop-failover']);
    cloudFormation.on(DescribeStacksCommand).callsFake(async ({ StackName }) => {
      if (!there.has(StackName))
        throw awsError('ValidationError', 'Stack with id x does not exist');
      return {
        Stacks: [{ StackName, StackStatus: 'CREATE_COMPLETE', CreationTime: new Date(0) }],
      };
    });
    const { checks, text } = await look();
    expect(checks).toEqual(['name-within']);
    expect(text).toContain('a service shop is deployed in eu-central-1');
    there.add('failover-drill-shop-two-failover');
    const again = await look();
    expect(again.checks).toEqual([]);
    expect(again.result.findings.map(({ check }) => check)).toContain('name-within');
  });

  it('is never the record of an earlier deployment', async () => {
    route53.on(ListResourceRecordSetsCommand).resolves({
      ResourceRecordSets: [
        {
          Name: 'shop.example.com.',
          Type: 'CNAME',
          TTL: 60,
          ResourceRecords: [{ Value: 'a.example.net' }],
        },
      ],
    });
    const { result, checks } = await look();
    expect(checks).toEqual([]);
    expect(result.dns?.found).toBe('same-answer');
    expect(result.dns?.change).toContain('with the same answer');
  });
});
