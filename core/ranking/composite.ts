import type { Interval } from '../statistics/hodges-lehmann.ts';
import type { Ranking } from './ranking-types.ts';

/** One metric of a score: for each arm ln(its value / the reference's), and the interval when noisy. */
export type Term = {
  readonly metric: string;
  readonly weight: number;
  readonly logRatios: ReadonlyMap<string, { readonly value: number; readonly interval: Interval }>;
};

export type Score = {
  readonly v: string;
  /** Weighted sum of log ratios to the reference: below zero is better, the reference has 0. */
  readonly score: number;
  /** Sum of the terms' intervals, hence at least as wide as need be. */
  readonly interval: Interval;
  /** The score as a weighted geometric mean ratio: -8 is 8 % better than the reference. */
  readonly effectPct: number;
};

/** A measured metric, from its ranking. Arms without an interval yet are left out. */
export const rankedTerm = (ranking: Ranking, weight: number): Term => ({
  metric: ranking.metric,
  weight,
  logRatios: new Map(
    ranking.rows.flatMap(({ v, effectPct, ciPct }) => {
      if (effectPct === null || ciPct === null) return [];
      const interval = [logOf(ciPct[0]), logOf(ciPct[1])] as const;
      return [[v, { value: logOf(effectPct), interval }]];
    }),
  ),
});

const logOf = (pct: number): number => Math.log1p(pct / 100);

/**
 * A metric without noise, such as the size of the image, in any unit.
 * @throws RangeError when the reference has no positive value.
 */
export const exactTerm = (
  metric: string,
  weight: number,
  values: Readonly<Record<string, number>>,
  reference: string,
): Term => {
  const base = values[reference] ?? 0;
  if (!(base > 0)) throw new RangeError(`${metric}: the reference '${reference}' has no value`);
  return {
    metric,
    weight,
    logRatios: new Map(
      Object.entries(values).flatMap(([v, own]) => {
        if (!(own > 0)) return [];
        const value = Math.log(own / base);
        return [[v, { value, interval: [value, value] as const }]];
      }),
    ),
  };
};

/**
 * Score of every arm that has all terms, best first. It depends on the arm and the reference alone, so
 * adding another candidate never changes the order of the rest.
 */
export const scoresOf = (terms: readonly Term[]): Score[] => {
  const arms = [...(terms[0]?.logRatios.keys() ?? [])].filter((v) =>
    terms.every(({ logRatios }) => logRatios.has(v)),
  );
  const scores = arms.map((v): Score => {
    let [score, low, high] = [0, 0, 0];
    for (const { weight, logRatios } of terms) {
      const ratio = logRatios.get(v);
      if (ratio === undefined) continue;
      score += weight * ratio.value;
      low += weight * ratio.interval[0];
      high += weight * ratio.interval[1];
    }
    return { v, score, interval: [low, high], effectPct: 100 * Math.expm1(score) };
  });
  return scores.sort((a, b) => a.score - b.score || (a.v < b.v ? -1 : 1));
};

/** A variant's costs, less being better in each, in the same order for all. */
export type Point = { readonly v: string; readonly costs: readonly number[] };

/** Those that no other beats: no other is at least as good in everything and better in something. */
export const paretoSet = (points: readonly Point[]): string[] =>
  points.filter((point) => !points.some((other) => dominates(other, point))).map(({ v }) => v);

const dominates = (a: Point, b: Point): boolean =>
  a.costs.every((cost, at) => cost <= (b.costs[at] ?? Number.NEGATIVE_INFINITY)) &&
  a.costs.some((cost, at) => cost < (b.costs[at] ?? Number.NEGATIVE_INFINITY));
