import { seededRandom } from '../random.ts';
import { median } from '../statistics/quantile.ts';
import type { Blocks } from './blocks.ts';

export type Chance = {
  /** Share of the resampled drills in which the arm came first; ties share. */
  readonly best: number;
  readonly expectedRank: number;
};

/**
 * How often each arm would come first if the blocks were drawn again: whole blocks are resampled with
 * replacement and arms ordered by the median of their scores, each block first centred on its own median
 * so that weather common to all arms cancels. For display; it decides nothing.
 */
export const chancesOf = (
  blocks: Blocks,
  seed: string,
  resamples: number,
): ReadonlyMap<string, Chance> => {
  const ids = [...blocks.scores.keys()].sort();
  const rows = ids.map((id) => blocks.scores.get(id) ?? []);
  const centres = Array.from({ length: blocks.count }, (_, block) =>
    median(rows.map((row) => row[block] ?? 0)),
  );
  const centred = rows.map((row) => row.map((score, block) => score - (centres[block] ?? 0)));
  const orders = centred.map((row) =>
    Uint32Array.from(row.keys()).sort((a, b) => (row[a] ?? 0) - (row[b] ?? 0)),
  );
  const random = seededRandom(seed, 'resample');
  const best = new Float64Array(ids.length);
  const rankSum = new Float64Array(ids.length);
  const drawn = new Uint32Array(blocks.count);
  for (let resample = 0; resample < resamples; resample++) {
    drawn.fill(0);
    for (let draw = 0; draw < blocks.count; draw++) {
      const block = random.below(blocks.count);
      drawn[block] = (drawn[block] ?? 0) + 1;
    }
    const medians = centred.map((row, arm) => drawnMedian(row, orders[arm] ?? drawn, drawn));
    countRanks(medians, best, rankSum);
  }
  return new Map(
    ids.map((id, arm) => [
      id,
      { best: (best[arm] ?? 0) / resamples, expectedRank: (rankSum[arm] ?? 0) / resamples },
    ]),
  );
};

/** Median of the blocks drawn, given how often each was drawn and their order by score. */
const drawnMedian = (row: readonly number[], order: Uint32Array, drawn: Uint32Array): number => {
  const half = row.length / 2;
  let seen = 0;
  for (let at = 0; at < order.length; at++) {
    const block = order[at] ?? 0;
    seen += drawn[block] ?? 0;
    if (seen > half) return row[block] ?? 0;
    if (seen === half) return ((row[block] ?? 0) + nextDrawn(row, order, drawn, at)) / 2;
  }
  return 0;
};

const nextDrawn = (
  row: readonly number[],
  order: Uint32Array,
  drawn: Uint32Array,
  after: number,
): number => {
  for (let at = after + 1; at < order.length; at++) {
    const block = order[at] ?? 0;
    if ((drawn[block] ?? 0) > 0) return row[block] ?? 0;
  }
  return row[order[after] ?? 0] ?? 0;
};

/** Adds the ranks of one resample; arms that tie share their places. */
const countRanks = (
  medians: readonly number[],
  best: Float64Array,
  rankSum: Float64Array,
): void => {
  medians.forEach((own, arm) => {
    let below = 0;
    let equal = 0;
    for (const other of medians) {
      if (other < own) below++;
      else if (other === own) equal++;
    }
    rankSum[arm] = (rankSum[arm] ?? 0) + 1 + below + (equal - 1) / 2;
    if (below === 0) best[arm] = (best[arm] ?? 0) + 1 / equal;
  });
};
