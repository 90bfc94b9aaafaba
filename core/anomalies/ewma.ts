/** Exponentially weighted moving average (Roberts 1959; NIST e-Handbook 6.3.2.4). */

/** The average after each value, from `start` on: `weight` of the value, the rest of the average before. */
export const ewma = (values: readonly number[], weight: number, start: number): number[] => {
  let average = start;
  return values.map((value) => {
    average = weight * value + (1 - weight) * average;
    return average;
  });
};

/** Distance of the control limits from the centre, in the long run: L times the deviation of the average. */
export const ewmaLimit = (weight: number, deviation: number, l: number): number =>
  l * deviation * Math.sqrt(weight / (2 - weight));
