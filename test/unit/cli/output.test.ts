// Goal: what a person reads in a terminal is steady: columns, wrapping, colours that only add, and the report.
// Method: plain style against golden texts; UPDATE_GOLDEN=1 writes them anew.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { csvLines } from '../../../cli/csv.ts';
import { Faults } from '../../../cli/failure.ts';
import { openOutput } from '../../../cli/output/output.ts';
import { reportLines } from '../../../cli/output/reportText.ts';
import { plainStyle, styleFor } from '../../../cli/output/style.ts';
import { tableLines, widthOf, wrap } from '../../../cli/output/table.ts';
import { DrillError } from '../../../core/errors.ts';
import { reportOfDrill } from '../../../functions/rank/report.ts';
import { drillRecords, FINISHED_AT, MODEL } from '../../support/drillRecords.ts';
import { gatedDrill } from '../../support/gatedDrill.ts';
import { troubledDrill } from '../../support/troubledDrill.ts';

const RED = '\u001b[31mred\u001b[39m';

const golden = (name: string, text: string): void => {
  const file = path.join(import.meta.dirname, 'golden', name);
  if (process.env['UPDATE_GOLDEN']) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
};

describe('a table', () => {
  it('pads each column to its widest cell, right where asked', () => {
    const columns = [{ title: 'a' }, { title: 'value', align: 'right' as const }];
    expect(
      tableLines(columns, [
        ['long one', '1'],
        ['x', '12345678'],
      ]),
    ).toEqual(['a            value', 'long one         1', 'x         12345678']);
  });

  it('does not count colour as width, nor leave blanks at the end', () => {
    expect(widthOf(RED)).toBe(3);
    expect(
      tableLines(
        [{ title: 'a' }, { title: 'b' }],
        [
          [RED, 'x'],
          ['1234', ''],
        ],
      ),
    ).toEqual(['a     b', `${RED}   x`, '1234']);
  });
});

describe('wrapping', () => {
  it('breaks between words and indents what follows', () => {
    expect(wrap('one two three four', 9, '  ')).toEqual(['one two', '  three', '  four']);
  });

  it('leaves a word alone that is longer than the line, and nothing from nothing', () => {
    expect(wrap('incomprehensibilities are long', 10)).toEqual([
      'incomprehensibilities',
      'are long',
    ]);
    expect(wrap('', 10)).toEqual([]);
  });

  it('keeps the blanks a sentence starts with', () => {
    expect(wrap('  one two three', 9, '    ')).toEqual(['  one two', '    three']);
  });
});

describe('the report in a terminal', () => {
  const lines = (model = MODEL) =>
    reportLines(reportOfDrill(drillRecords(model), FINISHED_AT), plainStyle);

  it('of a good drill', () => golden('report.txt', `${lines().join('\n')}\n`));

  it('of a drill with trouble', () => {
    const report = reportOfDrill(troubledDrill(), FINISHED_AT);
    golden('report-trouble.txt', `${reportLines(report, plainStyle).join('\n')}\n`);
  });

  it('of a drill with gates', () => {
    const report = reportOfDrill(gatedDrill(), FINISHED_AT);
    golden('report-gated.txt', `${reportLines(report, plainStyle).join('\n')}\n`);
  });

  it('of a drill that measured nothing', () => {
    const drill = { ...drillRecords(), bursts: [], placements: [] };
    const text = reportLines(reportOfDrill(drill, FINISHED_AT), plainStyle).join('\n');
    expect(text).toContain('Nothing could be ranked');
    expect(text).not.toMatch(/NaN|undefined/);
  });

  it('has sentences as wide as the terminal, of 60 columns or more', () => {
    const sentences = (columns: number): string[] => {
      const style = styleFor({ isTTY: true, columns }, { NO_COLOR: '1' });
      const all = reportLines(reportOfDrill(troubledDrill(), FINISHED_AT), style);
      return all.slice(all.findIndex((line) => line.includes('Problems')) + 1);
    };
    for (const [columns, width] of [
      [40, 60],
      [72, 72],
      [200, 100],
    ] as const) {
      const widest = Math.max(...sentences(columns).map(widthOf));
      expect(widest).toBeLessThanOrEqual(width);
      expect(widest).toBeGreaterThan(width - 12);
    }
  });

  it('is at most 100 columns wide', () => {
    const report = reportOfDrill(troubledDrill(), FINISHED_AT);
    // The heading names what it is of, and is cut by no one.
    const widths = reportLines(report, plainStyle).slice(1).map(widthOf);
    expect(Math.max(...widths)).toBeLessThanOrEqual(100);
  });
});

const stream = (isTTY: boolean) => {
  const written: string[] = [];
  const writable = new Writable({
    write: (chunk, _encoding, done) => {
      written.push(String(chunk));
      done();
    },
  });
  return { written, stream: Object.assign(writable, { isTTY }) as unknown as NodeJS.WriteStream };
};

const streams = (isTTY: boolean) => {
  const [out, err] = [stream(isTTY), stream(isTTY)];
  return { out, err, both: { stdout: out.stream, stderr: err.stream } };
};

describe('output', () => {
  it('prints a result as lines, or as JSON where that was asked for', () => {
    const plain = streams(false);
    openOutput(false, plain.both, {}).result({ a: 1 }, () => ['one', 'two']);
    expect(plain.out.written).toEqual(['one\ntwo\n']);
    const json = streams(true);
    openOutput(true, json.both, {}).result({ a: 1 }, ({ bold }) => [bold('one')]);
    expect(json.out.written).toEqual(['{\n  "a": 1\n}\n']);
  });

  it('says on stderr what is no result', () => {
    const { out, err, both } = streams(false);
    const output = openOutput(false, both, {});
    output.note('working');
    output.failure(new Faults('CsvInvalid', ['a:1: x', 'a:2: y']));
    expect(out.written).toEqual([]);
    expect(err.written).toEqual(['working\n', 'a:1: x\n', 'a:2: y\n']);
  });

  it('gives an error to programs with its name', () => {
    const { out, both } = streams(false);
    openOutput(true, both, {}).failure(new DrillError('DrillNotFound', 'no drill x'));
    expect(JSON.parse(out.written.join(''))).toEqual({
      error: { name: 'DrillNotFound', message: 'no drill x', lines: ['no drill x'] },
    });
  });

  it('colours a terminal only, and not one that does not want it', () => {
    const { stream: tty } = stream(true);
    expect(styleFor(tty, {}).bad('x')).toBe('\u001b[31mx\u001b[39m');
    expect(styleFor(tty, { NO_COLOR: '1' })).toEqual(plainStyle);
    expect(styleFor(tty, { TERM: 'dumb' })).toEqual(plainStyle);
    expect(styleFor(stream(false).stream, {})).toBe(plainStyle);
  });
});

describe('CSV', () => {
  it('quotes what would be read as something else', () => {
    const row = {
      a: 'x,y',
      b: 'say "no"',
      c: 'two\nlines',
      d: ' padded',
      e: null,
      f: 1.5,
      g: false,
    };
    expect(csvLines(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], [row])).toEqual([
      'a,b,c,d,e,f,g,h',
      '"x,y","say ""no""","two\nlines"," padded",,1.5,false,',
    ]);
  });
});
