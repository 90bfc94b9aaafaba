// Goal: Route 53 clients and DNS resolvers see in the embedded zone what AWS would show them.
// Method: the real SDK client over the wire, and node:dns against the DNS server on the same zones.

import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { resolve } from '../../../local/dns/resolve.ts';
import { type DnsServer, startDnsServer } from '../../../local/dns/server.ts';
import { createRoute53, type Route53 } from '../../../local/route53/service.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { startTestServer } from '../../support/wireServer.ts';

let dataDir: string;
let route53: Route53;
let wire: WireServer;
let dns: DnsServer;
let client: sdk.Route53Client;
let zoneId: string;
const resolver = new Resolver({ timeout: 2_000, tries: 1 });
let nowMs = Date.parse('2026-11-20T10:00:00Z');
const clock = { ...realClock, now: () => nowMs };

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'route53-'));
  route53 = await createRoute53({
    dataDir,
    clock,
    random: Math.random,
    propagationMs: 30_000,
    requestsPerS: Number.POSITIVE_INFINITY,
  });
  wire = await startTestServer({
    services: [serviceFromSdk(sdk, 'route53', route53.operations)],
  });
  dns = await startDnsServer({
    zones: route53.dnsZones,
    listen: [{ host: '127.0.0.1', port: 0 }],
    clock: realClock,
  });
  resolver.setServers([`127.0.0.1:${dns.addresses[0]!.port}`]);
  client = new sdk.Route53Client({
    region: 'us-east-1',
    endpoint: wire.url,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
  });
  const made = await client.send(
    new sdk.CreateHostedZoneCommand({ Name: 'Ex.Test', CallerReference: 'one' }),
  );
  zoneId = made.HostedZone!.Id!;
  expect(zoneId).toMatch(/^\/hostedzone\/Z[A-Z0-9]{20}$/);
  expect(made.Location).toContain('/2013-04-01/hostedzone/');
});
afterAll(async () => {
  client.destroy();
  await Promise.all([wire.close(), dns.close(), route53.close()]);
  rmSync(dataDir, { recursive: true });
});

type Set = Partial<sdk.ResourceRecordSet>;
const record = (name: string, type: sdk.RRType, ...values: string[]): Set => ({
  Name: name,
  Type: type,
  TTL: 60,
  ResourceRecords: values.map((Value) => ({ Value })),
});
const change = (...changes: [sdk.ChangeAction, Set][]) =>
  client.send(
    new sdk.ChangeResourceRecordSetsCommand({
      HostedZoneId: zoneId,
      ChangeBatch: {
        Changes: changes.map(([Action, set]) => ({
          Action,
          ResourceRecordSet: { Name: undefined, Type: undefined, ...set },
        })),
      },
    }),
  );
const list = (query: Partial<sdk.ListResourceRecordSetsRequest> = {}) =>
  client.send(new sdk.ListResourceRecordSetsCommand({ HostedZoneId: zoneId, ...query }));

describe('changes', () => {
  it('are PENDING first, then INSYNC and in DNS', async () => {
    const accepted = await change(['CREATE', record('api.ex.test', 'A', '127.0.0.1')]);
    const status = async () =>
      (await client.send(new sdk.GetChangeCommand({ Id: accepted.ChangeInfo!.Id }))).ChangeInfo;
    expect(await status()).toMatchObject({ Status: 'PENDING', SubmittedAt: new Date(nowMs) });
    await expect(resolver.resolve4('api.ex.test')).rejects.toThrow('ENOTFOUND');
    nowMs += 30_000;
    expect(await status()).toMatchObject({ Status: 'INSYNC' });
    expect(await resolver.resolve4('api.ex.test')).toEqual(['127.0.0.1']);
    await change(['UPSERT', record('API.ex.test.', 'A', '127.0.0.2')]);
    expect(await resolver.resolve4('api.ex.test')).toEqual(['127.0.0.1']);
    nowMs += 30_000;
    expect(await resolver.resolve4('api.ex.test')).toEqual(['127.0.0.2']);
  });

  it('reach DNS in order when the delay is shortened between them', async () => {
    await change(['CREATE', record('order.ex.test', 'A', '127.0.0.1')]);
    route53.setPropagationMs(0);
    await change(['UPSERT', record('order.ex.test', 'A', '127.0.0.2')]);
    await expect(resolver.resolve4('order.ex.test')).rejects.toThrow('ENOTFOUND');
    nowMs += 30_000;
    expect(await resolver.resolve4('order.ex.test')).toEqual(['127.0.0.2']);
  });

  it('happen whole or not at all', async () => {
    const failed = change(
      ['CREATE', record('new.ex.test', 'A', '127.0.0.1')],
      ['CREATE', record('api.ex.test', 'A', '127.0.0.9')],
    );
    await expect(failed).rejects.toMatchObject({ name: 'InvalidChangeBatch' });
    expect((await list()).ResourceRecordSets!.map(({ Name }) => Name)).not.toContain(
      'new.ex.test.',
    );
  });

  it('may replace a record set in one batch', async () => {
    await change(['CREATE', record('swap.ex.test', 'A', '127.0.0.1')]);
    await change(
      ['DELETE', record('swap.ex.test', 'A', '127.0.0.1')],
      ['CREATE', record('swap.ex.test', 'CNAME', 'api.ex.test')],
    );
    expect(await resolver.resolveCname('swap.ex.test')).toEqual(['api.ex.test']);
    await change(['DELETE', record('swap.ex.test', 'CNAME', 'api.ex.test')]);
  });

  it('evaluate aliases within the zone and wildcards', async () => {
    const alias = {
      HostedZoneId: zoneId.slice(12),
      DNSName: 'api.ex.test',
      EvaluateTargetHealth: false,
    };
    await change(
      ['CREATE', { Name: 'ex.test', Type: 'A', AliasTarget: alias }],
      ['CREATE', record('*.w.ex.test', 'A', '127.0.0.8')],
    );
    expect(await resolver.resolve4('ex.test')).toEqual(['127.0.0.2']);
    expect(await resolver.resolve4('x.w.ex.test')).toEqual(['127.0.0.8']);
    const listed = (await list()).ResourceRecordSets!;
    expect(listed.find(({ Name }) => Name === '\\052.w.ex.test.')?.TTL).toBe(60);
    expect(listed.find(({ AliasTarget }) => AliasTarget)?.AliasTarget?.DNSName).toBe(
      'api.ex.test.',
    );
  });

  it.each<[string, [sdk.ChangeAction, Set][], string]>([
    [
      'an existing one',
      [['CREATE', record('api.ex.test', 'A', '127.0.0.1')]],
      "[Tried to create resource record set [name='api.ex.test.', type='A'] but it already exists]",
    ],
    [
      'a missing one',
      [['DELETE', record('no.ex.test', 'A', '127.0.0.1')]],
      "[Tried to delete resource record set [name='no.ex.test.', type='A'] but it was not found]",
    ],
    [
      'another value',
      [['DELETE', record('api.ex.test', 'A', '127.0.0.7')]],
      "[Tried to delete resource record set [name='api.ex.test.', type='A'] but the values provided do not match the current values]",
    ],
    [
      'another zone',
      [['CREATE', record('api.ex.org', 'A', '127.0.0.1')]],
      '[RRSet with DNS name api.ex.org. is not permitted in zone ex.test.]',
    ],
    [
      'a CNAME at the apex',
      [['CREATE', record('ex.test', 'CNAME', 'a.test')]],
      'is not permitted at apex in zone ex.test.',
    ],
    [
      'a CNAME beside an A',
      [['CREATE', record('api.ex.test', 'CNAME', 'a.test')]],
      'conflicts with other records with the same DNS name in zone ex.test.',
    ],
    [
      'an A beside a CNAME',
      [
        ['CREATE', record('c.ex.test', 'CNAME', 'a.test')],
        ['CREATE', record('c.ex.test', 'A', '127.0.0.1')],
      ],
      'a conflicting RRSet of type  CNAME',
    ],
    [
      'no address',
      [['CREATE', record('x.ex.test', 'A', '127.0.0.256')]],
      "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '127.0.0.256'",
    ],
    [
      'unquoted text',
      [['CREATE', record('x.ex.test', 'TXT', 'abc')]],
      'InvalidCharacterString (Value should be enclosed in quotation marks)',
    ],
    [
      'a value twice',
      [['CREATE', record('x.ex.test', 'A', '127.0.0.1', '127.0.0.1')]],
      "Duplicate Resource Record: '127.0.0.1'",
    ],
    [
      'a set twice',
      [
        ['UPSERT', record('x.ex.test', 'A', '127.0.0.1')],
        ['UPSERT', record('x.ex.test', 'A', '127.0.0.2')],
      ],
      'The request contains an invalid set of changes',
    ],
    ['the SOA', [['DELETE', record('ex.test', 'SOA', 'x')]], 'the values provided do not match'],
    [
      'a dangling alias',
      [
        [
          'CREATE',
          {
            Name: 'al.ex.test',
            Type: 'A',
            AliasTarget: { HostedZoneId: 'ZX', DNSName: 'no.ex.test', EvaluateTargetHealth: true },
          },
        ],
      ],
      'Tried to create an alias that targets no.ex.test., type A in zone ZX, but that target was not found',
    ],
  ])('are refused for %s', async (_name, changes, message) => {
    await expect(change(...changes)).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
      message: expect.stringContaining(message),
      $metadata: { httpStatusCode: 400 },
    });
  });

  it.each<[string, Set, string]>([
    [
      'geolocation',
      {
        ...record('x.ex.test', 'A', '127.0.0.1'),
        SetIdentifier: 'a',
        GeoLocation: { CountryCode: '*' },
      },
      'GeoLocation asks for geolocation routing',
    ],
    [
      'a policy and no identifier',
      { ...record('x.ex.test', 'A', '127.0.0.1'), Weight: 1 },
      "Missing field 'SetIdentifier' in Change with [Action=CREATE, Name=x.ex.test, Type=A, SetIdentifier=null]",
    ],
    [
      'an identifier and no policy',
      { ...record('x.ex.test', 'A', '127.0.0.1'), SetIdentifier: 'a' },
      'Expected exactly one of [Weight, Region, Failover, GeoLocation, or MultiValueAnswer], but found none in Change with [Action=CREATE, Name=x.ex.test, Type=A, SetIdentifier=a]',
    ],
    [
      'two policies',
      {
        ...record('x.ex.test', 'A', '127.0.0.1'),
        SetIdentifier: 'a',
        Weight: 1,
        Failover: 'PRIMARY',
      },
      'but found more than one in Change with',
    ],
    [
      'a weight of 256',
      { ...record('x.ex.test', 'A', '127.0.0.1'), SetIdentifier: 'a', Weight: 256 },
      'Weight is a whole number from 0 to 255, not 256',
    ],
    [
      'no values',
      { Name: 'x.ex.test', Type: 'A' },
      'but found none in Change with [Action=CREATE, Name=x.ex.test, Type=A',
    ],
    ['another type', record('x.ex.test', 'DS', '1'), 'type DS are not served'],
  ])('with %s are InvalidInput', async (_name, set, message) => {
    await expect(change(['CREATE', set])).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining(message),
    });
  });
});

describe('lists', () => {
  it('order record sets by reversed labels, then type, and page through them', async () => {
    const all = (await list()).ResourceRecordSets!.map(({ Name, Type }) => `${Name} ${Type}`);
    expect(all).toEqual([
      'ex.test. A',
      'ex.test. NS',
      'ex.test. SOA',
      'api.ex.test. A',
      'order.ex.test. A',
      '\\052.w.ex.test. A',
    ]);
    const paged: string[] = [];
    let from: Partial<sdk.ListResourceRecordSetsRequest> = {};
    for (let pages = 0; pages < 10; pages += 1) {
      const page = await list({ MaxItems: 2, ...from });
      paged.push(...page.ResourceRecordSets!.map(({ Name, Type }) => `${Name} ${Type}`));
      if (!page.IsTruncated) break;
      from = { StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType };
    }
    expect(paged).toEqual(all);
    await expect(list({ StartRecordType: 'A' })).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  it('find zones by name, and miss what is not there', async () => {
    const found = await client.send(new sdk.ListHostedZonesByNameCommand({ DNSName: 'ex.test' }));
    expect(found.HostedZones).toMatchObject([{ Id: zoneId, Name: 'ex.test.' }]);
    expect((await client.send(new sdk.ListHostedZonesCommand({}))).HostedZones).toHaveLength(1);
    const zone = await client.send(new sdk.GetHostedZoneCommand({ Id: zoneId }));
    expect(zone.DelegationSet?.NameServers).toHaveLength(4);
    await expect(client.send(new sdk.GetHostedZoneCommand({ Id: 'ZNONE' }))).rejects.toMatchObject({
      name: 'NoSuchHostedZone',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(client.send(new sdk.GetChangeCommand({ Id: 'CNONE' }))).rejects.toMatchObject({
      name: 'NoSuchChange',
    });
  });
});

describe('zones', () => {
  it.each<[string, Partial<sdk.CreateHostedZoneRequest>, string]>([
    ['the same reference', { Name: 'b.test', CallerReference: 'one' }, 'HostedZoneAlreadyExists'],
    ['the same name', { Name: 'ex.test.', CallerReference: 'two' }, 'ConflictingDomainExists'],
    ['a bad name', { Name: 'a..test', CallerReference: 'two' }, 'InvalidDomainName'],
    ['a VPC', { Name: 'b.test', CallerReference: 'two', VPC: { VPCId: 'v' } }, 'InvalidInput'],
  ])('are refused for %s', async (_name, request, name) => {
    await expect(
      client.send(
        new sdk.CreateHostedZoneCommand({
          Name: undefined,
          CallerReference: undefined,
          ...request,
        }),
      ),
    ).rejects.toMatchObject({ name });
  });

  it('survive a restart, with changes still on their way', async () => {
    route53.setPropagationMs(60_000);
    await change(['UPSERT', record('api.ex.test', 'A', '127.0.0.3')]);
    const again = await createRoute53({ dataDir, clock, random: Math.random });
    const address = () => {
      const { answers } = resolve(
        { name: 'api.ex.test', type: 'A' },
        again.dnsZones(),
        '127.0.0.1',
      );
      return answers.map((answer) => ('data' in answer ? answer.data : undefined));
    };
    expect(address()).toEqual(['127.0.0.2']);
    nowMs += 60_000;
    expect(address()).toEqual(['127.0.0.3']);
  });

  it('go only when empty', async () => {
    const remove = () => client.send(new sdk.DeleteHostedZoneCommand({ Id: zoneId }));
    await expect(remove()).rejects.toMatchObject({ name: 'HostedZoneNotEmpty' });
    const sets = (await list()).ResourceRecordSets!.filter((s) => !/^(NS|SOA)$/.test(s.Type ?? ''));
    await change(...sets.map((set): [sdk.ChangeAction, Set] => ['DELETE', set]));
    await remove();
    await expect(resolver.resolve4('ex.test')).rejects.toThrow('EREFUSED');
  });
});
