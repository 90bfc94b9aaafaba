// Goal: clients of the health check API see what AWS would show and refuse.
// Method: the SDK client over the wire, checkers on a virtual clock.
import {
  CreateHealthCheckCommand,
  DeleteHealthCheckCommand,
  GetHealthCheckCommand,
  GetHealthCheckCountCommand,
  GetHealthCheckStatusCommand,
  type HealthCheckConfig,
  ListHealthChecksCommand,
  UpdateHealthCheckCommand,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { regionOfAddress } from '../../../local/network/addresses.ts';
import { startOnVirtualTime } from '../../support/route53.ts';

let world: Awaited<ReturnType<typeof startOnVirtualTime>>;
beforeAll(async () => {
  world = await startOnVirtualTime();
});
afterAll(() => world.close());

const HTTP: HealthCheckConfig = { Type: 'HTTP', IPAddress: '127.0.0.1', Port: 80 };
const create = (reference: string, config: Partial<HealthCheckConfig>) =>
  world.client.send(
    new CreateHealthCheckCommand({
      CallerReference: reference,
      HealthCheckConfig: { Type: undefined, ...config },
    }),
  );
const get = (HealthCheckId: string) =>
  world.client.send(new GetHealthCheckCommand({ HealthCheckId }));
const remove = (HealthCheckId: string) =>
  world.client.send(new DeleteHealthCheckCommand({ HealthCheckId }));

describe('a health check', () => {
  it('is made with the defaults of AWS, listed and counted', async () => {
    const made = await create('one', { Type: 'HTTPS', FullyQualifiedDomainName: 'a.ex.test' });
    expect(made.Location).toContain('/2013-04-01/healthcheck/');
    expect(made.HealthCheck).toMatchObject({
      Id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      CallerReference: 'one',
      HealthCheckVersion: 1,
      HealthCheckConfig: {
        Port: 443,
        RequestInterval: 30,
        FailureThreshold: 3,
        EnableSNI: true,
        Inverted: false,
        Disabled: false,
        MeasureLatency: false,
      },
    });
    expect((await get(made.HealthCheck!.Id!)).HealthCheck).toEqual(made.HealthCheck);
    const count = await world.client.send(new GetHealthCheckCountCommand({}));
    const listed = await world.client.send(new ListHealthChecksCommand({}));
    expect(listed.HealthChecks).toHaveLength(count.HealthCheckCount!);
    await create('two', HTTP);
    const page = await world.client.send(new ListHealthChecksCommand({ MaxItems: 1 }));
    const next = await world.client.send(new ListHealthChecksCommand({ Marker: page.NextMarker }));
    expect(page.IsTruncated).toBe(true);
    expect([...page.HealthChecks!, ...next.HealthChecks!]).toHaveLength(2);
  });

  it('is made once for a caller reference, which cannot be used again', async () => {
    const first = await create('three', HTTP);
    const id = first.HealthCheck!.Id!;
    expect((await create('three', HTTP)).HealthCheck!.Id).toBe(id);
    const other = create('three', { ...HTTP, Port: 81 });
    await expect(other).rejects.toMatchObject({ name: 'HealthCheckAlreadyExists' });
    await remove(id);
    await expect(create('three', HTTP)).rejects.toMatchObject({ name: 'HealthCheckAlreadyExists' });
    await expect(get(id)).rejects.toMatchObject({
      name: 'NoSuchHealthCheck',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('is updated under its version, member by member', async () => {
    const HealthCheckId = await world.createCheck({ ResourcePath: '/a', FailureThreshold: 2 });
    const update = (request: object) =>
      world.client.send(new UpdateHealthCheckCommand({ HealthCheckId, ...request }));
    const changed = await update({ HealthCheckVersion: 1, Inverted: true, ResourcePath: 'b?c=d' });
    expect(changed.HealthCheck).toMatchObject({
      HealthCheckVersion: 2,
      HealthCheckConfig: { Inverted: true, ResourcePath: '/b?c=d', FailureThreshold: 2 },
    });
    await expect(update({ HealthCheckVersion: 1, Port: 9 })).rejects.toMatchObject({
      name: 'HealthCheckVersionMismatch',
    });
    const reset = await update({ ResetElements: ['ResourcePath'] });
    expect(reset.HealthCheck!.HealthCheckConfig!.ResourcePath).toBeUndefined();
    await expect(update({ FailureThreshold: 11 })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('FailureThreshold must be a whole number from 1 to 10'),
    });
  });

  it('tells what each of its sixteen checkers saw last, from its region', async () => {
    world.endpoints.set(71, 200);
    const HealthCheckId = await world.createCheck({ Port: 71, RequestInterval: 10 });
    const status = () => world.client.send(new GetHealthCheckStatusCommand({ HealthCheckId }));
    expect((await status()).HealthCheckObservations).toEqual([]);
    await world.clock.advance(10_000);
    const seen = (await status()).HealthCheckObservations!;
    expect(seen).toHaveLength(16);
    expect(new Set(seen.map(({ Region }) => Region)).size).toBe(8);
    for (const { Region, IPAddress, StatusReport } of seen) {
      expect(regionOfAddress(IPAddress!)).toBe(Region);
      expect(StatusReport).toMatchObject({ Status: 'Success', CheckedTime: expect.any(Date) });
    }
    expect(new Set(seen.map(({ StatusReport }) => +StatusReport!.CheckedTime!)).size).toBe(16);
  });

  it('is checked from the regions that it names', async () => {
    const regions = ['us-east-1', 'eu-west-1', 'sa-east-1'] as const;
    const HealthCheckId = await world.createCheck({ Regions: [...regions], RequestInterval: 10 });
    await world.clock.advance(10_000);
    const { HealthCheckObservations: seen } = await world.client.send(
      new GetHealthCheckStatusCommand({ HealthCheckId }),
    );
    expect(new Set(seen!.map(({ Region }) => Region))).toEqual(new Set(regions));
    await world.client.send(
      new UpdateHealthCheckCommand({ HealthCheckId, ResetElements: ['Regions'] }),
    );
    await world.clock.advance(10_000);
    const later = await world.client.send(new GetHealthCheckStatusCommand({ HealthCheckId }));
    expect(later.HealthCheckObservations).toHaveLength(16);
  });
});

describe('a calculated health check', () => {
  const calculated = (healthThreshold: number, ...children: string[]) =>
    world.createCheck({
      Type: 'CALCULATED',
      ChildHealthChecks: children,
      HealthThreshold: healthThreshold,
    });

  it('counts its healthy children; 0 is always enough and more than all never', async () => {
    const children = await Promise.all(
      [81, 82, 83].map((Port) => world.createCheck({ Port, RequestInterval: 10 })),
    );
    const [none, two, four] = await Promise.all(
      [0, 2, 4].map((threshold) => calculated(threshold, ...children)),
    );
    const healthy = () => [none, two, four].map((id) => world.route53.healthy(id!));
    for (const port of [81, 82, 83]) world.endpoints.set(port, 200);
    await world.clock.advance(60_000);
    expect(healthy()).toEqual([true, true, false]);
    world.endpoints.set(81, 500);
    world.endpoints.set(82, 404);
    await world.clock.advance(60_000);
    expect(healthy()).toEqual([true, false, false]);
  });

  it('is not told by GetHealthCheckStatus, and keeps its children from being deleted', async () => {
    const child = await world.createCheck({});
    const parent = await calculated(1, child);
    const asked = world.client.send(new GetHealthCheckStatusCommand({ HealthCheckId: parent }));
    await expect(asked).rejects.toMatchObject({ name: 'InvalidInput' });
    await expect(remove(child)).rejects.toMatchObject({ name: 'HealthCheckInUse' });
    await remove(parent);
    await remove(child);
  });

  it('cannot be its own child, by any way', async () => {
    const child = await world.createCheck({});
    const inner = await calculated(1, child);
    const outer = await calculated(1, inner);
    const loop = world.client.send(
      new UpdateHealthCheckCommand({ HealthCheckId: inner, ChildHealthChecks: [outer] }),
    );
    await expect(loop).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('would be a child of itself'),
    });
  });
});

describe('health checks are refused', () => {
  it.each<[string, Partial<HealthCheckConfig>, string]>([
    ['without a type', {}, 'a Type is required'],
    ['of an alarm', { Type: 'CLOUDWATCH_METRIC' }, 'CLOUDWATCH_METRIC are not offered here'],
    [
      'with an alarm',
      { ...HTTP, AlarmIdentifier: { Region: 'us-east-1', Name: 'a' } },
      'Basic health checks must not have an metric region specified.',
    ],
    ['without an endpoint', { Type: 'HTTP' }, 'must have an IP address or a domain name'],
    ['with a wrong address', { ...HTTP, IPAddress: '127.0.0.256' }, 'is no IP address'],
    ['of an odd interval', { ...HTTP, RequestInterval: 20 }, 'must be 10 or 30, not 20'],
    ['from two regions', { ...HTTP, Regions: ['us-east-1', 'eu-west-1'] }, 'at least 3 regions'],
    [
      'for a search and no string',
      { ...HTTP, Type: 'HTTP_STR_MATCH' },
      'must have a search string',
    ],
    [
      'with a string and no search',
      { ...HTTP, SearchString: 'x' },
      'must not have a search string',
    ],
    ['over TCP without a port', { Type: 'TCP', IPAddress: '127.0.0.1' }, 'must have a port'],
    ['with a path of two words', { ...HTTP, ResourcePath: '/a b' }, 'no spaces'],
    [
      'of children that are not there',
      { Type: 'CALCULATED', ChildHealthChecks: ['gone'], HealthThreshold: 1 },
      'child health check gone does not exist',
    ],
    [
      'of 256 children',
      {
        Type: 'CALCULATED',
        ChildHealthChecks: Array.from({ length: 256 }, (_, n) => `${n}`),
        HealthThreshold: 1,
      },
      'at most 255 child health checks',
    ],
    [
      'with children and an endpoint',
      { Type: 'CALCULATED', ChildHealthChecks: [], HealthThreshold: 1, Port: 80 },
      'must not have Port specified',
    ],
  ])('%s', async (name, config, message) => {
    await expect(create(name, config)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining(message),
    });
  });
});
