// Goal: a task of an image in the registry, named by digest, is reached from another region after the
// round trip between the two, and reports the digest of the registry.
// Method: the toy image pushed into the embedded ECR, the real network, a caller with a region's address.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rttMs } from '../../../core/regions/regions.ts';
import { realClock } from '../../../local/clock.ts';
import { createEcr } from '../../../local/ecr/createEcr.ts';
import { blobFile, repositoryFolder } from '../../../local/ecr/layout.ts';
import { repositoryUri } from '../../../local/ecr/uri.ts';
import { taskImages } from '../../../local/ecs/images.ts';
import { createNetwork, type Network } from '../../../local/network/network.ts';
import type { CallContext } from '../../../local/wire/types.ts';
import { addressOf, type Cloud, fetchJson, runTasks, startCloud, untilStatus } from './harness.ts';
import { type Bench, missingEngine, openBench, TOY_IMAGE } from './toyImage.ts';

const HOME = 'eu-west-1';
const CALLER = 'us-east-1';
const missing = await missingEngine();

let bench: Bench;
let network: Network;
let cloud: Cloud;
let uri: string;

beforeAll(async () => {
  if (missing) return;
  bench = await openBench();
  const { dataDir, engine } = bench;
  const ecr = await createEcr({ dataDir, clock: realClock });
  const call = { region: HOME } as CallContext;
  await ecr.operations['CreateRepository']?.({ repositoryName: 'shop' }, call);
  const folder = repositoryFolder(dataDir, HOME, 'shop');
  const pushed = await engine.pushToLayout(TOY_IMAGE, folder, 'v1');
  const imageManifest = readFileSync(blobFile(folder, pushed.manifestDigest), 'utf8');
  await ecr.operations['PutImage']?.(
    { repositoryName: 'shop', imageManifest, imageTag: 'v1' },
    call,
  );
  uri = `${repositoryUri(HOME, 'shop')}@${pushed.manifestDigest}`;
  network = createNetwork({ rtt: rttMs, random: Math.random, clock: realClock });
  cloud = await startCloud({ ...bench, network, images: taskImages(ecr, engine) });
});
afterAll(async () => {
  if (missing) return;
  await cloud.close();
  await network.close();
  await bench.remove();
});

/** Milliseconds until the answer to one request on a new connection is read. */
const requestMs = (host: string, localAddress: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const from = performance.now();
    const request = http.get({ host, port: 8080, localAddress, agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(performance.now() - from));
    });
    request.once('error', reject);
  });

describe.skipIf(missing !== undefined)(`the registry${missing ? ` (${missing})` : ''}`, () => {
  it('gives tasks their image by digest, and the network gives them their distance', async () => {
    const arns = await runTasks(cloud, uri);
    const [task] = await untilStatus(cloud, arns, ['RUNNING', 'STOPPED']);
    expect(task?.lastStatus, task?.stoppedReason).toBe('RUNNING');
    expect(task?.containers?.[0]?.imageDigest).toBe(uri.split('@')[1]);
    const address = addressOf(task);
    await fetchJson(`http://${address}:8080/`);
    const times: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      times.push(await requestMs(address, network.sourceAddress(CALLER)));
    }
    const rtt = rttMs(CALLER, HOME);
    // The least of them: a busy machine makes some later.
    expect(Math.min(...times)).toBeGreaterThan(rtt - 1);
    expect(Math.min(...times)).toBeLessThan(rtt + 50);
  });
});
