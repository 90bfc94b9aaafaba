// Goal: what aws/ asks of CodeBuild, ECR, Lambda and Step Functions, it gets, in the words of the drill.
// Method: the files of aws/ as they are, over sockets, against the embedded services.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as codebuildSdk from '@aws-sdk/client-codebuild';
import * as ecrSdk from '@aws-sdk/client-ecr';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import * as sfnSdk from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCallbacks } from '../../../aws/callbacks.ts';
import { openImageBuilds } from '../../../aws/imageBuilds.ts';
import { openImageRegistry } from '../../../aws/imageRegistry.ts';
import { openVantages } from '../../../aws/vantages.ts';
import { realClock } from '../../../local/clock.ts';
import { createCodeBuild } from '../../../local/codebuild/createCodeBuild.ts';
import { createEcr } from '../../../local/ecr/createEcr.ts';
import { blobFile, repositoryFolder, sha256 } from '../../../local/ecr/layout.ts';
import { createLambda } from '../../../local/lambda/service.ts';
import { createStepFunctions } from '../../../local/stepfunctions/engine.ts';
import { createSdkGateway } from '../../../local/stepfunctions/sdkGateway.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { clientOf, eventually, startEndpoint, temporaryFolder } from '../endpoint.ts';

const HOME = 'eu-central-1';
const AWAY = 'eu-west-1';
const ROLE = 'arn:aws:iam::000000000000:role/test';
const REPOSITORY = 'failover-drill-shop';

const { folder, remove } = temporaryFolder();
const signal = new AbortController().signal;
const opened: (() => Promise<void> | void)[] = [];
let server: WireServer;
const at = (region: string) => clientOf(server, region);

beforeAll(async () => {
  const base = { dataDir: folder, clock: realClock };
  const endpoint = () => server.url;
  const ecr = await createEcr(base);
  const codebuild = await createCodeBuild({ ...base, endpoint, engine: null, log: () => {} });
  const network = { sourceAddress: () => undefined, resolver: () => undefined };
  const lambda = createLambda({ ...base, endpoint, network, log: () => {} });
  let gateway: ReturnType<typeof createSdkGateway> | undefined;
  const sfn = createStepFunctions({
    ...base,
    random: Math.random,
    gateway: {
      call: (request) => {
        gateway ??= createSdkGateway({
          endpoint: server.url,
          credentials: { accessKeyId: 'AKID', secretAccessKey: 'local' },
        });
        return gateway.call(request);
      },
    },
  });
  server = await startEndpoint([
    serviceFromSdk(codebuildSdk, 'codebuild', codebuild.operations),
    serviceFromSdk(ecrSdk, 'ecr', ecr.operations),
    serviceFromSdk(lambdaSdk, 'lambda', lambda.operations),
    serviceFromSdk(sfnSdk, 'states', sfn.operations),
  ]);
  const codePath = path.join(folder, 'handler.mjs');
  writeFileSync(
    codePath,
    `import { appendFileSync } from 'node:fs';
     export const handler = async (event) => { appendFileSync(process.env.HEARD, JSON.stringify(event) + '\\n'); };`,
  );
  for (const region of [HOME, AWAY]) {
    lambda.registerFunction({
      region,
      name: 'probe',
      codePath,
      handler: 'handler.handler',
      timeoutS: 10,
      memoryMb: 256,
      environment: { HEARD: path.join(folder, `heard-${region}`) },
    });
  }
  opened.push(
    () => server.close(),
    () => gateway?.close(),
    () => sfn.close(),
    () => lambda.close(),
    () => codebuild.close(),
    () => ecr.close(),
  );
});
afterAll(async () => {
  for (const close of opened) await close();
  remove();
});

describe('image builds', () => {
  const build = async (commands: string): Promise<string> => {
    const client = new codebuildSdk.CodeBuildClient(at(HOME));
    const buildspec = `version: 0.2
env: { shell: bash, exported-variables: [IMAGE_DIGEST, BUILDER] }
phases: { build: { on-failure: ABORT, commands: [${commands}] } }`;
    await client
      .send(
        new codebuildSdk.CreateProjectCommand({
          name: 'shop',
          source: { type: 'NO_SOURCE', buildspec },
          artifacts: { type: 'NO_ARTIFACTS' },
          environment: {
            type: 'LINUX_CONTAINER',
            image: 'aws/codebuild/standard:7.0',
            computeType: 'BUILD_GENERAL1_SMALL',
          },
          serviceRole: ROLE,
        }),
      )
      .catch((error: unknown) => {
        if (!(error instanceof codebuildSdk.ResourceAlreadyExistsException)) throw error;
      });
    const started = await client.send(
      new codebuildSdk.StartBuildCommand({ projectName: 'shop', buildspecOverride: buildspec }),
    );
    const id = started.build?.id ?? '';
    await eventually(`build ${id} is over`, async () => {
      const { builds } = await client.send(new codebuildSdk.BatchGetBuildsCommand({ ids: [id] }));
      return builds?.[0]?.buildStatus !== 'IN_PROGRESS';
    });
    client.destroy();
    return id;
  };

  it('tell what a build exported and how long it took', async () => {
    const id = await build('"export IMAGE_DIGEST=sha256:1", "export BUILDER=plain"');
    const [seen] = await openImageBuilds(at(HOME)).describe([id], signal);
    expect(seen).toMatchObject({ buildId: id, succeeded: true, reason: null });
    expect(seen?.exported).toEqual({ IMAGE_DIGEST: 'sha256:1', BUILDER: 'plain' });
    expect(seen?.durationMs).toBeGreaterThan(0);
  });

  it('tell why a build failed', async () => {
    const id = await build('"exit 3"');
    const [seen] = await openImageBuilds(at(HOME)).describe([id], signal);
    expect(seen).toMatchObject({ buildId: id, succeeded: false });
    expect(seen?.reason).toMatch(/exit 3.*exit status 3/);
  });

  it('say nothing of builds that nobody asked for, or that are unknown', async () => {
    expect(await openImageBuilds(at(HOME)).describe([], signal)).toEqual([]);
    expect(await openImageBuilds(at(HOME)).describe(['shop:none'], signal)).toEqual([]);
  });
});

describe('the image registry', () => {
  it('finds an image by its digest with the compressed size of its layers', async () => {
    const client = new ecrSdk.ECRClient(at(HOME));
    await client.send(new ecrSdk.CreateRepositoryCommand({ repositoryName: REPOSITORY }));
    const blob = (text: string) => {
      const file = blobFile(repositoryFolder(folder, HOME, REPOSITORY), sha256(text));
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      return { mediaType: 'application/octet-stream', digest: sha256(text), size: text.length };
    };
    const imageManifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: blob('config'),
      layers: [blob('base'), blob('application')],
    });
    await client.send(new ecrSdk.PutImageCommand({ repositoryName: REPOSITORY, imageManifest }));
    client.destroy();
    const registry = openImageRegistry(at(HOME));
    const digest = sha256(imageManifest);
    expect(await registry.find(REPOSITORY, digest, signal)).toEqual({
      digest,
      configDigest: sha256('config'),
      layers: [
        { mediaType: 'application/octet-stream', digest: sha256('base'), compressedBytes: 4 },
        {
          mediaType: 'application/octet-stream',
          digest: sha256('application'),
          compressedBytes: 11,
        },
      ],
    });
    expect(await registry.find(REPOSITORY, `sha256:${'0'.repeat(64)}`, signal)).toBeUndefined();
    expect(await registry.find('no-such-repository', digest, signal)).toBeUndefined();
  });
});

describe('vantages', () => {
  it('hand an event to the function of a region, which does the rest alone', async () => {
    const vantages = openVantages('probe', at(HOME));
    await vantages.dispatch(AWAY, { cell: 'there' }, signal);
    const heard = path.join(folder, `heard-${AWAY}`);
    await eventually('the function ran', () => existsSync(heard));
    expect(readFileSync(heard, 'utf8')).toBe('{"cell":"there"}\n');
    expect(existsSync(path.join(folder, `heard-${HOME}`))).toBe(false);
  });

  it('name a function that a region has not', async () => {
    await expect(openVantages('none', at(HOME)).dispatch(AWAY, {}, signal)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: expect.stringContaining('eu-west-1'),
    });
  });
});

describe('callbacks', () => {
  /** Starts a machine that waits for its token, and gives the token. */
  const waiting = async (name: string): Promise<{ token: string; executionArn: string }> => {
    const client = new sfnSdk.SFNClient(at(HOME));
    const definition = JSON.stringify({
      QueryLanguage: 'JSONata',
      StartAt: 'Wait',
      States: {
        Wait: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          Arguments: {
            FunctionName: 'probe',
            Payload: { name, token: '{% $states.context.Task.Token %}' },
          },
          TimeoutSeconds: 30,
          End: true,
        },
      },
    });
    const machine = await client.send(
      new sfnSdk.CreateStateMachineCommand({ name, definition, roleArn: ROLE }),
    );
    const started = await client.send(
      new sfnSdk.StartExecutionCommand({ stateMachineArn: machine.stateMachineArn }),
    );
    client.destroy();
    const heard = path.join(folder, `heard-${HOME}`);
    const find = (): string | undefined =>
      (existsSync(heard) ? readFileSync(heard, 'utf8') : '')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .find((event) => event.name === name)?.token;
    await eventually(`the token of ${name}`, () => find() !== undefined);
    return { token: find() ?? '', executionArn: started.executionArn ?? '' };
  };
  const endOf = async (executionArn: string) => {
    const client = new sfnSdk.SFNClient(at(HOME));
    const describe = () => client.send(new sfnSdk.DescribeExecutionCommand({ executionArn }));
    await eventually('the execution ends', async () => (await describe()).status !== 'RUNNING');
    const { status, output, error, cause } = await describe();
    client.destroy();
    return { status, output, error, cause };
  };

  it('answer a waiting machine from another region, once', async () => {
    const { token, executionArn } = await waiting('succeeds');
    const callbacks = openCallbacks(HOME, at(AWAY));
    expect(await callbacks.heartbeat(token, signal)).toBe(true);
    expect(await callbacks.succeed(token, { measured: 1 }, signal)).toBe(true);
    expect(await endOf(executionArn)).toMatchObject({
      status: 'SUCCEEDED',
      output: '{"measured":1}',
    });
    expect(await callbacks.succeed(token, { measured: 2 }, signal)).toBe(false);
    expect(await callbacks.heartbeat(token, signal)).toBe(false);
  });

  it('fail a waiting machine with the name of the error', async () => {
    const { token, executionArn } = await waiting('fails');
    const callbacks = openCallbacks(HOME, at(AWAY));
    expect(await callbacks.fail(token, 'VantageUnreachable', 'x'.repeat(5_000), signal)).toBe(true);
    const end = await endOf(executionArn);
    expect(end).toMatchObject({ status: 'FAILED', error: 'VantageUnreachable' });
    expect(end.cause).toHaveLength(1_000);
  });

  it('say false to a token that nobody waits for', async () => {
    const callbacks = openCallbacks(HOME, at(AWAY));
    expect(await callbacks.succeed('made-up', {}, signal)).toBe(false);
  });
});
