import * as sdk from '@aws-sdk/client-ecr';
import { expect } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { createEcr } from '../../../local/ecr/createEcr.ts';
import { sha256 } from '../../../local/ecr/layout.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { putBlob } from '../../support/ociImage.ts';
import { awscliTable } from './awscli.ts';

const REGION = 'eu-central-1';
const repository = 'shop';
let manifest = '';

awscliTable(
  'ecr',
  async (dataDir) => {
    const place = { dataDir, region: REGION, repository };
    manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: putBlob(place, Buffer.from('config'), 'x'),
      layers: [putBlob(place, Buffer.from('layer'), 'x')],
    });
    const ecr = await createEcr({ dataDir, clock: realClock });
    return { front: serviceFromSdk(sdk, 'ecr', ecr.operations), close: ecr.close };
  },
  [
    {
      name: 'create-repository',
      args: () => ['ecr', 'create-repository', '--repository-name', repository],
      prints: { repository: { repositoryName: repository } },
    },
    {
      name: 'put-image',
      args: () => [
        ...['ecr', 'put-image', '--repository-name', repository],
        ...['--image-tag', 'one', '--image-manifest', manifest],
      ],
      prints: { image: { imageId: { imageTag: 'one' } } },
    },
    {
      name: 'describe-images',
      args: () => ['ecr', 'describe-images', '--repository-name', repository],
      prints: {
        imageDetails: [{ imageTags: ['one'], imageDigest: expect.stringMatching(/^sha256:/) }],
      },
    },
    {
      name: 'batch-get-image',
      args: () => [
        ...['ecr', 'batch-get-image', '--repository-name', repository],
        ...['--image-ids', 'imageTag=one', 'imageTag=two'],
      ],
      prints: {
        images: [{ imageManifest: expect.stringContaining(sha256('layer')) }],
        failures: [{ imageId: { imageTag: 'two' }, failureCode: 'ImageNotFound' }],
      },
    },
    {
      name: 'get-authorization-token',
      args: () => ['ecr', 'get-authorization-token'],
      prints: { authorizationData: [{ authorizationToken: expect.stringMatching(/^QVdTO/) }] },
    },
    {
      name: 'get-download-url-for-layer',
      args: () => [
        ...['ecr', 'get-download-url-for-layer', '--repository-name', repository],
        ...['--layer-digest', sha256('layer')],
      ],
      prints: { layerDigest: sha256('layer') },
    },
    {
      name: 'get-download-url-for-layer of no image',
      args: () => [
        ...['ecr', 'get-download-url-for-layer', '--repository-name', repository],
        ...['--layer-digest', sha256('other')],
      ],
      fails: 'LayersNotFoundException',
    },
  ],
);
