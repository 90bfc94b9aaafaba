import type {
  CreateProjectInput,
  EnvironmentVariable as EnvironmentVariableInput,
  StartBuildInput,
} from '@aws-sdk/client-codebuild';
import { AwsError } from '../wire/types.ts';
import type { Build, EnvironmentVariable, Project } from './state.ts';

const TIMEOUT_MINUTES = { min: 5, max: 2160, default: 60 };
const PROJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$/;

const invalid = (message: string): AwsError => new AwsError('InvalidInputException', message);

/** Refuses members that mean something on AWS and nothing here, instead of dropping them. */
const refuseUnknown = (input: object, known: readonly string[], operation: string): void => {
  const set = Object.entries(input).filter(([, value]) => value !== undefined);
  const unknown = set.map(([name]) => name).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw invalid(`${operation}: the embedded CodeBuild does not know ${unknown.join(', ')}`);
  }
};

const timeout = (minutes: number | undefined): number => {
  const value = minutes ?? TIMEOUT_MINUTES.default;
  if (Number.isInteger(value) && value >= TIMEOUT_MINUTES.min && value <= TIMEOUT_MINUTES.max) {
    return value;
  }
  throw invalid(
    `Invalid timeout: ${value} minutes is not between ${TIMEOUT_MINUTES.min} and ${TIMEOUT_MINUTES.max}`,
  );
};

const variables = (given: readonly EnvironmentVariableInput[] = []): EnvironmentVariable[] =>
  given.map(({ name = '', value = '', type = 'PLAINTEXT' }) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw invalid(`Invalid environment variable name: ${name}`);
    if (type === 'PLAINTEXT') return { name, value, type };
    throw invalid(
      `Environment variable ${name}: type ${type} is not known to the embedded CodeBuild`,
    );
  });

const sourceType = (type: string | undefined): 'S3' | 'NO_SOURCE' => {
  if (type === 'S3' || type === 'NO_SOURCE') return type;
  throw invalid(`Source type ${type ?? '(none)'} is not known to the embedded CodeBuild: use S3`);
};

const checkSource = (source: Build['source']): void => {
  if (source.type === 'S3' && source.location === null) {
    throw invalid('Project source location is required for source type S3');
  }
  if (source.type === 'NO_SOURCE' && source.buildspec === null) {
    throw invalid('buildspec is required for source type NO_SOURCE');
  }
};

/** A project as CreateProject asks for it. */
export const projectFrom = (input: CreateProjectInput, region: string, nowMs: number): Project => {
  const known =
    'name description source artifacts environment serviceRole timeoutInMinutes queuedTimeoutInMinutes logsConfig tags cache concurrentBuildLimit';
  refuseUnknown(input, known.split(' '), 'CreateProject');
  const { name = '', environment } = input;
  if (!PROJECT_NAME.test(name)) throw invalid(`Invalid project name: ${name}`);
  if (input.artifacts?.type !== 'NO_ARTIFACTS') {
    throw invalid('The embedded CodeBuild keeps no artifacts: artifacts.type must be NO_ARTIFACTS');
  }
  const source = {
    type: sourceType(input.source?.type),
    location: input.source?.location ?? null,
    buildspec: input.source?.buildspec ?? null,
  };
  return {
    region,
    name,
    description: input.description ?? null,
    source,
    environment: {
      type: environment?.type ?? 'LINUX_CONTAINER',
      image: environment?.image ?? '',
      computeType: environment?.computeType ?? '',
      privilegedMode: environment?.privilegedMode ?? false,
      environmentVariables: variables(environment?.environmentVariables),
    },
    serviceRole: input.serviceRole ?? '',
    timeoutMinutes: timeout(input.timeoutInMinutes),
    createdAtMs: nowMs,
    modifiedAtMs: nowMs,
  };
};

const START_KNOWN =
  'projectName sourceVersion sourceTypeOverride sourceLocationOverride buildspecOverride environmentVariablesOverride timeoutInMinutesOverride queuedTimeoutInMinutesOverride idempotencyToken imageOverride privilegedModeOverride logsConfigOverride';

/** A queued build as StartBuild asks for it. */
export const buildFrom = (
  input: StartBuildInput,
  project: Project,
  build: Pick<Build, 'uuid' | 'number' | 'initiator' | 'startMs'>,
): Build => {
  refuseUnknown(input, START_KNOWN.split(' '), 'StartBuild');
  const overrides = variables(input.environmentVariablesOverride);
  const overridden = new Set(overrides.map(({ name }) => name));
  const source = {
    type: sourceType(input.sourceTypeOverride ?? project.source.type),
    location: input.sourceLocationOverride ?? project.source.location,
    buildspec: input.buildspecOverride ?? project.source.buildspec,
  };
  checkSource(source);
  return {
    ...build,
    region: project.region,
    projectName: project.name,
    status: 'IN_PROGRESS',
    endMs: null,
    phases: [],
    source,
    sourceVersion: input.sourceVersion ?? null,
    environment: {
      ...project.environment,
      image: input.imageOverride ?? project.environment.image,
      environmentVariables: [
        ...project.environment.environmentVariables.filter(({ name }) => !overridden.has(name)),
        ...overrides,
      ],
    },
    serviceRole: project.serviceRole,
    timeoutMinutes: timeout(input.timeoutInMinutesOverride ?? project.timeoutMinutes),
    exported: [],
    steps: [],
    idempotency:
      input.idempotencyToken === undefined
        ? null
        : { token: input.idempotencyToken, request: JSON.stringify(Object.entries(input).sort()) },
  };
};
