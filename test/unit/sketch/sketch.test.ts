// Goal: a sketch counts exactly, estimates within its bounds and keeps its stored form.
// Method: exact order statistics and two independent histograms as oracles.
import { DDSketch } from '@datadog/sketches-js';
import * as hdr from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import {
  GAMMA,
  indexOf,
  LARGEST,
  lowerBound,
  MIDPOINT_ERROR,
  ZERO_BELOW,
} from '../../../core/sketch/mapping.ts';
import {
  buckets,
  bucketsAtScale,
  emptySketch,
  insert,
  mean,
  merge,
  midpointQuantile,
  quantile,
  sketchOf,
} from '../../../core/sketch/sketch.ts';
import { decode, encode } from '../../../core/sketch/wire.ts';
import { quantile as exactQuantile } from '../../../core/statistics/quantile.ts';

const QS = [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999];

/** Log-normal latencies around 20 ms with 1 % slow ones, in whole microseconds. */
const latencies = (n: number, seed: string): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const normal =
      Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
    return Math.round(20_000 * Math.exp(0.3 * normal) * (random.unit() < 0.01 ? 10 : 1));
  });
};

const relativeError = (estimate: number, exact: number): number =>
  Math.abs(estimate - exact) / exact;

describe('bucket index', () => {
  it('is ceil(log2(x) * 32) - 1, with each upper bound in its own bucket', () => {
    const random = seededRandom('index');
    for (let draw = 0; draw < 50_000; draw++) {
      const value = 2 ** (random.unit() * 49.9 - 9.9);
      expect(indexOf(value)).toBe(Math.ceil(Math.log2(value) * 32) - 1);
    }
    for (let index = -300; index < 1_200; index++)
      expect(indexOf(lowerBound(index + 1))).toBe(index);
    expect([indexOf(1), indexOf(2), indexOf(2 + 1e-9)]).toEqual([-1, 31, 32]);
  });
});

describe('estimates', () => {
  it('stay within 1.083 % of the order statistic at the midpoint', () => {
    expect(MIDPOINT_ERROR).toBeCloseTo(0.01083, 5);
    const values = latencies(20_000, 'midpoint');
    const sorted = [...values].sort((a, b) => a - b);
    const sketch = sketchOf(values);
    for (const q of QS) {
      const exact = sorted[Math.floor(q * (sorted.length - 1))]!;
      expect(relativeError(midpointQuantile(sketch, q), exact)).toBeLessThanOrEqual(MIDPOINT_ERROR);
    }
  });

  it('interpolate to less than half a percent in the body of a large sample', () => {
    const values = latencies(50_000, 'body');
    const sketch = sketchOf(values);
    for (const q of [0.25, 0.5, 0.75, 0.9, 0.95]) {
      expect(relativeError(quantile(sketch, q), exactQuantile(values, q))).toBeLessThan(0.005);
    }
  });

  it('stay in the right bucket for a small sample', () => {
    for (let seed = 0; seed < 50; seed++) {
      const values = latencies(20, `small ${seed}`);
      const estimate = quantile(sketchOf(values), 0.5);
      expect(relativeError(estimate, exactQuantile(values, 0.5))).toBeLessThan(GAMMA - 1);
    }
  });

  it('agree with sketches-js and hdr-histogram-js within the sum of the error bounds', () => {
    const values = latencies(50_000, 'oracle');
    const sketch = sketchOf(values);
    const datadog = new DDSketch({ relativeAccuracy: 0.01 });
    const histogram = hdr.build({ numberOfSignificantValueDigits: 3 });
    for (const value of values) {
      datadog.accept(value);
      histogram.recordValue(value);
    }
    for (const q of QS) {
      const own = midpointQuantile(sketch, q);
      expect(relativeError(own, datadog.getValueAtQuantile(q))).toBeLessThan(0.022);
      expect(relativeError(own, histogram.getValueAtPercentile(100 * q))).toBeLessThan(0.0125);
    }
    expect(sketch.max).toBe(Math.max(...values));
    expect(mean(sketch)).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 50_000, 6);
  });

  it('are exact at both ends and for one value', () => {
    const sketch = sketchOf([130, 70, 99_999]);
    expect([quantile(sketch, 0), quantile(sketch, 1)]).toEqual([70, 99_999]);
    expect(quantile(sketchOf([1_234]), 0.5)).toBe(1_234);
    expect(midpointQuantile(sketchOf([1_234]), 0.99)).toBe(1_234);
  });
});

describe('edges', () => {
  it('counts values below a nanosecond as zeros', () => {
    const sketch = sketchOf([0, ZERO_BELOW / 2, 0, 5]);
    expect(sketch.zeroCount).toBe(3);
    expect(buckets(sketch)).toHaveLength(1);
    expect(quantile(sketch, 0.4)).toBe(0);
    expect(midpointQuantile(sketch, 0.4)).toBe(0);
    expect(quantile(sketch, 1)).toBe(5);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, LARGEST * 2])('refuses %d', (value) => {
    const sketch = emptySketch();
    expect(() => insert(sketch, value)).toThrow(`value ${value} cannot be counted`);
    expect(sketch).toEqual(emptySketch());
  });

  it('accepts the smallest and the largest value', () => {
    const sketch = sketchOf([LARGEST, ZERO_BELOW]);
    expect(decode(encode(sketch)).n).toBe(2);
    expect(quantile(sketch, 1)).toBe(LARGEST);
  });

  it('has no quantiles while it is empty', () => {
    expect(() => quantile(emptySketch(), 0.5)).toThrow('quantile of no values');
    expect(() => midpointQuantile(emptySketch(), 0.5)).toThrow('quantile of an empty sketch');
  });

  it('halves its resolution by halving OpenTelemetry indexes', () => {
    const sketch = sketchOf([...latencies(500, 'scale'), 0.4, 0.7]);
    const shifted = new Map<number, number>();
    for (const { index, count } of buckets(sketch)) {
      shifted.set(index >> 1, (shifted.get(index >> 1) ?? 0) + count);
    }
    const half = bucketsAtScale(sketch, 4);
    expect(new Map(half.map(({ index, count }) => [index, count]))).toEqual(shifted);
    for (const { index } of bucketsAtScale(sketch, 0)) expect(Number.isInteger(index)).toBe(true);
    expect(bucketsAtScale(sketchOf([5, 6, 7, 8, 9]), 0)).toEqual([
      { index: 2, count: 4 },
      { index: 3, count: 1 },
    ]);
    expect(() => bucketsAtScale(sketch, 6)).toThrow('scale 6 is not a whole number up to 5');
  });
});

describe('stored form', () => {
  it('takes at most 48, 80 and 120 bytes for 20, 60 and 200 latencies', () => {
    const worst = (n: number): number =>
      Math.max(
        ...Array.from(
          { length: 50 },
          (_, seed) => encode(sketchOf(latencies(n, `${seed}`))).length,
        ),
      );
    expect(worst(20)).toBeLessThanOrEqual(48);
    expect(worst(60)).toBeLessThanOrEqual(80);
    expect(worst(200)).toBeLessThanOrEqual(120);
  });

  it('is the documented one', () => {
    const stored = encode(sketchOf([1, 1, 2, 2, 2, 8]));
    expect(Buffer.from(stored).toString('hex')).toBe(
      [
        ...['00008041', '0000803f', '00000041'],
        ...['05', '01', '0000'],
        // Three buckets: -1 twice; 31, 31 empty ones after it, three times; 95, after 63, once.
        ...['03', '01', '02', '0b1c', '033c'],
      ].join(''),
    );
    expect(stored).toEqual(encode(sketchOf([8, 2, 1, 2, 1, 2])));
  });

  it('keeps an empty sketch, and many zeros', () => {
    expect(decode(encode(emptySketch()))).toEqual(emptySketch());
    const zeros = sketchOf([0, 3]);
    zeros.zeroCount = 70_000;
    zeros.n = 70_001;
    expect(decode(encode(zeros))).toMatchObject({ n: 70_001, zeroCount: 70_000, min: 0, max: 3 });
  });

  it('keeps counts beyond 32 bits', () => {
    const whole = merge(Array.from({ length: 3 }, () => sketchOf([40, 41, 90])));
    whole.counts = whole.counts.map((count) => count * 2 ** 40);
    expect(buckets(decode(encode(whole)))).toEqual(buckets(whole));
  });

  it.each([
    ['cut short', (good: Uint8Array) => good.slice(0, -1), 'it ends after'],
    ['too short for a header', (good: Uint8Array) => good.slice(0, 16), '16 bytes are too few'],
    ['with bytes left over', (good: Uint8Array) => Uint8Array.of(...good, 0), '1 bytes left over'],
    ['of another version', (good: Uint8Array) => good.with(13, 9), 'layout version 9 found'],
    ['of another scale', (good: Uint8Array) => good.with(12, 3), 'scale 3 found, 5 expected'],
    [
      'with an endless number',
      (good: Uint8Array) => Uint8Array.of(...good.slice(0, 16), ...new Array(12).fill(0xff)),
      'a number near byte',
    ],
    [
      'with a bucket out of range',
      (good: Uint8Array) => Uint8Array.of(...good.slice(0, 16), 1, 0xff, 0xff, 0x7f, 1),
      'bucket -',
    ],
  ])('refuses bytes %s', (_, spoil, message) => {
    expect(() => decode(spoil(encode(sketchOf([5, 50, 500]))))).toThrow(message);
  });
});
