// Goal: rules, targets and events behave through the real client as they do on AWS, and no accepted
// event is lost. Method: the SDK client over the wire, a far end that notes calls, restarts on one folder.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery } from '../../local/delivery/deliveries.ts';
import { createEventBridge, type EventBridge } from '../../local/eventbridge/service.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { awsNamed, recordingGateway } from '../support/gateway.ts';
import { manualClock } from '../support/manualClock.ts';
import { startTestServer } from '../support/wireServer.ts';

const MACHINE = 'arn:aws:states:eu-west-1:000000000000:stateMachine:failover';
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:notify';
const NOW = Date.parse('2026-11-20T10:00:30Z');

let dataDir: string;
let time: ReturnType<typeof manualClock>;
let far: ReturnType<typeof recordingGateway>;
let failures: Error[];
let dropped: { delivery: Delivery; error: unknown }[];
let service: EventBridge;
let wire: WireServer;
let client: sdk.EventBridgeClient;

const start = async () => {
  service = await createEventBridge({
    dataDir,
    clock: time.clock,
    random: Math.random,
    gateway: far.gateway,
    onDropped: (delivery, error) => dropped.push({ delivery, error }),
  });
  wire = await startTestServer({ services: [serviceFromSdk(sdk, 'events', service.operations)] });
  client = new sdk.EventBridgeClient({
    region: 'eu-west-1',
    endpoint: wire.url,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
  });
};
const stop = async () => {
  client.destroy();
  await wire.close();
  await service.close();
};

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'events-'));
  time = manualClock(NOW);
  failures = [];
  dropped = [];
  far = recordingGateway(failures);
  await start();
});
afterEach(async () => {
  await stop();
  rmSync(dataDir, { recursive: true });
});

const putRule = (rule: Partial<sdk.PutRuleRequest>) =>
  client.send(new sdk.PutRuleCommand({ Name: 'down', ...rule }));
const putTargets = (...Targets: sdk.Target[]) =>
  client.send(new sdk.PutTargetsCommand({ Rule: 'down', Targets }));
const verdict = (state: string): sdk.PutEventsRequestEntry => ({
  Source: 'drill.health',
  DetailType: 'RegionVerdict',
  Detail: JSON.stringify({ state }),
});
const putEvents = (...Entries: sdk.PutEventsRequestEntry[]) =>
  client.send(new sdk.PutEventsCommand({ Entries }));
const DOWN = JSON.stringify({ source: ['drill.health'], detail: { state: ['DOWN'] } });

describe('an event', () => {
  it('reaches every target of the rules it matches', async () => {
    expect((await putRule({ EventPattern: DOWN })).RuleArn).toBe(
      'arn:aws:events:eu-west-1:000000000000:rule/down',
    );
    const answer = await putTargets(
      { Id: 'sfn', Arn: MACHINE, InputPath: '$.detail' },
      {
        Id: 'fn',
        Arn: FUNCTION,
        InputTransformer: { InputPathsMap: { s: '$.detail.state' }, InputTemplate: '{"is":<s>}' },
      },
    );
    expect(answer.FailedEntryCount).toBe(0);
    const sent = await putEvents(verdict('DOWN'), verdict('UP'));
    expect(sent).toMatchObject({ FailedEntryCount: 0, Entries: [{}, {}] });
    const [started, invoked] = await far.untilCalls(2);
    const [eventId] = sent.Entries!.map(({ EventId }) => EventId);
    expect(started).toMatchObject({
      service: 'sfn',
      action: 'StartExecution',
      region: 'eu-west-1',
    });
    expect(started?.input).toEqual({
      stateMachineArn: MACHINE,
      name: expect.stringMatching(`^${eventId}_`),
      input: '{"state":"DOWN"}',
    });
    expect(invoked).toMatchObject({
      service: 'lambda',
      action: 'Invoke',
      input: { FunctionName: FUNCTION, InvocationType: 'Event' },
    });
    const { Payload } = invoked!.input as { Payload: Uint8Array };
    expect(JSON.parse(Buffer.from(Payload).toString())).toEqual({ is: 'DOWN' });
    await time.settle();
    expect(far.calls).toHaveLength(2);
  });

  it('carries the envelope of EventBridge', async () => {
    await putRule({ EventPattern: DOWN });
    await putTargets({ Id: 'sfn', Arn: MACHINE });
    await putEvents({ ...verdict('DOWN'), Resources: ['arn:r'] });
    const [call] = await far.untilCalls(1);
    expect(JSON.parse((call!.input as { input: string }).input)).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'RegionVerdict',
      source: 'drill.health',
      account: '000000000000',
      time: '2026-11-20T10:00:30Z',
      region: 'eu-west-1',
      resources: ['arn:r'],
      detail: { state: 'DOWN' },
    });
  });

  it('goes through another bus, and not round for ever', async () => {
    const { EventBusArn } = await client.send(new sdk.CreateEventBusCommand({ Name: 'control' }));
    const homeArn = EventBusArn!.replace('control', 'default');
    await putRule({ EventPattern: DOWN });
    await putTargets({ Id: 'bus', Arn: EventBusArn });
    const onBus = { Rule: 'forward', EventBusName: 'control' };
    await putRule({ Name: 'forward', EventBusName: 'control', EventPattern: DOWN });
    await client.send(
      new sdk.PutTargetsCommand({
        ...onBus,
        Targets: [
          { Id: 'sfn', Arn: MACHINE },
          { Id: 'home', Arn: homeArn },
        ],
      }),
    );
    await putEvents(verdict('DOWN'));
    await far.untilCalls(3);
    await time.settle();
    expect(far.calls).toHaveLength(3);
  });

  it('is refused alone when it is wrong', async () => {
    await putRule({ EventPattern: DOWN });
    await putTargets({ Id: 'sfn', Arn: MACHINE });
    const answer = await putEvents(
      verdict('DOWN'),
      { ...verdict('DOWN'), Source: '' },
      { ...verdict('DOWN'), Detail: '[1]' },
      { ...verdict('DOWN'), Source: 'aws.ec2' },
      { ...verdict('DOWN'), EventBusName: 'none' },
    );
    expect(answer.FailedEntryCount).toBe(4);
    expect(answer.Entries!.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'InvalidArgument',
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      'ResourceNotFoundException',
    ]);
    await far.untilCalls(1);
    await expect(putEvents(...Array(11).fill(verdict('DOWN')))).rejects.toThrow("at 'entries'");
    const big = { ...verdict('DOWN'), Detail: JSON.stringify({ x: 'y'.repeat(262_144) }) };
    await expect(putEvents(big)).rejects.toThrow('Total size of the entries');
  });

  it('of an AWS service comes in through emit', async () => {
    await putRule({ EventPattern: '{"source":["aws.states"]}' });
    await putTargets({ Id: 'fn', Arn: FUNCTION });
    await service.emit('eu-west-1', { source: 'aws.states', detailType: 'S', detail: {} });
    await service.emit('us-east-1', { source: 'aws.states', detailType: 'S', detail: {} });
    await far.untilCalls(1);
    await time.settle();
    expect(far.calls).toHaveLength(1);
  });
});

describe('delivery', () => {
  beforeEach(async () => {
    await putRule({ EventPattern: DOWN });
    await putTargets({ Id: 'sfn', Arn: MACHINE });
  });

  it('is tried again after a passing failure', async () => {
    failures.push(awsNamed('ThrottlingException'), awsNamed('TimeoutError'));
    await putEvents(verdict('DOWN'));
    await far.untilCalls(1);
    await time.advance(5_000);
    await far.untilCalls(3);
    await time.advance(120_000);
    expect(far.calls).toHaveLength(3);
    const names = far.calls.map(({ input }) => (input as { name: string }).name);
    expect(new Set(names).size).toBe(1);
    expect(dropped).toEqual([]);
  });

  it('counts an execution that is there already as made', async () => {
    failures.push(awsNamed('ExecutionAlreadyExists'));
    await putEvents(verdict('DOWN'));
    await far.untilCalls(1);
    await time.advance(120_000);
    expect(far.calls).toHaveLength(1);
    expect(dropped).toEqual([]);
  });

  it('is given up when it cannot succeed, or has been tried often enough', async () => {
    failures.push(awsNamed('StateMachineDoesNotExist'));
    await putEvents(verdict('DOWN'));
    await far.untilCalls(1);
    await time.advance(120_000);
    expect(far.calls).toHaveLength(1);
    expect(dropped).toMatchObject([{ error: { name: 'StateMachineDoesNotExist' } }]);
    expect(dropped[0]?.delivery.about).toContain('of rule down');

    await putTargets({ Id: 'sfn', Arn: MACHINE, RetryPolicy: { MaximumRetryAttempts: 1 } });
    failures.push(awsNamed('Oops'), awsNamed('Oops'), awsNamed('Oops'));
    await putEvents(verdict('DOWN'));
    await far.untilCalls(2);
    await time.advance(120_000);
    expect(far.calls).toHaveLength(3);
    expect(dropped).toHaveLength(2);
  });

  it('happens after a restart when the process ended before it was made', async () => {
    failures.push(...Array.from({ length: 50 }, () => awsNamed('ServiceUnavailable')));
    await putEvents(verdict('DOWN'));
    // A copy of the folder at this moment is what kill -9 would have left behind.
    const left = mkdtempSync(path.join(tmpdir(), 'events-'));
    cpSync(dataDir, left, { recursive: true });
    await stop();
    rmSync(dataDir, { recursive: true });
    dataDir = left;
    failures.length = 0;
    const before = far.calls.length;
    await start();
    const calls = await far.untilCalls(before + 1);
    expect(calls.at(-1)?.input).toEqual(calls[0]?.input);
    expect(await client.send(new sdk.DescribeRuleCommand({ Name: 'down' }))).toMatchObject({
      EventPattern: DOWN,
      State: 'ENABLED',
    });
  });
});

describe('rules', () => {
  it('on a schedule fire at their times, while enabled', async () => {
    await putRule({ ScheduleExpression: 'cron(0 3 * * ? *)' });
    await putTargets({ Id: 'sfn', Arn: MACHINE });
    await time.advance(24 * 3_600_000);
    const [call] = await far.untilCalls(1);
    expect(JSON.parse((call!.input as { input: string }).input)).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      time: '2026-11-21T03:00:00Z',
      resources: ['arn:aws:events:eu-west-1:000000000000:rule/down'],
      detail: {},
    });
    await client.send(new sdk.DisableRuleCommand({ Name: 'down' }));
    await time.advance(24 * 3_600_000);
    expect(far.calls).toHaveLength(1);
    await client.send(new sdk.EnableRuleCommand({ Name: 'down' }));
    await time.advance(24 * 3_600_000);
    expect(far.calls).toHaveLength(2);
  });

  it('are listed, changed and removed', async () => {
    await putRule({ EventPattern: DOWN, Description: 'a' });
    await putRule({ Name: 'up', EventPattern: DOWN, State: 'DISABLED' });
    await putTargets({ Id: 'a', Arn: FUNCTION }, { Id: 'b', Arn: MACHINE });
    const page = await client.send(new sdk.ListRulesCommand({ Limit: 1 }));
    expect(page).toMatchObject({ Rules: [{ Name: 'down', Description: 'a' }], NextToken: 'down' });
    const rest = await client.send(new sdk.ListRulesCommand({ NextToken: page.NextToken }));
    expect(rest.Rules).toMatchObject([{ Name: 'up', State: 'DISABLED' }]);
    const remove = () => client.send(new sdk.DeleteRuleCommand({ Name: 'down' }));
    await expect(remove()).rejects.toThrow("Rule can't be deleted since it has targets.");
    await client.send(new sdk.RemoveTargetsCommand({ Rule: 'down', Ids: ['a'] }));
    const targets = await client.send(new sdk.ListTargetsByRuleCommand({ Rule: 'down' }));
    expect(targets.Targets).toMatchObject([{ Id: 'b', Arn: MACHINE }]);
    await client.send(new sdk.RemoveTargetsCommand({ Rule: 'down', Ids: ['b'] }));
    await remove();
    await expect(client.send(new sdk.DescribeRuleCommand({ Name: 'down' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Rule down does not exist on EventBus default.',
    });
    const buses = await client.send(new sdk.ListEventBusesCommand({}));
    expect(buses.EventBuses).toMatchObject([{ Name: 'default' }]);
  });

  it.each<[Partial<sdk.PutRuleRequest>, string]>([
    [{}, 'EventPattern or ScheduleExpression must be specified'],
    [{ EventPattern: '{"a":"b"}' }, 'Event pattern is not valid. Reason: "a" must be'],
    [{ ScheduleExpression: 'rate(1 minutes)' }, 'singular for 1'],
    [{ ScheduleExpression: 'cron(0 3 * * * *)' }, "exactly one day field must be '?'"],
    [{ ScheduleExpression: 'at(2026-11-21T00:00:00)' }, 'at(...) is for EventBridge Scheduler'],
    [{ Name: 'a b', EventPattern: DOWN }, "Rule name 'a b'"],
    [{ EventBusName: 'none', EventPattern: DOWN }, 'Event bus none does not exist.'],
  ])('are refused: %j', async (rule, message) => {
    await expect(putRule(rule)).rejects.toThrow(message);
  });

  it.each<[Partial<sdk.Target>, string]>([
    [{ Arn: 'arn:aws:sqs:eu-west-1:000000000000:q' }, 'no state machine, function or event bus'],
    [{ Arn: MACHINE.replace('eu-west-1', 'us-east-1') }, 'in another region than the rule'],
    [{ DeadLetterConfig: { Arn: 'arn:q' } }, 'DeadLetterConfig is not supported'],
    [{ Input: '{' }, 'JSON syntax error in Input'],
    [{ RetryPolicy: { MaximumRetryAttempts: 186 } }, 'MaximumRetryAttempts must be from 0 to 185'],
  ])('refuse the target %j', async (target, message) => {
    await putRule({ EventPattern: DOWN });
    await expect(putTargets({ Id: 't', Arn: MACHINE, ...target })).rejects.toThrow(message);
  });
});
