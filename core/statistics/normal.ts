/**
 * P(Z > z) for a standard normal Z. Series of DLMF 7.6.2 near zero, continued fraction of DLMF 7.9.2
 * in the tail; relative error below 1e-13 for z >= 0.
 */
export const normalUpperTail = (z: number): number => {
  if (z < 0) return 1 - normalUpperTail(-z);
  if (z > 40) return 0;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return z < 2.5 ? 0.5 - density * seriesSum(z) : density / fraction(z);
};

/** z + z^3/3 + z^5/(3 * 5) + ... */
const seriesSum = (z: number): number => {
  let term = z;
  let sum = z;
  for (let odd = 3; term > sum * Number.EPSILON; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return sum;
};

const FRACTION_TERMS = 120;

/** z + 1/(z + 2/(z + 3/(z + ...))), from the inside out. */
const fraction = (z: number): number => {
  let value = z;
  for (let k = FRACTION_TERMS; k > 0; k--) value = z + k / value;
  return value;
};

const HALVINGS = 200;

/** The z that a standard normal Z exceeds with probability `tail`, 0 < tail <= 0.5. */
export const normalUpperQuantile = (tail: number): number => {
  let low = 0;
  let high = 40;
  for (let step = 0; step < HALVINGS && low < high; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (normalUpperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return high;
};
