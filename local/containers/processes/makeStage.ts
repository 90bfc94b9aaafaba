import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { lastWords, runCommand } from '../command.ts';
import { DockerfileError, type Stage, type Step } from '../dockerfile.ts';
import { BuildError } from '../errors.ts';
import type { StageBase } from './baseFolder.ts';
import { checkPlainRun, hostCommand } from './commands.ts';
import { copyFiles } from './copyFiles.ts';
import type { Isolation } from './isolation.ts';
import { applySetting, execForm, type StageConfig, variablesOf } from './stageConfig.ts';

const RUN_TIMEOUT_MS = 30 * 60_000;

const StageFile = z.object({
  env: z.record(z.string(), z.string()),
  args: z.record(z.string(), z.string()),
  workingDir: z.string(),
  user: z.string(),
  shell: z.array(z.string()),
  entrypoint: z.array(z.string()),
  cmd: z.array(z.string()),
});

export type MadeStage = StageBase & { readonly root: string };

export type StageWork = {
  readonly stage: Stage;
  /** `2/4`: which of the stages this is, for the output. */
  readonly position: string;
  readonly base: StageBase;
  /** Digest of the context's files, when the stage copies from it. */
  readonly contextKey: string;
  readonly context: string;
  readonly ignored: (relative: string) => boolean;
  /** The made stage or base that `--from` names. */
  readonly source: (name: string, line: number) => StageBase;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly globalArgs: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly isolation: Isolation;
  readonly onLine: (line: string) => void;
};

const keyOf = (work: StageWork): string => {
  const { stage, base, contextKey, buildArgs, globalArgs, isolation } = work;
  const declared = stage.steps.filter(({ keyword }) => keyword === 'ARG').map(({ args }) => args);
  const used = Object.entries({ ...globalArgs, ...buildArgs }).filter(([name]) =>
    declared.some((args) => args.includes(name)),
  );
  const froms = stage.steps.flatMap(({ flags, line }) =>
    flags['from'] === undefined ? [] : [work.source(flags['from'], line).key],
  );
  const steps = stage.steps.map(({ keyword, args, flags }) => [keyword, args, flags]);
  return createHash('sha256')
    .update(JSON.stringify([base.key, contextKey, isolation, used, froms, steps]))
    .digest('hex');
};

const runStep = async (work: StageWork, root: string, config: StageConfig, step: Step) => {
  const mount = step.flags['mount'];
  if (mount !== undefined && !mount.includes('type=cache')) {
    throw new DockerfileError(
      `line ${step.line}: RUN --mount=${mount} cannot be carried out without a container engine`,
    );
  }
  const argv = execForm(step.args) ?? [...config.shell, step.args];
  if (work.isolation === 'none') checkPlainRun(step.args, step.line);
  const settings = { ...config, env: { ...config.args, ...config.env } };
  const { argv: line, cwd, env } = hostCommand(work.isolation, root, settings, argv);
  const [program = '', ...args] = line;
  const options = { cwd, env, timeoutMs: RUN_TIMEOUT_MS, onLine: work.onLine };
  const result = await runCommand(program, args, options);
  if (result.code === 0) return;
  throw new BuildError(
    `RUN of line ${step.line} failed (exit ${result.code}): ${lastWords(result)}`,
    [lastWords(result)],
  );
};

const announce = (work: StageWork, cached: boolean, each: (step: Step) => string): void => {
  const { stage, position, onLine } = work;
  const count = stage.steps.length + 1;
  const name = stage.name === undefined ? '' : ` AS ${stage.name}`;
  onLine(`[${position}] STEP 1/${count}: FROM ${stage.from}${name}`);
  if (!cached) return;
  stage.steps.forEach((step, at) => {
    onLine(`[${position}] STEP ${at + 2}/${count}: ${each(step)}`);
    onLine('--> Using cache');
  });
};

const written = (step: Step): string =>
  [step.keyword, ...Object.entries(step.flags).map(([n, v]) => `--${n}=${v}`), step.args].join(' ');

const carryOut = async (work: StageWork, root: string): Promise<StageConfig> => {
  const { stage, position, base, buildArgs, globalArgs, onLine } = work;
  let config: StageConfig = { ...base.config, args: {} };
  for (const [at, step] of stage.steps.entries()) {
    onLine(`[${position}] STEP ${at + 2}/${stage.steps.length + 1}: ${written(step)}`);
    const changed = applySetting(config, step, buildArgs, globalArgs);
    if (changed) {
      config = changed;
      if (step.keyword === 'WORKDIR') {
        await mkdir(path.join(root, config.workingDir), { recursive: true });
      }
    } else if (step.keyword === 'RUN') {
      await runStep(work, root, config, step);
    } else {
      const from = step.flags['from'];
      const source = from === undefined ? work.context : work.source(from, step.line).root;
      if (source === undefined) {
        throw new DockerfileError(`line ${step.line}: there are no files to copy from ${from}`);
      }
      const ignored = from === undefined ? work.ignored : () => false;
      const { workingDir } = config;
      await copyFiles(step, { root, workingDir, variables: variablesOf(config), source, ignored });
    }
  }
  return config;
};

/** Makes the folder of a stage, or takes the one that the same input made before. */
export const makeStage = async (work: StageWork): Promise<MadeStage> => {
  const key = keyOf(work);
  const home = path.join(work.folder, `stage-${key.slice(0, 16)}`);
  const root = path.join(home, 'root');
  const configFile = path.join(home, 'stage.json');
  const { content } = work.base;
  if (existsSync(configFile)) {
    announce(work, true, written);
    const config = StageFile.parse(JSON.parse(readFileSync(configFile, 'utf8')));
    return { key, root, config, content };
  }
  announce(work, false, written);
  // RUN steps see the final path: tools such as npm write absolute paths into what they install.
  await rm(home, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  if (work.base.root) {
    const args = ['-a', '--reflink=auto', `${work.base.root}/.`, root];
    const copied = await runCommand('cp', args);
    if (copied.code !== 0)
      await cp(work.base.root, root, { recursive: true, verbatimSymlinks: true });
  }
  const config = await carryOut(work, root);
  await writeFile(`${configFile}.draft`, JSON.stringify(config));
  await rename(`${configFile}.draft`, configFile);
  return { key, root, config, content };
};
