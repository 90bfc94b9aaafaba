// Goal: the listener of the primary is closed only where the configuration names it, with rights on it and no other; one
// that cannot be closed is told of before anything is changed.
// Method: a configuration in a folder of its own, the templates as they are, an SDK client whose answers are made up.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { BatchGetItemCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  ListenerNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, describe, expect, it } from 'vitest';
import { destroy } from '../../../cli/commands/destroy.ts';
import { lintOf } from '../../../cli/commands/lint.ts';
import { loadConfig } from '../../../cli/config/load.ts';
import { lookAtClosedListener, lookAtListener } from '../../../cli/deploy/listener.ts';
import { openAws } from '../../../cli/deploy/look.ts';
import { targetFacts } from '../../../cli/deploy/service.ts';
import { readSetup, stacksOf } from '../../../cli/deploy/setup.ts';
import { EXIT } from '../../../cli/failure.ts';
import { grantsOf } from '../../../core/lint/grants.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { keptOutput } from '../../support/keptOutput.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const ACCOUNT = '111122223333';
const LISTENER = `arn:aws:elasticloadbalancing:eu-west-1:${ACCOUNT}:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2`;
const CONFIG = `service: shop
record: shop.example.com
dns: { zone: example.com }
regions:
  primary: { name: eu-west-1, endpoint: "https://a.example.net/", fence: { listener: "${LISTENER}" } }
  standby: { name: eu-central-1, endpoint: "https://b.example.net/" }
  witness: eu-north-1
observers: [eu-north-1, us-east-2, ap-northeast-1]
`;

const folder = mkdtempSync(path.join(tmpdir(), 'failover-fence-'));
const file = path.join(folder, 'failover.yml');
const setupWith = (text = CONFIG) => {
  writeFileSync(file, text);
  return readSetup(file, 'prod');
};
const elb = mockedClient(ElasticLoadBalancingV2Client);
const sts = mockedClient(STSClient);
const cloudFormation = mockedClient(CloudFormationClient);
const dynamodb = mockedClient(DynamoDBClient);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const UNFENCED = CONFIG.replace(/, fence: \{[^}]*\}/, '');
const onRules = (text?: string): string[] =>
  stacksOf(setupWith(text), ACCOUNT)
    .flatMap(grantsOf)
    .filter(({ action }) => /^elasticloadbalancing:(?:Create|Delete)Rule$/.test(action))
    .map(({ role, action, resource }) => `${role} ${action.split(':')[1]} ${resource}`);

describe('a listener that is named', () => {
  const RULES = `${LISTENER.replace(':listener/', ':listener-rule/')}/*`;

  it('may be closed and opened, and no other', () => {
    expect(onRules()).toEqual([
      `FenceRole CreateRule ${LISTENER}`,
      `FenceRole DeleteRule ${RULES}`,
      `FinishRole DeleteRule ${RULES}`,
    ]);
    for (const line of onRules(UNFENCED)) {
      expect(line).toMatch(/:000000000000:listener(?:-rule)?\/app\/none\//);
    }
  });

  it('is what a failover closes, and passes the lint', async () => {
    const setup = setupWith();
    expect(await targetFacts(setup, 'eu-west-1')).toEqual({ listener: LISTENER });
    expect(await targetFacts(setup, 'eu-central-1')).toEqual({});
    const rules = lintOf(loadConfig(file), PROJECT_FOLDER).findings.map(({ rule }) => rule);
    expect(rules).toEqual(['one-controller']);
  });

  it.each([
    [
      'of the standby, which must not need an API call to let clients in',
      CONFIG.replace('"https://b.example.net/"', `$&, fence: { listener: "${LISTENER}" }`),
      'unknown key "fence" in regions.standby',
    ],
    [
      'of another region',
      CONFIG.replaceAll('eu-west-1:111', 'eu-west-2:111'),
      'the listener is one of another region',
    ],
    [
      'of a network load balancer, which has no rules',
      CONFIG.replace('listener/app/', 'listener/net/'),
      'expected the ARN of a listener of an Application Load Balancer',
    ],
    [
      'with an endpoint of the very name that is closed',
      CONFIG.replace('https://a.example.net/', 'https://shop.example.com/'),
      'a fence keeps out whoever asks for shop.example.com, observers too',
    ],
    [
      'with a record that a rule of a listener cannot hold',
      CONFIG.replace('record: ', `record: ${'shop.'.repeat(24)}`),
      'takes names of 128 characters at most, and record has 136',
    ],
    [
      'without an endpoint',
      CONFIG.replace('endpoint: "https://a.example.net/", ', ''),
      'only that of a service which runs already is closed',
    ],
  ])('is refused: %s', (_what, text, message) => {
    expect(() => setupWith(text)).toThrow(message);
  });
});

describe('the look before a deployment', () => {
  const said = async (text?: string): Promise<string[]> =>
    (await lookAtListener(setupWith(text))).map(
      ({ check, severity, what }) => `${check} ${severity}: ${what}`,
    );
  const rule = (Priority: string, MessageBody = '') => ({
    ...{ RuleArn: `arn:${Priority}`, Priority },
    Actions: [
      { Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '503', MessageBody } },
    ],
  });
  const failing = (name: string, message: string) => Object.assign(new Error(message), { name });

  it('says nothing of one that can be closed, or is', async () => {
    elb.on(DescribeRulesCommand).resolves({ Rules: [rule('2'), rule('default')] });
    expect(await said()).toEqual([]);
    const ours = rule('1', 'failover-drill: shop is served from another region');
    elb.on(DescribeRulesCommand).resolves({ Rules: [ours] });
    expect(await said()).toEqual([]);
    elb.reset();
    expect(await said(UNFENCED)).toEqual([]);
    expect(elb.calls()).toEqual([]);
  });

  it('keeps a deployment there as long as one is closed that it alone would open', async () => {
    const closed = async () => (await lookAtClosedListener(setupWith())).map(({ check }) => check);
    const ours = rule('1', 'failover-drill: shop is served from another region');
    elb.on(DescribeRulesCommand).resolves({ Rules: [ours, rule('default')] });
    expect(await closed()).toEqual(['fence-listener-closed']);
    const another = rule('1', 'failover-drill: cart is served from another region');
    elb.on(DescribeRulesCommand).resolves({ Rules: [another, rule('default')] });
    expect(await closed()).toEqual([]);
    elb
      .on(DescribeRulesCommand)
      .rejects(new ListenerNotFoundException({ message: 'gone', $metadata: {} }));
    expect(await closed()).toEqual([]);
    elb.on(DescribeRulesCommand).rejects(failing('AccessDeniedException', 'not authorized'));
    expect(await closed()).toEqual(['permission-missing']);
  });

  it('refuses to take that deployment away, and touches nothing', async () => {
    const ours = rule('1', 'failover-drill: shop is served from another region');
    elb.on(DescribeRulesCommand).resolves({ Rules: [ours] });
    sts.on(GetCallerIdentityCommand).resolves({ Account: ACCOUNT, Arn: 'arn:caller' });
    cloudFormation
      .on(DescribeStacksCommand)
      .rejects(failing('ValidationError', 'Stack x does not exist'));
    dynamodb.on(BatchGetItemCommand).resolves({}).on(GetItemCommand).resolves({});
    const aws = openAws();
    const { output, kept } = keptOutput();
    const options = { config: file, stage: 'prod', destroy: true, yes: true };
    const signal = new AbortController().signal;
    expect(await destroy(aws, setupWith(), options, output, signal)).toBe(EXIT.input);
    aws.close();
    const findings = [{ check: 'fence-listener-closed' }];
    expect(kept.result).toMatchObject({ outcome: 'blocked', findings });
    expect(cloudFormation.commandCalls(DeleteStackCommand)).toEqual([]);
  });

  it('stops at one that is not there, has no place for it, or cannot be seen', async () => {
    elb.on(DescribeRulesCommand).resolves({ Rules: [rule('1'), rule('default')] });
    expect(await said()).toEqual([
      `fence-listener-taken stop: the listener ${LISTENER} has a rule of priority 1, where the fence would stand`,
    ]);
    const gone = new ListenerNotFoundException({ message: 'gone', $metadata: {} });
    elb.on(DescribeRulesCommand).rejects(gone);
    expect(await said()).toEqual([`fence-listener-missing stop: there is no listener ${LISTENER}`]);
    elb.on(DescribeRulesCommand).rejects(failing('AccessDeniedException', 'not authorized'));
    expect((await said())[0]).toContain(`permission-missing stop: the listener ${LISTENER}`);
    elb.on(DescribeRulesCommand).rejects(failing('InternalFailure', 'try later'));
    expect((await said())[0]).toContain(`not-answered stop: the listener ${LISTENER}`);
  });
});
