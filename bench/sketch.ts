// Sketches side by side: time to insert, merge and store, error against exact quantiles, bytes.
// Goals: at most 40 ns an insert and 150 bytes for 200 samples.
import { DDSketch } from '@datadog/sketches-js';
import * as hdr from 'hdr-histogram-js';
import { seededRandom } from '../core/random.ts';
import { emptySketch, insert, mergeInto, quantile, sketchOf } from '../core/sketch/sketch.ts';
import { decode, encode } from '../core/sketch/wire.ts';
import { quantileOfAscending } from '../core/statistics/quantile.ts';
import { measure, printTimings } from './measure.ts';

const SAMPLES = 500_000;
const PART = 200;
const PARTS = 200;
const QS = [0.5, 0.9, 0.99, 0.999];

/** Log-normal latencies around 20 ms with a slow tail of 1 %, in whole microseconds. */
const latencies = (n: number): Float64Array => {
  const random = seededRandom('bench');
  return Float64Array.from({ length: n }, () => {
    const normal =
      Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
    return Math.round(20_000 * Math.exp(0.5 * normal) * (random.unit() < 0.01 ? 10 : 1));
  });
};

const values = latencies(SAMPLES);
const parts = Array.from({ length: PARTS }, (_, at) => values.subarray(at * PART, (at + 1) * PART));

const newDatadog = () => new DDSketch({ relativeAccuracy: 0.01 });
const datadogOf = (part: Float64Array) => {
  const sketch = newDatadog();
  for (let at = 0; at < part.length; at++) sketch.accept(part[at] ?? 0);
  return sketch;
};
const newHdr = () => hdr.build({ numberOfSignificantValueDigits: 2, useWebAssembly: false });
const hdrOf = (part: Float64Array) => {
  const histogram = newHdr();
  for (let at = 0; at < part.length; at++) histogram.recordValue(part[at] ?? 0);
  return histogram;
};

const own = {
  whole: sketchOf(values),
  parts: parts.map((part) => sketchOf(part)),
};
const datadog = { whole: datadogOf(values), parts: parts.map(datadogOf) };
const histogram = { whole: hdrOf(values), parts: parts.map(hdrOf) };
const stored = own.parts.map(encode);

printTimings(
  'Insert',
  measure(
    [
      {
        name: 'own, base 2^(1/32)',
        units: SAMPLES,
        run: () => {
          const sketch = emptySketch();
          for (let at = 0; at < SAMPLES; at++) insert(sketch, values[at] ?? 0);
        },
      },
      { name: '@datadog/sketches-js, 1 %', units: SAMPLES, run: () => datadogOf(values) },
      { name: 'hdr-histogram-js, 2 digits', units: SAMPLES, run: () => hdrOf(values) },
    ],
    9,
  ),
);

printTimings(
  `Merge of parts with ${PART} samples`,
  measure(
    [
      {
        name: 'own, base 2^(1/32)',
        units: PARTS,
        run: () => {
          const whole = emptySketch();
          for (const part of own.parts) mergeInto(whole, part);
        },
      },
      {
        name: '@datadog/sketches-js, 1 %',
        units: PARTS,
        run: () => {
          const whole = newDatadog();
          for (const part of datadog.parts) whole.merge(part);
        },
      },
      {
        name: 'hdr-histogram-js, 2 digits',
        units: PARTS,
        run: () => {
          const whole = newHdr();
          for (const part of histogram.parts) whole.add(part);
        },
      },
    ],
    31,
  ),
);

printTimings(
  `Storing a part with ${PART} samples`,
  measure(
    [
      { name: 'own, encode', units: PARTS, run: () => own.parts.map(encode) },
      { name: 'own, decode', units: PARTS, run: () => stored.map(decode) },
      {
        name: '@datadog/sketches-js, toProto',
        units: PARTS,
        run: () => datadog.parts.map((part) => part.toProto()),
      },
      {
        name: 'hdr-histogram-js, compressed',
        units: PARTS,
        run: () => histogram.parts.map((part) => hdr.encodeIntoCompressedBase64(part)),
      },
    ],
    9,
  ),
);

const sorted = values.toSorted();
const errorsOf = (estimate: (q: number) => number): string =>
  QS.map((q) => {
    const exact = quantileOfAscending(sorted, q);
    return `${((100 * Math.abs(estimate(q) - exact)) / exact).toFixed(2)} %`.padStart(8);
  }).join('');

console.log(`Error at p50, p90, p99, p99.9 of ${SAMPLES} samples`);
console.log(`  own                        ${errorsOf((q) => quantile(own.whole, q))}`);
console.log(`  @datadog/sketches-js, 1 %  ${errorsOf((q) => datadog.whole.getValueAtQuantile(q))}`);
console.log(
  `  hdr-histogram-js, 2 digits ${errorsOf((q) => histogram.whole.getValueAtPercentile(100 * q))}`,
);

const meanBytes = (n: number, bytesOf: (part: Float64Array) => number): string =>
  (parts.reduce((sum, part) => sum + bytesOf(part.subarray(0, n)), 0) / PARTS)
    .toFixed(0)
    .padStart(7);
const bytesRow = (bytesOf: (part: Float64Array) => number): string =>
  [20, 60, PART].map((n) => meanBytes(n, bytesOf)).join('');

console.log(`Mean bytes of 20, 60 and ${PART} samples`);
console.log(`  own                        ${bytesRow((part) => encode(sketchOf(part)).length)}`);
console.log(`  @datadog/sketches-js, 1 %  ${bytesRow((part) => datadogOf(part).toProto().length)}`);
console.log(
  `  hdr-histogram-js, 2 digits ${bytesRow(
    (part) => (hdr.encodeIntoCompressedBase64(hdrOf(part)).length * 3) / 4,
  )}`,
);
console.log(`  JSON array                 ${bytesRow((part) => JSON.stringify([...part]).length)}`);
