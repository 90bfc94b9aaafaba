// Goal: the number of rounds and looks follows the table of the method.
import { describe, expect, it } from 'vitest';
import { looksFor, minRounds, roundsToDecide } from '../../../core/ranking/rounds.ts';
import { signedRankTest } from '../../../core/statistics/signed-rank.ts';

describe('fewest rounds', () => {
  it.each([
    [4, 8, 10],
    [6, 10, 12],
    [8, 11, 13],
    [12, 12, 14],
    [20, 13, 15],
  ])('for %i variants are %i with one look and %i with four', (variants, one, four) => {
    expect(minRounds(variants)).toBe(one);
    expect(minRounds(variants, 4)).toBe(four);
  });

  it('are just enough: one round less cannot reach the level', () => {
    for (const variants of [2, 3, 4, 6, 8, 12]) {
      const pairs = (variants * (variants - 1)) / 2;
      const rounds = minRounds(variants);
      const smallestP = (n: number) =>
        signedRankTest(Array.from({ length: n }, (_, at) => at + 1)).p;
      expect(smallestP(rounds) * pairs).toBeLessThanOrEqual(0.05);
      expect(smallestP(rounds - 1) * pairs).toBeGreaterThan(0.05);
    }
  });
});

describe('looks', () => {
  it('come at 1, 1.5, 2 and 3 times the fewest rounds and at the end', () => {
    expect(looksFor(4, 100)).toEqual([11, 17, 22, 33, 100]);
    expect(looksFor(4, 24)).toEqual([10, 15, 20, 24]);
    expect(looksFor(4, 12)).toEqual([9, 12]);
    expect(looksFor(4, 8)).toEqual([8]);
    expect(looksFor(4, 3)).toEqual([3]);
  });

  it('can always decide at the first of several', () => {
    for (const variants of [2, 4, 7, 12]) {
      for (let maxRounds = 1; maxRounds <= 60; maxRounds++) {
        const looks = looksFor(variants, maxRounds);
        expect(looks.at(-1)).toBe(maxRounds);
        expect([...looks].sort((a, b) => a - b)).toEqual(looks);
        if (looks.length > 1) {
          expect(looks[0]).toBeGreaterThanOrEqual(minRounds(variants, looks.length));
        }
      }
    }
  });
});

describe('rounds to decide', () => {
  const margin = Math.log(1.03);

  it('grow with the square of the interval over the effect', () => {
    const pair = { rounds: 10, theta: 0.1, halfWidth: 0.2 };
    expect(roundsToDecide(pair, margin, 8)).toBe(40);
    expect(roundsToDecide({ ...pair, theta: -0.1 }, margin, 8)).toBe(40);
  });

  it('of a small effect are those that show equivalence', () => {
    expect(roundsToDecide({ rounds: 10, theta: 0, halfWidth: 2 * margin }, margin, 8)).toBe(40);
  });

  it('are one more at least, and the fewest that can decide', () => {
    expect(roundsToDecide({ rounds: 10, theta: 0.2, halfWidth: 0.1 }, margin, 8)).toBe(11);
    expect(roundsToDecide({ rounds: 3, theta: 0.2, halfWidth: null }, margin, 8)).toBe(8);
    expect(roundsToDecide({ rounds: 10, theta: 0, halfWidth: 0 }, 0, 8)).toBe(11);
  });
});
