import type { Shape } from './sdkModel.ts';
import {
  asDate,
  membersOf,
  mismatch,
  readBase64,
  readTimestamp,
  type TimestampFormat,
  timestampFormat,
  writeBase64,
  writeTimestamp,
} from './values.ts';

const DEPTH_MAX = 100;

const numberFromWord = (value: unknown): unknown =>
  value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;

const readSimple = (shape: Shape, value: unknown, where: string): unknown => {
  if (shape.isTimestampSchema()) return readTimestamp(value, where);
  if (shape.isBlobSchema()) {
    if (value instanceof Uint8Array) return value;
    if (typeof value !== 'string') throw mismatch(where, 'base64', value);
    return readBase64(value, where);
  }
  if (shape.isStringSchema()) {
    if (typeof value !== 'string') throw mismatch(where, 'a string', value);
    return value;
  }
  if (shape.isBooleanSchema()) {
    if (typeof value !== 'boolean') throw mismatch(where, 'true or false', value);
    return value;
  }
  if (shape.isBigIntegerSchema() && typeof value === 'bigint') return value;
  if (shape.isNumericSchema() || shape.isBigIntegerSchema()) {
    const number = numberFromWord(value);
    if (typeof number !== 'number') throw mismatch(where, 'a number', value);
    return number;
  }
  return value;
};

/** Reads a parsed JSON (or CBOR) value as the model says; members the model lacks are left out, as AWS does. */
export const readJson = (shape: Shape, value: unknown, where: string, depth = 0): unknown => {
  if (depth > DEPTH_MAX) throw mismatch(where, `at most ${DEPTH_MAX} levels`, value);
  if (shape.isDocumentSchema()) return value;
  if (shape.isListSchema()) {
    if (!Array.isArray(value)) throw mismatch(where, 'a list', value);
    const member = shape.getValueSchema();
    return value
      .map((item, index) =>
        item === null ? null : readJson(member, item, `${where}[${index}]`, depth + 1),
      )
      .filter((item) => item !== null);
  }
  if (shape.isStructSchema() || shape.isMapSchema()) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw mismatch(where, 'an object', value);
    }
    const found = new Map(Object.entries(value));
    const entries: [string, unknown][] = [];
    const take = (name: string, member: Shape) => {
      const item: unknown = found.get(name);
      if (item === undefined || item === null) return;
      entries.push([name, readJson(member, item, `${where}.${name}`, depth + 1)]);
    };
    if (shape.isMapSchema()) for (const name of found.keys()) take(name, shape.getValueSchema());
    else for (const [name, member] of shape.structIterator()) take(name, member);
    return Object.fromEntries(entries);
  }
  if (shape.isUnitSchema()) return {};
  return readSimple(shape, value, where);
};

export type JsonForm = {
  readonly timestamp: TimestampFormat;
  /** CBOR carries bytes and dates as they are; JSON needs them as text and number. */
  readonly native: boolean;
};

const writeSimple = (shape: Shape, value: unknown, where: string, form: JsonForm): unknown => {
  if (shape.isTimestampSchema()) {
    const date = asDate(value, where);
    return form.native ? date : writeTimestamp(date, timestampFormat(shape, form.timestamp));
  }
  if (shape.isBlobSchema()) {
    if (!form.native) return writeBase64(value, where);
    return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  }
  if (typeof value === 'number' && !Number.isFinite(value) && !form.native) return String(value);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object') throw new Error(`${where}: a simple value is due, not an object`);
  return value;
};

/** Writes an answer as the model says. Members that are undefined or null are left out. */
export const writeJson = (shape: Shape, value: unknown, where: string, form: JsonForm): unknown => {
  if (shape.isDocumentSchema()) return value;
  if (shape.isListSchema()) {
    if (!Array.isArray(value)) throw new Error(`${where}: a list is due, found ${typeof value}`);
    const member = shape.getValueSchema();
    return value.map((item, index) => writeJson(member, item, `${where}[${index}]`, form));
  }
  if (shape.isStructSchema() || shape.isMapSchema()) {
    const members = membersOf(value, where);
    const entries: [string, unknown][] = [];
    const put = (name: string, member: Shape) => {
      const item = members[name];
      if (item === undefined || item === null) return;
      entries.push([name, writeJson(member, item, `${where}.${name}`, form)]);
    };
    if (shape.isMapSchema())
      for (const name of Object.keys(members)) put(name, shape.getValueSchema());
    else for (const [name, member] of shape.structIterator()) put(name, member);
    return Object.fromEntries(entries);
  }
  if (shape.isUnitSchema()) return {};
  return writeSimple(shape, value, where, form);
};

/** Parses a JSON body; an empty one is an empty object, as AWS takes it. */
export const parseJsonBody = (body: Uint8Array): unknown => {
  if (body.length === 0) return {};
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw mismatch('the request body', 'JSON in UTF-8', 'text');
  }
};
