import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { getCompileCacheDir } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import type { EngineChoice } from '../containers/detect.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import { credentialsOf } from './credentials.ts';
import { COMPILED_VARIABLE, SETTINGS_VARIABLE, type ShimSettings } from './shims/settings.ts';
import { type Build, buildId } from './state.ts';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a build may see of this process: language, proxies, certificates, how to reach docker. */
const PASSED = [
  ...['LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'XDG_RUNTIME_DIR'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];

export type EnvironmentOptions = {
  readonly dataDir: string;
  /** A folder of this build's own. */
  readonly folder: string;
  readonly sourceFolder: string;
  readonly endpoint: string;
  readonly engine: EngineChoice | null;
  readonly processImages: boolean;
};

const COMMANDS = ['docker', 'aws'] as const;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Has a command keep its compiled code where this process does; loading it is most of what it takes. */
const keepCompiled = (): string => {
  const folder = getCompileCacheDir();
  return folder === undefined
    ? ''
    : `export ${COMPILED_VARIABLE}=${quoted(path.dirname(folder))}\n`;
};

/** Writes `docker`, `aws` and `node` into the folder that comes first on PATH. */
const writeCommands = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const name of COMMANDS) {
    const program = path.join(import.meta.dirname, 'shims', `${name}.ts`);
    const node = `${quoted(process.execPath)} --disable-warning=ExperimentalWarning`;
    await writeFile(
      path.join(folder, name),
      `#!/bin/sh\n${keepCompiled()}exec ${node} ${quoted(program)} "$@"\n`,
    );
    await chmod(path.join(folder, name), 0o755);
  }
  const node = path.join(folder, 'node');
  if (!existsSync(node)) await symlink(process.execPath, node);
};

const passed = (): Record<string, string> =>
  Object.fromEntries(
    PASSED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** The variables CodeBuild sets in every build. */
const codeBuildVariables = (build: Build, sourceFolder: string): Record<string, string> => {
  const id = buildId(build);
  return {
    AWS_REGION: build.region,
    AWS_DEFAULT_REGION: build.region,
    AWS_ACCOUNT_ID: ACCOUNT_ID,
    CI: 'true',
    CODEBUILD_BUILD_ID: id,
    CODEBUILD_BUILD_ARN: `arn:aws:codebuild:${build.region}:${ACCOUNT_ID}:build/${id}`,
    CODEBUILD_BUILD_NUMBER: String(build.number),
    CODEBUILD_BUILD_IMAGE: build.environment.image,
    CODEBUILD_BUILD_SUCCEEDING: '1',
    CODEBUILD_INITIATOR: build.initiator,
    CODEBUILD_LOG_PATH: build.uuid,
    CODEBUILD_RESOLVED_SOURCE_VERSION: build.sourceVersion ?? '',
    CODEBUILD_SOURCE_REPO_URL: build.source.location ?? '',
    CODEBUILD_SOURCE_VERSION: build.sourceVersion ?? '',
    CODEBUILD_SRC_DIR: sourceFolder,
    CODEBUILD_START_TIME: String(build.startMs),
  };
};

/** Prepares the commands of a build and returns its environment; the buildspec's variables come under it. */
export const prepareEnvironment = async (
  build: Build,
  specVariables: Readonly<Record<string, string>>,
  options: EnvironmentOptions,
): Promise<Record<string, string>> => {
  const shimFolder = path.join(options.folder, 'bin');
  await writeCommands(shimFolder);
  const settings: ShimSettings = {
    dataDir: options.dataDir,
    engine: options.engine,
    processImages: options.processImages,
    pushedFile: path.join(options.folder, 'pushed.json'),
    shimFolder,
  };
  const settingsFile = path.join(options.folder, 'settings.json');
  await writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 });
  const { accessKeyId, secretAccessKey } = credentialsOf(build);
  const asked = build.environment.environmentVariables.map(({ name, value }) => [name, value]);
  return {
    ...passed(),
    HOME: os.homedir(),
    ...codeBuildVariables(build, options.sourceFolder),
    ...specVariables,
    ...Object.fromEntries(asked),
    PATH: `${shimFolder}:${process.env['PATH'] ?? SYSTEM_PATH}`,
    AWS_ENDPOINT_URL: options.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    [SETTINGS_VARIABLE]: settingsFile,
  };
};
