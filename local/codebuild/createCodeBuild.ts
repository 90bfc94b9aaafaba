import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type {
  BatchGetBuildsInput,
  BatchGetProjectsInput,
  CreateProjectInput,
  DeleteProjectInput,
  ListBuildsForProjectInput,
  ListProjectsInput,
  StartBuildInput,
  StopBuildInput,
} from '@aws-sdk/client-codebuild';
import type { BuildStep } from '../../core/build/steps.ts';
import type { Clock } from '../clock.ts';
import type { EngineChoice } from '../containers/detect.ts';
import { createProcessGuard } from '../processGuard.ts';
import { openStateFile } from '../state/stateFile.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { buildAnswer, projectAnswer } from './answers.ts';
import { killLeftovers } from './leftovers.ts';
import { buildFrom, projectFrom } from './requests.ts';
import { runBuild } from './runBuild.ts';
import {
  type Build,
  type BuildStatus,
  beginPhase,
  buildId,
  CodeBuildState,
  completeBuild,
  endPhase,
  type Project,
  putBuild,
  putProject,
} from './state.ts';

export type CodeBuildOptions = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** URL of the embedded endpoint, asked for when a build starts. */
  readonly endpoint: () => string;
  /** The engine found by `detectBuilder`, null where none works. */
  readonly engine: EngineChoice | null;
  /** Without an engine: make folders of plain processes (true) or fail with NoContainerBuilder. */
  readonly processImages?: boolean;
  /** Builds at a time; more wait in the queue. Builds in turn share layers that builds at once make twice. */
  readonly concurrentBuildsMax?: number;
  /** Hears every line of every build, with the build's id. */
  readonly log?: (build: string, line: string) => void;
};

const BATCH_MAX = 100;
const IDEMPOTENCY_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

const defaultConcurrency = (): number => Math.max(1, Math.floor(os.availableParallelism() / 2));

type Running = { readonly abort: AbortController; readonly done: Promise<void> };

/**
 * The embedded CodeBuild: projects, a queue of builds, and each build's buildspec run for real.
 * Builds that a killed service left behind are FAULT, and their processes are gone.
 */
export const createCodeBuild = async (options: CodeBuildOptions) => {
  const { dataDir, clock } = options;
  const concurrentBuildsMax = options.concurrentBuildsMax ?? defaultConcurrency();
  const file = path.join(dataDir, 'codebuild', 'state.json');
  const state = await openStateFile(file, CodeBuildState, { projects: [], builds: [] });
  const guard = createProcessGuard();
  const running = new Map<string, Running>();
  const queue: Build[] = [];
  let closing = false;

  const save = (build: Build): Promise<void> => state.save(putBuild(state.value, build));
  const findBuild = (region: string, id: string): Build | undefined =>
    state.value.builds.find(
      (build) =>
        build.region === region && (buildId(build) === id || id.endsWith(`/${buildId(build)}`)),
    );
  const project = (region: string, name: string | undefined): Project => {
    const found = state.value.projects.find((p) => p.region === region && p.name === name);
    if (found) return found;
    throw new AwsError(
      'ResourceNotFoundException',
      `Project cannot be found: arn:aws:codebuild:${region}:project/${name}`,
    );
  };

  const recover = async (): Promise<void> => {
    for (const build of state.value.builds.filter(({ endMs }) => endMs === null)) {
      killLeftovers(buildId(build));
      const contexts = [
        {
          statusCode: 'INTERNAL_SERVICE_ERROR',
          message: 'the service stopped while the build ran',
        },
      ];
      const ended = endPhase(build, 'FAULT', clock.now(), contexts);
      await save(completeBuild(ended, 'FAULT', clock.now()));
    }
    await rm(path.join(dataDir, 'codebuild', 'work'), { recursive: true, force: true });
  };
  await recover();

  const start = (build: Build): void => {
    const abort = new AbortController();
    const stopAs = (status: BuildStatus) => abort.abort(status);
    const cancel = clock.after(build.timeoutMinutes * MINUTE_MS, () => stopAs('TIMED_OUT'));
    const nowMs = clock.now();
    const provisioned = endPhase(
      beginPhase({ ...endPhase(build, 'SUCCEEDED', nowMs), startMs: nowMs }, 'PROVISIONING', nowMs),
      'SUCCEEDED',
      nowMs,
    );
    const run = async (): Promise<void> => {
      await save(provisioned);
      await runBuild(provisioned, {
        dataDir,
        clock,
        guard,
        save,
        endpoint: options.endpoint(),
        engine: options.engine,
        processImages: options.processImages ?? true,
        onLine: options.log ?? (() => {}),
        stop: abort.signal,
      });
    };
    const done = run()
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        options.log?.(buildId(build), `the build could not be carried out: ${message}`);
        const now = findBuild(build.region, buildId(build)) ?? build;
        return save(completeBuild(endPhase(now, 'FAULT', clock.now()), 'FAULT', clock.now()));
      })
      .finally(() => {
        cancel();
        running.delete(build.uuid);
        next();
      });
    running.set(build.uuid, { abort, done });
  };

  const next = (): void => {
    while (!closing && running.size < concurrentBuildsMax) {
      const build = queue.shift();
      if (!build) return;
      start(build);
    }
  };

  const createProject = async (input: CreateProjectInput, { region }: CallContext) => {
    const made = projectFrom(input, region, clock.now());
    if (state.value.projects.some((p) => p.region === region && p.name === made.name)) {
      throw new AwsError(
        'ResourceAlreadyExistsException',
        `Project already exists: arn:aws:codebuild:${region}:project/${made.name}`,
      );
    }
    await state.save(putProject(state.value, made));
    return { project: projectAnswer(made) };
  };

  const updateProject = async (input: CreateProjectInput, { region }: CallContext) => {
    const { createdAtMs } = project(region, input.name);
    const made = { ...projectFrom(input, region, clock.now()), createdAtMs };
    await state.save(putProject(state.value, made));
    return { project: projectAnswer(made) };
  };

  const deleteProject = async ({ name }: DeleteProjectInput, { region }: CallContext) => {
    await state.save({
      ...state.value,
      projects: state.value.projects.filter((p) => p.region !== region || p.name !== name),
    });
    return {};
  };

  const batchGetProjects = ({ names = [] }: BatchGetProjectsInput, { region }: CallContext) => {
    const found = state.value.projects.filter((p) => p.region === region && names.includes(p.name));
    const missing = names.filter((name) => !found.some((p) => p.name === name));
    return { projects: found.map(projectAnswer), projectsNotFound: missing };
  };

  const listProjects = (input: ListProjectsInput, { region }: CallContext) => {
    const names = state.value.projects.filter((p) => p.region === region).map((p) => p.name);
    names.sort();
    return { projects: input.sortOrder === 'DESCENDING' ? names.reverse() : names };
  };

  const repeated = (build: Build): Build | undefined => {
    const { idempotency } = build;
    if (!idempotency) return undefined;
    const same = state.value.builds.find(
      (other) =>
        other.projectName === build.projectName &&
        other.idempotency?.token === idempotency.token &&
        build.startMs - other.startMs < IDEMPOTENCY_MS,
    );
    if (same && same.idempotency?.request !== idempotency.request) {
      throw new AwsError(
        'InvalidInputException',
        'The idempotency token was used with different parameters',
      );
    }
    return same;
  };

  const startBuild = async (input: StartBuildInput, { region, accessKeyId }: CallContext) => {
    const from = project(region, input.projectName);
    const numbers = state.value.builds
      .filter((build) => build.region === region && build.projectName === from.name)
      .map(({ number }) => number);
    const nowMs = clock.now();
    const asked = buildFrom(input, from, {
      uuid: crypto.randomUUID(),
      number: Math.max(0, ...numbers) + 1,
      initiator: accessKeyId,
      startMs: nowMs,
    });
    const same = repeated(asked);
    if (same) return { build: buildAnswer(same) };
    const submitted = endPhase(beginPhase(asked, 'SUBMITTED', nowMs), 'SUCCEEDED', nowMs);
    const build = beginPhase(submitted, 'QUEUED', nowMs);
    await save(build);
    queue.push(build);
    next();
    return { build: buildAnswer(build) };
  };

  const batchGetBuilds = ({ ids = [] }: BatchGetBuildsInput, { region }: CallContext) => {
    if (ids.length > BATCH_MAX) {
      throw new AwsError('InvalidInputException', `at most ${BATCH_MAX} ids at a time`);
    }
    const found = ids.map((id) => ({ id, build: findBuild(region, id) }));
    return {
      builds: found.flatMap(({ build }) => (build ? [buildAnswer(build)] : [])),
      buildsNotFound: found.filter(({ build }) => !build).map(({ id }) => id),
    };
  };

  const stopBuild = async ({ id = '' }: StopBuildInput, { region }: CallContext) => {
    const build = findBuild(region, id);
    if (!build) throw new AwsError('ResourceNotFoundException', `Build cannot be found: ${id}`);
    const active = running.get(build.uuid);
    const at = queue.findIndex(({ uuid }) => uuid === build.uuid);
    if (at >= 0) {
      queue.splice(at, 1);
      const ended = endPhase(build, 'STOPPED', clock.now());
      await save(completeBuild(ended, 'STOPPED', clock.now()));
    } else if (active) {
      active.abort.abort('STOPPED');
      await active.done;
    }
    return { build: buildAnswer(findBuild(region, id) ?? build) };
  };

  const listBuildsForProject = (input: ListBuildsForProjectInput, { region }: CallContext) => {
    const { name } = project(region, input.projectName);
    const ids = state.value.builds
      .filter((build) => build.region === region && build.projectName === name)
      .map(buildId);
    return { ids: input.sortOrder === 'ASCENDING' ? ids : ids.reverse() };
  };

  const operations: Operations = {
    CreateProject: createProject,
    UpdateProject: updateProject,
    DeleteProject: deleteProject,
    BatchGetProjects: batchGetProjects,
    ListProjects: listProjects,
    StartBuild: startBuild,
    BatchGetBuilds: batchGetBuilds,
    StopBuild: stopBuild,
    ListBuildsForProject: listBuildsForProject,
  };

  /** The Dockerfile steps that a build's output showed. */
  const steps = (region: string, id: string): readonly BuildStep[] =>
    findBuild(region, id)?.steps ?? [];

  /** Stops what runs; queued builds stay unfinished and are FAULT at the next start. */
  const close = async (): Promise<void> => {
    closing = true;
    for (const { abort } of running.values()) abort.abort('STOPPED');
    await Promise.all([...running.values()].map(({ done }) => done));
    guard.close();
  };

  return { operations, steps, close };
};
