/** The image of a variant as its Dockerfile describes it: what the rules look at. */
import { type FileStage, stageName } from './model.ts';
import {
  type Base,
  chainOf,
  neededStages,
  type PlacedStep,
  type ResolvedStage,
} from './resolve.ts';

export type Image = {
  readonly stages: readonly ResolvedStage[];
  /** The final stage. */
  readonly last: ResolvedStage;
  /** Stages whose layers are shipped, and those that only building needs. */
  readonly chain: readonly ResolvedStage[];
  readonly needed: readonly ResolvedStage[];
  /** Instructions whose layers and settings are shipped. */
  readonly steps: readonly PlacedStep[];
  /** What the first stage of the chain stands on. */
  readonly base: Base;
  /** Name of the final stage. */
  readonly name: string;
};

export const imageOf = (last: ResolvedStage, stages: readonly ResolvedStage[]): Image => {
  const chain = chainOf(last);
  return {
    stages,
    last,
    chain,
    needed: neededStages(last, stages),
    steps: chain.flatMap(({ steps }) => steps),
    base: chain[0]?.base ?? last.base,
    name: stageName(last.stage),
  };
};

/** Repository and tag of an image name, without digest; `node` for `docker.io/library/node:24`. */
export const repositoryOf = (image: string): { repository: string; tag: string | undefined } => {
  const [name = ''] = image.split('@');
  // A colon before the last slash belongs to the port of a registry.
  const colon = name.lastIndexOf(':');
  const tag = colon > name.lastIndexOf('/') ? name.slice(colon + 1) : undefined;
  const repository = (tag === undefined ? name : name.slice(0, colon))
    .toLowerCase()
    .replace(/^(?:(?:index\.)?docker\.io\/|public\.ecr\.aws\/docker\/)(?:library\/)?/, '')
    .replace(/^library\//, '');
  return { repository, tag };
};

export const stageOf = (step: { readonly stage: FileStage }): string => stageName(step.stage);
