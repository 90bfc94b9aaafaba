import { AwsError } from '../wire/types.ts';

/** Items of a page: what was asked for, `max` at most. */
export const pageSize = (asked: number | undefined, max: number): number => {
  if (asked === undefined) return max;
  if (Number.isInteger(asked) && asked >= 1) return Math.min(asked, max);
  throw new AwsError('InvalidInput', `MaxItems must be a whole number >= 1, not ${asked}`);
};
