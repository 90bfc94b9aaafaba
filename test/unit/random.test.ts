// Goal: seeded numbers replay, differ between seeds, and favour nothing.
import { describe, expect, it } from 'vitest';
import { orderOfArms, seededRandom, shuffle } from '../../core/random.ts';

const CELL = { region: 'eu-west-1', vantage: 'us-east-1' };

describe('seeded random', () => {
  it('gives the same numbers for the same seed, today as in any later version', () => {
    const random = seededRandom('drill-7', 3);
    const drawn = Array.from({ length: 4 }, random.uint32);
    const again = seededRandom('drill-7', 3);
    expect(Array.from({ length: 4 }, again.uint32)).toEqual(drawn);
    expect(drawn).toMatchInlineSnapshot(`
      [
        3581163150,
        3684090533,
        4065473141,
        41819112,
      ]
    `);
  });

  it('tells apart seeds whose parts only join to the same text', () => {
    const first = (...seed: (string | number)[]) => seededRandom(...seed).uint32();
    const seen = [first('a', 'b'), first('ab'), first('a,b'), first('a', 'b', ''), first('', 'ab')];
    expect(new Set(seen).size).toBe(seen.length);
    expect(first('1')).not.toBe(first(1));
  });

  it('spreads evenly over the unit interval', () => {
    const random = seededRandom('spread');
    const counts = new Array<number>(20).fill(0);
    for (let draw = 0; draw < 20_000; draw++) {
      const place = Math.floor(random.unit() * 20);
      counts[place] = counts[place]! + 1;
    }
    // 43.8 is the 99.9th percentile of chi-squared with 19 degrees of freedom.
    expect(chiSquared(counts)).toBeLessThan(43.8);
  });

  it('draws whole numbers below a limit evenly', () => {
    const random = seededRandom('below');
    const counts = new Array<number>(7).fill(0);
    for (let draw = 0; draw < 14_000; draw++) {
      const place = random.below(7);
      counts[place] = counts[place]! + 1;
    }
    // 22.5 is the 99.9th percentile of chi-squared with 6 degrees of freedom.
    expect(chiSquared(counts)).toBeLessThan(22.5);
  });
});

describe('shuffle', () => {
  it('keeps the items and leaves its input as it was', () => {
    const items = ['a', 'b', 'c', 'd'];
    expect(shuffle(['s'], items).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(items).toEqual(['a', 'b', 'c', 'd']);
    expect(shuffle(['s'], [])).toEqual([]);
  });

  it('gives every order about as often', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 12_000; seed++) {
      const order = shuffle([seed], ['a', 'b', 'c', 'd']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // 49.7 is the 99.9th percentile of chi-squared with 23 degrees of freedom.
    expect(chiSquared([...counts.values()])).toBeLessThan(49.7);
  });
});

describe('order of arms', () => {
  it('depends on the set of arms, not on how they are listed', () => {
    expect(orderOfArms('d', 2, CELL, ['x', 'a', 'k'])).toEqual(
      orderOfArms('d', 2, CELL, ['k', 'x', 'a']),
    );
  });

  it('changes from round to round and from cell to cell', () => {
    const arms = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const orders = [1, 2, 3].flatMap((round) =>
      ['us-east-1', 'eu-west-1'].map((vantage) =>
        orderOfArms('d', round, { ...CELL, vantage }, arms).join(''),
      ),
    );
    expect(new Set(orders).size).toBe(6);
  });
});

const chiSquared = (counts: readonly number[]): number => {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
};
