// Goal: driver `record` moves a name in one batch, once, whatever Route 53 answers and whoever else
// writes; it never leaves the name without an answer.
// Method: aws/dnsRecord.ts and the switch of `flip` over sockets against the embedded Route 53.
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DnsRecord, openDnsRecord } from '../../../aws/dnsRecord.ts';
import { answerSets, sharedSets } from '../../../core/failover/answerSets.ts';
import { openCalls } from '../../../functions/_calls.ts';
import { type Guard, openRecordSwitch, type RecordMove } from '../../../functions/flip/record.ts';
import { realClock } from '../../../local/clock.ts';
import { BALANCER_ZONE } from '../../../local/route53/balancers.ts';
import { fastClock } from '../../support/fastClock.ts';
import { plain, startRoute53 } from '../../support/route53.ts';

const RECORD = 'www.ex.test';
const NAME = { record: RECORD, ttlS: 60 };
const HOME = '127.0.1.1';
const AWAY = '127.0.2.1';
const signal = new AbortController().signal;
const allow: Guard = () => ({ ok: true, why: '' });

let world: Awaited<ReturnType<typeof startRoute53>>;
let dnsRecord: DnsRecord;
let clock: ReturnType<typeof fastClock>;

beforeEach(async () => {
  world = await startRoute53({ clock: realClock });
  clock = fastClock();
  dnsRecord = openDnsRecord({
    endpoint: world.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local' },
  });
  await world.change(['CREATE', plain(RECORD, 'A', HOME)]);
});
afterEach(async () => {
  dnsRecord.close();
  await world.close();
});

const place = () => ({ zoneId: world.zoneId, record: RECORD });
const openSwitch = () => openRecordSwitch({ dnsRecord, clock, random: () => 0.5 });
const wanted = (address: string, epoch: number, over: Partial<RecordMove> = {}): RecordMove => ({
  place: place(),
  epoch,
  sets: answerSets(NAME, { A: [address] }),
  comment: 'a test',
  guard: allow,
  ...over,
});
const move = async (address: string, epoch: number, over: Partial<RecordMove> = {}) => {
  const calls = openCalls(clock);
  const moved = await openSwitch().move(wanted(address, epoch, over), calls, signal);
  return { ...moved, calls: calls.made };
};
const answers = () => world.answers(RECORD);
const operations = (calls: readonly { operation: string; result: string }[]) =>
  calls.map(({ operation, result }) => `${operation}: ${result.split(' ')[0]}`);

describe('a move', () => {
  it('replaces the addresses and the epoch in one batch', async () => {
    const moved = await move(AWAY, 1);
    expect(moved).toMatchObject({ done: true, superseded: false });
    expect(moved.changeId).toMatch(/^\/change\/C/);
    expect(answers()).toEqual([AWAY]);
    expect(world.answers(`_failover.${RECORD}`, 'TXT')).toEqual([[Buffer.from('epoch=1')]]);
    expect(moved.calls.every(({ requestId }) => requestId !== null)).toBe(true);
  });

  it('made twice is made once', async () => {
    await move(AWAY, 1);
    const again = await move(AWAY, 1);
    expect(again).toMatchObject({ done: true, changeId: null });
    expect(operations(again.calls)).toEqual(['ListResourceRecordSets: 1']);
  });

  it('of an older epoch changes nothing', async () => {
    await move(AWAY, 5);
    expect(await move(HOME, 4)).toMatchObject({ done: false, superseded: true });
    expect(answers()).toEqual([AWAY]);
  });

  it('moves addresses of both kinds, and names', async () => {
    const sets = answerSets(NAME, { A: [AWAY], AAAA: ['::2'] });
    expect(await move(AWAY, 1, { sets })).toMatchObject({ done: true });
    expect(world.answers(RECORD, 'AAAA')).toEqual(['::2']);
    const alias = answerSets(NAME, { CNAME: ['standby.ex.test'] });
    expect(await move(AWAY, 2, { sets: alias })).toMatchObject({ done: true });
    expect(world.answers(RECORD, 'CNAME')).toEqual(['standby.ex.test']);
    expect(await move(AWAY, 2, { sets: alias })).toMatchObject({ done: true, changeId: null });
  });

  it('that the guard forbids is not made', async () => {
    const guard: Guard = () => ({ ok: false, why: 'the lease may be over' });
    const refused = await move(AWAY, 1, { guard });
    expect(refused).toMatchObject({ done: false, why: 'the lease may be over' });
    expect(answers()).toEqual([HOME]);
  });

  it('finds the epoch behind many names below the record', async () => {
    const names = Array.from({ length: 150 }, (_, n) => plain(`${n}.${RECORD}`, 'A', HOME));
    for (const name of names) await world.change(['CREATE', name]);
    await move(AWAY, 3);
    expect(await move(HOME, 2)).toMatchObject({ superseded: true });
  });
});

describe('what cannot be moved', () => {
  it('is a record that is not in the zone', async () => {
    const elsewhere = { zoneId: world.zoneId, record: 'gone.ex.test' };
    expect(await move(AWAY, 1, { place: elsewhere })).toMatchObject({
      done: false,
      why: 'gone.ex.test has no address record in the zone: create it first, with a low TTL',
    });
  });

  it('is one that answers by a policy of its own', async () => {
    await world.change(
      ['DELETE', plain(RECORD, 'A', HOME)],
      ['CREATE', { ...plain(RECORD, 'A', HOME), SetIdentifier: 's', Failover: 'SECONDARY' }],
    );
    const refused = await move(AWAY, 1);
    expect(refused.done).toBe(false);
    expect(refused.why).toContain('driver "record" moves simple ones only');
  });

  it('is what a hand has edited at the very same epoch', async () => {
    await move(AWAY, 1);
    await world.change(['UPSERT', plain(RECORD, 'A', '127.0.0.9')]);
    expect(await move(AWAY, 1)).toMatchObject({
      done: false,
      why: `${RECORD} was edited by another hand at epoch 1`,
    });
    expect(answers()).toEqual(['127.0.0.9']);
  });
});

describe('a zone that is edited by hand between the proof and the flip', () => {
  it('is read again, and moved', async () => {
    const one = openSwitch();
    expect(await one.prove(place(), 0, signal)).toMatchObject({ ok: true, writable: 1 });
    expect(await one.prove(place(), 0, signal)).toMatchObject({ ok: true });
    await world.change(['UPSERT', plain(RECORD, 'A', '127.0.0.9')]);
    const calls = openCalls(clock);
    expect(await one.move(wanted(AWAY, 1), calls, signal)).toMatchObject({ done: true });
    expect(operations(calls.made)).toEqual([
      'ChangeResourceRecordSets: InvalidChangeBatch',
      'ListResourceRecordSets: 1',
      'ChangeResourceRecordSets: accepted',
    ]);
    expect(clock.slept).toEqual([]);
    expect(answers()).toEqual([AWAY]);
  });

  it('that was not edited costs one call', async () => {
    const one = openSwitch();
    await one.prove(place(), 0, signal);
    await one.prove(place(), 0, signal);
    const calls = openCalls(clock);
    expect(await one.move(wanted(AWAY, 1), calls, signal)).toMatchObject({ done: true });
    expect(operations(calls.made)).toEqual(['ChangeResourceRecordSets: accepted']);
  });
});

describe('a busy Route 53', () => {
  it.each([
    ['Throttling', { throttledShare: 1 }],
    ['PriorRequestNotComplete', { busy: true }],
  ])(
    'that answers %s is asked again, a bounded number of times, and nothing is moved',
    async (answer, faults) => {
      await openSwitch().prove(place(), 0, signal);
      world.route53.setFaults(faults);
      const refused = await move(AWAY, 1);
      expect(refused.done).toBe(false);
      expect(refused.why).toContain(`refused 5 times, last with ${answer}`);
      expect(clock.slept).toEqual([1_000, 2_000, 4_000, 8_000]);
      world.route53.setFaults({});
      expect(answers()).toEqual([HOME]);
    },
  );

  it('that has time again in between makes the change once', async () => {
    world.route53.setFaults({ busy: true });
    const pending = move(AWAY, 1, {
      guard: () => {
        if (clock.slept.length === 2) world.route53.setFaults({});
        return { ok: true, why: '' };
      },
    });
    expect(await pending).toMatchObject({ done: true });
    expect(answers()).toEqual([AWAY]);
  });

  it('tells the proof so', async () => {
    world.route53.setFaults({ throttledShare: 1 });
    expect(await openSwitch().prove(place(), 0, signal)).toMatchObject({
      ok: false,
      writable: 0,
      why: 'Route 53: Throttling Rate exceeded',
    });
  });

  it('that is not there at all is no error of the plan', async () => {
    const nowhere = openDnsRecord({
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local' },
    });
    await expect(nowhere.read(place(), signal)).rejects.toThrow(/Route 53: Unreachable/);
    expect(await nowhere.submit(place(), { batch: [], comment: '' }, signal)).toMatchObject({
      answer: 'Unreachable',
    });
    nowhere.close();
  });
});

describe('an accepted change', () => {
  it('is PENDING until the name servers have it, then INSYNC', async () => {
    world.route53.setPropagationMs(2_000);
    const { changeId } = await move(AWAY, 1);
    const progress = () => dnsRecord.progress(changeId ?? '', signal);
    expect(await progress()).toMatchObject({ answer: 'PENDING' });
    await expect.poll(async () => (await progress()).answer).toBe('INSYNC');
    expect(answers()).toEqual([AWAY]);
  });

  it('that was lost on the way is unknown, and can be made again', async () => {
    world.route53.setFaults({ losesChanges: true });
    const { changeId } = await move(AWAY, 1);
    expect(await dnsRecord.progress(changeId ?? '', signal)).toMatchObject({
      answer: 'NoSuchChange',
    });
    expect(answers()).toEqual([HOME]);
    world.route53.setFaults({});
    expect(await move(AWAY, 1)).toMatchObject({ done: true });
    expect(answers()).toEqual([AWAY]);
  });
});

describe('two executors', () => {
  it('of which one was paused after its check: the late batch is refused', async () => {
    const late = openSwitch();
    await late.prove(place(), 0, signal);
    await late.prove(place(), 0, signal);
    await move(AWAY, 2);
    // Wakes up with what it read long ago; its epoch is older.
    const calls = openCalls(clock);
    const moved = await late.move(wanted('127.0.3.1', 1), calls, signal);
    expect(moved).toMatchObject({ done: false, superseded: true });
    expect(calls.made[0]?.result).toMatch(/^InvalidChangeBatch/);
    expect(answers()).toEqual([AWAY]);
  });

  it('at once: one of them moves, and the name always has an answer', async () => {
    // They step back for real, each for as long as its own chance says: without that, five tries
    // are over before another one's change is.
    const sleep = (ms: number, until: AbortSignal) => pause(ms / 10, undefined, { signal: until });
    const patient = { ...clock, sleep };
    const moveOf = (address: string, epoch: number) => {
      const own = openRecordSwitch({ dnsRecord, clock: patient, random: () => epoch / 4 });
      return own.move(wanted(address, epoch), openCalls(clock), signal);
    };
    const seen: unknown[][] = [];
    const watch = setInterval(() => seen.push(answers()), 1);
    const results = await Promise.all([moveOf(AWAY, 2), moveOf('127.0.3.1', 1), moveOf(HOME, 3)]);
    clearInterval(watch);
    expect(results[2]?.done).toBe(true);
    expect(answers()).toEqual([HOME]);
    expect(seen.every((each) => each.length === 1)).toBe(true);
  });
});

describe('shares', () => {
  const between = {
    from: { region: 'eu-central-1', answers: { A: [AWAY] } },
    to: { region: 'eu-west-1', answers: { A: [HOME] } },
  };
  const sets = (percent: number) => sharedSets(NAME, between, percent) ?? [];

  it('replace the simple set, follow one another at one epoch, and end in a simple set', async () => {
    await move(AWAY, 1);
    for (const [percent, before] of [
      [1, 0],
      [5, 1],
      [25, 5],
      [100, 25],
    ] as const) {
      const moved = await move(HOME, 2, { sets: sets(percent), previous: sets(before) });
      expect(moved).toMatchObject({ done: true });
      const found = await dnsRecord.read(place(), signal);
      expect(found.sets.map(({ share }) => share?.weight ?? 'all').sort()).toEqual(
        percent === 100 ? ['all'] : [percent, 100 - percent].sort(),
      );
    }
    expect(answers()).toEqual([HOME]);
  });

  it('are refused where a hand has changed the step before', async () => {
    await move(HOME, 2, { sets: sets(5) });
    await world.change([
      'UPSERT',
      { ...plain(RECORD, 'A', HOME), SetIdentifier: 'eu-west-1', Weight: 50 },
    ]);
    const moved = await move(HOME, 2, { sets: sets(25), previous: sets(5) });
    expect(moved).toMatchObject({
      done: false,
      why: `${RECORD} was edited by another hand at epoch 2`,
    });
  });
});

describe('a record at the top of its zone', () => {
  const TOP = 'ex.test';
  const balancers = new Map([
    ['home.elb.test', HOME],
    ['away.elb.test', AWAY],
  ]);
  const alias = (name: string) => answerSets({ record: TOP, ttlS: 5 }, { alias: aliasTo(name) });
  const aliasTo = (name: string) => ({ zoneId: BALANCER_ZONE, name });
  const top = () => ({ zoneId: world.zoneId, record: TOP });
  const create = (name: string, evaluate = false) =>
    world.change([
      'CREATE',
      {
        Name: TOP,
        Type: 'A',
        AliasTarget: {
          HostedZoneId: BALANCER_ZONE,
          DNSName: name,
          EvaluateTargetHealth: evaluate,
        },
      },
    ]);
  const moveTop = (name: string, epoch: number) =>
    openSwitch().move(
      { place: top(), epoch, sets: alias(name), comment: 'a test', guard: allow },
      openCalls(clock),
      signal,
    );

  it('is moved as an alias from one load balancer to another, once for each epoch', async () => {
    world.route53.setBalancers((name) => balancers.get(name));
    await create('Home.elb.test.');
    expect(world.answers(TOP)).toEqual([HOME]);
    expect(await dnsRecord.read(top(), signal)).toMatchObject({
      sets: alias('home.elb.test'),
      foreign: null,
    });
    expect(await moveTop('away.elb.test', 1)).toMatchObject({ done: true });
    expect(world.answers(TOP)).toEqual([AWAY]);
    expect(await moveTop('away.elb.test', 1)).toMatchObject({ done: true });
    expect(await moveTop('home.elb.test', 0)).toMatchObject({ done: false, superseded: true });
    expect(world.answers(TOP)).toEqual([AWAY]);
  });

  it('is left alone where the alias looks at the health of its target', async () => {
    await world.change(['CREATE', plain('a.ex.test', 'A', HOME)]);
    await world.change([
      'CREATE',
      {
        Name: TOP,
        Type: 'A',
        AliasTarget: {
          HostedZoneId: world.zoneId.replace('/hostedzone/', ''),
          DNSName: 'a.ex.test',
          EvaluateTargetHealth: true,
        },
      },
    ]);
    const { foreign } = await dnsRecord.read(top(), signal);
    expect(foreign).toContain('an alias that looks at its target');
  });

  it('is no alias of a load balancer that is not there, or by another type, or by its health', async () => {
    await expect(create('none.elb.test')).rejects.toThrow('target was not found');
    world.route53.setBalancers((name) => balancers.get(name));
    await expect(create('home.elb.test', true)).rejects.toThrow('EvaluateTargetHealth');
    await create('home.elb.test');
    // Gone since, it answers nothing, and is in nobody's way.
    world.route53.setBalancers(() => undefined);
    expect(world.answers(TOP)).toEqual([]);
    await world.change(['CREATE', plain('b.ex.test', 'A', HOME)]);
  });
});
