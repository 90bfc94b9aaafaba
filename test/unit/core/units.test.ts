// Goal: quantities carry their unit both ways, and nothing without one is taken for one.
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatMs,
  parseDurationMs,
  parseRatePerS,
  parseShare,
  parseSizeBytes,
} from '../../../core/units.ts';

describe('parsing', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    [' 10s ', 10_000],
    ['10', undefined],
    ['10 s', undefined],
    ['-1s', undefined],
    ['1e3s', undefined],
    ['10S', undefined],
    ['', undefined],
  ])('duration %j', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  it.each([
    ['400MB', 400_000_000],
    ['400 MB', 400_000_000],
    ['250MiB', 250 * 1024 ** 2],
    ['1GB', 1e9],
    ['1GiB', 1024 ** 3],
    ['12kB', 12_000],
    ['12KB', 12_000],
    ['7B', 7],
    ['400', undefined],
    ['400mb', undefined],
    ['1TB', undefined],
  ])('size %j', (text, bytes) => expect(parseSizeBytes(text)).toBe(bytes));

  it.each([
    ['0.1%', 0.001],
    ['100 %', 1],
    ['0.1', undefined],
  ])('share %j', (text, share) => {
    const found = parseShare(text);
    if (share === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(share, 12);
  });

  it.each([
    ['20/s', 20],
    ['60/m', 1],
    ['20', undefined],
    ['20/h', undefined],
  ])('rate %j', (text, rate) => expect(parseRatePerS(text)).toBe(rate));
});

describe('formatting', () => {
  it.each([
    [0.3912, '0.39 ms'],
    [41.53, '41.5 ms'],
    [614.4, '614 ms'],
    [1_234, '1.2 s'],
    [125_000, '2 min 5 s'],
    [7_380_000, '2 h 3 min'],
  ])('%d ms', (ms, text) => expect(formatMs(ms)).toBe(text));

  it.each([
    [999, '999 B'],
    [12_400, '12 kB'],
    [5_240_000, '5.2 MB'],
    [43_100_000, '43 MB'],
    [1_230_000_000, '1.23 GB'],
  ])('%d bytes', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});
