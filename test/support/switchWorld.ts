// Three regions' buckets with switch objects, behind the network of the regions and its faults.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as eventsSdk from '@aws-sdk/client-eventbridge';
import * as s3Sdk from '@aws-sdk/client-s3';
import * as ssmSdk from '@aws-sdk/client-ssm';
import { openDnsSwitch, type SwitchObject } from '../../aws/dnsSwitch.ts';
import type { SwitchBody } from '../../core/failover/switchObjects.ts';
import { signerOf } from '../../functions/flip/signing.ts';
import { realClock } from '../../local/clock.ts';
import { createDynamodb } from '../../local/dynamodb/service.ts';
import { createEventBridge } from '../../local/eventbridge/service.ts';
import { createNetwork } from '../../local/network/network.ts';
import { createS3 } from '../../local/s3/service.ts';
import { createSsm } from '../../local/ssm/service.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { startEndpoint } from '../contract/endpoint.ts';
import { type Heard, hearAll, hearingGateway } from './busEvents.ts';

export const SWITCH_REGIONS = ['eu-central-1', 'eu-north-1', 'us-east-2'] as const;
export const SWITCH_KEY = 'a key that only the test knows';
const CREDENTIALS = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local' };

const homeBody: SwitchBody = {
  state: 'home',
  epoch: 0,
  decisionId: 'set-up',
  evidenceHash: '',
  expiresAtMs: 0,
};

const signal = new AbortController().signal;

export const startSwitchWorld = async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'switches-'));
  // No distances: what is tested is which region answers, not how far it is.
  const network = createNetwork({ rtt: () => 0, random: Math.random, clock: realClock });
  const options = { dataDir, clock: realClock };
  const s3 = await createS3(options);
  const dynamodb = await createDynamodb(options);
  /** What was put on the bus of the standby. */
  const told: Heard[] = [];
  const events = await createEventBridge({
    ...options,
    random: Math.random,
    gateway: hearingGateway(told),
    onDropped: () => {},
  });
  const asked: string[] = [];
  const endpoint = await startEndpoint(
    [
      serviceFromSdk(s3Sdk, 's3', s3.operations),
      serviceFromSdk(ssmSdk, 'ssm', createSsm(options).operations),
      serviceFromSdk(eventsSdk, 'events', events.operations),
      dynamodb.front,
    ],
    {
      arrive: (call) => {
        asked.push(call.region);
        return network.arriveHook(call);
      },
      delay: network.delayHook,
    },
  );
  const sdk = { endpoint: endpoint.url, credentials: CREDENTIALS };
  const objects: SwitchObject[] = SWITCH_REGIONS.map((region) => ({
    region,
    bucket: `switch-${region}`,
    key: 'switch/shop/one',
  }));
  const dnsSwitch = openDnsSwitch(signerOf(SWITCH_KEY), sdk);
  for (const region of SWITCH_REGIONS) {
    const Bucket = `switch-${region}`;
    const client = new s3Sdk.S3Client({ ...sdk, region, forcePathStyle: true });
    await client.send(
      new s3Sdk.CreateBucketCommand({
        Bucket,
        CreateBucketConfiguration: { LocationConstraint: region },
      }),
    );
    client.destroy();
  }
  for (const object of objects) {
    await dnsSwitch.write(object, homeBody, { ifNoneMatch: '*' }, signal);
  }
  await hearAll({ ...sdk, region: SWITCH_REGIONS[0] });
  asked.length = 0;
  return {
    ...{ sdk, objects, dnsSwitch, network, asked, told },
    /** Nothing of the region answers any more. */
    deny: (region: string) =>
      network.setFault({ id: region, kind: 'refuse', scope: { region }, plane: 'aws' }),
    darken: (region: string) =>
      network.setFault({ id: region, kind: 'blackhole', scope: { region }, plane: 'aws' }),
    heal: (region: string) => network.clearFault(region),
    remove: async (region: string): Promise<void> => {
      const client = new s3Sdk.S3Client({ ...sdk, region, forcePathStyle: true });
      const Key = 'switch/shop/one';
      await client.send(new s3Sdk.DeleteObjectCommand({ Bucket: `switch-${region}`, Key }));
      client.destroy();
    },
    states: async () =>
      (await dnsSwitch.read(objects, signal)).map(({ state, epoch }) => `${state} ${epoch}`),
    close: async () => {
      dnsSwitch.close();
      await endpoint.close();
      await events.close();
      await dynamodb.close();
      await network.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

export type SwitchWorld = Awaited<ReturnType<typeof startSwitchWorld>>;
