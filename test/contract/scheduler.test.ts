// Goal: schedules made through the real client are due when AWS says, call what they name, and
// survive a restart. Method: the SDK client over the wire, a clock moved by hand, a far end that notes calls.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScheduler, type Scheduler } from '../../local/scheduler/service.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { awsNamed, recordingGateway } from '../support/gateway.ts';
import { manualClock } from '../support/manualClock.ts';
import { startTestServer } from '../support/wireServer.ts';

const MACHINE = 'arn:aws:states:eu-central-1:000000000000:stateMachine:drill';
const FUNCTION = 'arn:aws:lambda:eu-central-1:000000000000:function:observe';
const BUS = 'arn:aws:events:eu-central-1:000000000000:event-bus/default';
const HOUR_MS = 3_600_000;

let dataDir: string;
let time: ReturnType<typeof manualClock>;
let far: ReturnType<typeof recordingGateway>;
let failures: Error[];
let service: Scheduler;
let wire: WireServer;
let client: sdk.SchedulerClient;
let draws: number[];

const start = async () => {
  service = await createScheduler({
    dataDir,
    clock: time.clock,
    random: () => draws.shift() ?? Math.random(),
    gateway: far.gateway,
    onDropped: (_delivery, error) => {
      throw error;
    },
  });
  wire = await startTestServer({
    services: [serviceFromSdk(sdk, 'scheduler', service.operations)],
  });
  client = new sdk.SchedulerClient({
    region: 'eu-central-1',
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
  dataDir = mkdtempSync(path.join(tmpdir(), 'scheduler-'));
  time = manualClock(Date.parse('2026-11-20T10:00:30Z'));
  failures = [];
  draws = [];
  far = recordingGateway(failures);
  await start();
});
afterEach(async () => {
  await stop();
  rmSync(dataDir, { recursive: true });
});

const target = (more: Partial<sdk.Target> = {}): sdk.Target => ({
  Arn: MACHINE,
  RoleArn: 'arn:aws:iam::000000000000:role/scheduler',
  ...more,
});
const schedule = (more: Partial<sdk.CreateScheduleInput> = {}): sdk.CreateScheduleInput => ({
  Name: 'nightly',
  ScheduleExpression: 'cron(0 3 * * ? *)',
  ScheduleExpressionTimezone: 'Europe/Berlin',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: target(),
  ...more,
});
const create = (more: Partial<sdk.CreateScheduleInput> = {}) =>
  client.send(new sdk.CreateScheduleCommand(schedule(more)));
const inputOf = (call: { input: unknown } | undefined) =>
  JSON.parse((call!.input as { input: string }).input);

describe('a schedule', () => {
  it('starts an execution at its time in its zone, with the facts asked for', async () => {
    const Input = JSON.stringify({
      at: '<aws.scheduler.scheduled-time>',
      arn: '<aws.scheduler.schedule-arn>',
      id: '<aws.scheduler.execution-id>',
      attempt: '<aws.scheduler.attempt-number>',
    });
    const { ScheduleArn } = await create({ Target: target({ Input }) });
    expect(ScheduleArn).toBe(
      'arn:aws:scheduler:eu-central-1:000000000000:schedule/default/nightly',
    );
    failures.push(awsNamed('ThrottlingException'));
    await time.advance(15 * HOUR_MS);
    expect(far.calls).toHaveLength(0);
    await time.advance(2 * HOUR_MS);
    const [first, second] = await far.untilCalls(2);
    expect(first).toMatchObject({
      service: 'sfn',
      action: 'StartExecution',
      region: 'eu-central-1',
    });
    const { name } = first!.input as { name: string };
    expect(inputOf(first)).toEqual({
      at: '2026-11-21T02:00:00Z',
      arn: ScheduleArn,
      id: name,
      attempt: '1',
    });
    expect(inputOf(second)).toMatchObject({ id: name, attempt: '2' });
    await time.advance(24 * HOUR_MS);
    expect(inputOf((await far.untilCalls(3))[2]).at).toBe('2026-11-22T02:00:00Z');
  });

  it('with a rate runs at once, then from its start', async () => {
    await create({
      ScheduleExpression: 'rate(10 minutes)',
      Target: target({ Arn: FUNCTION, Input: '"<aws.scheduler.scheduled-time>"' }),
    });
    await time.advance(20 * 60_000);
    const calls = await far.untilCalls(3);
    const payloads = calls.map(({ input }) =>
      JSON.parse(Buffer.from((input as { Payload: Uint8Array }).Payload).toString()),
    );
    expect(payloads).toEqual([
      '2026-11-20T10:00:30Z',
      '2026-11-20T10:10:30Z',
      '2026-11-20T10:20:30Z',
    ]);
    expect(calls[0]).toMatchObject({ service: 'lambda', action: 'Invoke' });
  });

  it('puts an event on a bus', async () => {
    await create({
      Target: target({
        Arn: BUS,
        Input: '{"a":1}',
        EventBridgeParameters: { Source: 'drill.clock', DetailType: 'Tick' },
      }),
    });
    await time.advance(24 * HOUR_MS);
    expect(await far.untilCalls(1)).toMatchObject([
      {
        service: 'eventbridge',
        action: 'PutEvents',
        input: {
          Entries: [
            { EventBusName: BUS, Source: 'drill.clock', DetailType: 'Tick', Detail: '{"a":1}' },
          ],
        },
      },
    ]);
  });

  it('stays between its start and its end, and goes when it is over', async () => {
    await create({
      ScheduleExpression: 'rate(1 hour)',
      StartDate: new Date('2026-11-20T12:00:00Z'),
      EndDate: new Date('2026-11-20T13:30:00Z'),
      ActionAfterCompletion: 'DELETE',
    });
    await time.advance(24 * HOUR_MS);
    const times = (await far.untilCalls(2)).map((call) => inputOf(call).time);
    expect(times).toEqual(['2026-11-20T12:00:00Z', '2026-11-20T13:00:00Z']);
    await time.settle();
    const { Schedules } = await client.send(new sdk.ListSchedulesCommand({}));
    expect(Schedules).toEqual([]);
  });

  it('with a window runs at a drawn moment inside it, also after a restart', async () => {
    await create({
      ScheduleExpression: 'at(2026-11-20T11:00:00)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 60 },
    });
    draws = [0.5];
    await time.advance(60 * 60_000);
    await time.settle();
    await stop();
    await start();
    await time.advance(28 * 60_000);
    expect(far.calls).toHaveLength(0);
    await time.advance(2 * 60_000);
    expect(inputOf((await far.untilCalls(1))[0]).time).toBe('2026-11-20T11:00:00Z');
  });

  it('is found again after a restart and does not make up for what it missed', async () => {
    await create();
    await stop();
    await time.advance(48 * HOUR_MS);
    await start();
    await time.advance(HOUR_MS);
    expect(far.calls).toHaveLength(0);
    await time.advance(24 * HOUR_MS);
    expect(inputOf((await far.untilCalls(1))[0]).time).toBe('2026-11-23T02:00:00Z');
  });
});

describe('the API', () => {
  it('reads back, changes, lists and deletes', async () => {
    await create({ Description: 'a', StartDate: new Date('2026-11-20T12:00:00Z') });
    const got = await client.send(new sdk.GetScheduleCommand({ Name: 'nightly' }));
    expect(got).toMatchObject({
      Name: 'nightly',
      GroupName: 'default',
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      StartDate: new Date('2026-11-20T12:00:00Z'),
      State: 'ENABLED',
      Target: { Arn: MACHINE, RetryPolicy: { MaximumRetryAttempts: 185 } },
      FlexibleTimeWindow: { Mode: 'OFF' },
    });
    await client.send(new sdk.UpdateScheduleCommand(schedule({ State: 'DISABLED' })));
    await create({ Name: 'other' });
    const list = (query: sdk.ListSchedulesInput) =>
      client.send(new sdk.ListSchedulesCommand(query));
    expect((await list({ State: 'DISABLED' })).Schedules).toMatchObject([{ Name: 'nightly' }]);
    const page = await list({ MaxResults: 1 });
    expect(page.Schedules).toMatchObject([{ Name: 'nightly', Target: { Arn: MACHINE } }]);
    const rest = await list({ MaxResults: 1, NextToken: page.NextToken });
    expect(rest.Schedules).toMatchObject([{ Name: 'other' }]);
    await client.send(new sdk.DeleteScheduleCommand({ Name: 'other' }));
    await time.advance(48 * HOUR_MS);
    expect(far.calls).toHaveLength(0);
    await expect(client.send(new sdk.GetScheduleCommand({ Name: 'other' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Schedule other does not exist.',
    });
  });

  it('makes nothing twice', async () => {
    const first = await create({ ClientToken: 'token' });
    expect((await create({ ClientToken: 'token' })).ScheduleArn).toBe(first.ScheduleArn);
    await expect(create({ ClientToken: 'another' })).rejects.toMatchObject({
      name: 'ConflictException',
      message: 'Schedule nightly already exists.',
    });
  });

  it.each<[string, Partial<sdk.CreateScheduleInput>, string]>([
    [
      'two day fields',
      { ScheduleExpression: 'cron(0 3 * * * *)' },
      "exactly one day field must be '?'",
    ],
    ['crontab', { ScheduleExpression: '0 3 * * *' }, 'is not cron(...), rate(...) or at(...)'],
    ['a zone', { ScheduleExpressionTimezone: 'Mars/Base' }, "time zone 'Mars/Base' is not known"],
    [
      'a universal target',
      { Target: target({ Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' }) },
      'universal target',
    ],
    [
      'a queue',
      { Target: target({ Arn: 'arn:aws:sqs:eu-central-1:000000000000:q' }) },
      'is not in correct format',
    ],
    [
      'another region',
      { Target: target({ Arn: MACHINE.replace('eu-central-1', 'eu-west-1') }) },
      'but the schedule is in eu-central-1',
    ],
    ['no event', { Target: target({ Arn: BUS }) }, 'EventBridgeParameters go with an event bus'],
    ['input', { Target: target({ Input: '{' }) }, 'Target.Input is not JSON'],
    [
      'a dead-letter queue',
      { Target: target({ DeadLetterConfig: {} }) },
      'Target.DeadLetterConfig is not supported',
    ],
    ['a window', { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }, 'MaximumWindowInMinutes must be'],
    ['a group', { GroupName: 'mine' }, 'Schedule group mine does not exist'],
    ['dates', { StartDate: new Date(2), EndDate: new Date(1) }, 'EndDate must be later'],
  ])('refuses %s', async (_name, more, message) => {
    await expect(create(more)).rejects.toThrow(message);
  });
});
