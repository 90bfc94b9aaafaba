import { hodgesLehmann, type Interval } from '../statistics/hodges-lehmann.ts';
import { holm } from '../statistics/multiplicity.ts';
import { signedRankTest } from '../statistics/signed-rank.ts';
import type { Blocks } from './blocks.ts';
import { explainPair } from './explain.ts';
import type { PairResult, PairVerdict } from './ranking-types.ts';

/** A result with the interval on the log scale, from which the rounds still needed are estimated. */
export type ComparedPair = { readonly result: PairResult; readonly interval: Interval | null };

type Rule = {
  /** Chance of any false difference among the pairs. */
  readonly level: number;
  readonly deltaPct: number;
  readonly minRounds: number;
};

export const percentOf = (logRatio: number): number => 100 * Math.expm1(logRatio);

export const marginOf = (deltaPct: number): number => Math.log1p(deltaPct / 100);

/**
 * Every pair of arms, tested on the differences of their blocks. Significance follows Holm; intervals
 * hold jointly at level/pairs (Bonferroni), so that of a significant pair may still touch zero.
 */
export const comparePairs = (
  blocks: Blocks,
  pairs: readonly (readonly [i: string, j: string])[],
  rule: Rule,
): ComparedPair[] => {
  const raw = pairs.map(([i, j]) => {
    const scores = blocks.scores.get(j) ?? [];
    const differences = (blocks.scores.get(i) ?? []).map((own, at) => own - (scores[at] ?? 0));
    return {
      ...{ i, j, differences },
      p: signedRankTest(differences).p,
      shift: hodgesLehmann(differences, rule.level / pairs.length),
    };
  });
  const adjusted = holm(raw.map(({ p }) => p));
  return raw.map(({ i, j, differences, p, shift }, at) => {
    const pHolm = adjusted[at] ?? 1;
    const { estimate: theta, interval } = shift;
    const facts = {
      ...{ i, j, theta, p, pHolm },
      rounds: differences.length,
      wins: differences.filter((difference) => difference < 0).length,
      losses: differences.filter((difference) => difference > 0).length,
      effectPct: percentOf(theta),
      ciPct: interval && ([percentOf(interval[0]), percentOf(interval[1])] as const),
      verdict: verdictOf(theta, interval, pHolm <= rule.level, marginOf(rule.deltaPct)),
    };
    return { result: { ...facts, words: explainPair(facts, rule) }, interval };
  });
};

const verdictOf = (
  theta: number,
  interval: Interval | null,
  significant: boolean,
  margin: number,
): PairVerdict => {
  if (significant && Math.abs(theta) >= margin) return theta < 0 ? 'faster' : 'slower';
  if (interval !== null && interval[0] > -margin && interval[1] < margin) return 'same';
  return significant ? 'negligible' : 'undecided';
};

/** The verdict of j against i from that of i against j. */
export const MIRRORED: Readonly<Record<PairVerdict, PairVerdict>> = {
  faster: 'slower',
  slower: 'faster',
  same: 'same',
  negligible: 'negligible',
  undecided: 'undecided',
};
