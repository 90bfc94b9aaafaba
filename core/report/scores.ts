import { exactTerm, paretoSet, rankedTerm, scoresOf, type Term } from '../ranking/composite.ts';
import type { Ranking } from '../ranking/ranking-types.ts';

type Weights = { readonly latency: number; readonly ready: number; readonly size: number };

/** What is known of one variant besides its latency; null where it was not measured. */
export type VariantCosts = {
  readonly id: string;
  readonly readyMs: number | null;
  readonly compressedBytes: number | null;
};

const known = (
  variants: readonly VariantCosts[],
  of: (variant: VariantCosts) => number | null,
): Record<string, number> =>
  Object.fromEntries(
    variants.flatMap((variant) => {
      const value = of(variant);
      return value === null || value <= 0 ? [] : [[variant.id, value]];
    }),
  );

const exactTerms = (
  variants: readonly VariantCosts[],
  weights: Weights,
  reference: string,
): Term[] => {
  const metrics = [
    { metric: 'ready', weight: weights.ready, values: known(variants, ({ readyMs }) => readyMs) },
    {
      metric: 'size',
      weight: weights.size,
      values: known(variants, ({ compressedBytes }) => compressedBytes),
    },
  ];
  return metrics
    .filter(({ weight, values }) => weight > 0 && values[reference] !== undefined)
    .map(({ metric, weight, values }) => exactTerm(metric, weight, values, reference));
};

/**
 * The weighted score of each ranked variant against the reference, in percent, below zero when better;
 * and the variants that no other beats in latency, ready time and size at once. Cost is no term: all
 * variants of a drill run at the same task size, so it cannot tell them apart.
 */
export const scoresAndPareto = (
  ranking: Ranking | undefined,
  variants: readonly VariantCosts[],
  weights: Weights,
  reference: string,
): { scorePct: ReadonlyMap<string, number>; pareto: ReadonlySet<string> } => {
  if (!ranking || ranking.rows.length === 0) return { scorePct: new Map(), pareto: new Set() };
  const latency = weights.latency > 0 ? [rankedTerm(ranking, weights.latency)] : [];
  const terms = [...latency, ...exactTerms(variants, weights, reference)];
  const total = terms.reduce((sum, { weight }) => sum + weight, 0);
  const normed = terms.map((term) => ({ ...term, weight: term.weight / total }));
  const costs = new Map(variants.map((variant) => [variant.id, variant]));
  const points = ranking.rows.map(({ v, levelMs }) => ({
    v,
    costs: [
      levelMs,
      costs.get(v)?.readyMs ?? Number.POSITIVE_INFINITY,
      costs.get(v)?.compressedBytes ?? Number.POSITIVE_INFINITY,
    ],
  }));
  return {
    scorePct: new Map(scoresOf(normed).map(({ v, effectPct }) => [v, effectPct])),
    pareto: new Set(paretoSet(points)),
  };
};
