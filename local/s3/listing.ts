import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { AwsError } from '../wire/types.ts';
import type { Bucket } from './store.ts';

const KEYS_MAX = 1000;

// S3 orders keys by their UTF-8 bytes, which for strings is the order of code points.
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const tokenOf = (key: string): string => Buffer.from(key, 'utf8').toString('base64url');

const keyOfToken = (token: string): string => {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (tokenOf(key) === token && key !== '') return key;
  throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect', {}, 400);
};

type Entry = { readonly name: string; readonly isPrefix: boolean };

const entriesOf = (bucket: Bucket, prefix: string, delimiter: string): Entry[] => {
  const entries = new Map<string, Entry>();
  for (const key of bucket.objects.keys()) {
    if (!key.startsWith(prefix)) continue;
    const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const name = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    entries.set(name, { name, isPrefix: cut >= 0 });
  }
  return [...entries.values()].sort((a, b) => byBytes(a.name, b.name));
};

/** ListObjectsV2: keys in order, rolled up at the delimiter, in pages. */
export const listObjects = (
  bucket: Bucket,
  input: ListObjectsV2CommandInput,
): Omit<ListObjectsV2CommandOutput, '$metadata'> => {
  const { Prefix = '', Delimiter = '', StartAfter, ContinuationToken, EncodingType } = input;
  const limit = Math.min(input.MaxKeys ?? KEYS_MAX, KEYS_MAX);
  if (limit < 0) throw new AwsError('InvalidArgument', 'max-keys must not be negative', {}, 400);
  const after = ContinuationToken ? keyOfToken(ContinuationToken) : StartAfter;
  const all = entriesOf(bucket, Prefix, Delimiter);
  const rest = after === undefined ? all : all.filter(({ name }) => byBytes(name, after) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const isTruncated = rest.length > page.length && last !== undefined;
  const encode = (text: string) =>
    EncodingType === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text;
  const contents = page.flatMap(({ name, isPrefix }) => {
    const object = isPrefix ? undefined : bucket.objects.get(name);
    if (!object) return [];
    return [
      {
        Key: encode(object.key),
        LastModified: new Date(object.modifiedMs),
        ETag: object.etag,
        Size: object.bytes,
        StorageClass: 'STANDARD' as const,
      },
    ];
  });
  const prefixes = page.filter(({ isPrefix }) => isPrefix);
  return {
    Name: bucket.info.name,
    Prefix: encode(Prefix),
    MaxKeys: limit,
    KeyCount: page.length,
    IsTruncated: isTruncated,
    ...(contents.length > 0 ? { Contents: contents } : {}),
    ...(prefixes.length > 0
      ? { CommonPrefixes: prefixes.map(({ name }) => ({ Prefix: encode(name) })) }
      : {}),
    ...(Delimiter ? { Delimiter: encode(Delimiter) } : {}),
    ...(EncodingType ? { EncodingType } : {}),
    ...(StartAfter === undefined ? {} : { StartAfter: encode(StartAfter) }),
    ...(ContinuationToken ? { ContinuationToken } : {}),
    ...(isTruncated ? { NextContinuationToken: tokenOf(last.name) } : {}),
  };
};
