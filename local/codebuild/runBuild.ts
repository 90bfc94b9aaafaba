import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import type { EngineChoice } from '../containers/detect.ts';
import type { ProcessGuard } from '../processGuard.ts';
import { prepareEnvironment } from './buildEnvironment.ts';
import {
  askedStatus,
  type BuildRecord,
  type Output,
  openOutput,
  openRecord,
} from './buildRecord.ts';
import { type Buildspec, BuildspecError, parseBuildspec } from './buildspec.ts';
import { openCloudWatchLog } from './cloudWatchLog.ts';
import { credentialsOf } from './credentials.ts';
import { killLeftovers } from './leftovers.ts';
import { runPhases } from './runPhases.ts';
import { openShell } from './shell.ts';
import { fetchSource, unpackSource } from './source.ts';
import { type Build, buildId, completeBuild, logPlaceOf, type PhaseRecord } from './state.ts';

export type RunOptions = {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly endpoint: string;
  readonly engine: EngineChoice | null;
  readonly processImages: boolean;
  readonly guard: ProcessGuard;
  /** Hears every line of every build. */
  readonly onLine: (build: string, line: string) => void;
  /** Keeps the build as it is now. */
  readonly save: (build: Build) => Promise<void>;
  /** Aborts with the status the build shall end with. */
  readonly stop: AbortSignal;
};

const NO_BUILDER: PhaseRecord['contexts'] = [
  {
    statusCode: 'NoContainerBuilder',
    message:
      'NoContainerBuilder: neither docker with BuildKit nor podman nor buildah works on this machine',
  },
];

const looksInline = (buildspec: string): boolean => /\n|^\s*version\s*:|^\s*\{/.test(buildspec);

const readBuildspec = async (build: Build, sourceFolder: string): Promise<Buildspec> => {
  const { buildspec } = build.source;
  if (buildspec !== null && looksInline(buildspec)) return parseBuildspec(buildspec);
  const file = path.resolve(sourceFolder, buildspec ?? 'buildspec.yml');
  const inside = !path.relative(sourceFolder, file).startsWith('..');
  try {
    if (inside) return parseBuildspec(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof BuildspecError) throw error;
  }
  throw new BuildspecError(`YAML_FILE_ERROR: stat ${buildspec ?? 'buildspec.yml'}: no such file`);
};

/** Brings the source into its folder and reads the buildspec. */
const obtainSource = async (
  build: Build,
  sourceFolder: string,
  { endpoint, stop }: RunOptions,
): Promise<Buildspec> => {
  if (build.source.type === 'S3') {
    const client = new S3Client({
      region: build.region,
      endpoint,
      forcePathStyle: true,
      credentials: credentialsOf(build),
    });
    const zip = await fetchSource(client, build.source.location ?? '', stop).finally(() =>
      client.destroy(),
    );
    await unpackSource(zip, sourceFolder);
  }
  return readBuildspec(build, sourceFolder);
};

/** Runs the phases of the buildspec in a shell; true when none failed. */
const carryOut = async (
  spec: Buildspec,
  folders: { readonly folder: string; readonly sourceFolder: string },
  record: BuildRecord,
  output: Output,
  options: RunOptions,
): Promise<boolean> => {
  const { stop, guard } = options;
  const { sourceFolder, folder } = folders;
  const env = await prepareEnvironment(record.now(), spec.variables, { ...options, ...folders });
  const shell = await openShell({
    shell: spec.shell,
    cwd: sourceFolder,
    stateFolder: path.join(folder, 'shell'),
    env,
    guard,
    onLine: output.line,
  });
  stop.addEventListener('abort', shell.kill, { once: true });
  try {
    const { begin, end } = record;
    const listener = { begin, end, line: output.line, lastLines: output.lastLines };
    const succeeded = await runPhases(spec, shell, listener, () => stop.aborted);
    if (stop.aborted) return false;
    const values = await shell.read(spec.exportedVariables);
    const exported = spec.exportedVariables.map((name) => ({ name, value: values[name] ?? '' }));
    await record.change({ ...record.now(), exported });
    return succeeded;
  } finally {
    stop.removeEventListener('abort', shell.kill);
    await shell.close(() => killLeftovers(buildId(record.now())));
  }
};

/** Runs one build from DOWNLOAD_SOURCE to COMPLETED. */
export const runBuild = async (queued: Build, options: RunOptions): Promise<void> => {
  const { dataDir, clock, stop } = options;
  const folder = path.join(dataDir, 'codebuild', 'work', queued.uuid);
  const sourceFolder = path.join(folder, 'src');
  await mkdir(sourceFolder, { recursive: true });
  const log = path.join(dataDir, 'codebuild', `${queued.uuid}.log`);
  const place = {
    endpoint: options.endpoint,
    region: queued.region,
    credentials: credentialsOf(queued),
    ...logPlaceOf(queued),
  };
  const cloudWatch = openCloudWatchLog(place, clock);
  const output = openOutput(log, clock, (line) => {
    cloudWatch.line(line);
    options.onLine(buildId(queued), line);
  });
  const record = openRecord(queued, output, options);

  const work = async (): Promise<boolean> => {
    const spec = await record.phase('DOWNLOAD_SOURCE', () =>
      obtainSource(queued, sourceFolder, options),
    );
    if (options.engine || options.processImages) {
      return carryOut(spec, { folder, sourceFolder }, record, output, options);
    }
    await record.begin('BUILD');
    await record.end('BUILD', { failed: true, contexts: NO_BUILDER });
    return false;
  };

  const succeeded = await work().catch((error: unknown) => {
    output.line(`[Container] ${error instanceof Error ? error.message : String(error)}`);
    return false;
  });
  await record.change({ ...record.now(), steps: output.steps() });
  await record.phase('FINALIZING', () => rm(folder, { recursive: true, force: true }));
  const lost = await cloudWatch.close();
  if (lost !== undefined)
    output.line(`[Container] CloudWatch Logs did not take the output: ${lost}`);
  const status = askedStatus(stop) ?? (succeeded ? 'SUCCEEDED' : 'FAILED');
  await record.change(completeBuild(record.now(), status, clock.now()));
  await output.close();
};
