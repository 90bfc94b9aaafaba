// Goal: any table of samples is ranked like a drill, and a wrong one is refused with file, line and remedy.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linesOf } from '../../../cli/failure.ts';
import { rankingLines } from '../../../cli/output/rankingText.ts';
import { plainStyle } from '../../../cli/output/style.ts';
import { type RankSampleOptions, rankSamples } from '../../../cli/rankSamples.ts';
import { roundRows } from '../../../cli/rows.ts';
import { readSamples } from '../../../cli/samples.ts';
import { drillRecords, MODEL } from '../../support/drillRecords.ts';

const HEADER = 'round,variant,region,vantage,metric,value_ms';
const OPTIONS: RankSampleOptions = { quantiles: [0.5], alpha: 0.05, seed: '1' };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'samples-'));
  file = path.join(folder, 'samples.csv');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (...lines: string[]): void => writeFileSync(file, `${lines.join('\n')}\n`);

/** Two variants in two cells, the second one slower by a tenth in every round. */
const table = (rounds: number): string[] =>
  Array.from({ length: rounds }, (_, at) => at + 1).flatMap((round) =>
    ['eu-west-1', 'us-east-2'].flatMap((vantage) => [
      `${round},slim,eu-west-1,${vantage},http.total,${40 + round / 10}`,
      `${round},fat,eu-west-1,${vantage},http.total,${44 + round / 10}`,
    ]),
  );

const ranked = async (options: Partial<RankSampleOptions> = {}) =>
  rankSamples(file, await readSamples(file), { ...OPTIONS, ...options });

const faultsOf = async (): Promise<readonly string[]> => {
  try {
    await ranked();
  } catch (error) {
    return linesOf(error).map((line) => line.replace(file, 'samples.csv'));
  }
  return [];
};

describe('a right table', () => {
  it('is ranked with the first variant as reference', async () => {
    write(HEADER, ...table(8));
    const { source, rankings } = await ranked();
    expect(source).toMatchObject({
      reference: 'slim',
      samples: 32,
      cells: 2,
      rounds: 8,
      holes: [],
    });
    const [ranking] = rankings;
    expect(ranking?.rows.map(({ v, rank }) => [v, rank])).toEqual([
      ['slim', '1'],
      ['fat', '2'],
    ]);
    expect(ranking?.pairs[0]).toMatchObject({ i: 'fat', j: 'slim', verdict: 'slower' });
  });

  it('may have its columns in any order, quotes, spaces, capitals, a BOM and blank lines', async () => {
    const rows = table(8).map((line) => {
      const [round, variant, region, vantage, metric, value] = line.split(',');
      return `"${value}", ${metric},${vantage},${region},${variant},${round},extra\r`;
    });
    write('\uFEFFValue_MS,metric,vantage,region,variant,ROUND,note\r', ...rows, '');
    const { source } = await ranked();
    expect(source).toMatchObject({ samples: 32, rounds: 8 });
  });

  it('pools several samples of a burst by the quantile asked for', async () => {
    const rows = Array.from({ length: 8 }, (_, at) => at + 1).flatMap((round) =>
      ['slim', 'fat'].flatMap((variant) =>
        [10, 20, 90].map((value) => `${round},${variant},a,b,m,${value}`),
      ),
    );
    write(HEADER, ...rows);
    const { rankings } = await ranked({ quantiles: [0, 0.5, 1] });
    expect(rankings.map(({ q, rows: [first] }) => [q, first?.levelMs])).toEqual([
      [0, expect.closeTo(10)],
      [0.5, expect.closeTo(20)],
      [1, expect.closeTo(90)],
    ]);
  });

  it('takes the medians of an exported drill to the ranking of the drill', async () => {
    const rows = roundRows(drillRecords({ ...MODEL })).map(
      ({ round, variant, region, vantage, p50_ms }) =>
        `${round},${variant},${region},${vantage},http.total,${p50_ms}`,
    );
    write(HEADER, ...rows);
    const { rankings } = await ranked({ reference: 'slim', control: 'control' });
    expect(rankings[0]?.aa).toBe('clean');
    expect(rankings[0]?.rows.map(({ v, rank }) => `${rank} ${v}`)).toEqual([
      '1 distroless',
      '2-3 web',
      '2-3 slim',
      '4 fat',
    ]);
  });

  it('with holes is ranked without those cells, and says so', async () => {
    const holed = table(10).filter((line) => !line.startsWith('3,fat,eu-west-1,us-east-2'));
    write(HEADER, ...holed);
    const { source, rankings } = await ranked();
    expect(source).toMatchObject({
      holes: [{ variant: 'fat', region: 'eu-west-1', vantage: 'us-east-2', round: 3 }],
    });
    expect(rankings[0]?.droppedRounds).toEqual([3]);
    expect(rankings[0]?.rounds).toBe(9);
    if (source.kind !== 'csv') throw new Error('not a table');
    const text = rankingLines(source, rankings, plainStyle).map((line) => line.replace(file, 'f'));
    expect(text.slice(0, 4)).toEqual([
      'f: 39 samples of http.total, 2 variants, 2 cells, 10 rounds',
      '1 hole: that cell is left out of that round for every variant.',
      '  fat has no row in round 3 of eu-west-1 from us-east-2',
      '',
    ]);
    expect(text.join('\n')).toContain('(9 rounds, 1 dropped)');
  });

  it('says how many rounds it would take when they are too few', async () => {
    write(HEADER, ...table(3));
    const { source, rankings } = await ranked();
    if (source.kind !== 'csv') throw new Error('not a table');
    const text = rankingLines(source, rankings, plainStyle).join('\n');
    expect(text).toContain(
      'Cannot be told apart yet: fat and slim. About 3 more rounds would tell.',
    );
    expect(text).toContain('With 2 variants it takes 6 rounds to tell any pair apart.');
  });
});

describe('a wrong table', () => {
  it.each([
    [
      'a column is missing',
      ['round,variant,region,metric,value_ms,vantge', '1,a,b,c,2,x'],
      'samples.csv:1: column "vantage" is missing; found round, variant, region, metric, value_ms, vantge. Is it the column "vantge"?',
    ],
    ['not a number', [HEADER, '1,a,r,v,m,12ms'], 'samples.csv:2: value_ms "12ms" is not a number.'],
    [
      'a decimal comma',
      [HEADER, '1,a,r,v,m,"1,5"'],
      'samples.csv:2: value_ms "1,5" is not a number.',
    ],
    ['negative', [HEADER, '1,a,r,v,m,3', '1,b,r,v,m,-3'], 'samples.csv:3: value_ms -3 is negative'],
    [
      'an empty value',
      [HEADER, '1,a,r,v,m,'],
      'samples.csv:2: value_ms is empty. Leave the row out',
    ],
    ['a round of zero', [HEADER, '0,a,r,v,m,1'], 'samples.csv:2: round "0" is not a whole number'],
    ['a round in parts', [HEADER, '1.5,a,r,v,m,1'], 'samples.csv:2: round "1.5" is not a whole'],
    ['no variant', [HEADER, '1,,r,v,m,1'], 'samples.csv:2: variant is empty'],
    [
      'a short row',
      [HEADER, '1,a,r,v,m,1', '1,a,r'],
      'samples.csv:3: 3 fields, where the header has 6',
    ],
    ['an open quote', [HEADER, '1,"a,r,v,m,1'], 'samples.csv:'],
    ['only a header', [HEADER], 'samples.csv: there are no samples.'],
    ['nothing', [''], 'samples.csv: there are no samples.'],
    ['one variant', [HEADER, '1,a,r,v,m,1'], 'samples.csv has one variant of m (a)'],
  ])('%s', async (_name, lines, expected) => {
    write(...lines);
    const faults = await faultsOf();
    expect(faults[0]?.slice(0, expected.length)).toBe(expected);
  });

  it('is told of ten faults at most', async () => {
    write(HEADER, ...Array.from({ length: 50 }, () => '1,a,r,v,m,x'));
    const faults = await faultsOf();
    expect(faults).toHaveLength(11);
    expect(faults.at(-1)).toContain('and maybe more');
  });

  it('that is not there', async () => {
    expect(await faultsOf()).toEqual(['there is no samples.csv']);
  });
});

describe('options that do not fit', () => {
  beforeEach(() => write(HEADER, ...table(8), '1,slim,eu-west-1,eu-west-1,tcp.total,3'));

  it.each([
    [
      { reference: 'slm' },
      '--reference slm: there is none in the table; it has slim, fat. Did you mean "slim"?',
    ],
    [{ control: 'nobody' }, '--control nobody: there is none in the table'],
    [{ reference: 'fat', control: 'fat' }, '--control fat is the reference'],
    [
      { metric: 'http.totl' },
      '--metric http.totl: there is none in the table; it has http.total, tcp.total. Did you mean "http.total"?',
    ],
  ])('%j', async (options, expected) => {
    await expect(ranked(options)).rejects.toThrow(expected);
  });

  it('names the metrics when it cannot choose', async () => {
    write(HEADER, '1,a,r,v,one,3', '1,b,r,v,two,3');
    await expect(ranked()).rejects.toThrow('several metrics (one, two): choose one with --metric');
  });
});
