import { createHash } from 'node:crypto';
import path from 'node:path';
import type * as S3 from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import { decodeLabel } from '../wire/restRoutes.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { verifiedChecksums } from './checksums.ts';
import { checkRead, checkWrite, rangeOf } from './conditions.ts';
import { createExclusive } from './exclusive.ts';
import { listObjects } from './listing.ts';
import { guarded, policyOperations } from './policy.ts';
import { type Bucket, type ObjectInfo, openStore } from './store.ts';

export type S3Options = { readonly dataDir: string; readonly clock: Clock };

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const KEY_BYTES_MAX = 1024;
const METADATA_BYTES_MAX = 2048;

const noSuchKey = (Key: string) =>
  new AwsError('NoSuchKey', 'The specified key does not exist.', { Key }, 404);

// HEAD has no body, so its clients know the error by the status alone.
const notFound = () => new AwsError('NotFound', 'Not Found', {}, 404);

const KEPT_HEADERS = [
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'WebsiteRedirectLocation',
] as const;

const keptHeaders = (input: S3.PutObjectCommandInput): Record<string, string> =>
  Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = input[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const described = (object: ObjectInfo, withChecksums: boolean) => ({
  AcceptRanges: 'bytes',
  ETag: object.etag,
  LastModified: new Date(object.modifiedMs),
  ContentType: object.contentType ?? 'binary/octet-stream',
  Metadata: object.metadata,
  ...Object.fromEntries(
    Object.entries(object.headers).filter(([name]) => withChecksums || !/^Checksum/.test(name)),
  ),
});

const checkKey = (key: string): void => {
  if (Buffer.byteLength(key) <= KEY_BYTES_MAX) return;
  throw new AwsError('KeyTooLongError', 'Your key is too long', { Key: key.slice(0, 80) }, 400);
};

const checkMetadata = (metadata: Readonly<Record<string, string>>): void => {
  const bytes = Buffer.byteLength(Object.entries(metadata).flat().join(''));
  if (bytes <= METADATA_BYTES_MAX) return;
  const what = 'Your metadata headers exceed the maximum allowed metadata size';
  throw new AwsError('MetadataTooLarge', what, {}, 400);
};

const copySource = (header: string): { bucket: string; key: string } => {
  const [, bucket = '', key = ''] = /^\/?([^/]+)\/(.+)$/s.exec(header) ?? [];
  if (bucket && key) return { bucket: decodeLabel(bucket), key: decodeLabel(key) };
  const what = 'Copy Source must mention the source bucket and key';
  throw new AwsError('InvalidArgument', what, {}, 400);
};

/**
 * S3 on disk: buckets with a home region, objects replaced whole, and conditional writes that are
 * held against the object there under a lock, so that of two rivals only one wins.
 */
export const createS3 = async ({ dataDir, clock }: S3Options) => {
  const store = await openStore(path.join(dataDir, 's3'));
  const exclusive = createExclusive();

  const bucketOf = (name: string | undefined, call: CallContext): Bucket => {
    const bucket = store.buckets.get(name ?? '');
    if (!bucket) {
      const what = 'The specified bucket does not exist';
      throw new AwsError('NoSuchBucket', what, { BucketName: name ?? '' }, 404);
    }
    if (bucket.info.region !== call.region) {
      throw new AwsError(
        'PermanentRedirect',
        `The bucket you are attempting to access must be addressed using the region ${bucket.info.region}.`,
        { Bucket: bucket.info.name, Region: bucket.info.region },
        301,
      );
    }
    return bucket;
  };

  const objectOf = (bucket: Bucket, key: string | undefined): ObjectInfo => {
    const object = bucket.objects.get(key ?? '');
    if (!object) throw noSuchKey(key ?? '');
    return object;
  };

  const createBucket = (input: S3.CreateBucketCommandInput, call: CallContext) => {
    const { Bucket: name = '', CreateBucketConfiguration } = input;
    const region = CreateBucketConfiguration?.LocationConstraint ?? 'us-east-1';
    if (!BUCKET_NAME.test(name)) {
      const what = 'The specified bucket is not valid.';
      throw new AwsError('InvalidBucketName', what, { BucketName: name }, 400);
    }
    if (region !== call.region) {
      const what = `The ${region} location constraint is incompatible for the region specific endpoint this request was sent to.`;
      throw new AwsError('IllegalLocationConstraintException', what, {}, 400);
    }
    return exclusive(name, async () => {
      if (store.buckets.has(name)) {
        const what =
          'Your previous request to create the named bucket succeeded and you already own it.';
        throw new AwsError('BucketAlreadyOwnedByYou', what, { BucketName: name }, 409);
      }
      await store.create({ name, region, createdMs: clock.now() });
      return { Location: `/${name}` };
    });
  };

  const putObject = (input: S3.PutObjectCommandInput, call: CallContext) => {
    const { Key: key = '', Metadata: metadata = {} } = input;
    const bucket = bucketOf(input.Bucket, call);
    const content = input.Body instanceof Uint8Array ? input.Body : new Uint8Array(0);
    checkKey(key);
    checkMetadata(metadata);
    const checksums = verifiedChecksums(input, content);
    const etag = `"${createHash('md5').update(content).digest('hex')}"`;
    return exclusive(`${bucket.info.name}/${key}`, async () => {
      checkWrite(input, key, bucket.objects.get(key));
      const object: ObjectInfo = {
        key,
        etag,
        bytes: content.length,
        modifiedMs: clock.now(),
        contentType: input.ContentType,
        headers: { ...keptHeaders(input), ...checksums },
        metadata,
      };
      await bucket.put(object, content);
      return { ETag: etag, ServerSideEncryption: 'AES256', ...checksums };
    });
  };

  const getObject = async (input: S3.GetObjectCommandInput, call: CallContext) => {
    const bucket = bucketOf(input.Bucket, call);
    return exclusive(`${bucket.info.name}/${input.Key}`, async () => {
      const object = objectOf(bucket, input.Key);
      checkRead(input, object);
      const range = rangeOf(input.Range, object.bytes);
      const { start, end } = range ?? { start: 0, end: object.bytes };
      const known = described(object, input.ChecksumMode === 'ENABLED' && !range);
      return {
        ...known,
        Body: await bucket.read(object, start, end),
        ContentLength: end - start,
        ContentType: input.ResponseContentType ?? known.ContentType,
        ...(range ? { ContentRange: `bytes ${start}-${end - 1}/${object.bytes}` } : {}),
      };
    });
  };

  const headObject = (input: S3.HeadObjectCommandInput, call: CallContext) => {
    const object = bucketOf(input.Bucket, call).objects.get(input.Key ?? '');
    if (!object) throw notFound();
    checkRead(input, object);
    const withChecksums = input.ChecksumMode === 'ENABLED';
    return { ...described(object, withChecksums), ContentLength: object.bytes };
  };

  const deleteObject = (input: S3.DeleteObjectCommandInput, call: CallContext) => {
    const bucket = bucketOf(input.Bucket, call);
    const { Key: key = '' } = input;
    return exclusive(`${bucket.info.name}/${key}`, async () => {
      const object = bucket.objects.get(key);
      checkWrite({ IfMatch: input.IfMatch }, key, object);
      if (object) await bucket.remove(key);
      return {};
    });
  };

  const deleteObjects = async (input: S3.DeleteObjectsCommandInput, call: CallContext) => {
    const wanted = input.Delete?.Objects ?? [];
    if (wanted.length === 0 || wanted.length > 1000) {
      throw new AwsError('MalformedXML', 'Delete takes 1 to 1000 objects', {}, 400);
    }
    for (const { Key } of wanted) await deleteObject({ Bucket: input.Bucket, Key }, call);
    return { Deleted: input.Delete?.Quiet ? [] : wanted.map(({ Key }) => ({ Key })) };
  };

  const copyObject = async (input: S3.CopyObjectCommandInput, call: CallContext) => {
    const source = copySource(input.CopySource ?? '');
    const from = bucketOf(source.bucket, call);
    const object = objectOf(from, source.key);
    const replaces = input.MetadataDirective === 'REPLACE';
    const { contentType, metadata, headers } = object;
    const copied = await putObject(
      {
        Bucket: input.Bucket,
        Key: input.Key,
        Body: await from.read(object, 0, object.bytes),
        ContentType: replaces ? input.ContentType : contentType,
        Metadata: replaces ? input.Metadata : metadata,
        IfMatch: input.IfMatch,
        IfNoneMatch: input.IfNoneMatch,
        ...(replaces ? {} : headers),
      },
      call,
    );
    return { CopyObjectResult: { ETag: copied.ETag, LastModified: new Date(clock.now()) } };
  };

  const deleteBucket = (input: S3.DeleteBucketCommandInput, call: CallContext) => {
    const bucket = bucketOf(input.Bucket, call);
    return exclusive(bucket.info.name, async () => {
      if (bucket.objects.size > 0) {
        const what = 'The bucket you tried to delete is not empty';
        throw new AwsError('BucketNotEmpty', what, { BucketName: bucket.info.name }, 409);
      }
      await store.remove(bucket.info.name);
      return {};
    });
  };

  const operations = {
    CreateBucket: createBucket,
    DeleteBucket: deleteBucket,
    HeadBucket(input: S3.HeadBucketCommandInput, call: CallContext) {
      if (!store.buckets.has(input.Bucket ?? '')) throw notFound();
      const { region } = bucketOf(input.Bucket, call).info;
      return { BucketRegion: region };
    },
    ListBuckets: () => ({
      Buckets: [...store.buckets.values()]
        .map(({ info }) => ({ Name: info.name, CreationDate: new Date(info.createdMs) }))
        .sort((a, b) => (a.Name < b.Name ? -1 : 1)),
      Owner: { ID: '0'.repeat(64), DisplayName: 'local' },
    }),
    GetBucketLocation(input: S3.GetBucketLocationCommandInput) {
      const bucket = store.buckets.get(input.Bucket ?? '');
      const { region } = bucket?.info ?? {};
      if (!region) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist');
      return region === 'us-east-1' ? {} : { LocationConstraint: region };
    },
    PutObject: putObject,
    GetObject: getObject,
    HeadObject: headObject,
    DeleteObject: deleteObject,
    DeleteObjects: deleteObjects,
    CopyObject: copyObject,
    ListObjectsV2: (input: S3.ListObjectsV2CommandInput, call: CallContext) =>
      listObjects(bucketOf(input.Bucket, call), input),
    ...policyOperations(bucketOf, store.setPolicy),
  } satisfies Operations;

  return { operations: guarded(operations, bucketOf), close: async (): Promise<void> => undefined };
};
