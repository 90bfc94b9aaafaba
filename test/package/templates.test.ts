// Goal: what would be deployed is what was meant, to the last property.
// Method: compile each role with osls, compare whole templates with one golden for each, and check rules on all.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { regionNames } from '../../core/regions/regions.ts';
import { SERVICE_NAME_MAX } from '../../events/serviceName.ts';
import { functionEntries, PROJECT_FOLDER } from '../../scripts/package.ts';
import { goldenOf } from './goldenText.ts';
import {
  grantsOf,
  ofType,
  ROLES,
  type Role,
  shown,
  type Template,
  templates,
} from './templates.ts';

const FUNCTION = 'AWS::Lambda::Function';
const ROLE = 'AWS::IAM::Role';

/**
 * Rights that no SDK command stands for: writing logs, handing a role over, being told that there is no object, tagging
 * what is made, and what Lambda itself does with the role of a function: traces, and events that failed on every try.
 */
const NO_COMMAND = [
  ...['logs:CreateLogStream', 'logs:PutLogEvents', 'iam:PassRole', 's3:ListBucket'],
  ...['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'sqs:SendMessage', 'ecs:TagResource'],
];

/** Every right on logs but that of reading them. */
const WRITES_LOGS = /^logs:(?!Get)/;

const IAM_OF_CLIENT: Record<string, string> = {
  's3:GetObjectCommand': 's3:GetObject',
  's3:PutObjectCommand': 's3:PutObject',
  'lambda:InvokeCommand': 'lambda:InvokeFunction',
};

/** osls takes seconds for each role, and more on a busy machine. */
const COMPILE_MS = 900_000;

let all: Record<Role, Template>;

beforeAll(async () => {
  all = await templates();
}, COMPILE_MS);

/** For whoever changed a template: said where it fails, and in CONTRIBUTING.md. */
const RENEW =
  'If this change is meant, renew it with `npm run goldens` and read the difference with `git diff`.';

describe.each(ROLES)('the stack of role %s', (role) => {
  it('is the one that was agreed on', async () => {
    await expect(goldenOf(all[role]), RENEW).toMatchFileSnapshot(`goldens/${role}.yml`);
  });

  it('leaves no shared default role behind, and gives every function a role of its own', () => {
    expect(Object.keys(all[role].Resources)).not.toContain('IamRoleLambdaExecution');
    const roles = ofType(all[role], FUNCTION).map(([, { Properties }]) =>
      shown(Properties['Role']),
    );
    expect(new Set(roles).size).toBe(roles.length);
    for (const name of roles) {
      expect(all[role].Resources[name.replace(/\.Arn$/, '')]?.Type).toBe(ROLE);
    }
  });
});

/** Longest names that AWS takes, by type and property of CloudFormation; from the documentation of each service. */
const NAME_MAX: Readonly<Record<string, number>> = {
  'AWS::CloudWatch::Alarm AlarmName': 255,
  'AWS::CodeBuild::Project Name': 150,
  'AWS::DynamoDB::GlobalTable TableName': 255,
  'AWS::DynamoDB::Table TableName': 255,
  'AWS::ECR::Repository RepositoryName': 256,
  'AWS::ECS::Cluster ClusterName': 255,
  'AWS::ECS::Service ServiceName': 255,
  'AWS::ElasticLoadBalancingV2::LoadBalancer Name': 32,
  'AWS::ElasticLoadBalancingV2::TargetGroup Name': 32,
  'AWS::Events::Rule Name': 64,
  'AWS::Lambda::Function FunctionName': 64,
  'AWS::Logs::LogGroup LogGroupName': 512,
  'AWS::S3::Bucket BucketName': 63,
  'AWS::SNS::Topic TopicName': 256,
  'AWS::SQS::Queue QueueName': 80,
  'AWS::Scheduler::Schedule Name': 64,
  'AWS::StepFunctions::StateMachine StateMachineName': 80,
};

/** Properties that end in Name and name something else than the resource. */
const OF_OTHERS = [
  'AWS::Lambda::Permission FunctionName',
  'AWS::Lambda::EventInvokeConfig FunctionName',
  'AWS::CloudWatch::Alarm MetricName',
];

describe('the name of every resource', () => {
  const longestRegion = Math.max(...regionNames.map((name) => name.length));
  const asLong = (value: unknown): number =>
    shown(value)
      .replaceAll('shop', 's'.repeat(SERVICE_NAME_MAX))
      .replaceAll(/\$\{AWS::AccountId\}/g, '0'.repeat(12))
      .replaceAll(/\$\{AWS::Region\}/g, 'r'.repeat(longestRegion)).length;

  it('is one that AWS takes, however long the service, in every region', () => {
    const lengths = new Map<string, number>();
    for (const role of ROLES) {
      for (const { Type, Properties } of Object.values(all[role].Resources)) {
        for (const [property, value] of Object.entries(Properties)) {
          const key = `${Type} ${property}`;
          if (!property.endsWith('Name') || OF_OTHERS.includes(key)) continue;
          lengths.set(key, Math.max(lengths.get(key) ?? 0, asLong(value)));
        }
      }
    }
    expect([...lengths.keys()].filter((key) => NAME_MAX[key] === undefined)).toEqual([]);
    expect(lengths.size).toBeGreaterThan(7);
    for (const [key, length] of lengths)
      expect(length, key).toBeLessThanOrEqual(NAME_MAX[key] ?? 0);
    // The bound on the service's name is as wide as it can be.
    expect(lengths.get('AWS::S3::Bucket BucketName')).toBe(63);
  });

  it('of a role is left to CloudFormation, and what must find it goes by its path', () => {
    for (const role of ROLES) {
      for (const [, { Properties }] of ofType(all[role], ROLE)) {
        expect(Object.keys(Properties)).not.toContain('RoleName');
      }
    }
    const passed = ofType(all.rehearsal, ROLE)
      .flatMap(([, role]) => grantsOf(role))
      .filter(({ action }) => action === 'iam:PassRole')
      .map(({ resource }) => resource.replace(/^.*:role/, ''));
    expect(passed).toEqual(['/failover-drill/shop/*']);
    expect(all.control.Resources['TaskExecutionRole']?.Properties['Path']).toBe(
      '/failover-drill/shop/',
    );
  });
});

describe('the stacks together', () => {
  it('export nothing under a name that another stack of their region or account has', () => {
    const names = ROLES.map((role) => Object.values(all[role].Outputs)).flatMap((outputs) =>
      outputs.map(({ Export }) => Export?.Name),
    );
    expect(names).toEqual(ROLES.map((role) => `failover-drill-shop-${role}-archives`));
  });

  const artifacts = (): string[] =>
    ROLES.flatMap((role) => ofType(all[role], FUNCTION)).map(([, { Properties }]) =>
      path.basename(String(Reflect.get(Object(Properties['Code']), 'S3Key')), '.zip'),
    );

  it('hold every folder under functions/ once, under a name made of it', () => {
    const folders = Object.keys(functionEntries());
    expect(folders.length).toBeGreaterThan(5);
    expect(artifacts().sort()).toEqual(folders);
    const names = ROLES.flatMap((role) => ofType(all[role], FUNCTION)).map(
      ([, { Properties }]) => Properties['FunctionName'],
    );
    expect([...names].sort()).toEqual(
      folders.map((folder) => `failover-drill-shop-${folder}`).sort(),
    );
  });

  it('let a role write only to the log of its own function', () => {
    for (const role of ROLES) {
      for (const [, { Properties }] of ofType(all[role], FUNCTION)) {
        const id = shown(Properties['Role']).replace(/\.Arn$/, '');
        const own = all[role].Resources[id];
        const logs = own ? grantsOf(own).filter(({ action }) => WRITES_LOGS.test(action)) : [];
        expect(logs.map(({ action }) => action)).toEqual(NO_COMMAND.slice(0, 2));
        for (const { resource } of logs) {
          expect(resource).toMatch(new RegExp(`/aws/lambda/${Properties['FunctionName']}:\\*$`));
        }
      }
    }
  });

  it('allow a function no call that its code does not make', () => {
    const tooMuch: string[] = [];
    for (const role of ROLES) {
      for (const [id, { Properties }] of ofType(all[role], FUNCTION)) {
        const folder = String(Properties['FunctionName']).replace('failover-drill-shop-', '');
        const own = all[role].Resources[shown(Properties['Role']).replace(/\.Arn$/, '')];
        const callable = callsOf(folder);
        expect(callable.size, folder).toBeGreaterThan(0);
        for (const { action } of own ? grantsOf(own) : []) {
          if (!callable.has(action) && !NO_COMMAND.includes(action))
            tooMuch.push(`${id} ${action}`);
        }
      }
    }
    expect(tooMuch).toEqual([]);
  });
});

const read = (file: string): string => readFileSync(path.join(PROJECT_FOLDER, file), 'utf8');

/** Files of aws/ that a file leads to. */
const awsFilesOf = (file: string): string[] =>
  [...read(file).matchAll(/from '((?:\.\.?\/)[^']+)'/g)].flatMap((match) => {
    const target = path.join(path.dirname(file), match[1] ?? '');
    return target.startsWith('aws/') ? [target, ...awsFilesOf(target)] : [];
  });

const SERVICE_OF_CLIENT: Record<string, string> = {
  'cloudwatch-logs': 'logs',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  eventbridge: 'events',
  'route-53': 'route53',
  sfn: 'states',
};

/** IAM actions of the commands in the aws/ files that a function's handler opens. */
const callsOf = (folder: string): Set<string> => {
  const actions = awsFilesOf(`functions/${folder}/handler.ts`).flatMap((file) => {
    const text = read(file);
    const client = /from '@aws-sdk\/client-([a-z0-9-]+)'/.exec(text)?.[1] ?? '';
    const commands = new Set([...text.matchAll(/new (\w+)Command\(/g)].map((match) => match[1]));
    return [...commands].map(
      (command) =>
        IAM_OF_CLIENT[`${client}:${command}Command`] ??
        `${SERVICE_OF_CLIENT[client] ?? client}:${command}`,
    );
  });
  return new Set(actions);
};
