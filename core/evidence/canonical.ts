/** JSON with one spelling: keys sorted, no spaces. The same value always gives the same bytes. */

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * Canonical JSON after RFC 8785: keys by UTF-16 code units, numbers as ECMAScript prints them; a
 * key whose value is undefined is left out. Throws a RangeError for a number that JSON cannot hold.
 */
export const canonicalJson = (value: Json): string => {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new RangeError(`${value} has no place in a record: JSON cannot hold it`);
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const member = value[key];
      return member === undefined ? [] : [`${JSON.stringify(key)}:${canonicalJson(member)}`];
    });
  return `{${members.join(',')}}`;
};

const isArray = (
  value: readonly Json[] | { readonly [key: string]: Json | undefined },
): value is readonly Json[] => Array.isArray(value);
