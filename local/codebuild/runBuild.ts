import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { parseSteps, type TimedLine } from '../../core/build/steps.ts';
import type { Clock } from '../clock.ts';
import type { EngineChoice } from '../containers/detect.ts';
import type { ProcessGuard } from '../processGuard.ts';
import { prepareEnvironment } from './buildEnvironment.ts';
import { type Buildspec, BuildspecError, parseBuildspec } from './buildspec.ts';
import { killLeftovers } from './leftovers.ts';
import { type PhaseOutcome, runPhases } from './runPhases.ts';
import { openShell } from './shell.ts';
import { fetchSource, SourceError, unpackSource } from './source.ts';
import {
  type Build,
  type BuildStatus,
  beginPhase,
  buildId,
  completeBuild,
  endPhase,
  type PhaseRecord,
} from './state.ts';

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

const LINES_MAX = 200_000;
const LAST_LINES = 4;
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

/** The output of a build: a file, the sink, and what the step parser and error messages need. */
const openOutput = (file: string, id: string, { clock, onLine }: RunOptions) => {
  const stream = createWriteStream(file, { flags: 'a' });
  stream.on('error', () => {});
  const lines: TimedLine[] = [];
  const line = (text: string): void => {
    stream.write(`${text}\n`);
    if (lines.length < LINES_MAX) lines.push({ text, atMs: clock.monotonicMs() });
    onLine(id, text);
  };
  const lastLines = () =>
    lines
      .slice(-50)
      .map(({ text }) => text.trim())
      .filter((text) => text !== '' && !text.startsWith('[Container]'))
      .slice(-LAST_LINES);
  const close = () => new Promise<void>((resolve) => stream.end(resolve));
  return { line, lastLines, close, steps: () => parseSteps(lines) };
};

const contextOf = (error: unknown): PhaseRecord['contexts'] => {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof SourceError) return [{ statusCode: 'CLIENT_ERROR', message }];
  const statusCode = message.startsWith('YAML_FILE_ERROR') ? 'YAML_FILE_ERROR' : 'CLIENT_ERROR';
  return [{ statusCode, message }];
};

/** Runs one build from PROVISIONING to COMPLETED and returns what became of it. */
export const runBuild = async (queued: Build, options: RunOptions): Promise<Build> => {
  const { dataDir, clock, save, stop } = options;
  const id = buildId(queued);
  const folder = path.join(dataDir, 'codebuild', 'work', queued.uuid);
  const sourceFolder = path.join(folder, 'src');
  await mkdir(sourceFolder, { recursive: true });
  const output = openOutput(path.join(dataDir, 'codebuild', `${queued.uuid}.log`), id, options);
  let build = queued;
  const change = async (next: Build): Promise<void> => {
    build = next;
    await save(build);
  };
  const begin = (phase: string) => {
    output.line(`[Container] Entering phase ${phase}`);
    return change(beginPhase(build, phase, clock.now()));
  };
  const end = async (phase: string, { failed, contexts }: PhaseOutcome) => {
    const asked: BuildStatus | undefined = stop.aborted ? stop.reason : undefined;
    const status = asked ?? (failed ? 'FAILED' : 'SUCCEEDED');
    output.line(`[Container] Phase complete: ${phase} State: ${status}`);
    for (const { statusCode, message } of contexts) {
      output.line(`[Container] Phase context status code: ${statusCode} Message: ${message}`);
    }
    await change(endPhase(build, status, clock.now(), asked ? [] : contexts));
  };
  const phase = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    await begin(name);
    try {
      const result = await work();
      await end(name, { failed: false, contexts: [] });
      return result;
    } catch (error) {
      await end(name, { failed: true, contexts: contextOf(error) });
      throw error;
    }
  };

  const work = async (): Promise<boolean> => {
    const { source } = build;
    const spec = await phase('DOWNLOAD_SOURCE', async () => {
      if (source.type === 'S3') {
        const client = new S3Client({
          region: build.region,
          endpoint: options.endpoint,
          forcePathStyle: true,
          credentials: { accessKeyId: 'embedded-codebuild', secretAccessKey: 'embedded-codebuild' },
        });
        const zip = await fetchSource(client, source.location ?? '', stop).finally(() =>
          client.destroy(),
        );
        await unpackSource(zip, sourceFolder);
      }
      return readBuildspec(build, sourceFolder);
    });
    if (!options.engine && !options.processImages) {
      await begin('BUILD');
      await end('BUILD', { failed: true, contexts: NO_BUILDER });
      return false;
    }
    const env = await prepareEnvironment(build, spec.variables, {
      ...options,
      folder,
      sourceFolder,
    });
    const stateFolder = path.join(folder, 'shell');
    const { guard } = options;
    const shell = await openShell({
      shell: spec.shell,
      cwd: sourceFolder,
      stateFolder,
      env,
      guard,
      onLine: output.line,
    });
    stop.addEventListener('abort', shell.kill, { once: true });
    try {
      const listener = { begin, end, line: output.line, lastLines: output.lastLines };
      const succeeded = await runPhases(spec, shell, listener, () => stop.aborted);
      if (!stop.aborted) {
        const values = await shell.read(spec.exportedVariables);
        const exported = spec.exportedVariables.map((name) => ({
          name,
          value: values[name] ?? '',
        }));
        build = { ...build, exported };
      }
      return succeeded;
    } finally {
      stop.removeEventListener('abort', shell.kill);
      await shell.close(() => killLeftovers(id));
    }
  };

  let succeeded = false;
  try {
    succeeded = await work();
  } catch (error) {
    output.line(`[Container] ${error instanceof Error ? error.message : String(error)}`);
  }
  const asked: BuildStatus | undefined = stop.aborted ? stop.reason : undefined;
  build = { ...build, steps: output.steps() };
  await phase('FINALIZING', () => rm(folder, { recursive: true, force: true }));
  await change(completeBuild(build, asked ?? (succeeded ? 'SUCCEEDED' : 'FAILED'), clock.now()));
  await output.close();
  return build;
};
