// Goal: policies choose what Route 53 would choose, and refuse what it refuses, in its words.
// Method: record sets through the SDK client, answers from the zones, health by checks on a virtual
// clock.
import {
  type ChangeAction,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { regionAddress } from '../../../local/network/addresses.ts';
import { plain, startOnVirtualTime } from '../../support/route53.ts';

type Set = Partial<ResourceRecordSet>;

let world: Awaited<ReturnType<typeof startOnVirtualTime>>;
const checks: string[] = [];
beforeAll(async () => {
  world = await startOnVirtualTime();
  for (const Port of [1, 2, 3]) {
    checks.push(await world.createCheck({ Port, RequestInterval: 10, FailureThreshold: 1 }));
  }
});
afterAll(() => world.close());

/** Makes checks 1 to 3 healthy or not. */
const health = async (...healthy: boolean[]) => {
  for (const [at, is] of healthy.entries()) world.endpoints.set(at + 1, is ? 200 : 503);
  await world.clock.advance(20_000);
};
const weighted = (name: string, n: number, Weight: number): Set => ({
  ...plain(name, 'A', `127.0.0.${n}`),
  SetIdentifier: `set ${n}`,
  Weight,
  HealthCheckId: checks[n - 1],
});
const create = (...sets: Set[]) =>
  world.change(...sets.map((set): [ChangeAction, Set] => ['CREATE', set]));
const shares = (name: string, questions = 2_000) => {
  const counts: Record<string, number> = {};
  for (let n = 0; n < questions; n += 1) {
    const answer = String(world.answers(name));
    counts[answer] = (counts[answer] ?? 0) + 1 / questions;
  }
  return counts;
};

describe('weighted records', () => {
  it('share questions by weight among the healthy', async () => {
    await create(
      weighted('w.ex.test', 1, 30),
      weighted('w.ex.test', 2, 10),
      weighted('w.ex.test', 3, 0),
    );
    await health(true, true, true);
    const all = shares('w.ex.test');
    expect(all['127.0.0.1']).toBeCloseTo(0.75, 1);
    expect(all['127.0.0.2']).toBeCloseTo(0.25, 1);
    expect(all['127.0.0.3']).toBeUndefined();
    await health(false, true, true);
    expect(shares('w.ex.test', 50)).toEqual({ '127.0.0.2': expect.closeTo(1) });
  });

  it('of weight 0 answer when all others are unhealthy, and not when they are too', async () => {
    await health(false, false, true);
    expect(shares('w.ex.test', 50)).toEqual({ '127.0.0.3': expect.closeTo(1) });
    await health(false, false, false);
    expect(Object.keys(shares('w.ex.test')).sort()).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  it('share equally when all weigh 0', async () => {
    await create(weighted('z.ex.test', 1, 0), weighted('z.ex.test', 2, 0));
    await health(true, true, true);
    expect(shares('z.ex.test')['127.0.0.1']).toBeCloseTo(0.5, 1);
  });
});

describe('latency records', () => {
  const latency = (n: number, Region: Set['Region']): Set => ({
    ...plain('l.ex.test', 'A', `127.0.0.${n}`),
    SetIdentifier: `${Region}`,
    Region,
    HealthCheckId: checks[n - 1],
  });
  it('answer with the healthy one nearest to who asks', async () => {
    await create(latency(1, 'eu-west-1'), latency(2, 'us-west-2'));
    await health(true, true);
    const from = (region: string) => world.answers('l.ex.test', 'A', regionAddress(region, 7));
    expect(from('eu-central-1')).toEqual(['127.0.0.1']);
    expect(from('us-west-1')).toEqual(['127.0.0.2']);
    await health(false, true);
    expect(from('eu-central-1')).toEqual(['127.0.0.2']);
    await health(false, false);
    expect(from('eu-central-1')).toEqual(['127.0.0.1']);
  });
});

describe('multivalue records', () => {
  it('answer with eight of the healthy at most', async () => {
    await create(
      ...Array.from(
        { length: 10 },
        (_, n): Set => ({
          ...plain('m.ex.test', 'A', `127.0.1.${n}`),
          SetIdentifier: `${n}`,
          MultiValueAnswer: true,
          ...(n < 3 && { HealthCheckId: checks[n] }),
        }),
      ),
    );
    await health(false, false, false);
    const seen = new Set(Array.from({ length: 50 }, () => world.answers('m.ex.test')).flat());
    expect(world.answers('m.ex.test')).toHaveLength(7);
    expect(seen.size).toBe(7);
    await health(true, true, true);
    expect(world.answers('m.ex.test')).toHaveLength(8);
  });
});

describe('aliases', () => {
  const alias = (
    name: string,
    DNSName: string,
    EvaluateTargetHealth: boolean,
    extra: Set = {},
  ) => ({
    Name: name,
    Type: 'A' as const,
    AliasTarget: { HostedZoneId: world.zoneId.slice(12), DNSName, EvaluateTargetHealth },
    ...extra,
  });
  it('with EvaluateTargetHealth are as healthy as what they lead to', async () => {
    await create(weighted('inner.ex.test', 1, 1), weighted('inner.ex.test', 2, 1));
    const failover = (Failover: 'PRIMARY' | 'SECONDARY') => ({ SetIdentifier: Failover, Failover });
    await create(
      alias('f.ex.test', 'inner.ex.test', true, failover('PRIMARY')),
      { ...plain('f.ex.test', 'A', '127.0.9.9'), ...failover('SECONDARY') },
      alias('blind.ex.test', 'inner.ex.test', false, failover('PRIMARY')),
      { ...plain('blind.ex.test', 'A', '127.0.9.9'), ...failover('SECONDARY') },
    );
    await health(false, true);
    expect(world.answers('f.ex.test')).toEqual(['127.0.0.2']);
    await health(false, false);
    expect(world.answers('f.ex.test')).toEqual(['127.0.9.9']);
    expect(world.answers('blind.ex.test')).toHaveLength(1);
    expect(world.answers('blind.ex.test')).not.toEqual(['127.0.9.9']);
  });

  it('do not go round in circles', async () => {
    await create(plain('c1.ex.test', 'A', '127.0.0.1'), alias('c2.ex.test', 'c1.ex.test', true));
    await expect(
      world.change(['UPSERT', alias('c1.ex.test', 'c2.ex.test', true)]),
    ).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
      message: expect.stringContaining('form a circle or a chain of more than 8'),
    });
    expect(world.answers('c2.ex.test')).toEqual(['127.0.0.1']);
  });
});

describe('record sets of one name and type', () => {
  const role = (SetIdentifier: string, Failover: Set['Failover'], check = true): Set => ({
    ...plain('r.ex.test', 'A', '127.0.0.1'),
    SetIdentifier,
    Failover,
    ...(check && { HealthCheckId: checks[0] }),
  });
  const heavy = (SetIdentifier: string): Set => ({
    ...plain('h.ex.test', 'A', '127.0.0.1'),
    SetIdentifier,
    Weight: 1,
  });
  beforeAll(async () => {
    await create(role('a', 'PRIMARY'), heavy('blue'), plain('s.ex.test', 'A', '127.0.0.1'));
  });

  it.each<[string, ChangeAction, () => Set, string]>([
    [
      'a simple one beside weighted ones',
      'CREATE',
      () => plain('h.ex.test', 'A', '127.0.0.2'),
      '[RRSet with DNS name h.ex.test., type A cannot be created as other RRSets exist with the same name and type.]',
    ],
    [
      'a weighted one beside a simple one',
      'CREATE',
      () => ({ ...heavy('green'), Name: 's.ex.test' }),
      '[RRSet with DNS name s.ex.test., type A, SetIdentifier green cannot be created as a non-weighted set exists with the same name and type.]',
    ],
    [
      'a multivalue one beside a weighted one',
      'CREATE',
      () => ({ ...heavy('green'), Weight: undefined, MultiValueAnswer: true }),
      '[RRSet with DNS name h.ex.test., type A, SetIdentifier green cannot be created because a non multivalue answer rrset exists with the same name and type.]',
    ],
    [
      'the same set identifier',
      'CREATE',
      () => heavy('blue'),
      "[Tried to create resource record set [name='h.ex.test.', type='A', set-identifier='blue'] but it already exists]",
    ],
    [
      'a second primary',
      'CREATE',
      () => role('b', 'PRIMARY'),
      'SetIdentifier b, and Failover=PRIMARY cannot be created because a failover RRSet',
    ],
    [
      'a primary without a health check',
      'UPSERT',
      () => role('a', 'PRIMARY', false),
      'A non-alias primary ResourceRecordSet must have an associated health check.',
    ],
    [
      'the same region twice',
      'CREATE',
      () => ({ ...plain('l.ex.test', 'A', '127.0.0.1'), SetIdentifier: 'x', Region: 'eu-west-1' }),
      '[RRSet with DNS name l.ex.test., type A, SetIdentifier x, and Region Name=eu-west-1 cannot be created because a latency RRSet with the same name, type and region already exists.]',
    ],
    [
      'deleting with another weight',
      'DELETE',
      () => ({ ...heavy('blue'), Weight: 2 }),
      "[Tried to delete resource record set [name='h.ex.test.', type='A', set-identifier='blue'] but the values provided do not match the current values]",
    ],
  ])('refuse %s', async (_name, action, set, message) => {
    await expect(world.change([action, set()])).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
      message: expect.stringContaining(message),
    });
  });

  it('refuse a health check that is not there', async () => {
    await expect(create({ ...heavy('green'), HealthCheckId: 'gone' })).rejects.toMatchObject({
      name: 'NoSuchHealthCheck',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('swap roles in one batch', async () => {
    await create(role('b', 'SECONDARY'));
    await world.change(['UPSERT', role('a', 'SECONDARY')], ['UPSERT', role('b', 'PRIMARY')]);
    const listed = await world.client.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: world.zoneId,
        StartRecordName: 'r.ex.test',
        StartRecordType: 'A',
        StartRecordIdentifier: 'b',
        MaxItems: 1,
      }),
    );
    expect(listed.ResourceRecordSets).toMatchObject([
      { SetIdentifier: 'b', Failover: 'PRIMARY', HealthCheckId: checks[0] },
    ]);
  });

  it('are listed by identifier, page by page', async () => {
    const seen: unknown[] = [];
    let next: Record<string, unknown> = { StartRecordName: 'h.ex.test' };
    for (let page = 0; page < 30; page += 1) {
      const listed = await world.client.send(
        new ListResourceRecordSetsCommand({ HostedZoneId: world.zoneId, MaxItems: 1, ...next }),
      );
      seen.push(
        ...listed.ResourceRecordSets!.map(({ Name, SetIdentifier }) => [Name, SetIdentifier]),
      );
      if (!listed.IsTruncated) break;
      next = {
        StartRecordName: listed.NextRecordName,
        StartRecordType: listed.NextRecordType,
        StartRecordIdentifier: listed.NextRecordIdentifier,
      };
    }
    expect(seen).toContainEqual(['w.ex.test.', 'set 2']);
    expect(new Set(seen.map(String)).size).toBe(seen.length);
    expect(seen[0]).toEqual(['h.ex.test.', 'blue']);
  });
});
