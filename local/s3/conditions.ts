import { AwsError } from '../wire/types.ts';
import type { ObjectInfo } from './store.ts';

const failed = (condition: string) =>
  new AwsError(
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { Condition: condition },
    412,
  );

const bare = (etag: string): string => etag.trim().replace(/^W\//, '').replaceAll('"', '');

const matches = (header: string, object: ObjectInfo): boolean =>
  header.trim() === '*' || header.split(',').some((etag) => bare(etag) === bare(object.etag));

export type WriteConditions = {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
};

/**
 * Conditions of a write, as S3 holds them against the object that is there: If-None-Match takes only
 * `*`, and If-Match on a missing object is NoSuchKey.
 */
export const checkWrite = (
  { IfMatch, IfNoneMatch }: WriteConditions,
  key: string,
  object: ObjectInfo | undefined,
): void => {
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch.trim() !== '*') {
      const what = 'If-None-Match of a write takes only *, the ETag form is not implemented';
      throw new AwsError('NotImplemented', what, { Header: 'If-None-Match' }, 501);
    }
    if (object) throw failed('If-None-Match');
  }
  if (IfMatch === undefined) return;
  if (!object) {
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', { Key: key }, 404);
  }
  if (!matches(IfMatch, object)) throw failed('If-Match');
};

export type ReadConditions = WriteConditions & {
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
};

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** Conditions of a read, in the order of RFC 9110: entity tags go before dates. */
export const checkRead = (conditions: ReadConditions, object: ObjectInfo): void => {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const modifiedMs = wholeSeconds(object.modifiedMs);
  if (IfMatch !== undefined) {
    if (!matches(IfMatch, object)) throw failed('If-Match');
  } else if (IfUnmodifiedSince && modifiedMs > IfUnmodifiedSince.getTime()) {
    throw failed('If-Unmodified-Since');
  }
  const notModified =
    IfNoneMatch === undefined
      ? IfModifiedSince !== undefined && modifiedMs <= IfModifiedSince.getTime()
      : matches(IfNoneMatch, object);
  if (notModified) throw new AwsError('NotModified', 'Not Modified', { ETag: object.etag }, 304);
};

/** The bytes a Range header asks for; undefined where it is absent or none that S3 honours. */
export const rangeOf = (
  header: string | undefined,
  bytes: number,
): { readonly start: number; readonly end: number } | undefined => {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const isSuffix = first === '';
  const start = isSuffix ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = isSuffix || last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (!isSuffix && last !== '' && Number(last) < Number(first)) return undefined;
  if (start >= bytes || end <= start) {
    const what = 'The requested range is not satisfiable';
    const members = { RangeRequested: header, ActualObjectSize: bytes };
    throw new AwsError('InvalidRange', what, members, 416);
  }
  return { start, end };
};
