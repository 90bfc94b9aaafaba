import { ACCOUNT_ID } from '../wire/types.ts';
import { type Build, buildId, logPlaceOf, type PhaseRecord, type Project } from './state.ts';

const date = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(ms));

const arn = (region: string, resource: string): string =>
  `arn:aws:codebuild:${region}:${ACCOUNT_ID}:${resource}`;

const sourceAnswer = (source: Build['source']) => ({
  type: source.type,
  ...(source.location === null ? {} : { location: source.location }),
  ...(source.buildspec === null ? {} : { buildspec: source.buildspec }),
});

const phaseAnswer = (phase: PhaseRecord) => ({
  phaseType: phase.type,
  phaseStatus: phase.status ?? undefined,
  startTime: date(phase.startMs),
  endTime: date(phase.endMs),
  durationInSeconds:
    phase.endMs === null ? undefined : Math.round((phase.endMs - phase.startMs) / 1000),
  contexts: phase.contexts.length > 0 ? phase.contexts : undefined,
});

export const projectAnswer = (project: Project) => ({
  name: project.name,
  arn: arn(project.region, `project/${project.name}`),
  description: project.description ?? undefined,
  source: sourceAnswer(project.source),
  artifacts: { type: 'NO_ARTIFACTS' },
  environment: project.environment,
  serviceRole: project.serviceRole,
  timeoutInMinutes: project.timeoutMinutes,
  created: date(project.createdAtMs),
  lastModified: date(project.modifiedAtMs),
});

export const buildAnswer = (build: Build) => ({
  id: buildId(build),
  arn: arn(build.region, `build/${buildId(build)}`),
  buildNumber: build.number,
  startTime: date(build.startMs),
  endTime: date(build.endMs),
  currentPhase: build.phases.at(-1)?.type ?? 'SUBMITTED',
  buildStatus: build.status,
  buildComplete: build.endMs !== null,
  sourceVersion: build.sourceVersion ?? undefined,
  projectName: build.projectName,
  phases: build.phases.map(phaseAnswer),
  source: sourceAnswer(build.source),
  environment: build.environment,
  serviceRole: build.serviceRole,
  timeoutInMinutes: build.timeoutMinutes,
  initiator: build.initiator,
  exportedEnvironmentVariables: build.exported,
  logs: {
    groupName: logPlaceOf(build).group,
    streamName: logPlaceOf(build).stream,
    cloudWatchLogs: { status: 'ENABLED' },
  },
});
