// Goal: a drill finds where the standby is not what the primary is, and keeps no value of its environment.
// Method: inspect-standby on the embedded ECS and DynamoDB over sockets, services in two regions, and a
// TLS server with a certificate of its own.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as ecsSdk from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServices } from '../../../aws/services.ts';
import { openStandbyRecords } from '../../../aws/standbyRecords.ts';
import { openTaskDefinitions } from '../../../aws/taskDefinitions.ts';
import { isTroubled, liveLines, readLiveStandby } from '../../../cli/liveStandby.ts';
import { Config } from '../../../events/config.ts';
import type { DrillPlan } from '../../../events/drillRecord.ts';
import { inspectStandby } from '../../../functions/inspect-standby/run.ts';
import { realClock } from '../../../local/clock.ts';
import { createDynamodb } from '../../../local/dynamodb/service.ts';
import { readCertificate } from '../../../probes/certificate.ts';
import {
  type Cloud,
  definitionInput,
  runInput,
  startProcessCloud,
} from '../../integration/ecs/harness.ts';
import { MODEL, planOf } from '../../support/drillRecords.ts';
import { keyedTable } from '../../support/keyedTable.ts';
import { clientOf, eventually, startEndpoint, temporaryFolder } from '../endpoint.ts';

const [PRIMARY, STANDBY] = ['eu-west-1', 'eu-central-1'];
const { folder, remove } = temporaryFolder();
const signal = new AbortController().signal;
const base = {
  clock: {
    now: () => Date.parse('2026-11-21T01:14:07Z'),
    monotonicMs: () => 0,
    sleep: async () => {},
  },
  log: { info: () => {}, warn: () => {}, error: () => {} },
  count: () => {},
};

let cloud: Cloud;
let server: Awaited<ReturnType<typeof startEndpoint>>;
let dynamodb: Awaited<ReturnType<typeof createDynamodb>>;
let web: tls.Server;
let webPort = 0;
let kept: ReturnType<typeof openStandbyRecords>;

/** A server whose certificate is for one name, and ends tomorrow. */
const startWeb = async (): Promise<void> => {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=de.example.test', '-addext', 'subjectAltName=DNS:de.example.test'];
  const output = ['-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-days', '1', ...output], {
    stdio: 'ignore',
  });
  web = tls.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    socket.on('error', () => {});
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  webPort = (web.address() as AddressInfo).port;
};

beforeAll(async () => {
  cloud = await startProcessCloud(
    {},
    {
      images: async (name) => ({
        kind: 'process' as const,
        digest: `sha256:${(name === 'old' ? 'a' : 'b').repeat(64)}`,
        ...{ cwd: os.tmpdir(), env: {} },
        command: [process.execPath, '-e', 'setInterval(() => {}, 1_000)'],
      }),
    },
  );
  dynamodb = await createDynamodb({ dataDir: folder, clock: realClock });
  server = await startEndpoint([dynamodb.front]);
  const client = new DynamoDBClient(clientOf(server, STANDBY));
  await client.send(new CreateTableCommand(keyedTable('drills')));
  client.destroy();
  kept = openStandbyRecords('drills', clientOf(server, STANDBY));
  await startWeb();
});
afterAll(async () => {
  web.close();
  kept.close();
  await server.close();
  await dynamodb.close();
  await cloud.close();
  remove();
});

const ecsSettings = () => clientOf({ url: cloud.wire.url });

const run = async (
  region: string,
  image: string,
  memory: string,
  environment: Record<string, string>,
  desiredCount: number,
) => {
  const client = new ecsSdk.ECSClient({ ...ecsSettings(), region });
  await client.send(new ecsSdk.CreateClusterCommand({ clusterName: 'drill' }));
  const pairs = Object.entries(environment).map(([name, value]) => ({ name, value }));
  const definition = { ...definitionInput(image, { environment: pairs }), memory };
  const { taskDefinition } = await client.send(
    new ecsSdk.RegisterTaskDefinitionCommand(definition),
  );
  const { cluster, launchType, networkConfiguration } = runInput();
  await client.send(
    new ecsSdk.CreateServiceCommand({
      ...{ cluster, launchType, networkConfiguration, desiredCount },
      serviceName: 'shop',
      taskDefinition: taskDefinition?.taskDefinitionArn,
    }),
  );
  await eventually(`${desiredCount} run in ${region}`, async () => {
    const answer = await client.send(
      new ecsSdk.DescribeServicesCommand({ cluster, services: ['shop'] }),
    );
    return answer.services?.[0]?.runningCount === desiredCount;
  });
  client.destroy();
};

const inspect = async (more: Partial<DrillPlan> = {}) => {
  const plan: DrillPlan = { ...planOf(MODEL), primary: PRIMARY, standby: STANDBY, ...more };
  const { drillId } = plan;
  const output = await inspectStandby({
    ...base,
    records: { plan: async () => plan },
    kept,
    servicesIn: (region) => openServices(region, ecsSettings()),
    definitionsIn: (region) => openTaskDefinitions(region, ecsSettings()),
    certificateOf: readCertificate,
    cluster: 'drill',
  })({ drillId }, signal);
  return { output, record: await kept.find(drillId) };
};

describe('inspect-standby', () => {
  it('says that there is nothing to compare where no region runs the service', async () => {
    const { output, record } = await inspect({ service: 'other' });
    expect(output).toEqual({ drifts: 0 });
    expect(record?.notMeasured).toEqual([
      { what: 'drift between the regions', why: 'neither runs an ECS service other' },
    ]);
  });

  it('finds image, environment, capacity, limits and certificate, and keeps no value', async () => {
    await run(PRIMARY, 'new', '512', { SECRET: 'hunter2', REGION: PRIMARY }, 2);
    await run(STANDBY, 'old', '1024', { SECRET: 'hunter3', REGION: STANDBY }, 1);
    const endpoints = [{ region: STANDBY, url: `https://127.0.0.1:${webPort}/health` }];
    const { output, record } = await inspect({
      standbyCheck: { record: 'shop.example.test', endpoints, services: [] },
    });
    expect(record).toMatchObject({
      primary: { service: { desired: 2, running: 2, memoryMb: '512' }, certificate: null },
      standby: {
        service: { desired: 1, running: 1, digests: [`sha256:${'a'.repeat(64)}`] },
        certificate: { names: ['de.example.test'], distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      },
      environment: { missing: [], extra: [], different: ['SECRET'] },
      notMeasured: [],
    });
    // Image, capacity, memory, environment; of the certificate its end, its name and its signer.
    expect(output).toEqual({ drifts: 7 });
    expect(JSON.stringify(record)).not.toContain('hunter');
  });

  it('looks at the service that the configuration names, under its own name', async () => {
    const services = [PRIMARY, STANDBY].map((region) => {
      return { region, cluster: 'drill', service: 'shop' };
    });
    const { record } = await inspect({
      service: 'other',
      standbyCheck: { record: null, endpoints: [], services },
    });
    expect(record).toMatchObject({
      primary: { service: { name: 'shop', desired: 2 } },
      standby: { service: { name: 'shop', desired: 1 } },
    });
  });

  it('goes on where a certificate cannot be read', async () => {
    const endpoints = [{ region: STANDBY, url: 'https://127.0.0.1:9/' }];
    const { record } = await inspect({ standbyCheck: { record: null, endpoints, services: [] } });
    expect(record?.notMeasured).toEqual([
      { what: `certificate in ${STANDBY}`, why: expect.stringContaining('ECONNREFUSED') },
    ]);
  });
});

it('a deployment finds a service of ECS, or says what else there is', async () => {
  const services = openServices(PRIMARY, ecsSettings());
  const find = (cluster: string, service: string) => services.find({ cluster, service }, signal);
  expect(await find('drill', 'shop')).toEqual({
    ...{ kind: 'there', strategy: 'REPLICA', targetGroups: 0 },
  });
  expect(await find('drill', 'shpo')).toEqual({
    ...{ kind: 'no-service', status: null, services: ['shop'] },
  });
  expect(await find('dril', 'shop')).toEqual({ kind: 'no-cluster', clusters: ['drill'] });
  services.close();
});

it('failover check --live sees the same of the endpoints, without a drill', async () => {
  const endpoint = `https://127.0.0.1:${webPort}/health`;
  const config = Config.parse({
    service: 'shop',
    record: 'shop.example.test',
    regions: {
      primary: { name: PRIMARY, endpoint: 'https://127.0.0.1:9/' },
      standby: { name: STANDBY, endpoint },
    },
  });
  const live = await readLiveStandby(config, Date.now(), signal);
  expect(live.certificates).toMatchObject([
    { region: STANDBY, host: '127.0.0.1', names: ['de.example.test'] },
  ]);
  expect(live.drifts.map(({ of, where }) => `${of} ${where}`)).toEqual(
    new Array(3).fill(`certificate ${STANDBY}`),
  );
  expect(live.notMeasured).toEqual([
    { what: `certificate in ${PRIMARY}`, why: expect.stringContaining('ECONNREFUSED') },
  ]);
  expect(isTroubled(live)).toBe(true);
  expect(liveLines(live).at(-1)).toContain(`NOT SEEN certificate in ${PRIMARY}`);
  const plain = Config.parse({ service: 'shop', regions: { primary: PRIMARY, standby: STANDBY } });
  const nothing = await readLiveStandby(plain, Date.now(), signal);
  expect([isTroubled(nothing), ...liveLines(nothing)]).toEqual([
    false,
    'live       no region has an https endpoint to look at',
  ]);
});
