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

/** Reads JSON text; the one place where outside text becomes a Json. Throws SyntaxError. */
export const parseJson = (text: string): Json => {
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
