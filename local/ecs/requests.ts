import { AwsError } from '../wire/types.ts';

export const invalid = (message: string): AwsError =>
  new AwsError('InvalidParameterException', message);

export const clientError = (message: string): AwsError => new AwsError('ClientException', message);

/** A field that says nothing: the same as when it were absent. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && !(value instanceof Date) && Object.keys(value).length === 0);

/**
 * Refuses fields that this ECS does not act on. To take them and do nothing would let a drill
 * measure something else than what was asked for.
 */
export const refuseOthers = (
  what: string,
  value: object,
  known: readonly string[],
  fail: (message: string) => AwsError,
): void => {
  const others = Object.entries(value)
    .filter(([name, field]) => !known.includes(name) && !isEmpty(field))
    .map(([name]) => name);
  if (others.length === 0) return;
  throw fail(
    `${what}: the embedded ECS does not support ${others.join(', ')}; remove it, or run on AWS`,
  );
};

/** What `assignPublicIp` says. */
export const isPublic = (assign: string = 'DISABLED'): boolean => {
  if (assign === 'ENABLED' || assign === 'DISABLED') return assign === 'ENABLED';
  throw invalid(`assignPublicIp must be ENABLED or DISABLED; found ${assign}.`);
};

type Tag = { key?: string | undefined; value?: string | undefined };

const TAGS_MAX = 50;

export const readTags = (tags: readonly Tag[] | undefined): Record<string, string> => {
  const all = Object.fromEntries((tags ?? []).map(({ key, value }) => [key ?? '', value ?? '']));
  if ('' in all || Object.keys(all).some((key) => key.length > 128 || key.startsWith('aws:'))) {
    throw invalid('Tag keys have 1 to 128 characters and do not begin with aws:.');
  }
  if (Object.keys(all).length > TAGS_MAX) throw invalid(`There can be at most ${TAGS_MAX} tags.`);
  return all;
};

export const writeTags = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

type Pair = { name?: string | undefined; value?: string | undefined };

export const readPairs = (pairs: readonly Pair[] | undefined): Record<string, string> =>
  Object.fromEntries((pairs ?? []).map(({ name, value }) => [name ?? '', value ?? '']));

export const writePairs = (pairs: Readonly<Record<string, string>>) =>
  Object.entries(pairs).map(([name, value]) => ({ name, value }));

/** Leaves fields out that have no value, as the wire does. */
export const present = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<T>;

type Page = { nextToken?: string | undefined; maxResults?: number | undefined };

const PAGE_MAX = 100;

/** One page of a list; the token is the place to go on from. */
export const page = <T>(all: readonly T[], { nextToken, maxResults = PAGE_MAX }: Page) => {
  const start = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(start) || start < 0) throw invalid('Invalid token.');
  if (maxResults < 1 || maxResults > PAGE_MAX) {
    throw invalid(`maxResults must be between 1 and ${PAGE_MAX}.`);
  }
  const end = start + maxResults;
  return { items: all.slice(start, end), ...(end < all.length ? { nextToken: String(end) } : {}) };
};
