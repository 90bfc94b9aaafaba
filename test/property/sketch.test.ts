// Goal: the laws of sketches hold for any values, however they are split and stored.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LARGEST, MIDPOINT_ERROR, ZERO_BELOW } from '../../core/sketch/mapping.ts';
import {
  buckets,
  emptySketch,
  merge,
  midpointQuantile,
  quantile,
  type Sketch,
  sketchOf,
} from '../../core/sketch/sketch.ts';
import { decode, encode } from '../../core/sketch/wire.ts';

/** Whole microseconds, whose sums are exact. */
const micros = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 60_000_000 }), fc.integer({ min: 900, max: 1_100 })),
  { maxLength: 200 },
);
const positive = fc.array(fc.double({ min: ZERO_BELOW, max: LARGEST, noNaN: true }), {
  minLength: 1,
  maxLength: 100,
});

const facts = ({ n, zeroCount, sum, min, max, ...rest }: Sketch) => ({
  ...{ n, zeroCount, sum, min, max },
  buckets: buckets({ n, zeroCount, sum, min, max, ...rest }),
});

describe('sketch laws', () => {
  it('merge(a, b) is the sketch of a followed by b, byte for byte', () => {
    fc.assert(
      fc.property(micros, micros, (a, b) => {
        expect(encode(merge([sketchOf(a), sketchOf(b)]))).toEqual(encode(sketchOf([...a, ...b])));
      }),
    );
  });

  it('merge does not depend on order or grouping and has an empty sketch as its unit', () => {
    fc.assert(
      fc.property(micros, micros, micros, (a, b, c) => {
        const [x, y, z] = [sketchOf(a), sketchOf(b), sketchOf(c)];
        const left = facts(merge([merge([x, y]), z]));
        expect(facts(merge([x, merge([y, z])]))).toEqual(left);
        expect(facts(merge([z, x, y]))).toEqual(left);
        expect(facts(merge([x, emptySketch()]))).toEqual(facts(x));
      }),
    );
  });

  it('the order of the values does not matter', () => {
    fc.assert(
      fc.property(micros, (values) => {
        const reordered = [...values].reverse();
        expect(facts(sketchOf(reordered))).toEqual(facts(sketchOf(values)));
      }),
    );
  });

  it('the midpoint is within 1.083 % of the value of its rank', () => {
    fc.assert(
      fc.property(positive, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const exact = [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]!;
        const error = Math.abs(midpointQuantile(sketchOf(values), q) - exact) / exact;
        expect(error).toBeLessThanOrEqual(MIDPOINT_ERROR * (1 + 1e-12));
      }),
    );
  });

  it('quantiles grow with q and stay between the smallest and the largest value', () => {
    fc.assert(
      fc.property(positive, (values) => {
        const sketch = sketchOf(values);
        let before = sketch.min;
        for (let step = 0; step <= 20; step++) {
          const value = quantile(sketch, step / 20);
          // Interpolating between two equal values may lose the last bit.
          expect(value).toBeGreaterThanOrEqual(before * (1 - 1e-12));
          before = value;
        }
        expect(before).toBe(sketch.max);
      }),
    );
  });

  it('storing keeps the buckets, rounds sum, min and max to 32 bits, and loses no more later', () => {
    fc.assert(
      fc.property(fc.oneof(micros, positive), (values) => {
        const sketch = sketchOf(values);
        const stored = encode(sketch);
        const read = decode(stored);
        expect(facts(read)).toEqual({
          ...facts(sketch),
          sum: Math.fround(sketch.sum),
          min: Math.fround(sketch.min),
          max: Math.fround(sketch.max),
        });
        expect(encode(read)).toEqual(stored);
      }),
    );
  });

  it('bytes that are not a sketch are refused, never misread', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        let read: Sketch;
        try {
          read = decode(bytes);
        } catch (error) {
          expect(String(error)).toContain('not a stored sketch');
          return;
        }
        expect(read.n).toBeGreaterThanOrEqual(read.zeroCount);
      }),
    );
  });
});
