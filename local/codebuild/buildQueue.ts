import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createProcessGuard } from '../processGuard.ts';
import type { StateFile } from '../state/stateFile.ts';
import type { CodeBuildOptions } from './createCodeBuild.ts';
import { killLeftovers } from './leftovers.ts';
import { runBuild } from './runBuild.ts';
import {
  type Build,
  type BuildStatus,
  beginPhase,
  buildId,
  type CodeBuildState,
  completeBuild,
  endPhase,
  putBuild,
} from './state.ts';

const MINUTE_MS = 60_000;

/** A build waits for disk and downloads half of its time, so there is one for each core. */
const defaultConcurrency = (): number => os.availableParallelism();

type Running = { readonly abort: AbortController; readonly done: Promise<void> };

const INTERRUPTED = [
  { statusCode: 'INTERNAL_SERVICE_ERROR', message: 'the service stopped while the build ran' },
];

/** Ends the builds that a killed service left behind, and their processes. */
export const recoverBuilds = async (
  state: StateFile<CodeBuildState>,
  { dataDir, clock }: CodeBuildOptions,
): Promise<void> => {
  for (const build of state.value.builds.filter(({ endMs }) => endMs === null)) {
    killLeftovers(buildId(build));
    const ended = endPhase(build, 'FAULT', clock.now(), INTERRUPTED);
    await state.save(putBuild(state.value, completeBuild(ended, 'FAULT', clock.now())));
  }
  await rm(path.join(dataDir, 'codebuild', 'work'), { recursive: true, force: true });
};

/** Runs builds in the order they came, a bounded number at a time. */
export const createBuildQueue = (state: StateFile<CodeBuildState>, options: CodeBuildOptions) => {
  const { clock, log = () => {} } = options;
  const concurrentBuildsMax = options.concurrentBuildsMax ?? defaultConcurrency();
  const guard = createProcessGuard();
  const running = new Map<string, Running>();
  const waiting: Build[] = [];
  let closing = false;

  const save = (build: Build): Promise<void> => state.save(putBuild(state.value, build));
  const current = (build: Build): Build =>
    state.value.builds.find(({ uuid }) => uuid === build.uuid) ?? build;

  const provisioned = (build: Build, nowMs: number): Build => {
    const dequeued = { ...endPhase(build, 'SUCCEEDED', nowMs), startMs: nowMs };
    return endPhase(beginPhase(dequeued, 'PROVISIONING', nowMs), 'SUCCEEDED', nowMs);
  };

  const start = (queued: Build): void => {
    const abort = new AbortController();
    const timeOut = () => abort.abort('TIMED_OUT' satisfies BuildStatus);
    const cancel = clock.after(queued.timeoutMinutes * MINUTE_MS, timeOut);
    const build = provisioned(queued, clock.now());
    const run = async (): Promise<void> => {
      await save(build);
      await runBuild(build, {
        ...options,
        guard,
        save,
        endpoint: options.endpoint(),
        processImages: options.processImages ?? true,
        onLine: log,
        stop: abort.signal,
      });
    };
    const fault = (error: unknown): Promise<void> => {
      const message = error instanceof Error ? error.message : String(error);
      log(buildId(build), `the build could not be carried out: ${message}`);
      const ended = endPhase(current(build), 'FAULT', clock.now());
      return save(completeBuild(ended, 'FAULT', clock.now()));
    };
    const done = run()
      .catch(fault)
      .finally(() => {
        cancel();
        running.delete(build.uuid);
        next();
      });
    running.set(build.uuid, { abort, done });
  };

  const next = (): void => {
    while (!closing && running.size < concurrentBuildsMax) {
      const build = waiting.shift();
      if (!build) return;
      start(build);
    }
  };

  const add = async (build: Build): Promise<void> => {
    await save(build);
    waiting.push(build);
    next();
  };

  /** Ends a build that waits or runs; resolves when it has ended. */
  const stop = async (build: Build): Promise<void> => {
    const active = running.get(build.uuid);
    const at = waiting.findIndex(({ uuid }) => uuid === build.uuid);
    if (at >= 0) {
      waiting.splice(at, 1);
      const ended = endPhase(build, 'STOPPED', clock.now());
      await save(completeBuild(ended, 'STOPPED', clock.now()));
    } else if (active) {
      active.abort.abort('STOPPED' satisfies BuildStatus);
      await active.done;
    }
  };

  /** Stops what runs; builds that wait stay unfinished and are FAULT at the next start. */
  const close = async (): Promise<void> => {
    closing = true;
    for (const { abort } of running.values()) abort.abort('FAULT' satisfies BuildStatus);
    await Promise.all([...running.values()].map(({ done }) => done));
    guard.close();
  };

  return { add, stop, close };
};

export type BuildQueue = ReturnType<typeof createBuildQueue>;
