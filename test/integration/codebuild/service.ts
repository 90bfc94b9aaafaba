// A cloud of S3, ECR and CodeBuild on one endpoint, for tests in this folder.
import * as codebuildSdk from '@aws-sdk/client-codebuild';
import * as ecrSdk from '@aws-sdk/client-ecr';
import * as s3Sdk from '@aws-sdk/client-s3';
import { realClock } from '../../../local/clock.ts';
import { createCodeBuild } from '../../../local/codebuild/createCodeBuild.ts';
import type { EngineChoice } from '../../../local/containers/detect.ts';
import { createEcr } from '../../../local/ecr/createEcr.ts';
import { createS3 } from '../../../local/s3/service.ts';
import { startWireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';

const REGION = 'eu-west-1';

export const startCloud = async (dataDir: string, engine: EngineChoice | null) => {
  let url = '';
  const lines: string[] = [];
  const s3 = await createS3({ dataDir, clock: realClock });
  const ecr = await createEcr({ dataDir, clock: realClock });
  const codebuild = await createCodeBuild({
    ...{ dataDir, clock: realClock, engine, endpoint: () => url },
    log: (_build, line) => lines.push(line),
  });
  const server = await startWireServer({
    services: [
      serviceFromSdk(s3Sdk, 's3', s3.operations),
      serviceFromSdk(ecrSdk, 'ecr', ecr.operations),
      serviceFromSdk(codebuildSdk, 'codebuild', codebuild.operations),
    ],
  });
  url = server.url;
  const settings = {
    endpoint: url,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const clients = {
    s3: new s3Sdk.S3Client({ ...settings, forcePathStyle: true }),
    ecr: new ecrSdk.ECRClient(settings),
    elsewhere: new ecrSdk.ECRClient({ ...settings, region: 'eu-central-1' }),
    codebuild: new codebuildSdk.CodeBuildClient(settings),
  };
  const close = async () => {
    for (const client of Object.values(clients)) client.destroy();
    await codebuild.close();
    await server.close();
  };
  return { ...clients, images: ecr, service: codebuild, lines, close };
};

export const project = (
  name: string,
  buildspec: string,
): codebuildSdk.CreateProjectCommandInput => ({
  name,
  source: { type: 'NO_SOURCE', buildspec },
  artifacts: { type: 'NO_ARTIFACTS' },
  environment: {
    type: 'LINUX_CONTAINER',
    image: 'aws/codebuild/standard:7.0',
    computeType: 'BUILD_GENERAL1_SMALL',
    privilegedMode: true,
  },
  serviceRole: 'arn:aws:iam::000000000000:role/build',
});
