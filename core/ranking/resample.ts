import { seededRandom } from '../random.ts';
import { median } from '../statistics/quantile.ts';
import type { Blocks } from './blocks.ts';

export type Chance = {
  /** Share of the resampled drills in which the arm came first; ties share. */
  readonly best: number;
  readonly expectedRank: number;
};

/** How often each block is drawn in each resample, at [resample * blockCount + block]. */
export type Draws = (blockCount: number) => {
  readonly resamples: number;
  readonly drawn: Uint32Array;
};

/** Draws that depend on the seed and the number of blocks alone, so scenarios share them. */
export const drawsOf = (seed: string, resamples: number): Draws => {
  const known = new Map<number, Uint32Array>();
  return (blockCount) => {
    const drawn = known.get(blockCount) ?? drawBlocks(seed, resamples, blockCount);
    known.set(blockCount, drawn);
    return { resamples, drawn };
  };
};

const drawBlocks = (seed: string, resamples: number, blockCount: number): Uint32Array => {
  const random = seededRandom(seed, 'resample');
  const drawn = new Uint32Array(resamples * blockCount);
  for (let start = 0; start < drawn.length; start += blockCount) {
    for (let draw = 0; draw < blockCount; draw++) {
      const place = start + random.below(blockCount);
      drawn[place] = (drawn[place] ?? 0) + 1;
    }
  }
  return drawn;
};

/** The scores of one arm, ascending, and the block that each comes from. */
type Sorted = { readonly scores: Float64Array; readonly blocks: Uint32Array };

/**
 * How often each arm would come first if the blocks were drawn again: whole blocks are resampled with
 * replacement and arms ordered by the median of their scores, each block first centred on its own median
 * so that weather common to all arms cancels. For display; it decides nothing.
 */
export const chancesOf = (blocks: Blocks, draw: Draws): ReadonlyMap<string, Chance> => {
  const ids = [...blocks.scores.keys()].sort();
  const arms = sortedArms(ids.map((id) => blocks.scores.get(id) ?? []));
  const { resamples, drawn } = draw(blocks.count);
  const best = new Float64Array(ids.length);
  const rankSum = new Float64Array(ids.length);
  const medians = new Float64Array(ids.length);
  for (let resample = 0; resample < resamples; resample++) {
    const times = drawn.subarray(resample * blocks.count, (resample + 1) * blocks.count);
    for (let arm = 0; arm < arms.length; arm++) medians[arm] = drawnMedian(arms[arm], times);
    countRanks(medians, best, rankSum);
  }
  return new Map(
    ids.map((id, arm) => [
      id,
      { best: (best[arm] ?? 0) / resamples, expectedRank: (rankSum[arm] ?? 0) / resamples },
    ]),
  );
};

const sortedArms = (rows: readonly (readonly number[])[]): Sorted[] => {
  const centres = (rows[0] ?? []).map((_, block) => median(rows.map((row) => row[block] ?? 0)));
  return rows.map((row) => {
    const centred = row.map((score, block) => score - (centres[block] ?? 0));
    const blocks = Uint32Array.from(row.keys()).sort(
      (a, b) => (centred[a] ?? 0) - (centred[b] ?? 0),
    );
    return { scores: Float64Array.from(blocks, (block) => centred[block] ?? 0), blocks };
  });
};

/** Median of an arm's scores over the blocks drawn. */
const drawnMedian = (arm: Sorted | undefined, drawn: Uint32Array): number => {
  if (arm === undefined) return Number.NaN;
  const { scores, blocks } = arm;
  const half = blocks.length / 2;
  let seen = 0;
  let at = 0;
  while (seen < half) seen += drawn[blocks[at++] ?? 0] ?? 0;
  const below = scores[at - 1] ?? Number.NaN;
  if (seen > half) return below;
  while (drawn[blocks[at] ?? 0] === 0) at++;
  return (below + (scores[at] ?? Number.NaN)) / 2;
};

/** Adds the ranks of one resample; arms that tie share their places. */
const countRanks = (medians: Float64Array, best: Float64Array, rankSum: Float64Array): void => {
  for (let arm = 0; arm < medians.length; arm++) {
    const own = medians[arm] ?? 0;
    let below = 0;
    let equal = 0;
    for (let other = 0; other < medians.length; other++) {
      const value = medians[other] ?? 0;
      if (value < own) below++;
      else if (value === own) equal++;
    }
    rankSum[arm] = (rankSum[arm] ?? 0) + 1 + below + (equal - 1) / 2;
    if (below === 0) best[arm] = (best[arm] ?? 0) + 1 / equal;
  }
};
