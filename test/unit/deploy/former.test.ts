// Goal: what an earlier deployment left is found by its names alone, and named before anything is changed; a second
// controller is taken away in an order in which at no time two of them, or none, could move traffic.
// Method: the command and its steps against clients whose answers are made up, and the calls that they got.
// `npm run test:peers -- two-controllers` deploys the same, whole.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  DeleteStackCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import {
  DeleteObjectsCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { DeleteParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { deploy } from '../../../cli/commands/deploy.ts';
import { openAws } from '../../../cli/deploy/look.ts';
import { removeFormer } from '../../../cli/deploy/remove.ts';
import { retireFormer } from '../../../cli/deploy/seed.ts';
import { plannedAt, readSetup } from '../../../cli/deploy/setup.ts';
import { initialState } from '../../../core/failover/states.ts';
import { DeployOutput } from '../../../events/deployOutput.ts';
import { restingAt } from '../../../events/watchState.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { STANDBY as HOME, HOME as PRIMARY } from '../../support/failovers.ts';
import { keptOutput } from '../../support/keptOutput.ts';
import { awsError, openMadeUpAccount } from '../../support/madeUpAccount.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';

const SECOND = 'eu-west-3';
const signal = new AbortController().signal;
const LEASE = parse(
  readFileSync(path.join(PROJECT_FOLDER, 'test/package/goldens/lease.yml'), 'utf8'),
  {
    logLevel: 'silent',
  },
);

const CONFIG = `service: shop
record: shop.example.com
regions:
  primary: { name: ${PRIMARY}, endpoint: "https://a.example.net/healthz" }
  standby: { name: ${HOME}, endpoint: "https://b.example.net/healthz" }
  witness: ${SECOND}
observers: [us-east-2, ap-northeast-1, sa-east-1]
`;
const ONE = `${CONFIG}failover: { controllers: one }\n`;

const account = openMadeUpAccount();
const { cloudFormation, dynamodb, iam, s3, ssm } = account;

type Charge = { readonly held: boolean; readonly epoch: number };

/** What is there, by region; calls that change something, in their order. */
const world = {
  stacks: new Set<string>(),
  plans: new Map<string, object>(),
  charges: new Map<string, Charge>(),
  calls: [] as string[],
  /** A region that the account has not enabled. */
  closed: '',
};

const SHARED = {
  controllers: { first: HOME, second: SECOND, leaseTable: 'failover-drill-shop-lease' },
};
const planFor = (homeRegion: string, shared: object = SHARED) => ({
  ...{ ...watchPlanWith(), homeRegion },
  ...shared,
});

const twoAreThere = (): void => {
  world.stacks = new Set(
    [
      ['lease', HOME],
      ['failover', HOME],
      ['failover', SECOND],
    ].map(([role, region]) => `failover-drill-shop-${role}@${region}`),
  );
  world.plans = new Map([HOME, SECOND].map((region) => [region, planFor(region)]));
  world.charges = new Map([
    [HOME, { held: true, epoch: 1 }],
    [SECOND, { held: false, epoch: 0 }],
  ]);
  world.calls = [];
  world.closed = '';
};

const stored = (region: string, sk: string): unknown => {
  if (sk === 'PLAN') return world.plans.get(region);
  const charge = world.charges.get(region);
  if (sk !== 'STATE' || charge === undefined) return undefined;
  return restingAt({ ...initialState(PRIMARY, HOME, 0), epoch: charge.epoch, charge }, 1, 0);
};

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'failover-former-'));
  file = path.join(folder, 'failover.yml');
  account.empty();
  twoAreThere();
  cloudFormation.on(DescribeStacksCommand).callsFake(async ({ StackName }, client) => {
    const region = await client().config.region();
    if (region === world.closed) throw awsError('UnrecognizedClientException');
    if (!world.stacks.has(`${StackName}@${region}`)) {
      throw awsError('ValidationError', `Stack with id ${StackName} does not exist`);
    }
    return { Stacks: [{ StackName, StackStatus: 'UPDATE_COMPLETE', CreationTime: new Date(0) }] };
  });
  cloudFormation.on(ListStackResourcesCommand).callsFake(({ StackName }) => ({
    StackResourceSummaries: [
      {
        ...{ LogicalResourceId: 'ServerlessDeploymentBucket', ResourceType: 'AWS::S3::Bucket' },
        ...{ PhysicalResourceId: `${StackName}-archives`, ResourceStatus: 'CREATE_COMPLETE' },
      },
    ],
  }));
  cloudFormation.on(GetTemplateCommand).resolves({ TemplateBody: JSON.stringify(LEASE) });
  cloudFormation.on(DeleteStackCommand).callsFake(async ({ StackName }, client) => {
    const region = await client().config.region();
    world.stacks.delete(`${StackName}@${region}`);
    world.calls.push(`delete ${StackName} in ${region}`);
    return {};
  });
  dynamodb.on(GetItemCommand).callsFake(async ({ Key }, client) => {
    const value = stored(await client().config.region(), Key.sk.S);
    return value === undefined ? {} : { Item: { ...Key, value: { S: JSON.stringify(value) } } };
  });
  dynamodb.on(PutItemCommand).callsFake(async ({ Item }, client) => {
    const plan = JSON.parse(Item.value.S);
    const shared = plan.controllers === undefined ? 'alone' : 'of two';
    world.calls.push(`plan ${shared} in ${await client().config.region()}`);
    return {};
  });
  dynamodb.on(DeleteItemCommand).callsFake(async ({ Key }, client) => {
    world.calls.push(`forget ${Key.sk.S} in ${await client().config.region()}`);
    return {};
  });
  ssm.on(DeleteParameterCommand).callsFake(async ({ Name }, client) => {
    world.calls.push(`delete ${Name} in ${await client().config.region()}`);
    return {};
  });
  s3.on(HeadBucketCommand).callsFake(({ Bucket }) => {
    if (!Bucket.endsWith('-archives')) throw awsError('NotFound');
    return {};
  });
  s3.on(ListObjectVersionsCommand).callsFake(({ Bucket }) =>
    world.calls.includes(`empty ${Bucket}`) ? {} : { Versions: [{ Key: 'a.zip', VersionId: '1' }] },
  );
  s3.on(DeleteObjectsCommand).callsFake(({ Bucket }) => {
    world.calls.push(`empty ${Bucket}`);
    return {};
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = async (config: string, options: { destroy?: boolean } = {}) => {
  writeFileSync(file, config);
  const { output, kept } = keptOutput();
  await deploy({ config: file, stage: 'prod', dryRun: true, ...options }, output, signal);
  const told = DeployOutput.parse(kept.result);
  return {
    told,
    text: kept.text.replace(/\s+/g, ' '),
    removes: told.removes.map(({ role, region, status }) => `${role} ${region} ${status}`),
    checks: told.findings.filter(({ check }) => !/^left-over|^one-/.test(check)),
  };
};

describe('a dry run', () => {
  it('names what goes and what of it stays, with the rights that it takes, and changes nothing', async () => {
    const { told, text, removes, checks } = await run(ONE);
    expect(checks).toEqual([]);
    expect(removes).toEqual([
      `lease ${HOME} UPDATE_COMPLETE`,
      `failover ${SECOND} UPDATE_COMPLETE`,
    ]);
    expect(text).toContain('Will be removed: what an earlier deployment made, and');
    expect(told.kept).toEqual([
      expect.stringMatching(`^table failover-drill-shop-watch in ${SECOND}, `),
      expect.stringMatching(`^bucket failover-shop-watch-111122223333-${SECOND} in ${SECOND}, `),
    ]);
    expect(world.calls).toEqual([]);
    const asked = iam
      .commandCalls(SimulatePrincipalPolicyCommand)
      .flatMap(({ args }) => args[0].input)
      .flatMap(({ ActionNames = [], ResourceArns = [] }) =>
        ActionNames.map((action) => `${action} ${ResourceArns[0]}`),
      );
    expect(asked).toEqual(
      expect.arrayContaining([
        `cloudformation:DeleteStack arn:aws:cloudformation:${SECOND}:111122223333:stack/failover-drill-shop-failover/*`,
        's3:ListBucketVersions arn:aws:s3:::failover-drill-shop-failover-archives',
        's3:DeleteObjectVersion arn:aws:s3:::failover-drill-shop-lease-archives/*',
        `ssm:DeleteParameter arn:aws:ssm:${SECOND}:111122223333:parameter/failover/shop/switch-key`,
      ]),
    );
  });

  it('finds it after a deployment that was cut short, whatever that has stored', async () => {
    world.plans = new Map([[HOME, planFor(HOME, {})]]);
    world.stacks.delete(`failover-drill-shop-lease@${HOME}`);
    expect((await run(ONE)).removes).toEqual([`failover ${SECOND} UPDATE_COMPLETE`]);
    world.stacks.delete(`failover-drill-shop-failover@${SECOND}`);
    expect((await run(ONE)).removes).toEqual([]);
  });

  it('leaves two alone that the configuration has, and moves the lease with the witness', async () => {
    expect((await run(CONFIG)).removes).toEqual([]);
    const moved = await run(CONFIG.replace(`witness: ${SECOND}`, 'witness: eu-west-2'));
    expect(moved.removes).toEqual([
      `lease ${HOME} UPDATE_COMPLETE`,
      `failover ${SECOND} UPDATE_COMPLETE`,
    ]);
    expect(moved.told.stacks.map(({ role, region }) => `${role} ${region}`)).toContain(
      `lease ${HOME}`,
    );
    // Another third region alone: both controllers stay.
    const third = await run(CONFIG.replace('sa-east-1', 'eu-west-2'));
    expect(third.removes).toEqual([`lease ${HOME} UPDATE_COMPLETE`]);
  });

  it('is blocked while the second is in charge, or has just given its place back', async () => {
    world.charges.set(SECOND, { held: true, epoch: 2 });
    const held = await run(ONE);
    expect(held.told.outcome).toBe('blocked');
    expect(held.checks.map(({ check }) => check)).toEqual(['second-in-charge']);
    expect(held.text).toContain('failover hand-over --on aws');
    world.charges.set(SECOND, { held: false, epoch: 3 });
    const given = await run(ONE);
    expect(given.checks.map(({ check }) => check)).toEqual(['second-in-charge']);
    expect(given.text).toContain('has not taken charge yet');
    world.charges.set(HOME, { held: true, epoch: 3 });
    expect((await run(ONE)).told.outcome).toBe('planned');
  });

  it('says which region it does not know of, and goes on without it', async () => {
    dynamodb.on(GetItemCommand).callsFake(async ({ Key }, client) => {
      const region = await client().config.region();
      if (region === 'eu-west-2') throw awsError('TimeoutError', 'no answer');
      const value = stored(region, Key.sk.S);
      return value === undefined ? {} : { Item: { ...Key, value: { S: JSON.stringify(value) } } };
    });
    const { told, checks } = await run(ONE);
    expect(told.outcome).toBe('planned');
    expect(checks).toMatchObject([{ check: 'not-answered', severity: 'warn' }]);
    expect(checks[0]?.what).toContain('is left in eu-west-2 is not known: TimeoutError');
  });

  it('names observers and heartbeats that are no more, but asks nothing of regions that are closed to it', async () => {
    const stack = (role: string, region: string) =>
      world.stacks.add(`failover-drill-shop-${role}@${region}`);
    stack('watcher', 'sa-east-1');
    stack('watcher', 'eu-north-1');
    stack('heartbeat', PRIMARY);
    stack('switch', 'eu-north-1');
    world.closed = 'me-central-1';
    const { removes, checks } = await run(CONFIG);
    expect(removes.map((one) => one.replace(' UPDATE_COMPLETE', ''))).toEqual([
      `heartbeat ${PRIMARY}`,
      'watcher eu-north-1',
    ]);
    expect(checks).toEqual([]);
    // Nor does one wait for a region that does not answer.
    const asked = cloudFormation
      .commandCalls(DescribeStacksCommand)
      .filter(({ args }) => args[0].input.StackName?.endsWith('-heartbeat'));
    expect(asked.length).toBeGreaterThan(20);
    const options = asked.map(({ args }: { args: readonly unknown[] }) => args[1]);
    for (const each of options) expect(each).toHaveProperty('abortSignal');
  });

  it('of a removal has it among all that goes', async () => {
    world.stacks.add('failover-drill-shop-switch@eu-north-1');
    const { told } = await run(ONE, { destroy: true });
    const there = told.stacks.flatMap(({ role, region, status }) =>
      status === null ? [] : [`${role} ${region}`],
    );
    expect(there.sort()).toEqual([
      ...[`failover ${HOME}`, `failover ${SECOND}`, `lease ${HOME}`, 'switch eu-north-1'],
    ]);
    expect(told.removes).toEqual([]);
  });
});

describe('taking it away', () => {
  const end = async (config: string): Promise<string[]> => {
    writeFileSync(file, config);
    const setup = readSetup(file, 'prod');
    const removes = plannedAt(setup.checked.config, [
      { role: 'lease', region: HOME },
      { role: 'failover', region: SECOND },
    ]);
    const aws = openAws();
    try {
      await retireFormer(setup, removes, signal);
      await removeFormer(aws, 'shop', removes, { note: () => {}, signal });
    } finally {
      aws.close();
    }
    return world.calls;
  };

  it('begins with the second, and the lease goes once the first one has left it', async () => {
    expect(await end(ONE)).toEqual([
      `forget PLAN in ${SECOND}`,
      `forget FACTS in ${SECOND}`,
      `plan alone in ${HOME}`,
      `delete /failover/shop/switch-key in ${SECOND}`,
      'empty failover-drill-shop-failover-archives',
      `delete failover-drill-shop-failover in ${SECOND}`,
      'empty failover-drill-shop-lease-archives',
      `delete failover-drill-shop-lease in ${HOME}`,
    ]);
  });

  it('goes on where it was cut short', async () => {
    world.plans = new Map([[HOME, planFor(HOME, {})]]);
    world.stacks.delete(`failover-drill-shop-failover@${SECOND}`);
    expect(await end(ONE)).toEqual([
      `delete /failover/shop/switch-key in ${SECOND}`,
      'empty failover-drill-shop-lease-archives',
      `delete failover-drill-shop-lease in ${HOME}`,
    ]);
  });

  it('touches nothing while the second is in charge', async () => {
    world.charges.set(SECOND, { held: true, epoch: 2 });
    await expect(end(ONE)).rejects.toThrow(`Put ${HOME} in charge first`);
    expect(world.calls).toEqual([]);
  });
});
