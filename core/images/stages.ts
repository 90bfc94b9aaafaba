/** The graph of a Dockerfile's stages as one variant uses it. */

import { type Dockerfile, stageName } from '../dockerfile/model.ts';
import {
  chainOf,
  neededStages,
  type ResolvedStage,
  resolveStages,
  stageCalled,
  takenFrom,
} from '../dockerfile/resolve.ts';

export type StagePart = {
  name: string;
  line: number;
  from: { kind: 'stage' | 'image' | 'scratch'; name: string };
  takesFrom: string[];
  part: 'shipped' | 'built' | 'not used';
};

const fromOf = ({ base }: ResolvedStage): StagePart['from'] => {
  if (base.kind === 'stage') return { kind: 'stage', name: stageName(base.stage.stage) };
  return base.kind === 'image'
    ? { kind: 'image', name: base.name }
    : { kind: 'scratch', name: 'scratch' };
};

/** Every stage in the order of the file; empty when the target is no stage. */
export const stageParts = (
  dockerfile: Dockerfile,
  { target, args }: { readonly target: string; readonly args: Readonly<Record<string, string>> },
): StagePart[] => {
  const stages = resolveStages(dockerfile, args);
  const last = stageCalled(stages, target);
  if (!last) return [];
  const chain = new Set(chainOf(last));
  const needed = new Set(neededStages(last, stages));
  return stages.map((stage) => ({
    name: stageName(stage.stage),
    line: stage.stage.line,
    from: fromOf(stage),
    takesFrom: [
      ...new Set(
        takenFrom(stage, stages).flatMap((source) => {
          if (source.kind === 'context') return [];
          return [source.kind === 'stage' ? stageName(source.stage.stage) : source.name];
        }),
      ),
    ],
    part: chain.has(stage) ? 'shipped' : needed.has(stage) ? 'built' : 'not used',
  }));
};
