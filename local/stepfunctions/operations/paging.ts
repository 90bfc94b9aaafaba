import { AwsError } from '../../wire/types.ts';

const PAGE_MAX = 1000;
const PAGE_DEFAULT = 100;

/** One page of a list; tokens hold the place of the next item. Throws InvalidToken. */
export const page = <T>(
  items: readonly T[],
  maxResults: unknown,
  nextToken: unknown,
): { items: readonly T[]; nextToken?: string } => {
  const size =
    typeof maxResults === 'number' && maxResults > 0
      ? Math.min(maxResults, PAGE_MAX)
      : PAGE_DEFAULT;
  const from = nextToken === undefined ? 0 : placeIn(nextToken);
  const next = from + size;
  return {
    items: items.slice(from, next),
    ...(next < items.length ? { nextToken: tokenFor(next) } : {}),
  };
};

export const tokenFor = (place: number): string =>
  Buffer.from(JSON.stringify({ place })).toString('base64');

export const placeIn = (token: unknown): number => {
  try {
    const value: unknown = JSON.parse(Buffer.from(String(token), 'base64').toString('utf8'));
    const place =
      typeof value === 'object' && value !== null ? Reflect.get(value, 'place') : undefined;
    if (typeof place === 'number' && place >= 0) return place;
  } catch {
    // Falls through to the error that a wrong token gives.
  }
  throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
};
