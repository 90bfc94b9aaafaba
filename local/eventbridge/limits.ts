import { AwsError } from '../wire/types.ts';

const PAGE_MAX = 100;

export const invalid = (message: string) => new AwsError('ValidationException', message);

/** Items a list call may give at once. */
export const pageLimit = (limit = PAGE_MAX): number => {
  if (limit >= 1 && limit <= PAGE_MAX) return limit;
  throw invalid(`Limit must be from 1 to ${PAGE_MAX}`);
};
