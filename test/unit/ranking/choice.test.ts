// Goal: what follows from rankings: scores, the Pareto set, promotion, and how failures count.
import { describe, expect, it } from 'vitest';
import { censoredQuantile, censoredQuantileOf } from '../../../core/ranking/censoring.ts';
import { exactTerm, paretoSet, rankedTerm, scoresOf } from '../../../core/ranking/composite.ts';
import { promotionOf } from '../../../core/ranking/promotion.ts';
import { rankAll } from '../../../core/ranking/rank.ts';
import { emptySketch, sketchOf } from '../../../core/sketch/sketch.ts';
import { CONTROL, inputOf, PLAIN, REFERENCE } from './drills.ts';

const input = inputOf(PLAIN, { resamples: 400 });
const rankings = rankAll(input, 0.5);
const allUp = rankings[0]!;
const SIZES = { [REFERENCE]: 100, fast: 400, twin: 50, slow: 100 };

describe('composite score', () => {
  const terms = [rankedTerm(allUp, 0.5), exactTerm('image.bytes', 0.5, SIZES, REFERENCE)];

  it('is the weighted geometric mean ratio to the reference', () => {
    const scores = scoresOf(terms);
    expect(scores.map(({ v }) => v)).toEqual(['twin', REFERENCE, 'slow', 'fast']);
    const fast = scores.find(({ v }) => v === 'fast')!;
    expect(fast.score).toBeCloseTo(0.5 * -0.1 + 0.5 * Math.log(4), 1);
    expect(fast.interval[0]).toBeLessThan(fast.score);
    expect(fast.interval[1]).toBeGreaterThan(fast.score);
    expect(scores.find(({ v }) => v === REFERENCE)).toMatchObject({ score: 0, interval: [0, 0] });
  });

  it('does not change when a hopeless candidate joins', () => {
    const more = exactTerm('image.bytes', 0.5, { ...SIZES, huge: 1e9 }, REFERENCE);
    expect(scoresOf([terms[0]!, more])).toEqual(scoresOf(terms));
    expect(
      scoresOf([exactTerm('image.bytes', 1, { ...SIZES, huge: 1e9 }, REFERENCE)]),
    ).toHaveLength(5);
  });

  it('leaves out arms without a value and refuses a reference without one', () => {
    const partial = exactTerm('image.bytes', 1, { [REFERENCE]: 1, fast: 2, twin: 0 }, REFERENCE);
    expect(scoresOf([terms[0]!, partial]).map(({ v }) => v)).toEqual([REFERENCE, 'fast']);
    expect(() => exactTerm('image.bytes', 1, { fast: 2 }, REFERENCE)).toThrow(
      "image.bytes: the reference 'today' has no value",
    );
    expect(scoresOf([])).toEqual([]);
  });
});

describe('Pareto set', () => {
  it('keeps those that nothing beats, equals included', () => {
    const points = [
      { v: 'fast and big', costs: [1, 9] },
      { v: 'slow and small', costs: [9, 1] },
      { v: 'twin of that', costs: [9, 1] },
      { v: 'beaten', costs: [9, 9] },
      { v: 'beaten in one', costs: [1, 10] },
    ];
    expect(paretoSet(points)).toEqual(['fast and big', 'slow and small', 'twin of that']);
  });
});

describe('promotion', () => {
  it('takes a challenger that is faster, and says what stands against the others', () => {
    const views = promotionOf(rankings, REFERENCE, {});
    expect(views.find(({ v }) => v === 'fast')).toEqual({ v: 'fast', may: true, against: [] });
    expect(views.find(({ v }) => v === 'slow')?.against).toEqual([
      'all up: not surely faster than today',
      'eu-central-1 lost: slower than today',
      'eu-west-1 lost: slower than today',
    ]);
    expect(views.map(({ v }) => v)).not.toContain(REFERENCE);
  });

  it('refuses a failed gate and a drill that is not trusted', () => {
    const spoilt = rankAll(
      {
        ...input,
        observations: input.observations.map((seen) =>
          seen.armId === CONTROL ? { ...seen, valueMs: seen.valueMs / 2 } : seen,
        ),
      },
      0.5,
    );
    const views = promotionOf(spoilt, REFERENCE, { fast: ['image is 900 MB, 400 MB allowed'] });
    expect(views.find(({ v }) => v === 'fast')).toEqual({
      v: 'fast',
      may: false,
      against: [
        'the A/A check differs: the drill is not trusted',
        'gate not passed: image is 900 MB, 400 MB allowed',
      ],
    });
  });

  it('refuses what one scenario could not rank, and rankings without the first scenario', () => {
    const lost = rankings.slice(1).map((ranking) => ({ ...ranking, pairs: [] }));
    const views = promotionOf([allUp, ...lost], REFERENCE, {});
    expect(views.find(({ v }) => v === 'fast')?.against).toEqual([
      'eu-central-1 lost: not ranked against today',
      'eu-west-1 lost: not ranked against today',
    ]);
    expect(() => promotionOf(rankings.slice(1), REFERENCE, {})).toThrow("the scenario 'all up'");
  });
});

describe('chances', () => {
  it('go to the fastest, add up to one, and rank the rest in between', () => {
    const chance = (v: string) => allUp.rows.find((row) => row.v === v)!;
    expect(chance('fast')).toMatchObject({ pBest: 1, expectedRank: 1 });
    expect(chance('slow')).toMatchObject({ pBest: 0, expectedRank: 4 });
    expect(chance('twin').expectedRank! + chance(REFERENCE).expectedRank!).toBeCloseTo(5, 10);
  });

  it('are shared by arms that measured the same', () => {
    const same = { ...PLAIN, shifts: { copy: 0 }, rounds: 9 };
    const copied = inputOf(same, { resamples: 100 });
    const values = new Map(
      copied.observations
        .filter(({ armId }) => armId === REFERENCE)
        .map((seen) => [`${seen.region} ${seen.vantage} ${seen.round}`, seen.valueMs]),
    );
    const observations = copied.observations.map((seen) => ({
      ...seen,
      valueMs: values.get(`${seen.region} ${seen.vantage} ${seen.round}`)!,
    }));
    const rows = rankAll({ ...copied, observations }, 0.5)[0]!.rows;
    expect(rows.map(({ pBest, expectedRank }) => [pBest, expectedRank])).toEqual([
      [0.5, 1.5],
      [0.5, 1.5],
    ]);
  });
});

describe('failures', () => {
  const sketch = sketchOf([10, 20, 30, 40]);

  it('rank last, at the timeout', () => {
    expect(censoredQuantile(sketch, 4, 1_000, 1)).toBe(1_000);
    expect(censoredQuantile(sketch, 1, 1_000, 0)).toBe(10);
    expect(censoredQuantileOf([10, 40, 20, 30], 1, 1_000, 0.5)).toBe(30);
    expect(censoredQuantileOf([10, 40, 20, 30], 1, 1_000, 0.875)).toBe(520);
    const exact = censoredQuantileOf([10, 20, 30, 40], 1, 1_000, 0.5)!;
    expect(Math.abs(censoredQuantile(sketch, 1, 1_000, 0.5)! - exact) / exact).toBeLessThan(0.022);
  });

  it('never rank before a success that took longer than the timeout', () => {
    expect(censoredQuantile(sketchOf([5_000]), 1, 1_000, 1)).toBe(5_000);
    expect(censoredQuantileOf([5_000], 1, 1_000, 1)).toBe(5_000);
  });

  it('alone give the timeout; without any probe there is nothing', () => {
    expect(censoredQuantile(emptySketch(), 3, 1_000, 0.5)).toBe(1_000);
    expect(censoredQuantileOf([], 3, 1_000, 0.5)).toBe(1_000);
    expect(censoredQuantile(emptySketch(), 0, 1_000, 0.5)).toBeUndefined();
    expect(censoredQuantileOf([], 0, 1_000, 0.5)).toBeUndefined();
  });
});
