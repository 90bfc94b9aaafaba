// Goal: the embedded cloud reads serverless.yml as osls does: the same functions, machines, schedules and rules.
// Method: deploy every role to a running embedded cloud, resolve the template that osls compiled by a
// resolver of this test's own, and compare what came of both.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../local/clock.ts';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import type { FunctionSpec } from '../../local/lambda/types.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { deploy } from '../../local/stack/deploy.ts';
import { PROPERTIES_LEFT_OUT, TYPES_LEFT_OUT } from '../../local/stack/leftOut.ts';
import { PROJECT_FOLDER } from '../../scripts/package.ts';
import { ofType, ROLES, type Role, type Template, templates } from './templates.ts';

const REGION = 'eu-central-1';
const ACCOUNT = '000000000000';

const dataDir = mkdtempSync(path.join(tmpdir(), 'embedded-'));
const registered = {} as Record<Role, FunctionSpec[]>;
let cloud: Cloud;
let all: Record<Role, Template>;

beforeAll(async () => {
  all = await templates();
  cloud = await startCloud({
    dataDir,
    clock: realClock,
    random: Math.random,
    port: 0,
    builder: { choice: undefined, reason: 'this test builds nothing' },
    resolverRegions: [],
    onLambdaLog: () => {},
    onBuildLog: () => {},
    onFault: () => {},
  });
  for (const role of ROLES) {
    const functions: FunctionSpec[] = [];
    await deploy({
      folder: PROJECT_FOLDER,
      region: REGION,
      params: { role, service: 'shop' },
      endpoint: cloud.endpoint,
      lambda: { registerFunction: (one) => functions.push(one) },
      iam: cloud.iam,
      bundleOf: (folder) => `/bundles/${folder}/handler.mjs`,
    });
    registered[role] = functions;
  }
});

afterAll(async () => {
  await cloud?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const PSEUDO: Record<string, string> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
};

/** CloudFormation ends the name as it likes; the embedded cloud always alike. */
const roleArnIn =
  (role: Role) =>
  (id: string, at: unknown = '/'): string =>
    `arn:aws:iam::${ACCOUNT}:role${at}failover-drill-shop-${role}-${id}-EUCENTRAL1`;

/** What CloudFormation would put in the place of every intrinsic function. */
const resolver = (template: Template, role: Role) => {
  const roleArnOf = roleArnIn(role);
  const nameIn = (id: string, property: string) =>
    String(resolve(template.Resources[id]?.Properties[property]));
  const arnOf = (id: string): string => {
    switch (template.Resources[id]?.Type) {
      case 'AWS::Lambda::Function':
        return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${nameIn(id, 'FunctionName')}`;
      case 'AWS::IAM::Role':
        return roleArnOf(id, template.Resources[id]?.Properties['Path']);
      case 'AWS::SQS::Queue':
        return `arn:aws:sqs:${REGION}:${ACCOUNT}:${nameIn(id, 'QueueName')}`;
      case 'AWS::StepFunctions::StateMachine':
        return `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${nameIn(id, 'StateMachineName')}`;
      default:
        throw new Error(`${role}: no ARN is known for ${id}`);
    }
  };
  const refOf = (id: string): string => {
    const pseudo = PSEUDO[id];
    if (pseudo !== undefined) return pseudo;
    const type = template.Resources[id]?.Type;
    if (type === 'AWS::S3::Bucket') return nameIn(id, 'BucketName');
    return arnOf(id);
  };
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const { Ref: ref, 'Fn::Sub': sub, 'Fn::GetAtt': attribute } = value as Record<string, unknown>;
    if (typeof ref === 'string') return refOf(ref);
    if (typeof sub === 'string') {
      return sub.replace(/\$\{([\w:]+)\}/g, (_, name: string) => refOf(name));
    }
    if (Array.isArray(attribute)) return arnOf(String(attribute[0]));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item)]));
  };
  return resolve;
};

const propertiesOf = (template: Template, type: string): Record<string, unknown>[] =>
  ofType(template, type).map(([, { Properties }]) => Properties);

describe.each(ROLES)('role %s', (role) => {
  it('has the same functions with the same names, limits and environment', () => {
    const resolve = resolver(all[role], role);
    const compiled = ofType(all[role], 'AWS::Lambda::Function').map(([, { Properties: p }]) => {
      const zip = String(Reflect.get(Object(p['Code']), 'S3Key'));
      return {
        region: REGION,
        name: p['FunctionName'],
        codePath: `/bundles/${path.basename(zip, '.zip')}/handler.mjs`,
        handler: p['Handler'],
        timeoutS: p['Timeout'],
        memoryMb: p['MemorySize'],
        roleArn: resolve(p['Role']),
        environment: resolve(Reflect.get(Object(p['Environment']), 'Variables')),
      };
    });
    const byName = (a: { name: unknown }, b: { name: unknown }) =>
      String(a.name).localeCompare(String(b.name));
    expect([...registered[role]].sort(byName)).toEqual(compiled.sort(byName));
  });
});

describe('everything that runs by itself', () => {
  const settings = () => ({ endpoint: cloud.endpoint, region: REGION, credentials: CREDENTIALS });
  const inAll = (type: string) =>
    ROLES.flatMap((role) =>
      propertiesOf(all[role], type).map((p) => ({ p, resolve: resolver(all[role], role) })),
    );

  it('has the same machines, with every placeholder filled in', async () => {
    const sfn = new SFNClient(settings());
    const machines = inAll('AWS::StepFunctions::StateMachine');
    expect(machines.length).toBeGreaterThan(2);
    for (const { p, resolve } of machines) {
      const names = Object(resolve(p['DefinitionSubstitutions']));
      const compiled = JSON.stringify(p['Definition']).replace(
        /\$\{(\w+)\}/g,
        (whole, name: string) => names[name] ?? whole,
      );
      const name = String(p['StateMachineName']);
      const stateMachineArn = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`;
      const machine = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
      expect(JSON.parse(machine.definition ?? ''), name).toEqual(JSON.parse(compiled));
      expect(compiled).not.toMatch(/\$\{/);
      expect(machine.type).toBe(p['StateMachineType']);
    }
    sfn.destroy();
  });

  it('has the same schedules', async () => {
    const scheduler = new SchedulerClient(settings());
    const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({}));
    scheduler.destroy();
    const declared = inAll('AWS::Scheduler::Schedule');
    expect(Schedules.map(({ Name }) => Name).sort()).toEqual(
      declared.map(({ p }) => p['Name']).sort(),
    );
    for (const { p, resolve } of declared) {
      expect(Schedules.find(({ Name }) => Name === p['Name'])).toMatchObject({
        State: p['State'],
        Target: { Arn: Reflect.get(Object(resolve(p['Target'])), 'Arn') },
      });
    }
  });

  it('has the same rules', async () => {
    const events = new EventBridgeClient(settings());
    const { Rules = [] } = await events.send(new ListRulesCommand({}));
    events.destroy();
    const declared = inAll('AWS::Events::Rule');
    expect(declared.length).toBeGreaterThan(2);
    expect(Rules.map(({ Name }) => Name).sort()).toEqual(declared.map(({ p }) => p['Name']).sort());
    for (const { p } of declared) {
      const found = Rules.find(({ Name }) => Name === p['Name']);
      expect(JSON.parse(found?.EventPattern ?? '')).toEqual(p['EventPattern']);
    }
  });
});

describe('what the embedded cloud does not run', () => {
  it('is named, with nothing on the lists that no template asks for', () => {
    const used = ROLES.flatMap((role) => Object.values(all[role].Resources));
    const idleTypes = Object.keys(TYPES_LEFT_OUT).filter(
      (type) => !used.some(({ Type }) => Type === type),
    );
    expect(idleTypes).toEqual([]);
    const idle = Object.entries(PROPERTIES_LEFT_OUT).flatMap(([type, ways]) =>
      Object.keys(ways).filter((way) => {
        const last = `"${way.split('.').at(-1)}":`;
        return !used.some(
          ({ Type, Properties }) => Type === type && JSON.stringify(Properties).includes(last),
        );
      }),
    );
    expect(idle).toEqual([]);
  });

  it('is listed in the document', () => {
    const document = readFileSync(path.join(PROJECT_FOLDER, 'docs/embedded-cloud.md'), 'utf8');
    const listed = [...document.matchAll(/^\| `(AWS::[\w:]+)`(?: `([\w.]+)`)? \| (.*?) \|$/gm)].map(
      ([, type = '', property, why]) => [type, property, why],
    );
    const types = Object.entries(TYPES_LEFT_OUT).map(([type, why]) => [type, undefined, why]);
    const properties = Object.entries(PROPERTIES_LEFT_OUT).flatMap(([type, ways]) =>
      Object.entries(ways).map(([property, why]) => [type, property, why]),
    );
    expect(listed).toEqual([...types, ...properties]);
  });
});
