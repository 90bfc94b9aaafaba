import { randomBytes } from 'node:crypto';
import { AwsError } from '../wire/types.ts';

export const invalid = (message: string): AwsError =>
  new AwsError('ValidationError', message, {}, 400);

export const badConfiguration = (message: string): AwsError =>
  new AwsError('InvalidConfigurationRequestException', message);

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0);

/** Refuses members that the embedded load balancers do not act on. */
export const refuseOthers = (what: string, value: object, known: readonly string[]): void => {
  const others = Object.entries(value)
    .filter(([name, field]) => !known.includes(name) && !isEmpty(field))
    .map(([name]) => name);
  if (others.length === 0) return;
  throw badConfiguration(
    `${what}: the embedded load balancer does not support ${others.join(', ')}; remove it, or run on AWS`,
  );
};

/** A member that must be there. */
export const need = <T>(value: T | undefined, name: string): T => {
  if (value !== undefined && value !== null && value !== '') return value;
  throw invalid(`A ${name} must be specified`);
};

/** @throws AwsError ValidationError when it is outside the range or no whole number. */
export const within = (value: number, [least, most]: readonly [number, number], name: string) => {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`${name} '${value}' must be between ${least} and ${most} inclusive`);
};

const NAME = /^(?!-)(?!internal-)[A-Za-z0-9-]{1,32}(?<!-)$/;

export const nameOf = (value: string | undefined, what: string): string => {
  const name = need(value, `${what} name`);
  if (NAME.test(name)) return name;
  throw invalid(
    `The ${what} name '${name}' must have 1 to 32 letters, digits and hyphens, and no hyphen at its ends`,
  );
};

/** 16 hexadecimal digits, as at the end of an ARN. */
export const newId = (): string => randomBytes(8).toString('hex');

const PAGE_MAX = 400;

/** One page of a list; the marker is the place to go on from. */
export const page = <T>(
  all: readonly T[],
  { Marker, PageSize = PAGE_MAX }: { Marker?: string | undefined; PageSize?: number | undefined },
) => {
  const start = Marker === undefined ? 0 : Number(Marker);
  if (!Number.isInteger(start) || start < 0) throw invalid(`Invalid marker '${Marker}'`);
  within(PageSize, [1, PAGE_MAX], 'Page size');
  const end = start + PageSize;
  return { items: all.slice(start, end), ...(end < all.length ? { NextMarker: String(end) } : {}) };
};
