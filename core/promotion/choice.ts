/** Which variant of a drill may be promoted, on what, and what speaks against it. */

import type { GateResult } from '../images/gates.ts';
import { promotionOf } from '../ranking/promotion.ts';
import type { Ranking } from '../ranking/ranking-types.ts';
import { objectionsByVariant } from '../report/gates.ts';
import { pairOf, primaryRanking, surelyFaster } from '../report/words.ts';

export type DrilledReport = {
  readonly drillId: string;
  readonly headline: string;
  readonly reference: string;
  readonly rankings: readonly Ranking[];
  readonly variants: readonly {
    readonly id: string;
    readonly image: { readonly digest: string | null } | null;
    readonly gates: readonly GateResult[];
  }[];
};

export type Candidate = {
  readonly variant: string;
  readonly digest: string | null;
  readonly evidence: {
    readonly drillId: string;
    readonly variant: string;
    readonly headline: string;
    readonly effect: string | null;
    readonly rounds: string | null;
    readonly against: string[];
  };
};

const ALL_UP_MISSING = 'nothing was ranked with all regions up';

/** Everything against a variant, in words; empty when it may be promoted. */
const objectionsTo = (report: DrilledReport, variant: string): string[] => {
  const { rankings, reference, variants } = report;
  if (variant === reference) return [];
  if (primaryRanking(rankings) === undefined) return [ALL_UP_MISSING];
  const medians = rankings.filter(({ q }) => q === 0.5);
  const views = promotionOf(medians, reference, objectionsByVariant(variants));
  return views.find(({ v }) => v === variant)?.against ?? ['it was not ranked'];
};

/** A variant of the report with what is known of it; undefined when the drill had none of this name. */
export const candidateOf = (report: DrilledReport, variant: string): Candidate | undefined => {
  const found = report.variants.find(({ id }) => id === variant);
  if (found === undefined) return undefined;
  const { drillId, headline, reference, rankings } = report;
  const ranking = primaryRanking(rankings);
  const pair =
    ranking === undefined || variant === reference
      ? undefined
      : pairOf(ranking, variant, reference);
  return {
    variant,
    digest: found.image?.digest ?? null,
    evidence: {
      ...{ drillId, variant, headline },
      effect: pair?.effect ?? null,
      rounds: pair?.rounds ?? null,
      against: objectionsTo(report, variant),
    },
  };
};

/** The best variant of a drill, where one is surely better and nothing speaks against it. */
export const choiceOf = (report: DrilledReport): Candidate | { readonly none: string } => {
  const ranking = primaryRanking(report.rankings);
  if (ranking === undefined) return { none: ALL_UP_MISSING };
  const [best] = surelyFaster(ranking, report.reference);
  const candidate = best === undefined ? undefined : candidateOf(report, best);
  if (candidate === undefined) {
    return { none: `no variant is surely faster than ${report.reference}` };
  }
  const { against } = candidate.evidence;
  if (against.length > 0) return { none: `against ${candidate.variant}: ${against.join('; ')}` };
  return candidate.digest === null ? { none: `${candidate.variant} has no image` } : candidate;
};
