/** How much a drill measures. */
export type Sampling = {
  /** Rounds at least and at most; the drill may stop at a look in between. */
  readonly rounds: { readonly min: number; readonly max: number };
  /** Probes of one kind in one burst, after the warm-up. */
  readonly samples: number;
  readonly warmup: number;
  readonly ratePerS: number;
};

export type ProfileName = 'quick' | 'nightly';

/** What `drill.profile` may say: a name, or the numbers themselves. */
export type Profile =
  | ProfileName
  | { rounds: { min: number; max: number }; samples: number; rate: number };

/**
 * Fewest rounds at which every one of `pairs` comparisons could still be significant after Holm, with
 * `looks` looks at level alpha/looks: ceil(1 + log2(pairs * looks / alpha)), from the smallest two-sided
 * p value 2^(1-B) of the exact signed-rank test.
 */
const roundsNeeded = (pairs: number, looks: number, alpha: number): number =>
  Math.ceil(1 + Math.log2((Math.max(1, pairs) * looks) / alpha));

const ALPHA = 0.05;

const pairsOf = (variants: number): number => (variants * (variants - 1)) / 2;

/**
 * The numbers behind a profile. `quick` takes the fewest rounds that can decide every pair in one look,
 * so that a newcomer waits minutes; `nightly` looks early and goes on while pairs are undecided.
 */
export const samplingOf = (profile: Profile, variants: number): Sampling => {
  if (profile === 'quick') {
    const rounds = roundsNeeded(pairsOf(variants), 1, ALPHA);
    return { rounds: { min: rounds, max: rounds }, samples: 20, warmup: 4, ratePerS: 25 };
  }
  if (profile === 'nightly') {
    const min = Math.max(12, roundsNeeded(pairsOf(variants), 4, ALPHA));
    return { rounds: { min, max: 3 * min }, samples: 60, warmup: 10, ratePerS: 20 };
  }
  return { ...profile, warmup: Math.ceil(profile.samples / 6), ratePerS: profile.rate };
};

/** Share of one burst's time that is spent off the target, for estimates shown before a drill. */
const BURST_OVERHEAD_MS = 250;
const PLACEMENT_ESTIMATE_MS = 3_000;

/** Rough length of a drill's measuring part, for the plan that `check` prints. */
export const estimateMs = (
  sampling: Sampling,
  arms: number,
  armKinds: number,
  cellKinds: number,
): number => {
  const burstMs =
    ((sampling.samples + sampling.warmup) / sampling.ratePerS) * 1_000 + BURST_OVERHEAD_MS;
  return sampling.rounds.min * (burstMs * (arms * armKinds + cellKinds) + PLACEMENT_ESTIMATE_MS);
};
