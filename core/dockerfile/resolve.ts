/** The stages of a Dockerfile for one set of build arguments: bases found, variables in scope, folders known. */
import { type Dockerfile, type FileStage, flagValues, mountsOf, type Step } from './model.ts';
import { joinPath } from './paths.ts';
import { assignments, flagsAndRest, substitute } from './words.ts';

export type BuildArgs = Readonly<Record<string, string>>;
type Variables = Readonly<Record<string, string>>;

/** An instruction where it takes effect. A trigger of ONBUILD takes effect in the stage built on its own. */
export type PlacedStep = Step & {
  readonly stage: FileStage;
  /** ARG and ENV in scope before the instruction. */
  readonly variables: Variables;
  /** Those that ENV set: they stay in the image. */
  readonly env: Variables;
  readonly cwd: string;
};

export type Base =
  | { readonly kind: 'stage'; readonly stage: ResolvedStage }
  | { readonly kind: 'image'; readonly name: string }
  | { readonly kind: 'scratch' };

export type ResolvedStage = {
  readonly stage: FileStage;
  readonly base: Base;
  readonly steps: readonly PlacedStep[];
  readonly variables: Variables;
  readonly env: Variables;
  readonly cwd: string;
  /** Triggers for a stage built on this one. */
  readonly triggers: readonly Step[];
};

/** Where a COPY or a mount takes files from. */
export type Source =
  | { readonly kind: 'context' }
  | { readonly kind: 'stage'; readonly stage: ResolvedStage }
  | { readonly kind: 'image'; readonly name: string };

/** BuildKit sets these by itself; a build for one platform is assumed. */
export const PLATFORM_ARGS: Variables = {
  BUILDPLATFORM: 'linux/amd64',
  BUILDOS: 'linux',
  BUILDARCH: 'amd64',
  BUILDVARIANT: '',
  TARGETPLATFORM: 'linux/amd64',
  TARGETOS: 'linux',
  TARGETARCH: 'amd64',
  TARGETVARIANT: '',
};

/** ARGs before the first FROM: in scope on FROM lines only. */
const globalsOf = ({ globalArgs }: Dockerfile, given: BuildArgs): Variables => {
  const globals: Record<string, string> = { ...PLATFORM_ARGS };
  for (const [name, value] of globalArgs.flatMap(({ args }) => assignments(args))) {
    const found = given[name] ?? (value === undefined ? undefined : substitute(value, globals));
    if (found !== undefined) globals[name] = found;
  }
  return globals;
};

type Scope = { variables: Variables; env: Variables; cwd: string };

const applyArg = (step: Step, scope: Scope, globals: Variables, given: BuildArgs): Variables => {
  const next: Record<string, string> = { ...scope.variables };
  for (const [name, value] of assignments(step.args)) {
    if (scope.env[name] !== undefined) continue;
    const usual = value === undefined ? globals[name] : substitute(value, next);
    const found = given[name] ?? usual;
    if (found !== undefined) next[name] = found;
  }
  return next;
};

/** The scope after an instruction. */
const after = (step: Step, scope: Scope, globals: Variables, given: BuildArgs): Scope => {
  switch (step.keyword) {
    case 'ARG':
      return { ...scope, variables: applyArg(step, scope, globals, given) };
    case 'ENV': {
      const set = assignments(step.args).map(([name, value]): [string, string] => [
        name,
        substitute(value ?? '', scope.variables),
      ]);
      const added = Object.fromEntries(set);
      return {
        ...scope,
        variables: { ...scope.variables, ...added },
        env: { ...scope.env, ...added },
      };
    }
    case 'WORKDIR':
      return { ...scope, cwd: joinPath(scope.cwd, substitute(step.args.trim(), scope.variables)) };
    default:
      return scope;
  }
};

const EMPTY: Scope = { variables: {}, env: {}, cwd: '/' };

const trigger = (step: Step): Step => {
  const [, keyword = '', args = ''] = /^(\S+)\s*(.*)$/s.exec(step.args) ?? [];
  const { flags, rest } = flagsAndRest(args);
  return { ...step, keyword: keyword.toUpperCase(), args: rest, flags };
};

/** Every stage in the order of the file, for one set of build arguments. */
export const resolveStages = (dockerfile: Dockerfile, given: BuildArgs): ResolvedStage[] => {
  const globals = globalsOf(dockerfile, given);
  const done: ResolvedStage[] = [];
  for (const stage of dockerfile.stages) {
    const name = substitute(stage.from, globals);
    const parent = done.findLast((other) => other.stage.name === name.toLowerCase());
    const base: Base = parent
      ? { kind: 'stage', stage: parent }
      : name === 'scratch'
        ? { kind: 'scratch' }
        : { kind: 'image', name };
    let scope: Scope = parent ?? EMPTY;
    const steps: PlacedStep[] = [];
    const own = stage.steps.filter(({ keyword }) => keyword !== 'ONBUILD');
    for (const step of [...(parent?.triggers ?? []), ...own]) {
      steps.push({ ...step, stage, ...pick(scope) });
      scope = after(step, scope, globals, given);
    }
    const triggers = stage.steps.filter(({ keyword }) => keyword === 'ONBUILD').map(trigger);
    done.push({ stage, base, steps, ...pick(scope), triggers });
  }
  return done;
};

const pick = ({ variables, env, cwd }: Scope): Scope => ({ variables, env, cwd });

/** The stage called `target`, by name or number. */
export const stageCalled = (
  stages: readonly ResolvedStage[],
  target: string,
): ResolvedStage | undefined =>
  stages.findLast(({ stage }) => stage.name === target.toLowerCase()) ??
  (/^\d+$/.test(target) ? stages[Number(target)] : undefined);

/** The stages whose layers make up the image of `last`, the first one on its base image first. */
export const chainOf = (last: ResolvedStage): ResolvedStage[] =>
  last.base.kind === 'stage' ? [...chainOf(last.base.stage), last] : [last];

const sourceNamed = (name: string, step: PlacedStep, stages: readonly ResolvedStage[]): Source => {
  const wanted = substitute(name, step.variables);
  const stage = stageCalled(stages.slice(0, step.stage.index), wanted);
  return stage ? { kind: 'stage', stage } : { kind: 'image', name: wanted };
};

/** Where a COPY takes its files from. */
export const copySource = (step: PlacedStep, stages: readonly ResolvedStage[]): Source => {
  const from = flagValues(step, 'from')[0];
  return from === undefined ? { kind: 'context' } : sourceNamed(from, step, stages);
};

/** From where a stage takes files with COPY, ADD or mounts. */
export const takenFrom = (stage: ResolvedStage, stages: readonly ResolvedStage[]): Source[] =>
  stage.steps.flatMap((step) => [
    ...(step.keyword === 'COPY' || step.keyword === 'ADD' ? [copySource(step, stages)] : []),
    ...mountsOf(step).flatMap(({ from }) =>
      from === undefined ? [] : [sourceNamed(from, step, stages)],
    ),
  ]);

/** Every stage that building `last` builds, in the order of the file. */
export const neededStages = (
  last: ResolvedStage,
  stages: readonly ResolvedStage[],
): ResolvedStage[] => {
  const needed = new Set<ResolvedStage>();
  const visit = (stage: ResolvedStage): void => {
    if (needed.has(stage)) return;
    needed.add(stage);
    if (stage.base.kind === 'stage') visit(stage.base.stage);
    for (const source of takenFrom(stage, stages)) {
      if (source.kind === 'stage') visit(source.stage);
    }
  };
  visit(last);
  return [...needed].sort((a, b) => a.stage.index - b.stage.index);
};
