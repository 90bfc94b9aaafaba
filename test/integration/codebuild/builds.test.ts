// Goal: the project's own buildspec turns a source in S3 into an image in the registry; a killed
// service leaves no process and no build that seems to run.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BatchGetBuildsCommand,
  CreateProjectCommand,
  StartBuildCommand,
} from '@aws-sdk/client-codebuild';
import { CreateRepositoryCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meaningfulLine } from '../../../core/drill/buildOutput.ts';
import {
  type BuilderDetection,
  detectBuilder,
  openEngine,
} from '../../../local/containers/detect.ts';
import { localImage } from '../../../local/ecr/localImage.ts';
import { eventually } from '../../contract/endpoint.ts';
import { project, startCloud } from './service.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'failover-builds-'));
const URI = '000000000000.dkr.ecr.eu-west-1.amazonaws.com/tiny:one';
const COPY_URI = URI.replace('eu-west-1', 'eu-central-1');
const DOCKERFILE = `FROM debian:bookworm-slim AS tools
FROM scratch AS small
ARG WORD
LABEL word="$WORD"
COPY hello.txt /hello.txt
FROM tools AS failing
RUN echo the-reason && exit 7
`;
let found: BuilderDetection;
let cloud: Awaited<ReturnType<typeof startCloud>>;

beforeAll(async () => {
  const dataDir = path.join(folder, 'data');
  found = await detectBuilder({ dataDir, log: () => {}, allowInstall: false });
  cloud = await startCloud(dataDir, found.choice ?? null);
  const zip = zipSync({ Dockerfile: strToU8(DOCKERFILE), 'hello.txt': strToU8('hello\n') });
  await cloud.s3.send(new CreateBucketCommand({ Bucket: 'sources' }));
  await cloud.s3.send(new PutObjectCommand({ Bucket: 'sources', Key: 'tiny.zip', Body: zip }));
  for (const ecr of [cloud.ecr, cloud.elsewhere]) {
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'tiny' }));
  }
  const source = {
    type: 'S3' as const,
    location: 'sources/tiny.zip',
    buildspec: readFileSync('buildspec.yml', 'utf8'),
  };
  await cloud.codebuild.send(new CreateProjectCommand({ ...project('image', ''), source }));
});
afterAll(async () => {
  await cloud.close();
  if (found.choice) await openEngine(found.choice, path.join(folder, 'data')).cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

const get = async (client: typeof cloud, id: string) => {
  const { builds } = await client.codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
  return builds?.[0];
};

const run = async (variables: Record<string, string>) => {
  const environmentVariablesOverride = Object.entries(variables).map(([name, value]) => ({
    name,
    value,
  }));
  const input = { projectName: 'image', environmentVariablesOverride };
  const { build } = await cloud.codebuild.send(new StartBuildCommand(input));
  const id = build?.id ?? '';
  await eventually('the build ends', async () => (await get(cloud, id))?.buildComplete ?? false);
  return get(cloud, id);
};

describe('the buildspec of the project', () => {
  it('builds once, pushes one manifest to both regions, and exports digest, base, builder and steps', async (test) => {
    test.skip(found.kind === 'none', found.reason);
    const WORD = `it's "$HOME"; \`id\` \\ x`;
    const BUILD_ARGS_JSON = JSON.stringify({ WORD });
    const names = { IMAGE_URI: URI, COPY_URIS: COPY_URI };
    const build = await run({ ...names, TARGET: 'small', BUILD_ARGS_JSON });
    expect(cloud.lines.filter((line) => line.includes('not known'))).toEqual([]);
    expect(build?.buildStatus).toBe('SUCCEEDED');
    const exported = Object.fromEntries(
      (build?.exportedEnvironmentVariables ?? []).map(({ name, value }) => [name, value]),
    );
    expect(exported).toMatchObject({ IMAGE_URI: URI, IMAGE_BASE: 'registry' });
    expect(exported['BUILDER']).toContain(found.version);
    for (const ecr of [cloud.ecr, cloud.elsewhere]) {
      const { imageDetails } = await ecr.send(
        new DescribeImagesCommand({ repositoryName: 'tiny' }),
      );
      expect(imageDetails).toMatchObject([
        {
          imageDigest: exported['IMAGE_DIGEST'],
          imageTags: ['one'],
          imageSizeInBytes: expect.any(Number),
        },
      ]);
    }
    const engine = found.choice && openEngine(found.choice, path.join(folder, 'data'));
    const uri = `${URI.replace(':one', '')}@${exported['IMAGE_DIGEST']}`;
    const image = await localImage(cloud.images, engine, uri);
    expect(image).toMatchObject({ kind: 'container', digest: exported['IMAGE_DIGEST'] });
    if (image?.kind === 'container') expect(image.facts.config.labels['word']).toBe(WORD);
    // The copy is no second compression: the layers of both regions are the same files.
    const blobs = ['eu-west-1', 'eu-central-1'].map((region) => {
      const blobFolder = path.join(folder, 'data/ecr', region, 'tiny/blobs/sha256');
      return readdirSync(blobFolder)
        .filter((name) => statSync(path.join(blobFolder, name)).nlink === 2)
        .sort();
    });
    expect(blobs[0]?.length).toBeGreaterThan(1);
    expect(blobs[0]).toEqual(blobs[1]);
    const steps = cloud.service.steps('eu-west-1', build?.id ?? '');
    expect(exported['BUILD_STEPS']).toBe(String(steps.length));
    expect(steps.map(({ stage, instruction }) => `${stage} ${instruction}`)).toContainEqual(
      expect.stringMatching(/COPY hello.txt \/hello.txt$/),
    );
  });

  it('fails where one of the regions does not take the image, and says which', async (test) => {
    test.skip(found.kind === 'none', found.reason);
    const COPY_URIS = COPY_URI.replace('tiny', 'nowhere');
    const build = await run({ IMAGE_URI: URI, COPY_URIS, TARGET: 'small' });
    expect(build?.buildStatus).toBe('FAILED');
    const tail = build?.exportedEnvironmentVariables?.find(({ name }) => name === 'BUILD_TAIL');
    expect(meaningfulLine(tail?.value ?? '')).toMatch(
      new RegExp(`failed to push ${COPY_URIS}: .*'nowhere' does not exist`),
    );
  });

  it('fails with the words of the step that failed', async (test) => {
    test.skip(found.kind === 'none', found.reason);
    const build = await run({ IMAGE_URI: URI, TARGET: 'failing' });
    expect(build?.buildStatus).toBe('FAILED');
    const contexts = build?.phases?.flatMap((phase) => phase.contexts ?? []);
    expect(contexts?.[0]?.message).toContain('the-reason');
  });

  it('fails for a stage that does not exist, and for a missing IMAGE_URI, saying which', async () => {
    const stage = await run({ IMAGE_URI: URI, TARGET: 'slm' });
    const message = stage?.phases?.flatMap((phase) => phase.contexts ?? [])[0]?.message;
    expect(message).toContain('stage "slm" does not exist. Stages: tools, small, failing.');
    const none = await run({ TARGET: 'small' });
    expect(none?.phases?.at(-3)).toMatchObject({ phaseType: 'PRE_BUILD', phaseStatus: 'FAILED' });
  });
});

const sleepers = (): number =>
  readdirSync('/proc').filter((pid) => {
    try {
      const [program, seconds] = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return program === 'sleep' && (seconds === '4711' || seconds === '4712');
    } catch {
      return false;
    }
  }).length;

it('a build of a killed service is FAULT after the restart and its processes are gone', async () => {
  const dataDir = path.join(folder, 'crash');
  const program = path.join(import.meta.dirname, 'crashChild.ts');
  const child = spawn(process.execPath, [program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const id = await new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  await eventually('both processes run', () => sleepers() === 2).finally(() =>
    child.kill('SIGKILL'),
  );
  await eventually('the process in the group is gone', () => sleepers() === 1);
  const restarted = await startCloud(dataDir, null);
  try {
    expect(sleepers()).toBe(0);
    const build = await get(restarted, id);
    expect(build).toMatchObject({ buildStatus: 'FAULT', buildComplete: true });
    expect(build?.phases?.at(-2)).toMatchObject({ phaseType: 'BUILD', phaseStatus: 'FAULT' });
    expect(readdirSync(path.join(dataDir, 'codebuild'))).not.toContain('work');
  } finally {
    await restarted.close();
  }
});
