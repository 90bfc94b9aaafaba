// Goal: what a service runs is in the registry of every region under one digest, or it is built, or refused.
// Method: clients whose answers are made up.
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  StartBuildCommand,
} from '@aws-sdk/client-codebuild';
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../../../events/config.ts';
import { ensureImage } from '../../../local/stack/serviceImage.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const HOME = 'eu-central-1';
const OTHER = 'eu-west-1';
const [ONE, TWO] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`);

const settings = { region: HOME };
const clients = { s3: new S3Client(settings), codebuild: new CodeBuildClient(settings) };
const registries = new Map([HOME, OTHER].map((region) => [region, new ECRClient({ region })]));
mockedClient(clients.s3);
const codebuild = mockedClient(clients.codebuild);
const ecr = new Map([...registries].map(([region, client]) => [region, mockedClient(client)]));
beforeEach(() => {
  codebuild.on(StartBuildCommand).resolves({ build: { id: 'b:1' } });
  codebuild.on(BatchGetBuildsCommand).resolves({ builds: [{ buildStatus: 'SUCCEEDED' }] });
});

/** What a registry says of the tag, each time it is asked; the last answer stays. */
const has = (region: string, ...digests: (string | undefined)[]): void => {
  const mock = ecr.get(region)?.on(DescribeImagesCommand);
  const gone = Object.assign(new Error('none'), { name: 'ImageNotFoundException' });
  for (const imageDigest of digests) {
    if (imageDigest === undefined) mock?.rejectsOnce(gone);
    else mock?.resolvesOnce({ imageDetails: [{ imageDigest }] });
  }
};

const parsed = Config.parse({
  service: 'shop',
  regions: { primary: OTHER, standby: HOME },
  image: { matrix: { target: ['slim'] }, reference: 'slim' },
});
const config = { ...parsed, image: parsed.image ?? expect.fail() };
const ensure = () => {
  const source = { zip: new Uint8Array(1), sha256: 'c'.repeat(64) };
  const uri = `111122223333.dkr.ecr.${HOME}.amazonaws.com/failover-drill-shop`;
  const place = { bucket: 'sources', uri, registries, lookEveryMs: 1 };
  const telling = { note: () => {}, signal: AbortSignal.timeout(60_000) };
  return ensureImage(clients, config, source, place, telling);
};
const builds = () => codebuild.commandCalls(StartBuildCommand);

describe('the image of a service', () => {
  it('is not built where every region has it under one digest', async () => {
    has(HOME, ONE);
    has(OTHER, ONE);
    expect(await ensure()).toMatchObject({ digest: ONE, reused: true });
    expect(builds()).toHaveLength(0);
  });

  it.each([
    ['none has it', undefined, undefined],
    ['the other region lacks it', ONE, undefined],
    ['the other region has another', ONE, TWO],
  ])('is built for both where %s', async (_, home, other) => {
    has(HOME, home, TWO);
    has(OTHER, other, TWO);
    expect(await ensure()).toMatchObject({ digest: TWO, reused: false });
    const told = builds()[0]?.args[0].input.environmentVariablesOverride;
    const nameIn = (region: string) =>
      `111122223333.dkr.ecr.${region}.amazonaws.com/failover-drill-shop:shop-slim-${'c'.repeat(12)}`;
    expect(told).toContainEqual({ name: 'IMAGE_URI', value: nameIn(HOME) });
    expect(told).toContainEqual({ name: 'COPY_URIS', value: nameIn(OTHER) });
  });

  it('is refused where a build has left a region without it', async () => {
    has(HOME, undefined, ONE);
    has(OTHER, undefined, undefined);
    await expect(ensure()).rejects.toMatchObject({
      name: 'ReferenceFailed',
      message: expect.stringContaining('eu-west-1 has no such image'),
    });
  });
});
