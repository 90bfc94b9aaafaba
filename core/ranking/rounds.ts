const pairsOf = (variantCount: number): number =>
  Math.max(1, (variantCount * (variantCount - 1)) / 2);

/**
 * Fewest rounds at which Holm over all pairs can find any difference: the smallest two-sided p value of
 * B rounds is 2^(1 - B), which must be at most alpha/(pairs * looks).
 */
export const minRounds = (variantCount: number, looks = 1, alpha = 0.05): number =>
  Math.ceil(1 + Math.log2((pairsOf(variantCount) * looks) / alpha));

/** Looks come at these multiples of the fewest rounds that can decide. */
const LOOK_FACTORS = [1, 1.5, 2, 3];

/**
 * Rounds after which a drill of at most `maxRounds` looks whether every pair is decided: at 1, 1.5, 2
 * and 3 times `minRounds`, and at the end. More looks make each one stricter and hence `minRounds`
 * larger, so the most looks that still fit are taken. Never empty; the last is `maxRounds`.
 */
export const looksFor = (variantCount: number, maxRounds: number, alpha = 0.05): number[] => {
  for (let looks = LOOK_FACTORS.length + 1; looks > 1; looks--) {
    const first = minRounds(variantCount, looks, alpha);
    const early = LOOK_FACTORS.slice(0, looks - 1).map((factor) => Math.ceil(factor * first));
    if (early.every((round) => round < maxRounds)) return [...early, maxRounds];
  }
  return [maxRounds];
};

type Estimate = {
  readonly rounds: number;
  readonly theta: number;
  /** Half the width of the interval of theta; null when there is none yet. */
  readonly halfWidth: number | null;
};

/**
 * Rounds that would decide a pair, if its effect stays and its interval shrinks with the root of the
 * rounds: until the interval leaves zero out, or lies inside the margin of equivalence, whichever comes
 * first.
 */
export const roundsToDecide = (pair: Estimate, margin: number, atLeast: number): number => {
  const { rounds, halfWidth } = pair;
  const size = Math.abs(pair.theta);
  if (halfWidth === null) return Math.max(atLeast, rounds + 1);
  const reach = Math.max(size, margin - size);
  const needed = reach > 0 ? Math.ceil(rounds * (halfWidth / reach) ** 2) : rounds + 1;
  return Math.max(atLeast, rounds + 1, needed);
};
