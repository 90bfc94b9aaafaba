import type { Cube } from './cube.ts';

/** A round with less of its weight measured than this is dropped. */
const KEPT_WEIGHT_MIN = 0.8;
/** An arm that alone would cost more of the rounds than this is left out instead. */
const LOST_ROUNDS_MAX = 0.5;

/** What every arm scored in the rounds that can be compared. */
export type Blocks = {
  /** How many; a block is a placement. */
  readonly count: number;
  /** By arm id: weighted mean of ln(ms) over the cells, one for each block. */
  readonly scores: ReadonlyMap<string, readonly number[]>;
  readonly droppedRounds: readonly number[];
};

type Weights = Readonly<Record<string, number>>;

/**
 * The blocks over which arms are compared. A cell that any of the arms lacks in a round is dropped from
 * that round for all of them; a round that keeps less than KEPT_WEIGHT_MIN of the weight is dropped.
 * Rounds that share a placement are averaged into one block.
 */
export const blocksOf = (
  cube: Cube,
  armIds: readonly string[],
  weights: Weights,
  roundsPerPlacement: number,
): Blocks => {
  const logs = armIds.map((id) => cube.logs.get(id) ?? new Float64Array(0));
  const cellWeights = cube.cellKeys.map((key) => weights[key] ?? 0);
  const droppedRounds: number[] = [];
  const sums = new Map<number, { rounds: number; totals: number[] }>();
  cube.rounds.forEach((round, at) => {
    const scores = roundScores(cube, logs, cellWeights, at);
    if (scores === undefined) {
      droppedRounds.push(round);
      return;
    }
    const placement = Math.floor((round - 1) / roundsPerPlacement);
    const block = sums.get(placement) ?? { rounds: 0, totals: armIds.map(() => 0) };
    block.rounds += 1;
    scores.forEach((score, arm) => {
      block.totals[arm] = (block.totals[arm] ?? 0) + score;
    });
    sums.set(placement, block);
  });
  const blocks = [...sums.values()];
  const scores = new Map(
    armIds.map((id, arm) => [id, blocks.map(({ rounds, totals }) => (totals[arm] ?? 0) / rounds)]),
  );
  return { count: blocks.length, scores, droppedRounds };
};

/** Score of each arm in one round, or undefined when too much of it is missing. */
const roundScores = (
  cube: Cube,
  logs: readonly Float64Array[],
  cellWeights: readonly number[],
  roundAt: number,
): number[] | undefined => {
  const totals = logs.map(() => 0);
  let kept = 0;
  cellWeights.forEach((weight, cell) => {
    const place = cell * cube.rounds.length + roundAt;
    if (weight === 0 || logs.some((values) => Number.isNaN(values[place] ?? Number.NaN))) return;
    kept += weight;
    logs.forEach((values, arm) => {
      totals[arm] = (totals[arm] ?? 0) + weight * (values[place] ?? 0);
    });
  });
  // The weights are sums of shares and may miss 0.8 by rounding.
  if (kept < KEPT_WEIGHT_MIN - 1e-9) return undefined;
  return totals.map((total) => total / kept);
};

/**
 * Why an arm cannot be ranked, or undefined when it can. One that failed in most rounds must not take
 * those rounds away from the others.
 */
export const reasonToExclude = (
  cube: Cube,
  armId: string,
  weights: Weights,
): string | undefined => {
  const { droppedRounds } = blocksOf(cube, [armId], weights, 1);
  const all = cube.rounds.length;
  const measured = all - droppedRounds.length;
  if (measured > 0 && droppedRounds.length <= LOST_ROUNDS_MAX * all) return undefined;
  return `measured in ${measured} of ${all} rounds`;
};
