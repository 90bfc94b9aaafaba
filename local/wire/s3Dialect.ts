import type { Failure, Match } from './protocol.ts';
import { decodeLabel } from './restRoutes.ts';
import type { RestXmlDialect } from './restXml.ts';
import { AwsError, type WireRequest } from './types.ts';
import { membersOf } from './values.ts';
import { XML_HEAD } from './xmlCodec.ts';
import { escapeXml } from './xmlText.ts';

// Host forms that carry the bucket: bucket.localhost, bucket.s3.region.amazonaws.com.
const BUCKET_HOST = /^(.+)\.(?:localhost|s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com)(?::\d+)?$/;

const addressed = (request: WireRequest): { bucket: string | undefined; path: string } => {
  const host = request.headers['host'] ?? '';
  const inHost = host.startsWith('s3.') ? undefined : BUCKET_HOST.exec(host)?.[1];
  if (inHost) return { bucket: inHost, path: request.path };
  const [, bucket = '', rest = ''] = /^\/([^/]*)(.*)$/s.exec(request.path) ?? [];
  return { bucket: bucket === '' ? undefined : decodeLabel(bucket), path: rest || '/' };
};

const NEEDS: Readonly<Record<string, (request: WireRequest, bucket: boolean) => boolean>> = {
  ListBuckets: (_, bucket) => !bucket,
  ListDirectoryBuckets: () => false,
  ListParts: (request) => request.query.has('uploadId'),
  GetObject: (request) => !request.query.has('uploadId'),
  AbortMultipartUpload: (request) => request.query.has('uploadId'),
  DeleteObject: (request) => !request.query.has('uploadId'),
  CompleteMultipartUpload: (request) => request.query.has('uploadId'),
  PutObject: (request) => !isCopy(request) && !request.query.has('partNumber'),
  CopyObject: (request) => isCopy(request) && !request.query.has('partNumber'),
  UploadPart: (request) => !isCopy(request) && request.query.has('partNumber'),
  UploadPartCopy: (request) => isCopy(request) && request.query.has('partNumber'),
};

const isCopy = (request: WireRequest): boolean => 'x-amz-copy-source' in request.headers;

const errorDocument = (failure: Failure): string => {
  const own = Object.entries(membersOf(failure.members, failure.code))
    .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
    .join('');
  return (
    `${XML_HEAD}<Error><Code>${escapeXml(failure.code)}</Code>` +
    `<Message>${escapeXml(failure.message)}</Message>${own}` +
    `<RequestId>${escapeXml(failure.requestId)}</RequestId>` +
    `<HostId>${escapeXml(failure.requestId)}</HostId></Error>`
  );
};

/**
 * S3: the bucket stands before the path (or in the host name), several operations share a path and
 * are told apart by headers and query parameters, and errors have a root element of their own.
 */
export const s3Dialect: RestXmlDialect = {
  match(routes, request): Match | undefined {
    const { bucket, path } = addressed(request);
    const found = routes(request, path).find(({ operation }) => {
      const fits = NEEDS[operation.name];
      if (fits) return fits(request, bucket !== undefined);
      return bucket !== undefined;
    });
    if (!found) return undefined;
    return bucket === undefined ? found : { ...found, labels: { ...found.labels, Bucket: bucket } };
  },
  unwrapped: new Set(['GetBucketLocation']),
  contentType: 'application/xml',
  errorDocument,
  requestIdHeaders: (requestId) => ({ 'x-amz-request-id': requestId, 'x-amz-id-2': requestId }),
  errorHeaders({ members: { Region, ETag } }) {
    return {
      ...(typeof Region === 'string' ? { 'x-amz-bucket-region': Region } : {}),
      ...(typeof ETag === 'string' ? { etag: ETag } : {}),
    };
  },
  unknownOperation: (asked) =>
    new AwsError(
      'NotImplemented',
      `A header or query you provided implies functionality that is not implemented: ${asked}`,
      {},
      501,
    ),
};
