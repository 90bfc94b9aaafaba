/** A JSON value. Values are never changed in place: states pass the same object on. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** Largest payload of a state, in bytes of UTF-8 (256 KiB). Source: Step Functions quotas. */
export const PAYLOAD_BYTES_MAX = 262_144;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True when the JSON text is too large to be a payload. */
export const isOversize = (text: string): boolean =>
  text.length * 3 > PAYLOAD_BYTES_MAX && Buffer.byteLength(text) > PAYLOAD_BYTES_MAX;

/** Levels of nesting a JSON text may have: deeper ones would use up the stack. */
const DEPTH_MAX = 1_000;
const OPEN = new Set(['[', '{']);
const CLOSE = new Set([']', '}']);

/** Throws SyntaxError when brackets nest deeper than the limit. */
const checkDepth = (text: string): void => {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charAt(i);
    if (quoted) {
      if (c === '\\') i += 1;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (OPEN.has(c)) depth += 1;
    else if (CLOSE.has(c)) depth -= 1;
    if (depth > DEPTH_MAX) throw new SyntaxError(`JSON nests deeper than ${DEPTH_MAX} levels`);
  }
};

/** Reads JSON text; the one place where outside text becomes a Json. Throws SyntaxError. */
export const parseJson = (text: string): Json => {
  checkDepth(text);
  const value: Json = JSON.parse(text);
  return value;
};

/** A copy with only JSON in it, as a JSON text round trip would leave it. */
export const toJson = (value: unknown): Json => {
  const text = JSON.stringify(value);
  return text === undefined ? null : parseJson(text);
};

/** A value as AWS prints it inside an error text: strings in double quotes. */
export const show = (value: Json): string => JSON.stringify(value);

export const equalJson = (a: Json, b: Json): boolean => {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((v, i) => equalJson(v, b[i] ?? null))
    );
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key] ?? null, b[key] ?? null))
  );
};
