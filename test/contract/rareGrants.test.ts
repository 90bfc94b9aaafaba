// Goal: what is granted for rare ways of the code is granted on the right resource, and needed there.
// Method: each call under the role of its function as the templates have it, enforced; then without that one grant.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openImageRegistry } from '../../aws/imageRegistry.ts';
import { openMachines } from '../../aws/machines.ts';
import { openRehearsalRecords } from '../../aws/rehearsalRecords.ts';
import { openTasks } from '../../aws/tasks.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { listOf, treeOf } from '../../core/lint/model.ts';
import { realClock } from '../../local/clock.ts';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { notedIn } from '../../local/iam/iam.ts';
import { roleKey } from '../../local/iam/roleKey.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { readStack } from '../../local/stack/stackModel.ts';
import { ACCOUNT_ID } from '../../local/wire/types.ts';

const HOME = 'eu-central-1';
const PRIMARY = 'eu-west-1';
const CLUSTER = 'failover-drill-shop';
const WATCH = 'failover-drill-shop-watch';
const SERVICE = { cluster: CLUSTER, service: 'shop' };
const TASK = `arn:aws:ecs:${PRIMARY}:${ACCOUNT_ID}:task/${CLUSTER}/1`;
const SIGNAL = new AbortController().signal;

const settingsFor = (endpoint: string, accessKeyId: string) => ({
  endpoint,
  region: HOME,
  credentials: { accessKeyId, secretAccessKey: 'x' },
  maxAttempts: 1,
});
type Sdk = ReturnType<typeof settingsFor>;
type Call = (sdk: Sdk) => Promise<unknown>;

const tell: Call = (sdk) =>
  openEventBus(sdk).put([{ source: 'failover-drill', detailType: 'FailoverNotice', detail: {} }]);
const ecs = (sdk: Sdk, region = HOME) => new ECSClient({ ...sdk, region });
const scale: Call = (sdk) =>
  ecs(sdk).send(new UpdateServiceCommand({ ...SERVICE, desiredCount: 2 }));
/** As the templates name it where no listener is closed. */
const LISTENER = `arn:aws:elasticloadbalancing:${PRIMARY}:${ACCOUNT_ID}:listener/app/none/0/0`;
const RULE = `${LISTENER.replace(':listener/', ':listener-rule/')}/1`;
const elb = (sdk: Sdk) => new ElasticLoadBalancingV2Client({ ...sdk, region: PRIMARY });
const createRule: Call = (sdk) =>
  elb(sdk).send(
    new CreateRuleCommand({ ListenerArn: LISTENER, Priority: 1, Conditions: [], Actions: [] }),
  );
const deleteRule: Call = (sdk) => elb(sdk).send(new DeleteRuleCommand({ RuleArn: RULE }));
const describeRules: Call = (sdk) =>
  elb(sdk).send(new DescribeRulesCommand({ ListenerArn: LISTENER }));

/** Role of a stack, action, and what the code calls it with. Whether the thing is there does not matter to IAM. */
const CALLS: readonly [stack: string, grant: string, call: Call][] = [
  ['failover', 'AcquireLeaseRole events:PutEvents', tell],
  [
    ...(['heartbeat', 'BeatScheduleRole lambda:InvokeFunction'] as const),
    (sdk) =>
      new LambdaClient(sdk).send(new InvokeCommand({ FunctionName: 'failover-drill-shop-beat' })),
  ],
  [
    ...(['rehearsal', 'BeginRehearsalRole dynamodb:DeleteItem'] as const),
    (sdk) => openRehearsalRecords(WATCH, sdk).release('shop', SIGNAL),
  ],
  [
    ...(['control', 'CleanUpRole ecs:StopTask'] as const),
    (sdk) =>
      openTasks({ cluster: CLUSTER, network: new Map(), executionRoleArn: undefined }, sdk).stop(
        ...([PRIMARY, TASK, 'the drill is over', SIGNAL] as const),
      ),
  ],
  ['control', 'DetectAnomaliesRole events:PutEvents', tell],
  ['failover', 'FenceRole elasticloadbalancing:CreateRule', createRule],
  ['failover', 'FenceRole elasticloadbalancing:DeleteRule', deleteRule],
  ['failover', 'FenceRole elasticloadbalancing:DescribeRules', describeRules],
  ['failover', 'FenceRole events:PutEvents', tell],
  [
    ...(['failover', 'FinishRole dynamodb:BatchGetItem'] as const),
    (sdk) => openWatchTable(WATCH, sdk).load('shop'),
  ],
  ['failover', 'FinishRole ecs:UpdateService', scale],
  ['failover', 'FinishRole elasticloadbalancing:DeleteRule', deleteRule],
  ['failover', 'FinishRole elasticloadbalancing:DescribeRules', describeRules],
  [
    ...(['failover', 'FlipRole s3:ListBucket'] as const),
    (sdk) =>
      new S3Client({ ...sdk, forcePathStyle: true }).send(
        new GetObjectCommand({
          Bucket: `failover-shop-switch-${ACCOUNT_ID}-eu-north-1`,
          Key: 'switch/gone',
        }),
      ),
  ],
  [
    ...(['control', 'InspectImagesRole ecr:GetDownloadUrlForLayer'] as const),
    (sdk) => openImageRegistry(sdk).open('failover-drill-shop', `sha256:${'0'.repeat(64)}`, SIGNAL),
  ],
  [
    ...(['control', 'InspectStandbyRole ecs:DescribeTaskDefinition'] as const),
    (sdk) => ecs(sdk).send(new DescribeTaskDefinitionCommand({ taskDefinition: 'shop:1' })),
  ],
  [
    ...(['control', 'InspectStandbyRole ecs:DescribeTasks'] as const),
    (sdk) => ecs(sdk, PRIMARY).send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: [TASK] })),
  ],
  [
    ...(['control', 'InspectStandbyRole ecs:ListTasks'] as const),
    (sdk) =>
      ecs(sdk, PRIMARY).send(new ListTasksCommand({ cluster: CLUSTER, serviceName: 'shop' })),
  ],
  ['failover', 'PrepareRole events:PutEvents', tell],
  [
    ...(['observer', 'ProbeRole dynamodb:DescribeTable'] as const),
    (sdk) => new DynamoDBClient(sdk).send(new DescribeTableCommand({ TableName: 'products' })),
  ],
  [
    ...(['observer', 'ProbeRole dynamodb:GetItem'] as const),
    (sdk) =>
      new DynamoDBClient(sdk).send(
        new GetItemCommand({ TableName: 'products', Key: { id: { S: 'failover-drill#a' } } }),
      ),
  ],
  [
    ...(['promotion', 'PromoteRole states:DescribeExecution'] as const),
    (sdk) =>
      openMachines(sdk).status(
        `arn:aws:states:${HOME}:${ACCOUNT_ID}:stateMachine:failover-drill-shop-promotion`,
        'gone',
      ),
  ],
  ['failover', 'ScaleStandbyRole ecs:UpdateService', scale],
  ['failover', 'ScaleStandbyRole events:PutEvents', tell],
  [
    ...(['promotion', 'StepPromotionRole ecs:TagResource'] as const),
    (sdk) =>
      ecs(sdk).send(
        new RegisterTaskDefinitionCommand({
          family: 'shop',
          tags: [{ key: 'team', value: 'web' }],
          containerDefinitions: [{ name: 'app', image: 'app' }],
        }),
      ),
  ],
  [
    ...(['promotion', 'StepPromotionRole iam:PassRole'] as const),
    (sdk) =>
      ecs(sdk).send(
        new RegisterTaskDefinitionCommand({
          family: 'shop',
          taskRoleArn: `arn:aws:iam::${ACCOUNT_ID}:role/shop-task`,
          containerDefinitions: [{ name: 'app', image: 'app' }],
        }),
      ),
  ],
  [
    ...(['failover', 'TellRole dynamodb:DeleteItem'] as const),
    (sdk) => openWatchTable(WATCH, sdk).forget('shop', 'message'),
  ],
];

const dataDir = mkdtempSync(path.join(tmpdir(), 'rare-'));
let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({
    ...{ dataDir, clock: realClock, random: Math.random, port: 0, enforceIam: true },
    builder: { choice: undefined, reason: 'this test builds nothing' },
    resolverRegions: [],
    onLambdaLog: () => {},
    onBuildLog: () => {},
    onFault: () => {},
  });
});
afterAll(async () => {
  await cloud?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Statements of a role in its stack. */
const statementsOf = (stack: string, role: string): unknown[] => {
  const { resources } = readStack({
    ...{ folder: PROJECT_FOLDER, role: stack, region: HOME, accountId: ACCOUNT_ID },
    params: { service: 'shop', dataTable: 'products', homeRegion: HOME },
  });
  return listOf(resources[role]?.properties['Policies']).flatMap((policy) =>
    listOf(treeOf(treeOf(policy)['PolicyDocument'])['Statement']),
  );
};

/** The statements but for one action. */
const without = (statements: readonly unknown[], action: string): unknown[] =>
  statements.flatMap((one) => {
    const left = [treeOf(one)['Action']].flat().filter((each) => each !== action);
    return left.length === 0 ? [] : [{ ...treeOf(one), Action: left }];
  });

/** What a call was denied; null for one that came through to its service, whatever that said. */
const deniedTo = async (call: Call, role: string, statements: readonly unknown[]) => {
  cloud.iam.putRole(role, statements);
  try {
    await call(settingsFor(cloud.endpoint, roleKey(role, 'session')));
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return /^AccessDenied/.test(error.name) ? error.message : null;
  }
};

describe('a grant for a rare way of the code', () => {
  it.each(CALLS)('of stack %s: %s', async (stack, grant, call) => {
    const [name = '', action = ''] = grant.split(' ');
    const statements = statementsOf(stack, name);
    const role = `arn:aws:iam::${ACCOUNT_ID}:role/failover-drill-shop-${stack}-${name}-X`;
    expect(await deniedTo(call, role, statements)).toBeNull();
    expect(notedIn(dataDir)).toContainEqual(expect.objectContaining({ role, action }));
    expect(await deniedTo(call, `${role}2`, without(statements, action))).toContain(action);
  });

  it('is listed, and nothing is listed that is not called here', () => {
    const file = path.join(PROJECT_FOLDER, 'test/iam/grants.json');
    const { rare } = z
      .looseObject({ rare: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(Object.keys(rare).sort()).toEqual(CALLS.map(([, grant]) => grant).sort());
  });
});
