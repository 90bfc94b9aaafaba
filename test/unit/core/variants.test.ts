// Goal: the matrix gives every combination once, with an id that people can read and builds can use.
import { describe, expect, it } from 'vitest';
import { expandMatrix, sameVariants } from '../../../core/variants/matrix.ts';

const BASES = ['node:24-slim', 'node:24-alpine'];

describe('the matrix', () => {
  it('names a variant by its target and by the arguments that vary', () => {
    const matrix = { target: ['slim', 'fat'], args: { BASE: BASES, MODE: ['production'] } };
    expect(expandMatrix(matrix, []).map(({ id, args }) => [id, args])).toEqual([
      ['slim-node24slim', { BASE: 'node:24-slim', MODE: 'production' }],
      ['slim-node24alpine', { BASE: 'node:24-alpine', MODE: 'production' }],
      ['fat-node24slim', { BASE: 'node:24-slim', MODE: 'production' }],
      ['fat-node24alpine', { BASE: 'node:24-alpine', MODE: 'production' }],
    ]);
  });

  it('leaves out what an exclusion matches: by target, by argument, or by both', () => {
    const matrix = { target: ['slim', 'fat'], args: { BASE: BASES } };
    const left = (...rules: Parameters<typeof expandMatrix>[1][number][]) =>
      expandMatrix(matrix, rules).map(({ id }) => id);
    expect(left({ target: 'fat', args: {} })).toEqual(['slim-node24slim', 'slim-node24alpine']);
    expect(left({ args: { BASE: 'node:24-alpine' } })).toEqual([
      'slim-node24slim',
      'fat-node24slim',
    ]);
    expect(left({ target: 'fat', args: { BASE: 'node:24-alpine' } })).toHaveLength(3);
    expect(left({ args: {} })).toEqual([]);
  });

  it('gives values that differ only in signs ids of their own', () => {
    const args = { VERSION: ['24.1', '2.41', '241'] };
    expect(expandMatrix({ target: ['app'], args }, []).map(({ id }) => id)).toEqual([
      'app-241',
      'app-241-2',
      'app-241-3',
    ]);
  });

  it('keeps the end of a long argument, where versions are', () => {
    const args = { BASE: ['registry.example.com/team/base-images/node:24-slim', 'x'] };
    const [first] = expandMatrix({ target: ['app'], args }, []);
    expect(first?.id).toMatch(/^app-[a-z0-9]{24}$/);
    expect(first?.id).toMatch(/node24slim$/);
  });
});

describe('variants that are one and the same', () => {
  it('are found whatever the order of their arguments', () => {
    const a = { id: 'a', target: 'x', args: { A: '1', B: '2' } };
    const b = { id: 'b', target: 'x', args: { B: '2', A: '1' } };
    const c = { id: 'c', target: 'x', args: { A: '1', B: '3' } };
    expect(sameVariants([a, b, c])).toEqual([[a, b]]);
    expect(sameVariants([a, c])).toEqual([]);
  });
});
