import * as sdk from '@aws-sdk/client-codebuild';
import { realClock } from '../../../local/clock.ts';
import { createCodeBuild } from '../../../local/codebuild/createCodeBuild.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { callContext } from '../../support/stateMachines.ts';
import { eventually } from '../endpoint.ts';
import { awscliTable } from './awscli.ts';

type CodeBuild = Awaited<ReturnType<typeof createCodeBuild>>;

let service: CodeBuild;
let buildId = '';

const project = (operation: string, buildspec: string) => [
  ...['codebuild', operation, '--name', 'images'],
  ...['--source', JSON.stringify({ type: 'NO_SOURCE', buildspec })],
  ...['--artifacts', 'type=NO_ARTIFACTS'],
  ...['--service-role', 'arn:aws:iam::000000000000:role/build'],
  '--environment',
  'type=LINUX_CONTAINER,image=aws/codebuild/standard:7.0,computeType=BUILD_GENERAL1_SMALL',
];
const saying = (word: string) =>
  `{"version":0.2,"env":{"exported-variables":["SAID"]},"phases":{"build":{"commands":["SAID=${word}"]}}}`;

awscliTable(
  'codebuild',
  async (dataDir) => {
    service = await createCodeBuild({
      dataDir,
      clock: realClock,
      endpoint: () => 'http://127.0.0.1:1',
      engine: null,
      log: () => {},
    });
    const { StartBuild } = service.operations;
    const front = serviceFromSdk(sdk, 'codebuild', {
      ...service.operations,
      StartBuild: async (input, call) => {
        const answer = await StartBuild?.(input, call);
        buildId = Object(answer).build.id;
        return answer;
      },
    });
    return { front, close: service.close };
  },
  [
    {
      name: 'create-project',
      args: () => project('create-project', saying('first')),
      prints: { project: { name: 'images' } },
    },
    {
      name: 'update-project',
      args: () => project('update-project', saying('second')),
      prints: { project: { source: { buildspec: saying('second') } } },
    },
    {
      name: 'start-build',
      args: () => ['codebuild', 'start-build', '--project-name', 'images'],
      prints: { build: { projectName: 'images', buildStatus: 'IN_PROGRESS' } },
    },
    {
      name: 'start-build of no project',
      args: () => ['codebuild', 'start-build', '--project-name', 'none'],
      fails: 'ResourceNotFoundException',
    },
    {
      name: 'batch-get-builds',
      args: async () => {
        await eventually('the build ends', async () => {
          const answer = await service.operations['BatchGetBuilds']?.(
            { ids: [buildId] },
            callContext('eu-central-1'),
          );
          return Object(answer).builds[0]?.buildComplete === true;
        });
        return ['codebuild', 'batch-get-builds', '--ids', buildId, 'images:none'];
      },
      prints: {
        builds: [
          {
            buildStatus: 'SUCCEEDED',
            exportedEnvironmentVariables: [{ name: 'SAID', value: 'second' }],
          },
        ],
        buildsNotFound: ['images:none'],
      },
    },
  ],
);
