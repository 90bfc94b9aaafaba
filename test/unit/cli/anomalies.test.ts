// Goal: `failover anomalies` reads any series, says what changed and why, and names mistakes by line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnomaliesOptions, anomalies, anomaliesOf } from '../../../cli/commands/anomalies.ts';
import { EXIT, exitCodeOf, linesOf } from '../../../cli/failure.ts';
import { plainStyle } from '../../../cli/output/style.ts';
import { normals } from '../../support/noise.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'failover-anomalies-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (text: string): string => {
  const file = path.join(folder, 'nights.csv');
  writeFileSync(file, text);
  return file;
};

const dateOf = (day: number): string =>
  new Date(Date.UTC(2026, 0, 1) + day * 86_400_000).toISOString().slice(0, 10);

type Factors = { value?: number; reference?: number; control?: number };

/** A hundred nights; the factors hold for the last five. */
const nights = (
  { value = 1, reference = 1, control = 1 }: Factors,
  holes: number[] = [],
): string => {
  const noise = normals('cli');
  const lines = Array.from({ length: 100 }, (_, day) => {
    const last = day >= 95;
    const weather = 40 * Math.exp(0.01 * noise());
    const one = (factor: number): string =>
      (weather * Math.exp(0.01 * noise()) * (last ? factor : 1)).toFixed(3);
    const cells = [one(value), one(reference), one(control)];
    return [dateOf(day), ...(holes.includes(day) ? ['', '', ''] : cells)].join(',');
  });
  return ['time,value,reference,control', ...lines, ''].join('\n');
};

const run = (options: AnomaliesOptions) => {
  let text = '';
  const code = anomalies(options, {
    json: false,
    style: plainStyle,
    result: (_, lines) => {
      text = lines(plainStyle).join('\n');
    },
    note: () => {},
    failure: () => {},
  });
  return { code, text };
};

describe('a series', () => {
  it('that is quiet ends with 0', () => {
    const { code, text } = run({ input: write(nights({}, [40, 41])) });
    expect(code).toBe(EXIT.ok);
    expect(text).toContain('98 values, 2 holes, 2026-01-01 to 2026-04-10');
    expect(text).toContain('now        nothing is out of line');
  });

  it.each([
    ['image', { value: 1.2 }, 'it moved against what runs today'],
    ['environment', { value: 1.2, reference: 1.2, control: 1.2 }, 'all images moved alike'],
    ['measurement', { control: 1.2 }, 'the same image, measured twice, differs'],
    ['image', { reference: 0.8, control: 0.8 }, 'only what runs today moved'],
  ])('ends with 3 and says %s', (word, factors, why) => {
    const { code, text } = run({ input: write(nights(factors)) });
    expect(code).toBe(EXIT.marked);
    expect(text).toContain('is out of line since 2026-04-06');
    expect(text).toContain(`cause      ${word}: ${why}`);
  });

  it('shows the change point with before and after, the same every time', () => {
    const input = write(
      nights({ value: 1.2 })
        .replace(/,reference.*/, '')
        .replace(/^(\d[^,]*,[^,]*),.*$/gm, '$1'),
    );
    const { text } = run({ input, method: 'edivisive' });
    expect(text).toMatch(/change {5}2026-04-06: 4[01](\.\d+)? → 4[789](\.\d+)? \(\+/);
    expect(text).not.toContain('cause');
    expect(JSON.stringify(anomaliesOf(input, {}))).toBe(JSON.stringify(anomaliesOf(input, {})));
  });

  it('may be of anything, at any times', () => {
    const rows = Array.from({ length: 60 }, (_, at) => `${at / 2},${at < 55 ? at % 3 : 90}`);
    const found = anomaliesOf(write(`Time;x\n`.replace(';x', ',Value\n') + rows.join('\n')), {});
    expect(found).toMatchObject({ first: '0', last: '29.5', values: 60, holes: 0, cause: null });
    expect(found.alerts[0]).toMatchObject({ series: 'value', since: '27.5' });
  });
});

describe('mistakes in the file', () => {
  it.each<[string, string, string]>([
    ['empty', '', ':1: column "time" is missing; found nothing.'],
    [
      'column mistyped',
      'time,valeu\n1,2\n',
      ':1: column "value" is missing; found time, valeu. Is it the column "valeu"?',
    ],
    ['no number', 'time,value\n1,2\n2,4 ms\n', ':3: value "4 ms" is not a number.'],
    [
      'no time',
      'time,value\nMonday,2\n',
      ':2: time "Monday" is neither a date such as 2026-11-20 nor a number',
    ],
    ['no such day', 'time,value\n2026-13-40,2\n', ':2: time "2026-13-40" is neither'],
    [
      'backwards',
      'time,value\n2026-01-02,1\n2026-01-01,2\n',
      ':3: time 2026-01-01 comes after 2026-01-02. Sort',
    ],
    ['twice', 'time,value\n1,1\n1,2\n', ':3: time 1 stands twice. Sort'],
    ['holes only', 'time,value\n1,\n2,-\n', ': there are no values.'],
    ['ragged', 'time,value\n1,2,3\n', ':2: 3 fields, where the header has 2'],
    [
      'control alone',
      'time,value,control\n1,2,3\n',
      ':1: column "control" is compared with "reference"',
    ],
  ])('%s', (_, text, expected) => {
    const file = write(text);
    let error: unknown;
    try {
      anomaliesOf(file, {});
    } catch (thrown) {
      error = thrown;
    }
    expect(exitCodeOf(error)).toBe(EXIT.input);
    expect(linesOf(error)[0]).toContain(`${file}${expected}`);
  });

  it('that is not there', () => {
    expect(() => anomaliesOf('/nowhere.csv', {})).toThrow('there is no /nowhere.csv');
  });
});
