import type { Shape } from '../wire/sdkModel.ts';
import { isObject, type Json } from './json.ts';

/** A parameter of a task does not fit the operation it calls. */
export class ParameterError extends Error {
  override readonly name = 'ValidationException';
  readonly $metadata = { httpStatusCode: 400, requestId: 'none' };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The member that a task names in PascalCase, as the SDK spells it. */
const memberOf = (shape: Shape, key: string, where: string): string => {
  const names = Object.keys(shape.getMemberSchemas());
  const found = names.find((name) => name === key) ?? names.find((name) => capital(name) === key);
  if (found !== undefined) return found;
  throw new ParameterError(
    `${where} has no field '${key}': it takes ${names.map(capital).join(', ')}`,
  );
};

/** Turns task parameters into the input of an SDK command. Throws ParameterError. */
export const toSdkInput = (shape: Shape, value: unknown, where: string): unknown => {
  if (value === null || value === undefined) return undefined;
  if (shape.isDocumentSchema()) return value;
  if (shape.isTimestampSchema()) {
    const date = new Date(typeof value === 'number' ? value : String(value));
    if (Number.isNaN(date.getTime())) throw new ParameterError(`${where} is not a timestamp`);
    return date;
  }
  if (shape.isBlobSchema() || shape.isStreaming()) {
    // Deliveries of events and schedules hand over bytes; tasks of a machine hand over JSON.
    if (value instanceof Uint8Array) return value;
    return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  }
  if (shape.isListSchema() && Array.isArray(value)) {
    const item = shape.getValueSchema();
    return value.map((v: unknown, i) => toSdkInput(item, v, `${where}[${i}]`));
  }
  if (shape.isMapSchema() && isObject(value)) {
    const item = shape.getValueSchema();
    const pairs = Object.entries(value).map(([k, v]) => [k, toSdkInput(item, v, `${where}.${k}`)]);
    return Object.fromEntries(pairs);
  }
  if (shape.isStructSchema() && isObject(value)) {
    const pairs = Object.entries(value).map(([key, member]) => {
      const name = memberOf(shape, key, where);
      return [name, toSdkInput(shape.getMemberSchema(name), member, `${where}.${key}`)];
    });
    return Object.fromEntries(pairs);
  }
  return value;
};

export type DateForm = 'iso' | 'epochMs';

type Stream = { transformToString(): Promise<string> };
const isStream = (value: unknown): value is Stream =>
  typeof value === 'object' && value !== null && 'transformToString' in value;

/** Turns the output of an SDK command into the JSON a task gives: PascalCase names, blobs as text. */
export const fromSdkOutput = async (
  shape: Shape,
  value: unknown,
  dates: DateForm,
): Promise<Json | undefined> => {
  if (value === undefined) return undefined;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (value instanceof Date) return dates === 'iso' ? value.toISOString() : value.getTime();
  if (isStream(value)) return value.transformToString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) {
    const item = shape.isListSchema() ? shape.getValueSchema() : shape;
    const items = await Promise.all(value.map((v: unknown) => fromSdkOutput(item, v, dates)));
    return items.map((v) => v ?? null);
  }
  if (typeof value !== 'object') return String(value);
  const made: Record<string, Json> = {};
  for (const [key, member] of Object.entries(value)) {
    const struct = shape.isStructSchema();
    const inner = struct ? shape.getMemberSchemas()[key] : mapValue(shape);
    const json = await fromSdkOutput(inner ?? shape, member, dates);
    if (json !== undefined) made[struct ? capital(key) : key] = json;
  }
  return made;
};

const mapValue = (shape: Shape): Shape | undefined =>
  shape.isMapSchema() ? shape.getValueSchema() : undefined;
