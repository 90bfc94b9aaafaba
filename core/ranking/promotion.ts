import { MIRRORED } from './pairs.ts';
import type { PairResult, PairVerdict, Ranking } from './ranking-types.ts';
import { ALL_UP } from './scenarios.ts';

/** Whether a challenger may replace the reference, and every reason against it. */
export type PromotionView = {
  readonly v: string;
  readonly may: boolean;
  readonly against: string[];
};

/**
 * Each ranked challenger, judged: it must be faster than the reference with all regions up, surely slower
 * in no other scenario, and pass its gates; the A/A check must be clean. `rankings` are those of all
 * scenarios for the one metric and quantile that decides; `failedGates` names the gates not passed, by variant.
 */
export const promotionOf = (
  rankings: readonly Ranking[],
  reference: string,
  failedGates: Readonly<Record<string, readonly string[]>>,
): PromotionView[] => {
  const allUp = rankings.find(({ scenario }) => scenario === ALL_UP);
  if (allUp === undefined) throw new RangeError(`no ranking of the scenario '${ALL_UP}'`);
  const challengers = allUp.rows.filter(({ v }) => v !== reference);
  return challengers.map(({ v }) => {
    const against = [
      ...(allUp.aa === 'clean' ? [] : [AA_REASON[allUp.aa]]),
      ...rankings.flatMap((ranking) => objection(ranking, v, reference)),
      ...(failedGates[v] ?? []).map((gate) => `gate not passed: ${gate}`),
    ];
    return { v, may: against.length === 0, against };
  });
};

const AA_REASON = {
  differs: 'the A/A check differs: the drill is not trusted',
  'not measured': 'the A/A check was not measured',
} as const;

const objection = (ranking: Ranking, v: string, reference: string): string[] => {
  const verdict = verdictAgainst(ranking.pairs, v, reference);
  if (ranking.scenario === ALL_UP) {
    return verdict === 'faster' ? [] : [`${ALL_UP}: not surely faster than ${reference}`];
  }
  if (verdict === 'slower') return [`${ranking.scenario}: slower than ${reference}`];
  return verdict === undefined ? [`${ranking.scenario}: not ranked against ${reference}`] : [];
};

/** How v relates to another arm; undefined when they were not compared. */
export const verdictAgainst = (
  pairs: readonly PairResult[],
  v: string,
  other: string,
): PairVerdict | undefined => {
  const pair = pairs.find(({ i, j }) => (i === v && j === other) || (i === other && j === v));
  if (pair === undefined || pair.i === v) return pair?.verdict;
  return MIRRORED[pair.verdict];
};
