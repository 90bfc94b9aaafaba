import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../core/nearest.ts';

describe('edit distance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ca', 'ac', 1],
    ['ca', 'abc', 3],
    ['saturday', 'sunday', 3],
  ])('of %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearest', () => {
  it('suggests a close word whatever its case, the first of a tie', () => {
    expect(nearest('Dril', ['drill', 'watch'])).toBe('drill');
    expect(nearest('ab', ['ac', 'ad'])).toBe('ac');
  });

  it('suggests nothing when nothing is close', () => {
    expect(nearest('rank', ['deploy', 'cost'])).toBeUndefined();
    expect(nearest('rank', [])).toBeUndefined();
  });
});
