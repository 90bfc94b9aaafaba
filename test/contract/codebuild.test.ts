// Goal: a buildspec runs as in CodeBuild and a real client sees its phases, variables and faults.
// Method: inline buildspecs of plain commands; builds with containers are in test/integration.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-codebuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realClock } from '../../local/clock.ts';
import { createCodeBuild } from '../../local/codebuild/createCodeBuild.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { clientOf, eventually, startEndpoint, temporaryFolder } from './endpoint.ts';

const { folder, remove } = temporaryFolder();
const lines: string[] = [];
let server: WireServer;
let client: sdk.CodeBuildClient;
let service: Awaited<ReturnType<typeof createCodeBuild>>;

beforeAll(async () => {
  service = await createCodeBuild({
    dataDir: folder,
    clock: realClock,
    endpoint: () => server.url,
    engine: null,
    concurrentBuildsMax: 2,
    log: (_build, line) => lines.push(line),
  });
  server = await startEndpoint([serviceFromSdk(sdk, 'codebuild', service.operations)]);
  client = new sdk.CodeBuildClient(clientOf(server));
  await client.send(new sdk.CreateProjectCommand(project('plain')));
});
afterAll(async () => {
  client.destroy();
  await service.close();
  await server.close();
  remove();
});

const project = (name: string): sdk.CreateProjectCommandInput => ({
  name,
  source: { type: 'NO_SOURCE', buildspec: 'version: 0.2\nphases: {build: {commands: [env]}}' },
  artifacts: { type: 'NO_ARTIFACTS' },
  environment: {
    type: 'LINUX_CONTAINER',
    image: 'aws/codebuild/standard:7.0',
    computeType: 'BUILD_GENERAL1_SMALL',
    environmentVariables: [{ name: 'FROM_PROJECT', value: 'p' }],
  },
  serviceRole: 'arn:aws:iam::000000000000:role/build',
});

const commandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
};
/** How many processes of this machine have a command line like this. */
const processes = (pattern: string): number =>
  readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && new RegExp(`^${pattern}$`).test(commandLine(name)),
  ).length;

type Start = Partial<sdk.StartBuildCommandInput>;
const start = async (buildspecOverride: string, more: Start = {}): Promise<string> => {
  const input = { projectName: 'plain', buildspecOverride, ...more };
  return (await client.send(new sdk.StartBuildCommand(input))).build?.id ?? '';
};
const get = async (id: string): Promise<sdk.Build> => {
  const { builds } = await client.send(new sdk.BatchGetBuildsCommand({ ids: [id] }));
  return builds?.[0] ?? {};
};
const finish = async (id: string): Promise<sdk.Build> => {
  await eventually(`${id} ends`, async () => (await get(id)).buildComplete === true);
  return get(id);
};
const run = async (buildspec: string, more: Start = {}) => finish(await start(buildspec, more));
const exported = (build: sdk.Build) =>
  Object.fromEntries((build.exportedEnvironmentVariables ?? []).map((v) => [v.name, v.value]));
const phases = (build: sdk.Build) =>
  Object.fromEntries((build.phases ?? []).map((p) => [p.phaseType, p.phaseStatus]));
const spec = (body: string, shell = 'sh') =>
  `version: 0.2\nenv:\n  shell: ${shell}\n  variables: {PLAIN: from-spec, OVER: from-spec}\n  exported-variables: [RESULT, OTHER]\nphases:\n${body}`;

describe.each(['sh', 'bash'])('in %s', (shell) => {
  test('variables and the working folder pass from command to command and phase to phase', async () => {
    const build = await run(
      spec(
        `  install:
    commands:
      - mkdir -p deep/er && cd deep/er
      - UNEXPORTED="it's \\"quoted\\" $HOME-ish"
      - export NEWLINES="a
        b"
  build:
    commands:
      - RESULT="$(basename "$PWD") $UNEXPORTED $PLAIN $OVER $FROM_PROJECT"
      - OTHER="$(printf '%s' "$NEWLINES" | wc -l | tr -d ' ')"`,
        shell,
      ),
      { environmentVariablesOverride: [{ name: 'OVER', value: 'it\'s "over"; $(id)' }] },
    );
    expect(build.buildStatus).toBe('SUCCEEDED');
    const home = process.env['HOME'];
    expect(exported(build)).toEqual({
      RESULT: `er it's "quoted" ${home}-ish from-spec it's "over"; $(id) p`,
      OTHER: expect.stringMatching(/^[01]$/),
    });
    expect(phases(build)).toMatchObject({
      SUBMITTED: 'SUCCEEDED',
      QUEUED: 'SUCCEEDED',
      PROVISIONING: 'SUCCEEDED',
      DOWNLOAD_SOURCE: 'SUCCEEDED',
      INSTALL: 'SUCCEEDED',
      BUILD: 'SUCCEEDED',
      FINALIZING: 'SUCCEEDED',
      COMPLETED: undefined,
    });
  });

  test('a command that exits ends only itself, and one that fails ends its phase', async () => {
    const build = await run(
      spec(
        `  build:
    commands:
      - RESULT=before; exit 0
      - OTHER="$RESULT and after"
      - exit 3
      - RESULT=never
    finally: ["RESULT=finally"]`,
        shell,
      ),
    );
    expect(build.buildStatus).toBe('FAILED');
    expect(exported(build)).toEqual({ RESULT: 'finally', OTHER: 'before and after' });
    const failed = build.phases?.find(({ phaseType }) => phaseType === 'BUILD');
    expect(failed?.contexts?.[0]).toMatchObject({
      statusCode: 'COMMAND_EXECUTION_ERROR',
      message: expect.stringContaining(
        'Error while executing command: exit 3. Reason: exit status 3',
      ),
    });
  });
});

test('after a failed build post_build runs and knows; after a failed pre_build nothing does', async () => {
  const post = '  post_build: {commands: ["RESULT=post-$CODEBUILD_BUILD_SUCCEEDING"]}';
  const one = await run(spec(`  build: {commands: ["false"]}\n${post}`));
  expect([one.buildStatus, exported(one)['RESULT']]).toEqual(['FAILED', 'post-0']);
  const two = await run(
    spec(`  pre_build: {commands: ["false"]}\n  build: {commands: ["true"]}\n${post}`),
  );
  expect(phases(two)).not.toHaveProperty('BUILD');
  const three = await run(spec(`  build: {on-failure: ABORT, commands: ["false"]}\n${post}`));
  expect(phases(three)).not.toHaveProperty('POST_BUILD');
});

test('a buildspec that is none fails the download phase with its fault', async () => {
  const build = await run('version: 0.2\nphases: {deploy: {}}');
  expect(phases(build)['DOWNLOAD_SOURCE']).toBe('FAILED');
  const message = build.phases?.flatMap((p) => p.contexts ?? [])[0]?.message;
  expect(message).toContain('Unrecognized key: "deploy"');
});

test('stopping ends the build with everything it started', async () => {
  const id = await start(spec('  build: {commands: ["(setsid sleep 301 &) ; sleep 302"]}'));
  await eventually('the command runs', () => lines.some((line) => line.includes('sleep 302')));
  await eventually('the processes are there', () => processes('sleep 30[12]') === 2);
  const { build } = await client.send(new sdk.StopBuildCommand({ id }));
  expect(build?.buildStatus).toBe('STOPPED');
  expect(phases(await get(id))['BUILD']).toBe('STOPPED');
  expect(processes('sleep 30[12]')).toBe(0);
});

test('the same token starts one build, with other parameters none', async () => {
  const token = { idempotencyToken: 'once' };
  const body = spec('  build: {commands: ["true"]}');
  const id = await start(body, token);
  expect(await start(body, token)).toBe(id);
  await expect(start(`${body}\n`, token)).rejects.toMatchObject({ name: 'InvalidInputException' });
});

test('what the embedded service does not know is refused by name', async () => {
  const start = new sdk.StartBuildCommand({ projectName: 'plain', gitCloneDepthOverride: 1 });
  await expect(client.send(start)).rejects.toThrow('does not know gitCloneDepthOverride');
  const git = { ...project('git'), source: { type: 'GITHUB' as const, location: 'x' } };
  await expect(client.send(new sdk.CreateProjectCommand(git))).rejects.toThrow(
    'Source type GITHUB',
  );
  const none = new sdk.StartBuildCommand({ projectName: 'none' });
  await expect(client.send(none)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  const { buildsNotFound } = await client.send(new sdk.BatchGetBuildsCommand({ ids: ['plain:x'] }));
  expect(buildsNotFound).toEqual(['plain:x']);
});

test('projects and builds are listed, and the log is on disk', async () => {
  const { projects } = await client.send(new sdk.ListProjectsCommand({}));
  expect(projects).toEqual(['plain']);
  const found = await client.send(new sdk.BatchGetProjectsCommand({ names: ['plain', 'none'] }));
  expect(found.projects?.[0]?.source?.type).toBe('NO_SOURCE');
  expect(found.projectsNotFound).toEqual(['none']);
  const build = await run(spec('  build: {commands: ["echo said-by-the-build"]}'));
  const input = { projectName: 'plain' };
  const { ids } = await client.send(new sdk.ListBuildsForProjectCommand(input));
  expect(ids?.[0]).toBe(build.id);
  const log = path.join(folder, 'codebuild', `${build.logs?.streamName}.log`);
  expect(readFileSync(log, 'utf8')).toContain('\nsaid-by-the-build\n');
  expect(existsSync(path.join(folder, 'codebuild', 'work', build.logs?.streamName ?? ''))).toBe(
    false,
  );
});
