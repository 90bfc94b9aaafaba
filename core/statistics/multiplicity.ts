/** Positions of the p values from the smallest to the largest. */
const byP = (pValues: readonly number[]): number[] =>
  pValues.map((_, index) => index).sort((a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0));

/**
 * p values adjusted so that rejecting those at or below alpha keeps the chance of any false rejection
 * at alpha, whatever their dependence (Holm 1979, step-down).
 */
export const holm = (pValues: readonly number[]): number[] => {
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  byP(pValues).forEach((index, smaller) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - smaller) * (pValues[index] ?? 1)));
    adjusted[index] = largest;
  });
  return adjusted;
};

/**
 * p values adjusted so that rejecting those at or below a level keeps the expected share of false
 * rejections at that level, for independent tests (Benjamini and Hochberg 1995, step-up).
 */
export const benjaminiHochberg = (pValues: readonly number[]): number[] => {
  const adjusted = new Array<number>(pValues.length);
  let smallest = 1;
  byP(pValues)
    .map((index, smaller) => ({ index, place: smaller + 1 }))
    .reverse()
    .forEach(({ index, place }) => {
      smallest = Math.min(smallest, ((pValues[index] ?? 1) * pValues.length) / place);
      adjusted[index] = smallest;
    });
  return adjusted;
};
