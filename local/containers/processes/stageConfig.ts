import path from 'node:path';
import { assignments, substitute } from '../../../core/dockerfile/words.ts';
import { DockerfileError, type Step } from '../dockerfile.ts';

/** The settings of a stage as its instructions leave them. */
export type StageConfig = {
  readonly env: Readonly<Record<string, string>>;
  /** ARGs declared so far. */
  readonly args: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly user: string;
  readonly shell: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
};

export const EMPTY_CONFIG: StageConfig = {
  env: {},
  args: {},
  workingDir: '/',
  user: '',
  shell: ['/bin/sh', '-c'],
  entrypoint: [],
  cmd: [],
};

type Args = Readonly<Record<string, string>>;

/** A JSON array of strings, or undefined for the shell form. */
export const execForm = (args: string): string[] | undefined => {
  if (!args.trimStart().startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(args);
    return Array.isArray(list) && list.every((word) => typeof word === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
};

export const variablesOf = ({ args, env }: StageConfig): Args => ({ ...args, ...env });

const commandOf = (args: string, shell: readonly string[]): readonly string[] =>
  execForm(args) ?? [...shell, args];

const withArgs = (config: StageConfig, step: Step, buildArgs: Args, globalArgs: Args) => {
  const args = { ...config.args };
  for (const [name, value] of assignments(step.args)) {
    const fallback =
      value === undefined ? globalArgs[name] : substitute(value, { ...args, ...config.env });
    const given = buildArgs[name] ?? fallback;
    if (given !== undefined) args[name] = given;
  }
  return { ...config, args };
};

const withEnv = (config: StageConfig, step: Step): StageConfig => {
  const before = variablesOf(config);
  const set = assignments(step.args).map(([name, value]) => [
    name,
    substitute(value ?? '', before),
  ]);
  return { ...config, env: { ...config.env, ...Object.fromEntries(set) } };
};

/** Instructions that change settings only. Undefined for those that change files. */
export const applySetting = (
  config: StageConfig,
  step: Step,
  buildArgs: Args,
  globalArgs: Args,
): StageConfig | undefined => {
  const text = substitute(step.args, variablesOf(config));
  switch (step.keyword) {
    case 'ARG':
      return withArgs(config, step, buildArgs, globalArgs);
    case 'ENV':
      return withEnv(config, step);
    case 'WORKDIR':
      return { ...config, workingDir: path.posix.resolve(config.workingDir, text.trim()) };
    case 'USER':
      return { ...config, user: text.trim() };
    case 'SHELL':
      return { ...config, shell: execForm(step.args) ?? config.shell };
    case 'ENTRYPOINT':
      return { ...config, entrypoint: commandOf(step.args, config.shell), cmd: [] };
    case 'CMD':
      return { ...config, cmd: commandOf(step.args, config.shell) };
    case 'LABEL':
    case 'EXPOSE':
    case 'STOPSIGNAL':
    case 'HEALTHCHECK':
    case 'VOLUME':
    case 'MAINTAINER':
      return config;
    case 'RUN':
    case 'COPY':
    case 'ADD':
      return undefined;
    default:
      throw new DockerfileError(
        `line ${step.line}: ${step.keyword} cannot be carried out without a container engine`,
      );
  }
};
