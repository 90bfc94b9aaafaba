/** Reads a series of nights, or of anything else, from CSV: columns time and value, holes allowed. */
import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import * as z from 'zod';
import { nearest } from '../core/nearest.ts';
import { csvFault } from './csvFault.ts';
import { Faults } from './failure.ts';

const COLUMNS = ['time', 'value'] as const;
/** For the cause of an alert: what runs today, and the same image measured again. */
const MORE_COLUMNS = ['reference', 'control'] as const;

export type Row = {
  /** As written. */
  readonly time: string;
  /** Number of the day for daily dates, otherwise of the row, from 0. */
  readonly day: number;
  readonly value: number | null;
  readonly reference: number | null;
  readonly control: number | null;
};

export type Series = {
  readonly rows: readonly Row[];
  /** Whether the times are dates about a day apart, so that weekdays mean something. */
  readonly daily: boolean;
  readonly hasReference: boolean;
  readonly hasControl: boolean;
};

const DAY_MS = 86_400_000;
const FAULTS_MAX = 10;
const ROWS_MAX = 1_000_000;
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const HOLE = /^(?:|-|na|nan|null|none)$/i;

const Rows = z.array(
  z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }),
);

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = error instanceof Error ? error.message : String(error);
    throw new Faults('CsvInvalid', [
      missing ? `there is no ${file}` : `cannot read ${file}: ${why}`,
    ]);
  }
};

const rawRows = (file: string): z.output<typeof Rows> => {
  try {
    // The types of the reader do not know that `info` changes the shape of a row.
    return Rows.parse(
      parse(textOf(file), { bom: true, trim: true, info: true, skip_empty_lines: true }),
    );
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new Faults('CsvInvalid', [csvFault(file, error)]);
  }
};

const headerOf = (file: string, found: readonly string[]): readonly string[] => {
  const header = found.map((name) => name.toLowerCase());
  const faults = COLUMNS.filter((column) => !header.includes(column)).map((column) => {
    const others = header.filter((name) => !COLUMNS.some((known) => known === name));
    const guess = nearest(column, others);
    const hint = guess === undefined ? '' : ` Is it the column "${guess}"?`;
    return `${file}:1: column "${column}" is missing; found ${header.join(', ') || 'nothing'}.${hint} The header names time,value and, if you like, reference,control`;
  });
  if (header.includes('control') && !header.includes('reference')) {
    faults.push(`${file}:1: column "control" is compared with "reference", which is missing`);
  }
  if (faults.length > 0) throw new Faults('CsvInvalid', faults);
  return header;
};

/** A time as a number that grows, or undefined for neither a date nor a number. */
const orderOf = (text: string): number | undefined => {
  const number = text === '' ? Number.NaN : Number(text);
  const order = DATE.test(text) ? Date.parse(text.replace(' ', 'T')) : number;
  return Number.isFinite(order) ? order : undefined;
};

const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

type Parsed = Omit<Row, 'day'> & { readonly order: number };

const parseRow = (fields: readonly string[], header: readonly string[]): Parsed | string => {
  const at = (column: string): string => fields[header.indexOf(column)] ?? '';
  const time = at('time');
  const order = orderOf(time);
  if (order === undefined) {
    return `time "${shown(time)}" is neither a date such as 2026-11-20 nor a number`;
  }
  const numbers: Record<string, number | null> = {};
  for (const column of ['value', ...MORE_COLUMNS]) {
    const text = at(column);
    const number = HOLE.test(text) ? null : Number(text);
    if (number !== null && !Number.isFinite(number)) {
      return `${column} "${shown(text)}" is not a number. Write it with a decimal point, or leave it empty where nothing was measured`;
    }
    numbers[column] = number;
  }
  const { value = null, reference = null, control = null } = numbers;
  return { time, order, value, reference, control };
};

const isDaily = (parsed: readonly Parsed[]): boolean => {
  if (!parsed.every(({ time }) => DATE.test(time))) return false;
  const gaps = parsed.slice(1).map(({ order }, at) => order - (parsed[at]?.order ?? 0));
  const nearDay = gaps.filter((gap) => Math.abs(gap / DAY_MS - Math.round(gap / DAY_MS)) < 0.1);
  return gaps.every((gap) => gap > DAY_MS / 2) && nearDay.length >= gaps.length * 0.9;
};

/** @throws Faults `CsvInvalid`, with file, line, what was found and what to do. */
export const readSeries = (file: string): Series => {
  const [first, ...raw] = rawRows(file);
  const header = headerOf(file, first?.record ?? []);
  const faults: string[] = [];
  const parsed: Parsed[] = [];
  if (raw.length > ROWS_MAX) {
    throw new Faults('CsvInvalid', [`${file}: more than ${ROWS_MAX} rows. Thin them out first`]);
  }
  for (const { record, info } of raw) {
    const row = parseRow(record, header);
    const last = parsed.at(-1);
    if (typeof row === 'string') faults.push(`${file}:${info.lines}: ${row}`);
    else if (last && row.order <= last.order) {
      const how = row.order === last.order ? 'stands twice' : `comes after ${last.time}`;
      faults.push(
        `${file}:${info.lines}: time ${row.time} ${how}. Sort the rows by time, one for each`,
      );
    } else parsed.push(row);
    if (faults.length >= FAULTS_MAX) break;
  }
  if (faults.length > 0) throw new Faults('CsvInvalid', faults);
  if (!parsed.some(({ value }) => value !== null)) {
    throw new Faults('CsvInvalid', [
      `${file}: there are no values. Each line after the header is one`,
    ]);
  }
  const daily = isDaily(parsed);
  const rows = parsed.map(({ order, ...row }, at) => ({
    ...row,
    day: daily ? Math.floor(order / DAY_MS) : at,
  }));
  const has = (column: string): boolean => header.includes(column);
  return { rows, daily, hasReference: has('reference'), hasControl: has('control') };
};
