import { type Blocks, blocksOf, reasonToExclude } from './blocks.ts';
import { type Cube, cubeOf } from './cube.ts';
import {
  ALPHA_DEFAULT,
  type RankingInput,
  RELEVANT_PCT_DEFAULT,
  RESAMPLES_DEFAULT,
} from './input.ts';
import { type ComparedPair, comparePairs, marginOf } from './pairs.ts';
import type { Excluded, PairResult, Ranking } from './ranking-types.ts';
import { type Chance, chancesOf, type Draws, drawsOf } from './resample.ts';
import { minRounds, roundsToDecide } from './rounds.ts';
import { levelMsOf, rowsOf } from './rows.ts';
import { type Scenario, scenariosOf } from './scenarios.ts';

/**
 * Ranks the variants by quantile q in every failure scenario, `all up` first.
 *
 * The control arm runs the same image as the reference. It is a check of the drill, not a contender:
 * it has no row, and neither the pairs nor the number of variants count it. A variant that was not
 * measured in most rounds is left out by name and does not hold the others up.
 * @throws RangeError when an observation makes no sense; the message names it.
 */
export const rankAll = (input: RankingInput, q: number): Ranking[] => {
  const cube = cubeOf(input, q);
  const observations = input.observations.filter((seen) => seen.q === q);
  if (observations.length === 0) throw new RangeError(`no observation of quantile ${q} to rank`);
  const resamples = input.resamples ?? RESAMPLES_DEFAULT;
  const draws = resamples > 0 ? drawsOf(input.seed, resamples) : undefined;
  return scenariosOf({ ...input, observations }).map((scenario) =>
    rankScenario(input, q, cube, scenario, draws),
  );
};

const NO_CHANCES: ReadonlyMap<string, Chance> = new Map();

const rankScenario = (
  input: RankingInput,
  q: number,
  cube: Cube,
  { name, weights }: Scenario,
  draws: Draws | undefined,
): Ranking => {
  const { alpha = ALPHA_DEFAULT, looks = 1, roundsPerPlacement = 1 } = input;
  const contenders = input.arms.filter(({ role }) => role !== 'control').map(({ id }) => id);
  const reference = input.arms.find(({ role }) => role === 'reference')?.id;
  const reasons = new Map(contenders.map((id) => [id, reasonToExclude(cube, id, weights)]));
  const rankable = contenders.filter((id) => reasons.get(id) === undefined).sort();
  const blocks = blocksOf(cube, rankable, weights, roundsPerPlacement);
  const ranked = blocks.count > 0 ? rankable : [];
  const deltaPct = deltaOf(input, blocks, ranked, reference);
  const needed = minRounds(ranked.length, looks, alpha);
  const rule = { level: alpha / looks, deltaPct, minRounds: needed };
  const compared = comparePairs(blocks, pairsOf(ranked), rule);
  const pairs = compared.map(({ result }) => result);
  const chances = draws && ranked.length > 0 ? chancesOf(blocks, draws) : NO_CHANCES;
  const aaPair = compareControl(input, cube, weights, deltaPct);
  const needMoreRounds = roundsPerPlacement * moreBlocks(compared, deltaPct, needed);
  const decided = ranked.length > 0 && pairs.every(({ verdict }) => verdict !== 'undecided');
  return {
    scenario: name,
    metric: input.metric,
    ...{ q, weights, deltaPct, alpha, looks },
    rounds: blocks.count,
    droppedRounds: blocks.droppedRounds,
    minRounds: needed,
    rows: rowsOf(ranked, reference, pairs, blocks, chances),
    pairs,
    aa: aaPair === null ? 'not measured' : isSure(aaPair) ? 'differs' : 'clean',
    aaPair,
    decided,
    ...(needMoreRounds > 0 ? { needMoreRounds } : {}),
    excluded: excludedOf(contenders, ranked, reasons),
  };
};

const pairsOf = (ids: readonly string[]): [string, string][] =>
  ids.flatMap((i, at) => ids.slice(at + 1).map((j): [string, string] => [i, j]));

const isSure = ({ verdict }: PairResult): boolean => verdict === 'faster' || verdict === 'slower';

/**
 * The larger of the relevant difference and the self-noise, as a percentage of the reference (of the
 * fastest arm when the reference is not ranked).
 */
const deltaOf = (
  input: RankingInput,
  blocks: Blocks,
  ranked: readonly string[],
  reference: string | undefined,
): number => {
  const relevantPct = input.relevantPct ?? RELEVANT_PCT_DEFAULT;
  if (ranked.length === 0) return relevantPct;
  const against = ranked.filter((id) => id === reference);
  const levels = (against.length > 0 ? against : ranked).map((id) => levelMsOf(blocks, id));
  return Math.max(relevantPct, (100 * input.floorMs) / Math.min(...levels));
};

/** The A/A check, a family of its own: one pair, on the rounds that both arms share. */
const compareControl = (
  input: RankingInput,
  cube: Cube,
  weights: Readonly<Record<string, number>>,
  deltaPct: number,
): PairResult | null => {
  const arm = (role: string) => input.arms.find((candidate) => candidate.role === role)?.id;
  const [control, reference] = [arm('control'), arm('reference')];
  if (control === undefined || reference === undefined) return null;
  const blocks = blocksOf(cube, [control, reference], weights, input.roundsPerPlacement ?? 1);
  if (blocks.count === 0) return null;
  const level = input.alpha ?? ALPHA_DEFAULT;
  const rule = { level, deltaPct, minRounds: minRounds(2, 1, level) };
  return comparePairs(blocks, [[control, reference]], rule)[0]?.result ?? null;
};

/** Blocks beyond those made that would decide every pair; 0 when all are decided. */
const moreBlocks = (
  compared: readonly ComparedPair[],
  deltaPct: number,
  atLeast: number,
): number => {
  const missing = compared
    .filter(({ result }) => result.verdict === 'undecided')
    .map(({ result, interval }) => {
      const halfWidth = interval && (interval[1] - interval[0]) / 2;
      const estimate = { rounds: result.rounds, theta: result.theta, halfWidth };
      return roundsToDecide(estimate, marginOf(deltaPct), atLeast) - result.rounds;
    });
  return Math.max(0, ...missing);
};

const excludedOf = (
  contenders: readonly string[],
  ranked: readonly string[],
  reasons: ReadonlyMap<string, string | undefined>,
): Excluded[] =>
  contenders
    .filter((id) => !ranked.includes(id))
    .sort()
    .map((v) => ({ v, why: reasons.get(v) ?? 'no round in which every variant was measured' }));
