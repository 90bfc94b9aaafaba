import path from 'node:path';
import type { BuildStep } from '../../core/build/steps.ts';
import type { Clock } from '../clock.ts';
import type { EngineChoice } from '../containers/detect.ts';
import { openStateFile } from '../state/stateFile.ts';
import type { Operations } from '../wire/types.ts';
import { buildOperations, findBuildIn } from './buildOperations.ts';
import { createBuildQueue, recoverBuilds } from './buildQueue.ts';
import { projectOperations } from './projectOperations.ts';
import { CodeBuildState } from './state.ts';

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

/**
 * The embedded CodeBuild: projects, a queue of builds, and each build's buildspec run for real.
 * Builds that a killed service left behind are FAULT, and their processes are gone.
 */
export const createCodeBuild = async (options: CodeBuildOptions) => {
  const { dataDir, clock } = options;
  const file = path.join(dataDir, 'codebuild', 'state.json');
  const state = await openStateFile(file, CodeBuildState, { projects: [], builds: [] });
  await recoverBuilds(state, options);
  const queue = createBuildQueue(state, options);
  const operations: Operations = {
    ...projectOperations(state, clock),
    ...buildOperations(state, queue, clock),
  };

  /** The Dockerfile steps that a build's output showed. */
  const steps = (region: string, id: string): readonly BuildStep[] =>
    findBuildIn(state.value, region, id)?.steps ?? [];

  return { operations, steps, close: queue.close };
};
