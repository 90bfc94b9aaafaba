import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-route-53';
import type { Answer } from 'dns-packet';
import { resolve } from '../../local/dns/resolve.ts';
import type { CheckOutcome, Prober } from '../../local/route53/health/prober.ts';
import { createRoute53, type Route53Options } from '../../local/route53/service.ts';
import { createVirtualClock } from '../../local/virtualClock.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { startTestServer } from './wireServer.ts';

type Set = Partial<sdk.ResourceRecordSet>;

/** Random numbers that are the same in each run; not for statistics. */
export const steadyRandom = (): (() => number) => {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
};

export const plain = (name: string, type: sdk.RRType, ...values: string[]): Set => ({
  Name: name,
  Type: type,
  TTL: 60,
  ResourceRecords: values.map((Value) => ({ Value })),
});

/** A Route 53 on a folder of its own, its SDK client, and one zone, ex.test. */
export const startRoute53 = async (
  options: Pick<Route53Options, 'clock'> & Partial<Route53Options>,
) => {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'route53-'));
  const route53 = await createRoute53({
    dataDir,
    random: steadyRandom(),
    propagationMs: 0,
    requestsPerS: Number.POSITIVE_INFINITY,
    ...options,
  });
  const wire = await startTestServer({
    services: [serviceFromSdk(sdk, 'route53', route53.operations, { onFault: () => undefined })],
  });
  const client = new sdk.Route53Client({
    region: 'us-east-1',
    endpoint: wire.url,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local' },
  });
  const zones = await client.send(new sdk.ListHostedZonesByNameCommand({ DNSName: 'ex.test' }));
  const zoneId =
    zones.HostedZones?.[0]?.Id ??
    (
      await client.send(
        new sdk.CreateHostedZoneCommand({ Name: 'ex.test', CallerReference: 'the zone' }),
      )
    ).HostedZone!.Id!;
  let references = 0;
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
  const createCheck = async (config: Partial<sdk.HealthCheckConfig>): Promise<string> => {
    references += 1;
    const made = await client.send(
      new sdk.CreateHealthCheckCommand({
        CallerReference: `check ${references} of ${route53.dnsZones().length} ${Math.random()}`,
        HealthCheckConfig: {
          Type: 'HTTP',
          ...(config.Type === 'CALCULATED' ? {} : { IPAddress: '127.0.0.1', Port: 80 }),
          ...config,
        },
      }),
    );
    return made.HealthCheck!.Id!;
  };
  /** What DNS answers to one who asks from an address. */
  const answers = (name: string, type = 'A', from = '127.0.0.1', server = ''): unknown[] =>
    resolve({ name, type }, route53.dnsZones(server), from).answers.map((answer: Answer) =>
      'data' in answer ? answer.data : undefined,
    );
  const close = async () => {
    client.destroy();
    await wire.close();
    await route53.close();
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  return { route53, client, url: wire.url, zoneId, dataDir, change, createCheck, answers, close };
};

/** Endpoints by port, as a test sets them: an HTTP status, or what a checker is to see. */
type Endpoint = number | ((sourceAddress: string) => boolean);

/** Route 53 on a virtual clock, with endpoints that answer as they are told. */
export const startOnVirtualTime = async (
  options: Partial<Route53Options> = {},
  startMs = Date.parse('2026-11-20T00:00:00Z'),
) => {
  const clock = createVirtualClock(startMs);
  const endpoints = new Map<number, Endpoint>();
  const outcome = (ok: boolean): CheckOutcome => ({ ok, status: ok ? 'Success' : 'Failure' });
  const prober: Prober = async ({ config, sourceAddress }) => {
    const endpoint = endpoints.get(config.port) ?? 503;
    if (typeof endpoint === 'function') return outcome(endpoint(sourceAddress));
    return outcome(endpoint >= 200 && endpoint < 400);
  };
  const started = await startRoute53({ clock, prober, ...options });
  return { ...started, clock, endpoints };
};
