// Goal: change points are those of Apache Otava where it is asked for, and right where Otava is not.
// Method: series of a small generator, the same in both; Otava's answers are in otava.json.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { changePoints } from '../../../core/anomalies/edivisive.ts';

const Case = z.strictObject({
  name: z.string(),
  seed: z.number(),
  n: z.number(),
  steps: z.array(z.tuple([z.number(), z.number()])),
  noise: z.number(),
  window: z.number(),
  pMax: z.number(),
  min: z.number(),
  points: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
});
const { cases } = z
  .object({ cases: z.array(Case) })
  .parse(JSON.parse(readFileSync(path.join(import.meta.dirname, 'otava.json'), 'utf8')));

const seriesOf = ({ seed, n, steps, noise }: z.infer<typeof Case>): number[] => {
  let state = BigInt(seed);
  const unit = (): number => {
    state = (state * 1_103_515_245n + 12_345n) % 2n ** 31n;
    return Number(state) / 2 ** 31;
  };
  return Array.from({ length: n }, (_, at) => {
    let level = 100;
    for (const [from, factor] of steps) if (at >= from) level *= factor;
    const value = level * (1 + noise * (unit() + unit() + unit() - 1.5));
    return Math.round(value * 1e4) / 1e4;
  });
};

const found = (one: z.infer<typeof Case>, otavaCompat: boolean) =>
  changePoints(seriesOf(one), {
    window: one.window,
    pMax: one.pMax,
    magnitudeMin: one.min,
    otavaCompat,
  });

describe('in the way of Otava', () => {
  it.each(cases)('$name, window $window', (one) => {
    const points = found(one, true);
    expect(points.map(({ index }) => index)).toEqual(one.points.map(([index]) => index));
    for (const [at, [, before, after, p]] of one.points.entries()) {
      expect(points[at]!.before / before).toBeCloseTo(1, 6);
      expect(points[at]!.after / after).toBeCloseTo(1, 6);
      expect(points[at]!.p / p).toBeCloseTo(1, 4);
    }
  });
});

describe('without the neighbour quirk', () => {
  it('every point that stays is significant against what stands beside it', () => {
    for (const one of cases) {
      const points = found(one, false);
      const edges = [0, ...points.map(({ index }) => index), one.n];
      const values = seriesOf(one);
      const mean = (from: number, to: number): number =>
        values.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
      points.forEach(({ before, after, p, magnitude }, at) => {
        expect(before).toBeCloseTo(mean(edges[at]!, edges[at + 1]!), 8);
        expect(after).toBeCloseTo(mean(edges[at + 1]!, edges[at + 2]!), 8);
        expect(p).toBeLessThan(one.pMax);
        expect(magnitude).toBeGreaterThan(one.min);
      });
    }
  });

  it('differs from Otava in some of the cases', () => {
    const different = cases.filter((one) => {
      const own = found(one, false).map(({ before, after }) => [before, after]);
      return (
        JSON.stringify(own) !==
        JSON.stringify(found(one, true).map(({ before, after }) => [before, after]))
      );
    });
    expect(different.length).toBeGreaterThan(0);
  });
});

describe('edges', () => {
  it.each([
    ['nothing', []],
    ['one value', [5]],
    ['two values', [5, 9]],
    ['equal values', new Array<number>(50).fill(7)],
    ['zeros', new Array<number>(50).fill(0)],
  ])('%s: no change point', (_, values) => {
    expect(changePoints(values)).toEqual([]);
  });

  it('a step between equal values is certain', () => {
    const values = [...new Array<number>(20).fill(10), ...new Array<number>(20).fill(12)];
    expect(changePoints(values)).toEqual([
      { index: 20, before: 10, after: 12, p: 0, magnitude: expect.closeTo(0.2, 12) },
    ]);
  });

  it('a window below two points is refused', () => {
    expect(() => changePoints([1, 2, 3], { window: 1 })).toThrow('window of 1 points: at least 2');
  });

  it('ten years of nights take less than a second', () => {
    const values = Array.from(
      { length: 3_650 },
      (_, at) => 40 + Math.sin(at * 12.9898) + (at > 2_000 ? 5 : 0),
    );
    const start = performance.now();
    expect(changePoints(values).map(({ index }) => index)).toContain(2_001);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
