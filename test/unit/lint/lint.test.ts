// Goal: a set-up that would fail on the bad day is named before it is deployed, with file and line.
// Method: the project's own templates and machines, whole and with one thing broken at a time.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates speak in such placeholders
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lint, lintOf } from '../../../cli/commands/lint.ts';
import { loadConfig } from '../../../cli/config/load.ts';
import { EXIT } from '../../../cli/failure.ts';
import { readStacks } from '../../../cli/lint/read.ts';
import { placesOf, stackParams } from '../../../cli/lint/setup.ts';
import { FLIP_PATH_EXCEPTIONS, flipPathRoles } from '../../../core/lint/flipPath.ts';
import { grantsOf } from '../../../core/lint/grants.ts';
import { LINT_RULES } from '../../../core/lint/rules.ts';
import { WILDCARDS } from '../../../core/lint/wildcards.ts';
import { LintOutput } from '../../../events/lintOutput.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { MACHINE_FILES, readMachine } from '../../asl/machines.ts';
import { copyProject, type ProjectCopy } from '../../support/brokenProject.ts';
import { keptOutput } from '../../support/keptOutput.ts';

const CONFIG = `service: shop
record: shop.example.test
regions: { primary: eu-west-1, standby: eu-central-1, witness: eu-west-3 }
observers: [eu-west-2, us-east-2, ap-northeast-1]
image: { matrix: { target: [slim] }, reference: slim }
probes: [{ kind: http }, { kind: database, table: products }]
`;

let folder = '';
let copy: ProjectCopy;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'failover-lint-config-'));
  copy = copyProject();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  copy.remove();
});

const loaded = (config: string) => {
  const file = path.join(folder, 'failover.yml');
  writeFileSync(file, config);
  return loadConfig(file);
};

const findingsOf = (config = CONFIG) => lintOf(loaded(config), copy.folder).findings;

/** Each rule with the line that is broken, and a text that the line named must hold. */
const TEMPLATES: [rule: string, file: string, from: string, to: string, line: string][] = [
  [
    'flip-needs-us-east-1',
    'resources/failover.yml',
    '- ${self:custom.editedRecord}',
    '- ${self:custom.record}',
    'Effect: Allow',
  ],
  [
    'flip-needs-primary',
    'resources/failover.yml',
    'ssm:${AWS::Region}:${AWS::AccountId}:parameter${self:custom.switchKeyParameter}',
    'ssm:eu-west-1:${AWS::AccountId}:parameter${self:custom.switchKeyParameter}',
    'Effect: Allow',
  ],
  [
    'flip-writes-iam',
    'resources/failover.yml',
    'Action: [route53:GetChange]',
    'Action: [iam:PutRolePolicy]',
    'Effect: Allow',
  ],
  [
    'flip-makes-checks',
    'resources/failover.yml',
    'Action: [route53:GetChange]',
    'Action: [route53:UpdateHealthCheck]',
    'Effect: Allow',
  ],
  [
    'wildcard-action',
    'resources/control.yml',
    '[dynamodb:Query]',
    "['dynamodb:*']",
    'Effect: Allow',
  ],
  [
    'wildcard-resource',
    'resources/control.yml',
    "Resource: !Sub '${Bucket.Arn}/config/*'",
    "Resource: !Sub '${Bucket.Arn}/*'",
    'Effect: Allow',
  ],
  [
    'wildcard-resource',
    'resources/heartbeat.yml',
    'ecs:cluster: !Sub',
    'aws:RequestedRegion: !Sub',
    'Effect: Allow',
  ],
  [
    'switch-expires',
    'resources/switch.yml',
    '      VersioningConfiguration: { Status: Enabled }',
    '      VersioningConfiguration: { Status: Enabled }\n      LifecycleConfiguration: { Rules: [] }',
    'LifecycleConfiguration',
  ],
  ['switch-expires', 'resources/switch.yml', 'DeletionPolicy: Retain', '', 'Properties'],
  ['switch-expires', 'resources/switch.yml', 'Status: Enabled', 'Status: Suspended', 'Properties'],
  [
    'check-disabled',
    'resources/switch.yml',
    '  SwitchPolicy:',
    `  Check:
    Type: AWS::Route53::HealthCheck
    Properties:
      HealthCheckConfig: { Type: HTTPS, FullyQualifiedDomainName: a.example.test, Disabled: true }
  SwitchPolicy:`,
    'HealthCheckConfig',
  ],
  [
    'check-redirected',
    'resources/switch.yml',
    '  SwitchPolicy:',
    `  Check:
    Type: AWS::Route53::HealthCheck
    Properties:
      HealthCheckConfig: { Type: HTTPS_STR_MATCH, SearchString: x, FullyQualifiedDomainName: b.s3.amazonaws.com }
  SwitchPolicy:`,
    'HealthCheckConfig',
  ],
  [
    'regions-swapped',
    'resources/switch.yml',
    '  SwitchPolicy:',
    `  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      Failover: PRIMARY
      HealthCheckId: x
      AliasTarget: { DNSName: shop.eu-central-1.elb.amazonaws.com }
  SwitchPolicy:`,
    'Properties',
  ],
  [
    'primary-unchecked',
    'resources/switch.yml',
    '  SwitchPolicy:',
    `  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      Failover: PRIMARY
      AliasTarget: { DNSName: shop.eu-west-1.elb.amazonaws.com }
  SwitchPolicy:`,
    'Failover',
  ],
  [
    'task-timeout',
    'statemachines/failover.asl.yaml',
    '    TimeoutSeconds: 20\n',
    '',
    'AcquireLease:',
  ],
  [
    'task-heartbeat',
    'statemachines/failover.asl.yaml',
    '    TimeoutSeconds: 20\n',
    '    TimeoutSeconds: 20\n    HeartbeatSeconds: 20\n',
    'HeartbeatSeconds',
  ],
  ['task-retry', 'statemachines/failover.asl.yaml', '    Retry: *lambdaRetry\n', '', 'Fence:'],
  [
    'task-retry',
    'statemachines/failover.asl.yaml',
    '          - TransientFailure\n',
    '',
    'AcquireLease:',
  ],
  ['task-catch', 'statemachines/failover.asl.yaml', '    Catch: *toFinish\n', '', 'Fence:'],
  [
    'task-function',
    'statemachines/failover.asl.yaml',
    '${FenceFunction}',
    '${FenseFunction}',
    'Fence:',
  ],
  [
    'task-name',
    'statemachines/failover.asl.yaml',
    '${FenceFunction}',
    '${VerifyFunction}',
    'Fence:',
  ],
  [
    'retry-bounds',
    'statemachines/failover.asl.yaml',
    '        MaxAttempts: 3\n',
    '',
    '- ErrorEquals:',
  ],
  [
    'retry-jitter',
    'statemachines/failover.asl.yaml',
    '        JitterStrategy: FULL\n',
    '',
    '- ErrorEquals:',
  ],
  [
    'retry-blind',
    'statemachines/failover.asl.yaml',
    '- Lambda.Unknown',
    '- States.TaskFailed',
    '- ErrorEquals:',
  ],
  [
    'error-name',
    'statemachines/failover.asl.yaml',
    '- Lambda.Unknown',
    '- LeaseLost',
    '- ErrorEquals:',
  ],
  [
    'error-name',
    'statemachines/failover.asl.yaml',
    '- Lambda.Unknown',
    '- NotifyFailed',
    '- ErrorEquals:',
  ],
  ['map-bounds', 'statemachines/drill.asl.yaml', '    MaxConcurrency: 4\n', '', 'BuildVariants:'],
  [
    'null-dropped',
    'statemachines/failover.asl.yaml',
    "failure: '{% null %}'",
    'failure: null',
    'failure: null',
  ],
];

const SETTINGS: [rule: string, from: string, to: string, line: string][] = [
  ['one-controller', 'witness: eu-west-3', 'witness: eu-north-1', 'witness:'],
  ['one-controller', 'record:', 'failover: { controllers: one }\nrecord:', 'controllers: one'],
  ['flip-by-record', 'record:', 'dns: { driver: record }\nrecord:', 'driver: record'],
  [
    'regions-swapped',
    'standby: eu-central-1',
    'standby: { name: eu-central-1, endpoint: "https://shop.eu-west-1.elb.amazonaws.com/" }',
    'standby:',
  ],
];

const stacksOf = (text: string) => {
  const { config } = loaded(text);
  return readStacks(copy.folder, placesOf(config), (place) => stackParams(config, place));
};

describe('the project as it is', () => {
  it('has no finding with driver quorum, and says what driver record rests on', () => {
    expect(findingsOf()).toEqual([]);
    const [only, ...more] = findingsOf(`dns: { driver: record }\n${CONFIG}`);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ rule: 'flip-by-record', severity: 'low', line: 1 });
    expect(only?.what).toContain('us-east-1');
  });

  it('reads every stack that the configuration asks for, none of the home in the primary', () => {
    const { stacks } = lintOf(loaded(CONFIG), copy.folder);
    const at = (role: string) =>
      stacks.filter((one) => one.role === role).map(({ region }) => region);
    expect(at('control')).toEqual(['eu-central-1']);
    // The lease of two controllers has its copies by its own template.
    expect(at('lease')).toEqual(['eu-central-1']);
    expect(at('failover')).toEqual(['eu-central-1', 'eu-west-3']);
    expect(at('serving')).toEqual(['eu-west-1', 'eu-central-1']);
    expect(at('watcher')).toEqual(['eu-west-2', 'us-east-2', 'ap-northeast-1']);
    expect(at('switch')).toHaveLength(3);
    expect(at('switch')).not.toContain('eu-west-1');
  });

  it('knows what a flip rests on: who starts it, its machine, and each function up to it', () => {
    const stack = stacksOf(CONFIG).find(({ role }) => role === 'failover');
    const machines = MACHINE_FILES.map((file) => ({ file, definition: readMachine(file) }));
    expect(stack && flipPathRoles(stack, machines).sort().join(' ')).toBe(
      'AcquireLeaseRole EvaluateRole FailoverRole FenceRole FlipRole ScaleStandbyRole',
    );
  });

  it('uses every exception that the rules make', () => {
    const attached = 'probes: { eu-west-3: { subnets: [subnet-1], securityGroups: [sg-1] } }';
    const grants = stacksOf(`${CONFIG}aws: { ${attached} }\n`).flatMap(grantsOf);
    expect(grants.length).toBeGreaterThan(100);
    const unused = WILDCARDS.filter(
      (one) =>
        !grants.some(
          ({ action, resource }) => one.action.test(action) && one.resource.test(resource),
        ),
    );
    expect(unused.map(({ action }) => String(action))).toEqual([]);
    const idle = FLIP_PATH_EXCEPTIONS.filter(
      (one) => !grants.some(({ role, action }) => role === one.role && one.action.test(action)),
    );
    expect(idle).toEqual([]);
  });
});

describe('what is broken', () => {
  it.each(TEMPLATES)('%s: %s', (rule, file, from, to, text) => {
    copy.breakFile(file, from, to);
    const found = findingsOf().filter((one) => one.rule === rule);
    expect(found.map((one) => path.relative(copy.folder, one.file))).toContain(file);
    const lines = readFileSync(path.join(copy.folder, file), 'utf8').split('\n');
    expect(lines[(found[0]?.line ?? 0) - 1]).toContain(text);
  });

  it.each(SETTINGS)('%s by a setting', (rule, from, to, text) => {
    const config = CONFIG.replace(from, to);
    const found = findingsOf(config).filter((one) => one.rule === rule);
    expect(found).toHaveLength(1);
    expect(config.split('\n')[(found[0]?.line ?? 0) - 1]).toContain(text);
  });

  it('residency: a table, a bucket, a log and an image outside are each named', () => {
    copy.breakFile(
      'resources/watcher.yml',
      'Resources:\n',
      `Resources:
  Copies:
    Type: AWS::DynamoDB::GlobalTable
    Properties: { Replicas: [{ Region: eu-central-1 }, { Region: us-west-2 }] }
`,
    );
    const elsewhere = CONFIG.replace('witness: eu-west-3', 'witness: eu-north-1');
    const outside = findingsOf(
      `${elsewhere}residency: { data: [EU], logs: [DE], images: [EU, SE] }\n`,
    );
    const low = outside.filter(({ rule }) => rule === 'residency-of-lookers');
    // The vantages and observers outside Germany, and the copy in Oregon.
    expect(low.map(({ what }) => what).join('\n')).toMatch(/us-west-2.*residency\.data \[EU\]/);
    expect(low.every(({ severity }) => severity === 'low')).toBe(true);
    expect(outside.filter(({ rule }) => rule === 'residency').map(({ what }) => what)).toEqual([
      expect.stringContaining('BeatLambdaFunction of heartbeat keeps logs in eu-west-1'),
      expect.stringContaining('Log of service keeps logs in eu-west-1'),
      expect.stringContaining('TaskLog of serving keeps logs in eu-west-1'),
    ]);
  });

  it('every rule is shown to fire here, or where it is named', () => {
    const shown = [...TEMPLATES, ...SETTINGS].map(([rule]) => rule);
    const operations = ['dead-letters', 'alarms', 'log-retention', 'encryption', 'tracing', 'tags'];
    const elsewhere = ['residency', 'residency-of-lookers', 'switch-in-primary', ...operations];
    expect([...new Set([...shown, ...elsewhere])].sort()).toEqual(Object.keys(LINT_RULES).sort());
  });

  it('every rule is told of in the document, with its severity', () => {
    const told = readFileSync(path.join(PROJECT_FOLDER, 'docs/lint.md'), 'utf8');
    const rows = [...told.matchAll(/^\| `([\w-]+)` \| (low|medium|high) \|/gm)];
    expect(rows.map(([, rule, severity]) => [rule, severity])).toEqual(
      Object.entries(LINT_RULES).map(([rule, { severity }]) => [rule, severity]),
    );
  });

  it('a variable that nobody fills in is named, without a stack trace', () => {
    copy.breakFile('resources/switch.yml', '${self:custom.service}', '${self:custom.servise}');
    expect(() => findingsOf()).toThrow('${self:custom.servise} has no value');
  });
});

describe('failover lint', () => {
  const run = (config: string, more: object = {}) => {
    const { output, kept } = keptOutput();
    const { file } = loaded(config);
    const code = lint({ config: file, ...more }, output);
    return { code, ...kept };
  };
  const BY_RECORD = `dns: { driver: record }\n${CONFIG}`;

  it('ends with 0, or with 3 from the severity that was asked for on', () => {
    expect(run(CONFIG)).toMatchObject({
      code: EXIT.ok,
      text: expect.stringContaining('nothing found'),
    });
    expect(run(BY_RECORD).code).toBe(EXIT.ok);
    expect(run(BY_RECORD, { failOn: 'low' }).code).toBe(EXIT.marked);
  });

  it('prints what its schema says, and SARIF with the same rules and lines', () => {
    const sarif = path.join(folder, 'lint.sarif');
    const { result } = run(BY_RECORD, { sarif });
    const output = LintOutput.parse(result);
    expect(output.machines).toEqual(MACHINE_FILES);
    const log = JSON.parse(readFileSync(sarif, 'utf8')).runs[0];
    expect(log.tool.driver.rules).toHaveLength(Object.keys(LINT_RULES).length);
    expect(log.results[0]).toMatchObject({ ruleId: 'flip-by-record', level: 'note' });
    expect(log.results[0].locations[0].physicalLocation.region.startLine).toBe(1);
  });
});
