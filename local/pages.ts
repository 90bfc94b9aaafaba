/**
 * One page of `items` in the order of their keys. The token is the key of the last item given, so
 * pages stay right while items come and go.
 */
export const pageOf = <T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  token: string | undefined,
  limit: number,
): { found: T[]; next: { NextToken?: string } } => {
  const sorted = items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const rest = token === undefined ? sorted : sorted.filter((item) => keyOf(item) > token);
  const found = rest.slice(0, limit);
  const last = found.at(-1);
  return { found, next: last && rest.length > limit ? { NextToken: keyOf(last) } : {} };
};
