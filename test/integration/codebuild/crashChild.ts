// Starts a build that never ends and prints its id; the test kills this process.
import { CreateProjectCommand, StartBuildCommand } from '@aws-sdk/client-codebuild';
import { project, startCloud } from './service.ts';

const BUILDSPEC = `version: 0.2
phases:
  build:
    commands:
      - (setsid sleep 4711 &); sleep 4712
`;

const [dataDir = ''] = process.argv.slice(2);
const { codebuild } = await startCloud(dataDir, null);
await codebuild.send(new CreateProjectCommand(project('endless', BUILDSPEC)));
const { build } = await codebuild.send(new StartBuildCommand({ projectName: 'endless' }));
process.stdout.write(`${build?.id}\n`);
