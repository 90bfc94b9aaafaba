// Goal: events, executions and function calls of a watch reach the far end as meant, a repetition
// does no harm, and what is refused is said. Method: over sockets against embedded services and far
// ends that note calls; aws-sdk-client-mock for refusals that a healthy bus never gives.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openEventBus } from '../../../aws/eventBus.ts';
import { executionArnOf } from '../../../aws/machines.ts';
import { busEvent } from '../../../events/busEvent.ts';
import { MACHINE_ARNS, startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';
import { eventually } from '../endpoint.ts';

let world: WatchWorld;
beforeAll(async () => {
  world = await startWatchWorld();
});
afterAll(() => world.close());

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => busEvent('Numbered', { index }));

describe('the event bus', () => {
  it('takes more events than one call may carry, and tells what time it is there', async () => {
    const times: number[] = [];
    const bus = openEventBus(world.sdk, (dateMs) => times.push(dateMs));
    await bus.put(numbered(23));
    await eventually('all events', () => world.heard.length === 23);
    const seen = world.heard.map(({ detail }) => detail['index'] as number);
    expect(seen.sort((a, b) => a - b)).toEqual(numbered(23).map((_, index) => index));
    expect(times).toHaveLength(3);
    for (const ms of times) expect(Math.abs(Date.now() - ms)).toBeLessThan(60_000);
    bus.close();
  });
});

describe('an event bus that refuses', () => {
  const newMock = () => mockClient(EventBridgeClient);
  let mock: ReturnType<typeof newMock>;
  beforeAll(() => {
    mock = newMock();
  });
  afterEach(() => mock.reset());
  afterAll(() => mock.restore());
  const refusal = { ErrorCode: 'ThrottlingException', ErrorMessage: 'too many' };

  it('is asked again for what it refused, and for nothing else', async () => {
    mock
      .on(PutEventsCommand)
      .resolvesOnce({ FailedEntryCount: 1, Entries: [{ EventId: '1' }, refusal] })
      .resolves({ FailedEntryCount: 0, Entries: [{ EventId: '2' }] });
    await openEventBus(world.sdk).put(numbered(2));
    const sent = mock
      .commandCalls(PutEventsCommand)
      .map(({ args: [command] }) => command.input.Entries?.map(({ Detail }) => Detail));
    expect(sent).toEqual([['{"index":0}', '{"index":1}'], ['{"index":1}']]);
  });

  it('again and again is named', async () => {
    mock.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [refusal] });
    await expect(openEventBus(world.sdk).put(numbered(1))).rejects.toMatchObject({
      name: 'TransientFailure',
      message: 'the event bus refused Numbered: ThrottlingException: too many',
    });
    expect(mock.commandCalls(PutEventsCommand)).toHaveLength(3);
  });
});

describe('a machine', () => {
  it('is started once under a name, and tells how its execution is', async () => {
    const { machines } = world;
    const arn = MACHINE_ARNS.failover;
    expect(executionArnOf(arn, 'shop-0-1')).toBe(
      'arn:aws:states:eu-central-1:000000000000:execution:failover-drill-shop-failover:shop-0-1',
    );
    expect(await machines.status(arn, 'shop-0-1')).toBeNull();
    expect(await machines.start(arn, 'shop-0-1', { a: 1 })).toBe(true);
    expect(await machines.start(arn, 'shop-0-1', { a: 1 })).toBe(false);
    expect(await machines.status(arn, 'shop-0-1')).toBe('running');
    const key = executionArnOf(arn, 'shop-0-1');
    world.executions.set(key, { ...world.executions.get(key)!, status: 'FAILED' });
    expect(await machines.status(arn, 'shop-0-1')).toBe('ended');
  });
});

describe('a function', () => {
  it('is handed an event, or waited for', async () => {
    await world.functions.send('one', { x: 1 });
    expect(await world.functions.call('two', { y: 2 }, z.null())).toBeNull();
    expect(world.invoked).toEqual([
      { name: 'one', input: { x: 1 } },
      { name: 'two', input: { y: 2 } },
    ]);
  });

  it('whose answer is another than was agreed is named', async () => {
    const answer = world.functions.call('two', {}, z.strictObject({ ok: z.boolean() }));
    await expect(answer).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: expect.stringMatching(/^the answer of two does not fit its schema: /),
    });
  });
});
