// Goal: a throttled, slow, forgetful or hand-edited Route 53 behaves as the notes on failover say, and
// DNS goes on answering.
// Method: the SDK client over the wire; faults set from outside; the state file edited as a person
// would.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GetChangeCommand, GetHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { afterEach, describe, expect, it } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { NAME_SERVERS } from '../../../local/route53/nameServers.ts';
import { plain, startOnVirtualTime, startRoute53 } from '../../support/route53.ts';
import { clientOf, eventually } from '../endpoint.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const opened = <T extends { close(): Promise<void> }>(world: T): T => {
  closing.push(world.close);
  return world;
};

const A = (address: string) => plain('a.ex.test', 'A', address);

describe('the account', () => {
  it('has five requests a second', async () => {
    const world = opened(await startOnVirtualTime({ requestsPerS: 5 }));
    const ask = () =>
      world.client.send(new GetHostedZoneCommand({ Id: world.zoneId })).then(
        () => 'answered',
        (error: Error) => `${error.name}: ${error.message}`,
      );
    await world.clock.advance(1_000);
    const asked = await Promise.all(Array.from({ length: 8 }, ask));
    expect(asked.filter((said) => said === 'answered')).toHaveLength(5);
    expect(asked.filter((said) => said === 'Throttling: Rate exceeded')).toHaveLength(3);
    await world.clock.advance(400);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([
      'answered',
      'answered',
      'Throttling: Rate exceeded',
    ]);
  });

  it('gets through a throttle with the retries of the SDK', async () => {
    const world = opened(await startRoute53({ clock: realClock }));
    world.route53.setFaults({ throttledShare: 0.5 });
    const patient = new Route53Client({ ...clientOf(world), maxAttempts: 10 });
    const zone = await patient.send(new GetHostedZoneCommand({ Id: world.zoneId }));
    expect(zone.HostedZone?.Name).toBe('ex.test.');
    patient.destroy();
  });
});

describe('a change', () => {
  it('is refused while a prior one is not complete', async () => {
    const world = opened(await startOnVirtualTime());
    const both = await Promise.allSettled([
      world.change(['CREATE', A('127.0.0.1')]),
      world.change(['CREATE', plain('b.ex.test', 'A', '127.0.0.2')]),
    ]);
    const [refused] = both.filter((one) => one.status === 'rejected');
    expect(refused?.reason).toMatchObject({
      name: 'PriorRequestNotComplete',
      message: 'The request was rejected because Route 53 was still processing a prior request.',
    });
    world.route53.setFaults({ busy: true });
    await expect(world.change(['UPSERT', A('127.0.0.3')])).rejects.toMatchObject({
      name: 'PriorRequestNotComplete',
    });
    world.route53.setFaults({});
    await world.change(['UPSERT', A('127.0.0.3')]);
    expect(world.answers('a.ex.test')).toEqual(['127.0.0.3']);
  });

  it('stays PENDING for ten minutes and is answered then', async () => {
    const world = opened(await startOnVirtualTime());
    await world.change(['CREATE', A('127.0.0.1')]);
    world.route53.setPropagationMs(600_000);
    const { ChangeInfo } = await world.change(['UPSERT', A('127.0.0.2')]);
    const status = async () =>
      (await world.client.send(new GetChangeCommand({ Id: ChangeInfo!.Id }))).ChangeInfo?.Status;
    await world.clock.advance(599_999);
    expect([await status(), world.answers('a.ex.test')]).toEqual(['PENDING', ['127.0.0.1']]);
    await world.clock.advance(1);
    expect([await status(), world.answers('a.ex.test')]).toEqual(['INSYNC', ['127.0.0.2']]);
  });

  it('is INSYNC and yet not seen by one name server, or by all', async () => {
    const world = opened(await startOnVirtualTime());
    await world.change(['CREATE', A('127.0.0.1')]);
    world.route53.setFaults({ unseenBy: [3] });
    await world.change(['UPSERT', A('127.0.0.2')]);
    const seen = () =>
      NAME_SERVERS.map(({ host }) => String(world.answers('a.ex.test', 'A', '127.0.0.1', host)));
    expect(seen()).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.1', '127.0.0.2']);
    world.route53.setFaults({ unseenBy: [0, 1, 2, 3, 4] });
    const { ChangeInfo } = await world.change(['UPSERT', A('127.0.0.3')]);
    const found = await world.client.send(new GetChangeCommand({ Id: ChangeInfo!.Id }));
    expect(found.ChangeInfo?.Status).toBe('INSYNC');
    expect(seen()).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.1', '127.0.0.2']);
    world.route53.setFaults({});
    await world.change(['UPSERT', A('127.0.0.4')]);
    expect(new Set(seen())).toEqual(new Set(['127.0.0.4']));
  });

  it('is lost with accelerated recovery: NoSuchChange, and the record as before', async () => {
    const world = opened(await startOnVirtualTime());
    await world.change(['CREATE', A('127.0.0.1')]);
    world.route53.setFaults({ losesChanges: true });
    const { ChangeInfo } = await world.change(['UPSERT', A('127.0.0.2')]);
    expect(ChangeInfo?.Status).toBe('INSYNC');
    const asked = world.client.send(new GetChangeCommand({ Id: ChangeInfo!.Id }));
    await expect(asked).rejects.toMatchObject({ name: 'NoSuchChange' });
    expect(world.answers('a.ex.test')).toEqual(['127.0.0.1']);
  });
});

describe('a state file edited by hand', () => {
  const fileOf = ({ dataDir }: { dataDir: string }) => path.join(dataDir, 'route53', 'state.json');
  const edit = (world: { dataDir: string }, change: (text: string) => string) =>
    writeFileSync(fileOf(world), change(readFileSync(fileOf(world), 'utf8')));

  it('is answered from at once, and keeps the edit with the next change', async () => {
    const world = opened(await startRoute53({ clock: realClock }));
    await world.change(['CREATE', A('127.0.0.1')]);
    edit(world, (text) => text.replaceAll('"127.0.0.1"', '"127.0.0.9"'));
    await eventually(
      'DNS answers from the edit',
      () => world.answers('a.ex.test')[0] === '127.0.0.9',
    );
    await world.change(['CREATE', plain('b.ex.test', 'A', '127.0.0.2')]);
    expect(world.answers('a.ex.test')).toEqual(['127.0.0.9']);
    expect(readFileSync(fileOf(world), 'utf8')).toContain('127.0.0.9');
  });

  it.each<[string, (text: string) => string, string]>([
    ['cut in half', (text) => text.slice(0, text.length / 2), 'is not JSON'],
    [
      'an address that is none',
      (text) => text.replace('"127.0.0.1"', '"127.0.0.300"'),
      '127.0.0.300',
    ],
    [
      'a name of another zone',
      (text) => text.replace('a.ex.test.', 'a.ex.org.'),
      'not permitted in',
    ],
    ['no values', (text) => text.replace('["127.0.0.1"]', '[]'), 'does not hold what it should'],
    ['another type', (text) => text.replace('"type":"A"', '"type":"X"'), 'does not hold what'],
    ['no SOA', (text) => text.replace('"type":"SOA"', '"type":"TXT"'), 'needs a SOA'],
  ])('that is broken (%s) is named, and DNS answers as before', async (_name, change, message) => {
    const faults: unknown[] = [];
    const world = opened(
      await startRoute53({ clock: realClock, onFault: (fault) => faults.push(fault) }),
    );
    await world.change(['CREATE', A('127.0.0.1')]);
    const sound = readFileSync(fileOf(world), 'utf8');
    edit(world, change);
    await expect(world.change(['UPSERT', A('127.0.0.2')])).rejects.toMatchObject({
      name: 'InternalFailure',
      message: expect.stringContaining(message),
    });
    await eventually('the fault is told', () => faults.length > 0);
    expect(String(faults[0])).toContain(fileOf(world));
    expect(world.answers('a.ex.test')).toEqual(['127.0.0.1']);
    writeFileSync(fileOf(world), sound);
    await world.change(['UPSERT', A('127.0.0.2')]);
    expect(world.answers('a.ex.test')).toEqual(['127.0.0.2']);
  });
});
