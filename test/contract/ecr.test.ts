// Goal: the registry answers a real client as ECR does, for images whose blobs a push has put in place.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEcr } from '../../local/ecr/createEcr.ts';
import {
  blobFile,
  PROCESS_ANNOTATION,
  PROCESS_MANIFEST_TYPE,
  repositoryFolder,
  sha256,
} from '../../local/ecr/layout.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { manualClock } from '../support/manualClock.ts';
import { clientOf, raw, startEndpoint, temporaryFolder } from './endpoint.ts';

const { folder, remove } = temporaryFolder();
const { clock, advance } = manualClock(1_800_000_000_000);
const REPOSITORY = 'drill/shop';
const LAG_MS = 2000;
let server: WireServer;
let ecr: sdk.ECRClient;
let elsewhere: sdk.ECRClient;

const open = async () => {
  const options = { dataDir: folder, clock, replicationLagMs: LAG_MS };
  const { operations } = await createEcr(options);
  server = await startEndpoint([serviceFromSdk(sdk, 'ecr', operations)]);
  ecr = new sdk.ECRClient(clientOf(server));
  elsewhere = new sdk.ECRClient(clientOf(server, 'eu-west-1'));
};
const close = async () => {
  ecr.destroy();
  elsewhere.destroy();
  await server.close();
};
beforeAll(async () => {
  await open();
  await ecr.send(new sdk.CreateRepositoryCommand({ repositoryName: REPOSITORY }));
});
/** A rule of the registry, as people write them. */
const replicate = (client: sdk.ECRClient, region: string) => {
  const rules = [{ destinations: [{ region, registryId: '000000000000' }] }];
  return client.send(
    new sdk.PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }),
  );
};
afterAll(async () => {
  await close();
  remove();
});

const blob = (text: string) => {
  const digest = sha256(text);
  const file = blobFile(repositoryFolder(folder, 'eu-central-1', REPOSITORY), digest);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return { mediaType: 'application/octet-stream', digest, size: text.length };
};
const OCI = 'application/vnd.oci.image.manifest.v1+json';
const manifestOf = (name: string, more: object = {}) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI,
    config: blob(`config of ${name}`),
    layers: [blob('base layer'), blob(`layer of ${name}`)],
    ...more,
  });
const push = (imageManifest: string, imageTag: string) =>
  ecr.send(new sdk.PutImageCommand({ repositoryName: REPOSITORY, imageManifest, imageTag }));
const describeAll = async (client: sdk.ECRClient) =>
  (await client.send(new sdk.DescribeImagesCommand({ repositoryName: REPOSITORY }))).imageDetails ??
  [];

test('repositories are named, found and refused as ECR does', async () => {
  const { repositories } = await ecr.send(new sdk.DescribeRepositoriesCommand({}));
  expect(repositories).toEqual([
    expect.objectContaining({
      repositoryName: REPOSITORY,
      repositoryArn: `arn:aws:ecr:eu-central-1:000000000000:repository/${REPOSITORY}`,
      repositoryUri: `000000000000.dkr.ecr.eu-central-1.amazonaws.com/${REPOSITORY}`,
      createdAt: expect.any(Date),
    }),
  ]);
  const again = new sdk.CreateRepositoryCommand({ repositoryName: REPOSITORY });
  await expect(ecr.send(again)).rejects.toMatchObject({ name: 'RepositoryAlreadyExistsException' });
  const odd = new sdk.CreateRepositoryCommand({ repositoryName: '../Evil' });
  await expect(ecr.send(odd)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  const none = new sdk.DescribeImagesCommand({ repositoryName: 'none' });
  await expect(ecr.send(none)).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
});

test('an image has the digest of its manifest and the compressed size of its blobs', async () => {
  const manifest = manifestOf('one');
  const { image } = await push(manifest, 'one');
  const digest = sha256(manifest);
  expect(image?.imageId).toEqual({ imageDigest: digest, imageTag: 'one' });
  const [seen] = await describeAll(ecr);
  expect(seen).toMatchObject({
    imageDigest: digest,
    imageTags: ['one'],
    imageSizeInBytes: 'config of one'.length + 'base layer'.length + 'layer of one'.length,
    imageManifestMediaType: OCI,
  });
  const got = await ecr.send(
    new sdk.BatchGetImageCommand({
      repositoryName: REPOSITORY,
      imageIds: [{ imageTag: 'one' }, { imageTag: 'none' }, {}],
    }),
  );
  expect(got.images?.map((one) => one.imageManifest)).toEqual([manifest]);
  expect(got.failures?.map(({ failureCode }) => failureCode)).toEqual([
    'ImageNotFound',
    'MissingDigestAndTag',
  ]);
});

test('what was not pushed is not announced, and the same push twice is told', async () => {
  const lost = JSON.stringify({
    config: blob('c'),
    layers: [{ mediaType: 'x', digest: sha256('never pushed'), size: 1 }],
  });
  await expect(push(lost, 'lost')).rejects.toMatchObject({ name: 'LayersNotFoundException' });
  await expect(push('{}', 'bad')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await expect(push(manifestOf('one'), 'one')).rejects.toMatchObject({
    name: 'ImageAlreadyExistsException',
  });
});

test('a tag moves to the image pushed last, and the other stays without it', async () => {
  await push(manifestOf('two'), 'latest');
  await advance(1);
  await push(manifestOf('three'), 'latest');
  const images = await describeAll(ecr);
  expect(images.map(({ imageTags }) => imageTags)).toEqual([['one'], undefined, ['latest']]);
  const list = (tagStatus: sdk.TagStatus) =>
    ecr.send(new sdk.ListImagesCommand({ repositoryName: REPOSITORY, filter: { tagStatus } }));
  expect((await list('UNTAGGED')).imageIds).toEqual([{ imageDigest: sha256(manifestOf('two')) }]);
  expect((await list('TAGGED')).imageIds).toHaveLength(2);
});

test('replicas are seen in the other region once the lag is over, and deleted there alone', async () => {
  await replicate(ecr, 'eu-west-1');
  await advance(LAG_MS);
  await push(manifestOf('four'), 'four');
  expect((await describeAll(elsewhere)).map(({ imageTags }) => imageTags?.[0])).not.toContain(
    'four',
  );
  await advance(LAG_MS);
  expect((await describeAll(elsewhere)).map(({ imageTags }) => imageTags?.[0])).toContain('four');
  const imageIds = [{ imageTag: 'four' }];
  const drop = new sdk.BatchDeleteImageCommand({ repositoryName: REPOSITORY, imageIds });
  expect((await elsewhere.send(drop)).imageIds).toHaveLength(1);
  expect((await describeAll(elsewhere)).map(({ imageTags }) => imageTags?.[0])).not.toContain(
    'four',
  );
  expect((await describeAll(ecr)).map(({ imageTags }) => imageTags?.[0])).toContain('four');
  await ecr.send(drop);
  expect((await describeAll(ecr)).map(({ imageTags }) => imageTags?.[0])).not.toContain('four');
});

test('a folder of processes has no size, and no container client gets its manifest', async () => {
  const text = manifestOf('folder', {
    mediaType: PROCESS_MANIFEST_TYPE,
    annotations: { [PROCESS_ANNOTATION]: '/x' },
  });
  await push(text, 'folder');
  const detail = (await describeAll(ecr)).find(({ imageTags }) => imageTags?.includes('folder'));
  expect(detail).not.toHaveProperty('imageSizeInBytes');
  const imageIds = [{ imageTag: 'folder' }];
  const input = { repositoryName: REPOSITORY, imageIds };
  const plain = await ecr.send(new sdk.BatchGetImageCommand(input));
  expect(plain.images).toEqual([]);
  expect(plain.failures).toHaveLength(1);
  const acceptedMediaTypes = [PROCESS_MANIFEST_TYPE];
  const asked = await ecr.send(new sdk.BatchGetImageCommand({ ...input, acceptedMediaTypes }));
  expect(asked.images).toHaveLength(1);
});

describe('the raw answer', () => {
  test('of GetAuthorizationToken is JSON with seconds and a token of AWS:password', async () => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
    };
    const { status, text } = await raw(server, 'ecr', { headers, body: '{}' });
    expect(status).toBe(200);
    const [data] = JSON.parse(text).authorizationData;
    expect(Buffer.from(data.authorizationToken, 'base64').toString()).toMatch(/^AWS:.{10,}/);
    expect(data.expiresAt).toBeTypeOf('number');
    expect(data.proxyEndpoint).toBe('https://000000000000.dkr.ecr.eu-central-1.amazonaws.com');
  });
});

test('images outlive the process', async () => {
  const before = await describeAll(ecr);
  await close();
  await open();
  expect(await describeAll(ecr)).toEqual(before);
});
