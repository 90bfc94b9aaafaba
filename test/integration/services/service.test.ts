// Goal: the image of a watched service serves in both regions behind load balancers, survives a killed
// task, a bad image and a restart, and says how it is run.
// Method: the whole embedded cloud; the image is built by its CodeBuild and run as plain processes.
import { once } from 'node:events';
import http from 'node:http';
import { DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cloud } from '../../../local/cloud.ts';
import type { ServiceInstallation } from '../../../local/stack/installService.ts';
import { eventually } from '../../contract/endpoint.ts';
import { ask, openServed, PRIMARY, STANDBY, withClients } from '../../support/servedCloud.ts';

const served = openServed();
let cloud: Cloud;
let service: ServiceInstallation;

beforeAll(async () => {
  cloud = await served.start();
  service = await served.install(cloud, 'one');
});
afterAll(async () => {
  await cloud.close();
  served.remove();
});

const urlIn = (region: string): string => {
  const { primary, standby } = service.targets;
  return (region === PRIMARY ? primary : standby).url ?? '';
};

const stateIn = (region: string) =>
  withClients(cloud, region, async ({ ecs }) => {
    const { services = [] } = await ecs.send(
      new DescribeServicesCommand({ cluster: 'failover-drill-tiny', services: ['tiny'] }),
    );
    return services[0];
  });

it('serves in both regions, each behind an address of its own, and keeps what tasks answer', async () => {
  for (const region of [PRIMARY, STANDBY]) {
    expect(await ask(urlIn(region))).toMatchObject({ status: 200, region, version: 'one' });
  }
  expect(service.targets.primary).toMatchObject({
    capacity: { cluster: 'failover-drill-tiny', service: 'tiny', wanted: 1 },
    answers: { A: [new URL(urlIn(PRIMARY)).hostname] },
  });
  expect(urlIn(PRIMARY)).not.toBe(urlIn(STANDBY));
  expect(service.runner).toBe('process');
});

it('is not changed by an installation of the same', async () => {
  const before = await stateIn(PRIMARY);
  const again = await served.install(cloud, 'one');
  expect(again).toEqual(service);
  expect((await stateIn(PRIMARY))?.taskDefinition).toBe(before?.taskDefinition);
});

it('replaces a killed task', async () => {
  const { pid } = await ask(urlIn(PRIMARY));
  process.kill(pid, 'SIGKILL');
  await eventually('another task answers', async () => {
    const said = await ask(urlIn(PRIMARY));
    return said.status === 200 && said.pid !== pid;
  });
});

it('feels the fault of its region, and only its own', async () => {
  await cloud.network.setFault({ id: 'f', scope: { region: PRIMARY }, kind: 'refuse' });
  await expect(ask(urlIn(PRIMARY))).rejects.toThrow('ECONNREFUSED');
  expect((await ask(urlIn(STANDBY))).status).toBe(200);
  await cloud.network.clearFault('f');
  await eventually('it answers again', async () => (await ask(urlIn(PRIMARY))).status === 200);
});

it('goes on with the good image when another is broken', async () => {
  await served.install(cloud, 'broken');
  await eventually('the deployment is rolled back', async () => {
    const state = await stateIn(PRIMARY);
    return state?.events?.some(({ message }) => message?.includes('rolling back')) ?? false;
  });
  expect(await ask(urlIn(PRIMARY))).toMatchObject({ status: 200, version: 'one' });
});

it('changes to another good image', async () => {
  await served.install(cloud, 'two');
  await eventually(
    'the other one answers',
    async () => (await ask(urlIn(PRIMARY))).version === 'two',
  );
});

it('serves at the same addresses after a restart', async () => {
  const before = [urlIn(PRIMARY), urlIn(STANDBY)];
  await cloud.close();
  cloud = await served.start();
  for (const url of before) {
    await eventually('it answers', async () => {
      const said = await ask(url).catch(() => undefined);
      return said?.status === 200 && said.version === 'two';
    });
  }
  expect(served.faults).toEqual([]);
});

it('says so when somebody else holds its address', async () => {
  const { hostname } = new URL(urlIn(PRIMARY));
  await cloud.close();
  const other = http.createServer().listen(8080, hostname);
  await once(other, 'listening');
  cloud = await served.start();
  await expect(served.install(cloud, 'two')).rejects.toThrow(
    `tiny is reached at ${hostname}:8080, which somebody else on this machine holds`,
  );
  other.close();
  await once(other, 'close');
});
