// Goal: what an operator would miss afterwards is named before: failures, silence, logs, traces, tags.
// Method: the project's own stacks, whole and with one thing broken at a time.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates speak in such placeholders
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Found, Stack } from '../../../core/lint/model.ts';
import { operationFaults, UNTRACED } from '../../../core/lint/operations.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { readStack } from '../../../local/stack/stackModel.ts';
import { ROLES } from '../../package/templates.ts';
import { copyProject, type ProjectCopy } from '../../support/brokenProject.ts';

let copy: ProjectCopy;
beforeEach(() => {
  copy = copyProject();
});
afterEach(() => copy.remove());

const stackIn = (folder: string, role: string, more: { stage?: string; service?: string } = {}) =>
  readStack({
    ...{ folder, role, region: 'eu-central-1', accountId: '000000000000' },
    params: { service: more.service ?? 'shop' },
    ...(more.stage === undefined ? {} : { stage: more.stage }),
  });

const faults = (roles: readonly string[] = ROLES): Found[] =>
  roles.flatMap((role) => operationFaults(stackIn(copy.folder, role)));

const DEAD = '        DeadLetterConfig: { Arn: !GetAtt DeadLetters.Arn }\n';
const MAY_SEND = `              - Effect: Allow
                Action: [sqs:SendMessage]
                Resource: !GetAtt DeadLetters.Arn
`;

/** Rule, file, what is broken by what, and a part of what is said. */
const BROKEN: string[][] = [
  ['dead-letters', 'resources/control.yml', DEAD, '', 'DrillSchedule drops'],
  ['dead-letters', 'resources/failover.yml', `  ${DEAD}`, '', 'VoteRule drops'],
  [
    ...['dead-letters', 'resources/failover.yml'],
    ...['                  - !GetAtt VoteRule.Arn\n', '', 'VoteRule may not write'],
  ],
  [
    ...['dead-letters', 'resources/heartbeat.yml'],
    ...['FunctionName: !Ref BeatLambdaFunction', 'FunctionName: other', 'BeatLambdaFunction drops'],
  ],
  ['dead-letters', 'resources/control.yml', MAY_SEND, '', 'DrillSchedule may not write'],
  [
    ...['alarms', 'resources/failover.yml', 'ExecutionsTimedOut', 'ExecutionsStarted'],
    'FailoverMachine has no alarm for ExecutionsTimedOut',
  ],
  [
    ...['alarms', 'resources/watcher.yml', 'TreatMissingData: breaching', ''],
    'ObserveLambdaFunction runs by a schedule',
  ],
  [
    ...['alarms', 'resources/failover.yml', '!GetAtt DeadLetters.QueueName', 'other'],
    'PrepareLambdaFunction runs by a schedule',
  ],
  [
    ...['alarms', 'resources/observer.yml', '!GetAtt DeadLetters.QueueName', 'other'],
    'DeadLetters takes what fails on every try, and no alarm looks at it',
  ],
  [
    ...['log-retention', 'resources/control.yml'],
    ...['      RetentionInDays: ${self:custom.logRetentionInDays}\n', '', 'BuildLog keeps'],
  ],
  [
    ...['log-retention', 'resources/control.yml', 'GroupName: !Ref BuildLog', 'GroupName: other'],
    'BuildProject writes',
  ],
  [
    ...[
      'log-retention',
      'resources/failover.yml',
      'GetAtt FailoverLog.Arn',
      'GetAtt FailoverRole.Arn',
    ],
    'FailoverMachine writes no log',
  ],
  [
    ...['log-retention', 'resources/rehearsal.yml'],
    ...[
      'IncludeExecutionData: false',
      'IncludeExecutionData: true',
      'RehearsalMachine writes what',
    ],
  ],
  ['encryption', 'resources/switch.yml', 'BucketEncryption', 'Encryption', 'SwitchBucket'],
  [
    ...[
      'encryption',
      'resources/watcher.yml',
      'SqsManagedSseEnabled: true',
      'VisibilityTimeout: 1',
    ],
    'DeadLetters does not say',
  ],
  [
    ...['tracing', 'resources/failover.yml', '      TracingConfiguration: { Enabled: true }\n', ''],
    'FailoverMachine leaves no traces',
  ],
  [
    ...['tracing', 'resources/observer.functions.yml', 'tracing: Active', 'tracing: PassThrough'],
    'ProbeLambdaFunction leaves no traces',
  ],
  [
    ...['tracing', 'resources/observer.yml'],
    ...['${self:custom.attachedRights.${self:custom.attachment}}', '[xray:PutTelemetryRecords]'],
    'ProbeLambdaFunction may not write',
  ],
  ['tags', 'serverless.yml', '    stage: ${sls:stage}\n', '', 'has the tags stage'],
];

describe('operations', () => {
  it('the project has no finding in any role, and excepts from tracing what runs all day', () => {
    expect(faults()).toEqual([]);
    const untraced = ROLES.flatMap((role) =>
      Object.values(stackIn(PROJECT_FOLDER, role).resources).flatMap(({ properties }) =>
        properties['Tracing'] === 'PassThrough' ? [String(properties['Folder'])] : [],
      ),
    );
    expect(untraced.sort()).toEqual(UNTRACED);
  });

  it.each(BROKEN)('%s: %s', (rule, file = '', from = '', to = '', said = '') => {
    copy.breakFile(file, from, to);
    const role = /resources\/(\w+)/.exec(file)?.[1] ?? 'switch';
    const found = faults([role]).filter((one) => one.rule === rule);
    expect(found.map(({ what }) => what).join('\n')).toContain(said);
    const [start = ''] = file.split('.');
    expect(found.filter((one) => one.file.startsWith(start)).length).toBeGreaterThan(0);
  });

  it('of every function of a watch some alarm hears: its own, that of its queue, or that of the machine that it ends', () => {
    for (const role of ['failover', 'watcher', 'heartbeat']) {
      const all = Object.values(stackIn(PROJECT_FOLDER, role).resources);
      const textOf = (type: string): string[] =>
        all.flatMap((one) => (one.type === type ? [JSON.stringify(one.properties)] : []));
      const alarms = textOf('AWS::CloudWatch::Alarm').join('\n');
      const heard = all.flatMap(({ type, properties }) => {
        const isWatched = alarms.includes(JSON.stringify(properties['Arn']));
        return type === 'AWS::StepFunctions::StateMachine' && isWatched
          ? [JSON.stringify(properties)]
          : [];
      });
      const queues = textOf('AWS::Lambda::EventInvokeConfig');
      const unheard = all.flatMap(({ type, properties }) => {
        if (type !== 'AWS::Lambda::Function') return [];
        const [name, arn] = [properties['FunctionName'], properties['Arn']].map((one) =>
          JSON.stringify(one),
        );
        const isHeard =
          [alarms, ...queues].some((text) => text.includes(name ?? '')) ||
          heard.some((text) => text.includes(arn ?? ''));
        return isHeard ? [] : [name];
      });
      expect(unheard).toEqual([]);
    }
  });

  it('an alarm of the pipeline is never taken for a suspicion against a service', () => {
    const names = ROLES.flatMap((role) =>
      Object.values(stackIn(PROJECT_FOLDER, role).resources).flatMap(({ type, properties }) =>
        type === 'AWS::CloudWatch::Alarm' ? [String(properties['AlarmName'])] : [],
      ),
    );
    expect(names.length).toBeGreaterThan(8);
    // Services begin with a lower-case letter, and so does the prefix of alarms that are suspicions.
    for (const name of names) expect(name).toMatch(/^FailoverDrill-shop-/);
  });
});

/** Names that must be one's own in an account, of all resources of a service. */
const namesOf = (stacks: readonly Stack[]): string[] =>
  stacks.flatMap(({ region, resources }) =>
    Object.values(resources).flatMap(({ type, properties }) =>
      Object.entries(properties).flatMap(([key, value]) =>
        /^(?!.*Lambda::EventInvokeConfig|.*Lambda::Permission)/.test(type) &&
        /(?<!Metric)Name$/.test(key)
          ? [`${type} ${region} ${String(value)}`]
          : [],
      ),
    ),
  );

describe('a second service, and a stage beside production', () => {
  it('share no name with the first', () => {
    const all = [{}, { stage: 'staging' }, { service: 'cart' }].map((more) =>
      namesOf(ROLES.map((role) => stackIn(PROJECT_FOLDER, role, more))),
    );
    expect(all[0]?.length).toBeGreaterThan(60);
    const flat = all.flat();
    expect(flat.filter((name, n) => flat.indexOf(name) !== n)).toEqual([]);
  });

  it('are out of reach of what the policies of the first allow', () => {
    const patterns = ROLES.flatMap((role) =>
      JSON.stringify(stackIn(PROJECT_FOLDER, role).resources).match(/failover-drill-shop-?\*/g),
    ).flatMap((one) => one ?? []);
    expect(patterns.length).toBeGreaterThan(0);
    const staged = stackIn(PROJECT_FOLDER, 'failover', { stage: 'staging' });
    expect(JSON.stringify(staged)).not.toMatch(/failover-drill-shop/);
    expect(staged.tags).toEqual({
      ...{ project: 'failover-drill', service: 'staging-shop', stage: 'staging' },
    });
  });
});
