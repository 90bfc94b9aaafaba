// Goal: quantiles, adjusted p values and the normal tail give the published answers.
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg, holm } from '../../../core/statistics/multiplicity.ts';
import { normalUpperQuantile, normalUpperTail } from '../../../core/statistics/normal.ts';
import { median, medianAbsoluteDeviation, quantile } from '../../../core/statistics/quantile.ts';

const P_VALUES = [0.01, 0.02, 0.03, 0.04, 0.05, 0.001];

const closeTo = (expected: readonly number[]) => expected.map((value) => expect.closeTo(value, 12));

describe('quantile', () => {
  it('is type 7 of R: 9.1 for 1:10 at 0.9', () => {
    expect(quantile([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], 0.9)).toBeCloseTo(9.1, 12);
  });

  it('agrees with NumPy', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];
    const found = [0, 0.1, 0.5, 0.9, 0.95, 1].map((q) => quantile(values, q));
    expect(found).toEqual(closeTo([1, 1, 4, 6, 7.5, 9]));
  });

  it('leaves its input as it was', () => {
    const values = [3, 1, 2];
    expect(median(values)).toBe(2);
    expect(values).toEqual([3, 1, 2]);
  });

  it('refuses no values and a q outside 0..1', () => {
    expect(() => quantile([], 0.5)).toThrow('quantile of no values');
    expect(() => quantile([1], 1.1)).toThrow('quantile 1.1 is not between 0 and 1');
    expect(() => quantile([1], Number.NaN)).toThrow('quantile NaN is not between 0 and 1');
  });

  it('gives the median absolute deviation unscaled', () => {
    expect(medianAbsoluteDeviation([1, 1, 2, 2, 4, 6, 9])).toBe(1);
  });

  it('follows the closed form of a stall: Q_q = S - (1 - q)T for 1 s in 5 s', () => {
    // Probes due every millisecond for 5 s wait for the end of a stall that fills the first second.
    const waits = Array.from({ length: 5_000 }, (_, dueMs) => Math.max(0, 1_000 - dueMs));
    const found = [0.9, 0.95, 0.99].map((q) => quantile(waits, q));
    [500, 750, 950].forEach((expected, at) => {
      expect(Math.abs(found[at]! - expected)).toBeLessThanOrEqual(1);
    });
  });
});

describe('adjusted p values', () => {
  it("is p.adjust(..., 'holm') of R", () => {
    expect(holm(P_VALUES)).toEqual(closeTo([0.05, 0.08, 0.09, 0.09, 0.09, 0.006]));
  });

  it("is p.adjust(..., 'BH') of R", () => {
    expect(benjaminiHochberg(P_VALUES)).toEqual(closeTo([0.03, 0.04, 0.045, 0.048, 0.05, 0.006]));
  });

  it('never exceeds 1 and accepts nothing', () => {
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(benjaminiHochberg([0.9, 0.8])).toEqual([0.9, 0.9]);
    expect(holm([])).toEqual([]);
    expect(benjaminiHochberg([])).toEqual([]);
  });
});

describe('normal tail', () => {
  it('agrees with scipy.stats.norm.sf to twelve digits', () => {
    const known: [number, number][] = [
      [0, 0.5],
      [0.5, 0.3085375387259869],
      [1, 0.15865525393145707],
      [1.96, 0.024997895148220435],
      [2.4, 0.008197535924596131],
      [2.5, 0.006209665325776132],
      [3, 0.0013498980316300933],
      [5, 2.866515718791933e-7],
      [10, 7.61985302416047e-24],
      [20, 2.7536241186061556e-89],
    ];
    for (const [z, tail] of known) expect(normalUpperTail(z) / tail).toBeCloseTo(1, 12);
    expect(normalUpperTail(-1)).toBeCloseTo(1 - 0.15865525393145707, 14);
    expect(normalUpperTail(50)).toBe(0);
  });

  it('agrees with scipy.stats.norm.isf', () => {
    const known: [number, number][] = [
      [0.25, 0.6744897501960817],
      [0.025, 1.9599639845400545],
      [1e-3, 3.090232306167813],
      [1e-6, 4.753424308822899],
    ];
    for (const [tail, z] of known) expect(normalUpperQuantile(tail)).toBeCloseTo(z, 10);
  });
});
