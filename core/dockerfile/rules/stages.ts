/** Stages that serve no variant, and variants that are one image. */
import type { Image } from '../image.ts';
import { type Dockerfile, type Found, mountsOf, stageName } from '../model.ts';
import {
  copySource,
  neededStages,
  PLATFORM_ARGS,
  type PlacedStep,
  type ResolvedStage,
  stageCalled,
} from '../resolve.ts';

/** Patterns of the stage names that a FROM with variables may choose, such as `base-.*`. */
const choices = (dockerfile: Dockerfile): RegExp[] =>
  dockerfile.stages
    .filter(({ from }) => from.includes('$'))
    .map(({ from }) => {
      const parts = from.toLowerCase().split(/\$\{[^}]*\}|\$\w+/);
      return new RegExp(
        `^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`,
      );
    });

/** Words in the names of stages that people and pipelines build on purpose and nobody ships. */
const SIDE_TARGET =
  /(?:^|[-_.])(?:dev|devel|development|devcontainer|debug|tests?|e2e|lint|checks?|validate|ci|coverage|docs?|bench|artifacts?)(?:$|[-_.])/;

/** Numbers of the stages that targets beside the variants need, such as `--target test`. */
const besideVariants = (images: readonly Image[]): number[] =>
  images.flatMap(({ stages }) =>
    stages
      .filter(({ stage: { name } }) => name !== undefined && SIDE_TARGET.test(name))
      .flatMap((target) => neededStages(target, stages).map(({ stage }) => stage.index)),
  );

/**
 * Stages that no variant builds. Those for development, tests and the like are left alone, and what they
 * need; so are those that a FROM can choose by a build argument, when it does choose among stages.
 */
export const unusedStages = (dockerfile: Dockerfile, images: readonly Image[]): Found[] => {
  const used = new Set([
    ...images.flatMap(({ needed }) => needed.map(({ stage }) => stage.index)),
    ...besideVariants(images),
  ]);
  const names = dockerfile.stages.map(({ name }) => name);
  const chosen = images.flatMap(({ stages }) =>
    stages.flatMap(({ base }) => (base.kind === 'stage' ? [base.stage.stage.name] : [])),
  );
  const selecting = choices(dockerfile).filter((pattern) =>
    chosen.some((name) => name !== undefined && pattern.test(name)),
  );
  return dockerfile.stages
    .filter(({ index }) => !used.has(index))
    .filter(({ name }) => !selecting.some((pattern) => name !== undefined && pattern.test(name)))
    .map((stage) => ({
      line: stage.line,
      stage: stageName(stage),
      what: `no variant uses stage "${stageName(stage)}"${names.indexOf(stage.name) < stage.index ? ', and an earlier stage has its name' : ''}`,
      remedy: 'remove it, or name it in image.matrix.target',
    }));
};

const PLATFORM = new Set(Object.keys(PLATFORM_ARGS));

/** A text that is the same for two stages when they make the same image. */
const fingerprint = (stage: ResolvedStage, stages: readonly ResolvedStage[]): string => {
  const base =
    stage.base.kind === 'stage'
      ? fingerprint(stage.base.stage, stages)
      : stage.base.kind === 'image'
        ? stage.base.name
        : 'scratch';
  const steps = stage.steps.map((step) => stepPrint(step, stages));
  return JSON.stringify([base, ...steps]);
};

const stepPrint = (step: PlacedStep, stages: readonly ResolvedStage[]): unknown => {
  const source = copySource(step, stages);
  const mounted = mountsOf(step).flatMap(({ from }) => {
    const stage =
      from === undefined ? undefined : stageCalled(stages.slice(0, step.stage.index), from);
    return stage ? [fingerprint(stage, stages)] : [];
  });
  const flags = step.flags.map(({ name, value }) => (name === 'from' ? name : `${name}=${value}`));
  // Every argument in scope is in the environment of a RUN, and so part of what it makes.
  const scope = Object.entries(step.variables).filter(([name]) => !PLATFORM.has(name));
  return [
    step.keyword,
    step.args.replace(/\s+/g, ' '),
    flags,
    step.heredocs,
    step.keyword === 'ARG' ? null : scope,
    source.kind === 'stage' ? fingerprint(source.stage, stages) : source,
    mounted,
  ];
};

export const fingerprintOf = (image: Image): string => fingerprint(image.last, image.stages);
