import * as z from 'zod';

const EnvironmentVariable = z.object({ name: z.string(), value: z.string(), type: z.string() });
export type EnvironmentVariable = z.infer<typeof EnvironmentVariable>;

const Source = z.object({
  type: z.enum(['S3', 'NO_SOURCE']),
  /** `bucket/key` of a zip file. */
  location: z.string().nullable(),
  /** The text of a buildspec, or its path in the source; null stands for buildspec.yml. */
  buildspec: z.string().nullable(),
});

const Environment = z.object({
  type: z.string(),
  image: z.string(),
  computeType: z.string(),
  privilegedMode: z.boolean(),
  environmentVariables: z.array(EnvironmentVariable),
});

const Project = z.object({
  region: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  source: Source,
  environment: Environment,
  serviceRole: z.string(),
  timeoutMinutes: z.number(),
  createdAtMs: z.number(),
  modifiedAtMs: z.number(),
});
export type Project = z.infer<typeof Project>;

const Status = z.enum(['SUCCEEDED', 'FAILED', 'FAULT', 'TIMED_OUT', 'IN_PROGRESS', 'STOPPED']);
export type BuildStatus = z.infer<typeof Status>;

const PhaseRecord = z.object({
  type: z.string(),
  status: Status.nullable(),
  startMs: z.number(),
  endMs: z.number().nullable(),
  contexts: z.array(z.object({ statusCode: z.string(), message: z.string() })),
});
export type PhaseRecord = z.infer<typeof PhaseRecord>;

const Step = z.object({
  stage: z.string(),
  step: z.number(),
  instruction: z.string(),
  fromMs: z.number().default(0),
  ms: z.number(),
  cached: z.boolean(),
});

const Build = z.object({
  region: z.string(),
  projectName: z.string(),
  uuid: z.string(),
  number: z.number(),
  initiator: z.string(),
  status: Status,
  /** When the build left the queue; when it was asked for, until then. */
  startMs: z.number(),
  endMs: z.number().nullable(),
  phases: z.array(PhaseRecord),
  source: Source,
  sourceVersion: z.string().nullable(),
  environment: Environment,
  serviceRole: z.string(),
  timeoutMinutes: z.number(),
  exported: z.array(z.object({ name: z.string(), value: z.string() })),
  steps: z.array(Step),
  idempotency: z.object({ token: z.string(), request: z.string() }).nullable(),
});
export type Build = z.infer<typeof Build>;

export const CodeBuildState = z.object({ projects: z.array(Project), builds: z.array(Build) });
export type CodeBuildState = z.infer<typeof CodeBuildState>;

/** `project:uuid`, as the API names a build. */
export const buildId = ({ projectName, uuid }: Pick<Build, 'projectName' | 'uuid'>): string =>
  `${projectName}:${uuid}`;

/** Group and stream of a build's output in CloudWatch Logs. */
export const logPlaceOf = ({
  projectName,
  uuid,
}: Pick<Build, 'projectName' | 'uuid'>): { group: string; stream: string } => ({
  group: `/aws/codebuild/${projectName}`,
  stream: uuid,
});

/** Finished builds kept; older ones are forgotten, as CodeBuild forgets them after a year. */
const BUILDS_MAX = 500;

export const putBuild = (state: CodeBuildState, build: Build): CodeBuildState => {
  const known = state.builds.some(({ uuid }) => uuid === build.uuid);
  const builds = known
    ? state.builds.map((other) => (other.uuid === build.uuid ? build : other))
    : [...state.builds, build].slice(-BUILDS_MAX);
  return { ...state, builds };
};

export const putProject = (state: CodeBuildState, project: Project): CodeBuildState => ({
  ...state,
  projects: [
    ...state.projects.filter((p) => p.region !== project.region || p.name !== project.name),
    project,
  ],
});

/** The phase that is under way, closed with a status; what follows is up to the caller. */
export const endPhase = (
  build: Build,
  status: BuildStatus,
  nowMs: number,
  contexts: PhaseRecord['contexts'] = [],
): Build => ({
  ...build,
  phases: build.phases.map((phase, at) =>
    at === build.phases.length - 1 && phase.status === null
      ? { ...phase, status, endMs: nowMs, contexts }
      : phase,
  ),
});

export const beginPhase = (build: Build, type: string, nowMs: number): Build => ({
  ...build,
  phases: [...build.phases, { type, status: null, startMs: nowMs, endMs: null, contexts: [] }],
});

/** Ends the build; COMPLETED is a phase without an end, as CodeBuild reports it. */
export const completeBuild = (build: Build, status: BuildStatus, nowMs: number): Build => ({
  ...beginPhase(build, 'COMPLETED', nowMs),
  status,
  endMs: nowMs,
});
