// Goal: the quorum switch works end to end: objects in three regions' buckets, read by checkers of eight
// regions, move the answer of the name servers, and dark regions move nothing.
// Method: S3 and Route 53 behind one endpoint with the network of the regions; checks every second.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as s3Sdk from '@aws-sdk/client-s3';
import {
  CreateBucketCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rttMs } from '../../../core/regions/regions.ts';
import { realClock } from '../../../local/clock.ts';
import { createNetwork, type Network } from '../../../local/network/network.ts';
import { createS3 } from '../../../local/s3/service.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { clientOf, eventually, startEndpoint } from '../../contract/endpoint.ts';
import { plain, startRoute53 } from '../../support/route53.ts';

const REGIONS = ['eu-north-1', 'us-east-2', 'ap-southeast-2'] as const;
const PRIMARY = '127.0.1.1';
const STANDBY = '127.0.2.1';
const KEY = 'shop/switch';

let dataDir: string;
let network: Network;
let endpoint: WireServer;
let world: Awaited<ReturnType<typeof startRoute53>>;
const clients = new Map<string, S3Client>();
const bucketOf = (region: string) => `switch-${region}`;

const write = (region: string, state: 'home' | 'standby') =>
  clients.get(region)!.send(
    new PutObjectCommand({
      Bucket: bucketOf(region),
      Key: KEY,
      Body: `{"epoch":1,"state":"${state}"}`,
    }),
  );

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'switch-'));
  network = createNetwork({ rtt: rttMs, random: Math.random, clock: realClock });
  const s3 = await createS3({ dataDir, clock: realClock });
  endpoint = await startEndpoint([serviceFromSdk(s3Sdk, 's3', s3.operations)], {
    arrive: network.arriveHook,
    delay: network.delayHook,
  });
  world = await startRoute53({ clock: realClock, random: Math.random, requestIntervalsS: [1] });
  for (const region of REGIONS) {
    const client = new S3Client(clientOf(endpoint, region));
    clients.set(region, client);
    const Bucket = bucketOf(region);
    await client.send(
      new CreateBucketCommand({
        Bucket,
        CreateBucketConfiguration: { LocationConstraint: region },
      }),
    );
    const Statement = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${Bucket}/shop/*`,
    };
    await client.send(
      new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Statement }) }),
    );
    await write(region, 'home');
  }
  const children = await Promise.all(
    REGIONS.map((region) =>
      world.createCheck({
        Type: 'HTTP_STR_MATCH',
        SearchString: '"state":"standby"',
        Port: endpoint.port,
        FullyQualifiedDomainName: `${bucketOf(region)}.s3.${region}.amazonaws.com`,
        ResourcePath: `/${KEY}`,
        RequestInterval: 1,
        FailureThreshold: 1,
      }),
    ),
  );
  await eventually('three raw-unhealthy readings', () =>
    children.every((child) => !world.route53.healthy(child)),
  );
  const mayServe = await world.createCheck({
    Type: 'CALCULATED',
    ChildHealthChecks: children,
    HealthThreshold: 2,
    Inverted: true,
  });
  const failover = (Failover: 'PRIMARY' | 'SECONDARY', address: string) => ({
    ...plain('www.ex.test', 'A', address),
    SetIdentifier: Failover,
    Failover,
  });
  await world.change(
    ['CREATE', { ...failover('PRIMARY', PRIMARY), HealthCheckId: mayServe }],
    ['CREATE', failover('SECONDARY', STANDBY)],
  );
});
afterAll(async () => {
  for (const client of clients.values()) client.destroy();
  await world.close();
  await endpoint.close();
  await network.close();
  rmSync(dataDir, { recursive: true });
});

const serves = (address: string) => () => world.answers('www.ex.test')[0] === address;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const down = (region: string) =>
  network.setFault({ id: region, kind: 'refuse', scope: { region }, plane: 'aws' });
const [first, second, third] = REGIONS;

describe('the quorum switch over S3', () => {
  it('answers with the primary while all objects say home', () => {
    expect(world.answers('www.ex.test')).toEqual([PRIMARY]);
  });

  it('stays where it is when every switch region is dark', async () => {
    await Promise.all(REGIONS.map(down));
    await pause(2_500);
    expect(world.answers('www.ex.test')).toEqual([PRIMARY]);
    await Promise.all(REGIONS.map((region) => network.clearFault(region)));
  });

  it('stays with one object, flips with two although the third region is dark, and comes back', async () => {
    await down(third);
    await write(first, 'standby');
    await pause(2_500);
    expect(world.answers('www.ex.test')).toEqual([PRIMARY]);
    await write(second, 'standby');
    await eventually('the standby answers', serves(STANDBY));
    await network.clearFault(third);
    await write(first, 'home');
    await write(second, 'home');
    await eventually('the primary answers', serves(PRIMARY));
  });

  it('hazard: one of two objects goes dark while the standby serves: traffic goes back by itself', async () => {
    await Promise.all([write(first, 'standby'), write(second, 'standby')]);
    await eventually('the standby answers', serves(STANDBY));
    await down(first);
    await eventually('the primary answers', serves(PRIMARY));
    await network.clearFault(first);
    await eventually('the standby answers again', serves(STANDBY));
  });

  it('hazard: a check without a search string, on another region, is healthy by a 301', async () => {
    const wrong = {
      Port: endpoint.port,
      FullyQualifiedDomainName: `${bucketOf(first)}.s3.${third}.amazonaws.com`,
      ResourcePath: `/${KEY}`,
      RequestInterval: 1,
      FailureThreshold: 1,
    };
    const blind = await world.createCheck(wrong);
    const strict = await world.createCheck({
      ...wrong,
      Type: 'HTTP_STR_MATCH',
      SearchString: '"state":"standby"',
    });
    await eventually('the string match sees through it', () => !world.route53.healthy(strict));
    await pause(1_500);
    expect(world.route53.healthy(blind)).toBe(true);
  });
});
