import type {
  BatchGetBuildsInput,
  ListBuildsForProjectInput,
  StartBuildInput,
  StopBuildInput,
} from '@aws-sdk/client-codebuild';
import type { Clock } from '../clock.ts';
import type { StateFile } from '../state/stateFile.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { buildAnswer } from './answers.ts';
import type { BuildQueue } from './buildQueue.ts';
import { findProject } from './projectOperations.ts';
import { buildFrom } from './requests.ts';
import { type Build, beginPhase, buildId, type CodeBuildState, endPhase } from './state.ts';

const BATCH_MAX = 100;
const IDEMPOTENCY_MS = 5 * 60_000;

/** By id or ARN. */
export const findBuildIn = (state: CodeBuildState, region: string, id: string): Build | undefined =>
  state.builds.find(
    (build) =>
      build.region === region && (buildId(build) === id || id.endsWith(`/${buildId(build)}`)),
  );

export const buildOperations = (
  state: StateFile<CodeBuildState>,
  queue: BuildQueue,
  clock: Clock,
): Operations => {
  const findBuild = (region: string, id: string) => findBuildIn(state.value, region, id);

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
    const from = findProject(state.value, region, input.projectName);
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
    await queue.add(build);
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
    await queue.stop(build);
    return { build: buildAnswer(findBuild(region, id) ?? build) };
  };

  const listBuildsForProject = (input: ListBuildsForProjectInput, { region }: CallContext) => {
    const { name } = findProject(state.value, region, input.projectName);
    const ids = state.value.builds
      .filter((build) => build.region === region && build.projectName === name)
      .map(buildId);
    return { ids: input.sortOrder === 'ASCENDING' ? ids : ids.reverse() };
  };

  return {
    StartBuild: startBuild,
    BatchGetBuilds: batchGetBuilds,
    StopBuild: stopBuild,
    ListBuildsForProject: listBuildsForProject,
  };
};
