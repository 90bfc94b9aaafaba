import type { CsvError } from 'csv-parse';

const LENGTH_CODES = ['CSV_RECORD_INCONSISTENT_FIELDS_LENGTH', 'CSV_RECORD_INCONSISTENT_COLUMNS'];

/** What the CSV reader stumbled over: file, line, what was found. */
export const csvFault = (file: string, error: CsvError): string => {
  const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
  const record: unknown = error['record'];
  const expected = /expect (\d+)/.exec(error.message)?.[1];
  if (!LENGTH_CODES.includes(error.code) || !Array.isArray(record) || expected === undefined) {
    return `${file}:${line}: ${error.message}`;
  }
  return `${file}:${line}: ${record.length} fields, where the header has ${expected}. Quote a value that holds a comma, or complete the row`;
};
