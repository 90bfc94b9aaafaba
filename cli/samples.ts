/** Reads a table of samples, line by line: whatever the data is, it can be ranked like a drill. */
import { createReadStream } from 'node:fs';
import { CsvError, type Info, parse } from 'csv-parse';
import { nearest } from '../core/nearest.ts';
import { csvFault } from './csvFault.ts';
import { Faults } from './failure.ts';

export const COLUMNS = ['round', 'variant', 'region', 'vantage', 'metric', 'value_ms'] as const;
type Column = (typeof COLUMNS)[number];

/** All values of one variant in one cell and round. */
export type Burst = {
  readonly round: number;
  readonly variant: string;
  readonly region: string;
  readonly vantage: string;
  readonly values: number[];
};

export type Samples = {
  /** By metric. */
  readonly bursts: ReadonlyMap<string, readonly Burst[]>;
  readonly samples: number;
};

const SAMPLES_MAX = 2_000_000;
/** Faults shown before the reader gives up. */
const FAULTS_MAX = 10;
const ROUNDS_MAX = 10_000;
const FIELD_MAX = 200;

type Row = Readonly<Record<Column, string>>;
type Values = { readonly round: number; readonly valueMs: number };

const headerFaults = (file: string, header: readonly string[]): string[] => {
  const missing = COLUMNS.filter((column) => !header.includes(column));
  return missing.map((column) => {
    const unknown = header.filter((name) => !COLUMNS.some((known) => known === name));
    const guess = nearest(column, unknown);
    const hint = guess === undefined ? '' : ` Is it the column "${guess}"?`;
    return `${file}:1: column "${column}" is missing; found ${header.join(', ') || 'nothing'}.${hint} The header names ${COLUMNS.join(',')} in any order`;
  });
};

const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** The numbers of a row, or what is wrong with them. */
const numbersOf = (row: Row): Values | string => {
  const round = Number(row.round);
  if (!/^\d+$/.test(row.round) || round < 1 || round > ROUNDS_MAX) {
    return `round "${shown(row.round)}" is not a whole number from 1 to ${ROUNDS_MAX}`;
  }
  if (row.value_ms === '') {
    return 'value_ms is empty. Leave the row out when nothing was measured; give a failure the time after which it was given up';
  }
  const valueMs = Number(row.value_ms);
  if (!Number.isFinite(valueMs)) {
    return `value_ms "${shown(row.value_ms)}" is not a number. Write milliseconds with a decimal point, without a unit`;
  }
  if (valueMs < 0) return `value_ms ${row.value_ms} is negative: a latency cannot be`;
  const empty = (['variant', 'region', 'vantage', 'metric'] as const).find((name) => !row[name]);
  if (empty !== undefined) return `${empty} is empty`;
  const long = COLUMNS.find((name) => row[name].length > FIELD_MAX);
  return long === undefined ? { round, valueMs } : `${long} is longer than ${FIELD_MAX} characters`;
};

/** Collects bursts; several rows for one place are samples of one burst. */
const createCollector = () => {
  const bursts = new Map<string, Map<string, Burst>>();
  let samples = 0;
  const add = (row: Row, { round, valueMs }: Values): void => {
    const { variant, region, vantage, metric } = row;
    const ofMetric = bursts.get(metric) ?? new Map<string, Burst>();
    bursts.set(metric, ofMetric);
    const key = JSON.stringify([round, variant, region, vantage]);
    const burst = ofMetric.get(key) ?? { round, variant, region, vantage, values: [] };
    ofMetric.set(key, burst);
    burst.values.push(valueMs);
    samples += 1;
  };
  const collected = (): Samples => ({
    bursts: new Map([...bursts].map(([metric, some]) => [metric, [...some.values()]])),
    samples,
  });
  return { add, collected, count: () => samples };
};

const unreadable = (file: string, error: unknown): Faults => {
  if (error instanceof CsvError) return new Faults('CsvInvalid', [csvFault(file, error)]);
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const why = error instanceof Error ? error.message : String(error);
  return new Faults('CsvInvalid', [
    missing ? `there is no ${file}` : `cannot read ${file}: ${why}`,
  ]);
};

const rowOf = (header: readonly string[], fields: readonly string[]): Row => {
  const at = (column: Column): string => fields[header.indexOf(column)] ?? '';
  return {
    round: at('round'),
    variant: at('variant'),
    region: at('region'),
    vantage: at('vantage'),
    metric: at('metric'),
    value_ms: at('value_ms'),
  };
};

/** @throws Faults `CsvInvalid`, with file, line, what was found and what to do. */
export const readSamples = async (file: string): Promise<Samples> => {
  const parser = createReadStream(file).on('error', (error) => parser.destroy(error));
  const rows = parser.pipe(parse({ bom: true, trim: true, info: true, skip_empty_lines: true }));
  parser.on('error', (error) => rows.destroy(error));
  const { add, collected, count } = createCollector();
  const faults: string[] = [];
  let header: string[] | undefined;
  try {
    for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: Info }>) {
      if (header === undefined) {
        header = record.map((name) => name.toLowerCase());
        const wrong = headerFaults(file, header);
        if (wrong.length > 0) throw new Faults('CsvInvalid', wrong);
        continue;
      }
      const row = rowOf(header, record);
      const numbers = numbersOf(row);
      if (typeof numbers !== 'string') add(row, numbers);
      else faults.push(`${file}:${info.lines}: ${numbers}`);
      if (faults.length >= FAULTS_MAX) {
        throw new Faults('CsvInvalid', [...faults, `${file}: and maybe more; these come first`]);
      }
      if (count() > SAMPLES_MAX) {
        throw new Faults('CsvInvalid', [
          `${file}:${info.lines}: more than ${SAMPLES_MAX} samples. Pool them first: one row with the quantile of each burst`,
        ]);
      }
    }
  } catch (error) {
    throw error instanceof Faults ? error : unreadable(file, error);
  }
  if (faults.length > 0) throw new Faults('CsvInvalid', faults);
  if (count() === 0) {
    throw new Faults('CsvInvalid', [
      `${file}: there are no samples. The header names ${COLUMNS.join(',')}; each further line is one sample`,
    ]);
  }
  return collected();
};
