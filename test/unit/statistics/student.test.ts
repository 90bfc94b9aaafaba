// Goal: tails of Student's t, checked against SciPy 1.16.3 (2 * stats.t.sf) and closed forms.
import { expect, it } from 'vitest';
import { studentTwoSided } from '../../../core/statistics/student.ts';

it.each([
  [0, 5, 1],
  [1, 1, 0.5],
  [2, 10, 0.07338803477074039],
  [2.5, 3, 0.08770664700806555],
  [4.5, 88, 2.0698646600086696e-5],
  [12, 28, 1.4897300791947353e-12],
  [30, 60, 7.961667948569766e-38],
])('P(|T| >= %f) with %i degrees of freedom', (t, df, p) => {
  expect(studentTwoSided(t, df) / p).toBeCloseTo(1, 10);
  expect(studentTwoSided(-t, df)).toBe(studentTwoSided(t, df));
});

it('is 1 - (2 / pi) atan t with one degree of freedom', () => {
  for (const t of [0.01, 0.3, 2, 17, 400]) {
    expect(studentTwoSided(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 12);
  }
});

it('says what cannot be said', () => {
  expect(studentTwoSided(Number.NaN, 5)).toBeNaN();
  expect(studentTwoSided(1, 0)).toBeNaN();
  expect(studentTwoSided(Number.POSITIVE_INFINITY, 5)).toBe(0);
});
