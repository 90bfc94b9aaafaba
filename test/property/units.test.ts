// Goal: the laws of quantities and of the matrix hold for any input.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatMs,
  parseDurationMs,
  parseShare,
  parseSizeBytes,
} from '../../core/units.ts';
import {
  type Exclusion,
  expandMatrix,
  type Matrix,
  sameVariants,
} from '../../core/variants/matrix.ts';

const decimal = fc.tuple(fc.nat(99_999), fc.nat(999)).map(([whole, part]) => `${whole}.${part}`);

describe('quantities', () => {
  it('scale with their unit', () => {
    fc.assert(
      fc.property(decimal, (number) => {
        expect(parseDurationMs(`${number}s`)).toBeCloseTo(Number(number) * 1_000, 6);
        expect(parseDurationMs(`${number}m`)).toBeCloseTo(
          (parseDurationMs(`${number}s`) ?? 0) * 60,
          4,
        );
        expect(parseSizeBytes(`${number}MiB`)).toBeCloseTo(Number(number) * 1_048_576, 2);
        expect(parseShare(`${number}%`)).toBeCloseTo(Number(number) / 100, 10);
      }),
    );
  });

  it('without a known unit are none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const known = /^\s*\d+(\.\d+)?\s*(ms|s|m|h|d|B|[kK]B|[MG]B|[KMG]iB|%)\s*$/.test(text);
        if (known) return;
        expect([parseDurationMs(text), parseSizeBytes(text), parseShare(text)]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are written within a twentieth of what they are, and in few characters', () => {
    const read = (text: string): number => {
      const parts = text.split(' ');
      let ms = 0;
      for (let at = 0; at < parts.length; at += 2) {
        const unit = { min: 60_000, ms: 1, s: 1_000, h: 3_600_000 }[parts[at + 1] ?? ''];
        ms += Number(parts[at]) * (unit ?? Number.NaN);
      }
      return ms;
    };
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 1e9, noNaN: true }), (ms) => {
        expect(Math.abs(read(formatMs(ms)) - ms)).toBeLessThanOrEqual(0.05 * ms + 0.005);
        expect(formatMs(ms).length).toBeLessThanOrEqual(12);
        expect(formatBytes(Math.round(ms)).length).toBeLessThanOrEqual(9);
      }),
    );
  });
});

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const value = fc.stringMatching(/^[a-z0-9:.-]{1,8}$/);

const matrices: fc.Arbitrary<Matrix> = fc.record({
  target: fc.uniqueArray(word, { minLength: 1, maxLength: 4 }),
  args: fc.dictionary(
    fc.stringMatching(/^[A-Z]{1,4}$/),
    fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
    {
      maxKeys: 3,
    },
  ),
});

const rulesFor = (matrix: Matrix): fc.Arbitrary<Exclusion[]> => {
  const args = Object.entries(matrix.args).map(
    ([name, values]) => [name, fc.option(fc.constantFrom(...values), { nil: undefined })] as const,
  );
  const rule = fc
    .record({
      target: fc.option(fc.constantFrom(...matrix.target), { nil: undefined }),
      args: fc.record(Object.fromEntries(args)),
    })
    .map(({ target, args: chosen }) => ({
      target,
      args: Object.fromEntries(
        Object.entries(chosen).flatMap(([name, one]) => (one === undefined ? [] : [[name, one]])),
      ),
    }));
  return fc.array(rule, { maxLength: 3 });
};

describe('the matrix', () => {
  it('has every combination once', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const variants = expandMatrix(matrix, []);
        const sizes = Object.values(matrix.args).map((values) => values.length);
        expect(variants).toHaveLength(
          sizes.reduce((all, size) => all * size, matrix.target.length),
        );
        expect(sameVariants(variants)).toEqual([]);
        expect(new Set(variants.map(({ id }) => id)).size).toBe(variants.length);
      }),
    );
  });

  it('less what is excluded: nothing that matches a rule stays, nothing else goes', () => {
    const cases = matrices.chain((matrix) => fc.tuple(fc.constant(matrix), rulesFor(matrix)));
    fc.assert(
      fc.property(cases, ([matrix, rules]) => {
        const kept = new Set(expandMatrix(matrix, rules).map((variant) => JSON.stringify(variant)));
        for (const variant of expandMatrix(matrix, [])) {
          const matched = rules.some(
            ({ target, args }) =>
              (target === undefined || target === variant.target) &&
              Object.keys(args).every((name) => args[name] === variant.args[name]),
          );
          expect(kept.has(JSON.stringify(variant))).toBe(!matched);
        }
      }),
    );
  });
});
