import type { Shape } from './sdkModel.ts';
import { AwsError } from './types.ts';

/** What a codec does when the caller's bytes do not fit the model: the error AWS answers with. */
export const mismatch = (where: string, wanted: string, found: unknown): AwsError =>
  new AwsError(
    'SerializationException',
    `${where}: expected ${wanted}, found ${found === null ? 'null' : Array.isArray(found) ? 'a list' : typeof found}`,
    {},
    400,
  );

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds';

// Schema numbers of @smithy/core: 4 has no format of its own, so the place it stands in decides.
const FORMAT_OF_SCHEMA: Readonly<Record<number, TimestampFormat>> = {
  5: 'date-time',
  6: 'http-date',
  7: 'epoch-seconds',
};

export const timestampFormat = (shape: Shape, byPlace: TimestampFormat): TimestampFormat => {
  const schema = shape.getSchema();
  return (typeof schema === 'number' ? FORMAT_OF_SCHEMA[schema] : undefined) ?? byPlace;
};

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const EPOCH_SECONDS = /^-?\d+(\.\d+)?$/;

/** Reads a timestamp in any of the three forms: AWS takes them all where it takes one. */
export const readTimestamp = (value: unknown, where: string): Date => {
  const text = String(value);
  let date: Date | undefined;
  if (typeof value === 'number' || EPOCH_SECONDS.test(text)) {
    date = new Date(Math.round(Number(value) * 1000));
  } else if (RFC3339.test(text) || HTTP_DATE.test(text)) {
    date = new Date(text);
  }
  if (!date || Number.isNaN(date.getTime())) throw mismatch(where, 'a timestamp', value);
  return date;
};

export const writeTimestamp = (value: Date, format: TimestampFormat): string | number => {
  if (format === 'epoch-seconds') return value.getTime() / 1000;
  if (format === 'http-date') return value.toUTCString();
  return value.toISOString().replace('.000Z', 'Z');
};

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export const readBase64 = (value: string, where: string): Uint8Array => {
  if (value.length % 4 !== 0 || !BASE64.test(value)) throw mismatch(where, 'base64', value);
  return Buffer.from(value, 'base64');
};

export const writeBase64 = (value: unknown, where: string): string => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('base64');
  throw new Error(`${where}: a blob is answered as bytes or a string, not as ${typeof value}`);
};

export const asDate = (value: unknown, where: string): Date => {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  throw new Error(`${where}: a timestamp is answered as a valid Date, not as ${String(value)}`);
};

const NUMBER_WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** Reads a simple value from text: a label, a header, a query parameter, an XML element, a form field. */
export const readText = (
  shape: Shape,
  text: string,
  where: string,
): string | number | bigint | boolean | Date | Uint8Array => {
  if (shape.isTimestampSchema()) return readTimestamp(text, where);
  if (shape.isBlobSchema()) return readBase64(text, where);
  if (shape.isBooleanSchema()) {
    const lower = text.trim().toLowerCase();
    if (lower !== 'true' && lower !== 'false') throw mismatch(where, 'true or false', text);
    return lower === 'true';
  }
  if (shape.isBigIntegerSchema()) {
    if (!/^-?\d+$/.test(text)) throw mismatch(where, 'an integer', text);
    return BigInt(text);
  }
  if (shape.isNumericSchema()) {
    const number = NUMBER_WORDS[text] ?? (text.trim() === '' ? Number.NaN : Number(text));
    if (Number.isNaN(number) && text !== 'NaN') throw mismatch(where, 'a number', text);
    return number;
  }
  return text;
};

export const writeText = (
  shape: Shape,
  value: unknown,
  byPlace: TimestampFormat,
  where: string,
): string => {
  if (shape.isTimestampSchema()) {
    return String(writeTimestamp(asDate(value, where), timestampFormat(shape, byPlace)));
  }
  if (shape.isBlobSchema()) return writeBase64(value, where);
  if (typeof value === 'object') {
    throw new Error(`${where}: a simple value is due, found ${JSON.stringify(value)}`);
  }
  return String(value);
};

/** The members of an answer, or nothing where the handler answered nothing. */
export const membersOf = (value: unknown, where: string): Readonly<Record<string, unknown>> => {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object')
    throw new Error(`${where}: an object is due, found ${typeof value}`);
  return Object.fromEntries(Object.entries(value));
};
