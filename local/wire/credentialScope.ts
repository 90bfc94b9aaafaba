import type { WireRequest } from './types.ts';

export type CredentialScope = {
  readonly accessKeyId: string;
  readonly region: string;
  readonly scope: string;
};

const HEADER_CREDENTIAL = /^AWS4-(?:HMAC|ECDSA-P256)-SHA256\s.*?Credential=([^,\s]+)/s;

/** Callers come again with the same one for a day; more than a few are not worth remembering. */
const KNOWN_MAX = 1_000;
const known = new Map<string, CredentialScope>();

const scopeOf = (
  credential: string,
  regionSet: string | undefined,
): CredentialScope | undefined => {
  const parts = credential.split('/');
  if (parts.pop() !== 'aws4_request') return undefined;
  const scope = parts.pop();
  // SigV4a has no region in its scope: the set of regions stands in a header of its own.
  const region = regionSet === undefined ? parts.pop() : regionSet.split(',')[0];
  const date = parts.pop();
  const accessKeyId = parts.join('/');
  if (!scope || !region || !/^\d{8}$/.test(date ?? '') || !accessKeyId) return undefined;
  return { accessKeyId, region, scope };
};

/**
 * Who calls which service where, from the SigV4 (or SigV4a) signature in the Authorization header
 * or in a presigned URL. The signature itself is not checked: the embedded cloud has no secrets.
 */
export const credentialScope = ({ headers, query }: WireRequest): CredentialScope | undefined => {
  const credential =
    HEADER_CREDENTIAL.exec(headers['authorization'] ?? '')?.[1] ?? query.get('X-Amz-Credential');
  if (!credential) return undefined;
  const regionSet = headers['x-amz-region-set'] ?? query.get('X-Amz-Region-Set') ?? undefined;
  const key = regionSet === undefined ? credential : `${credential} ${regionSet}`;
  const found = known.get(key) ?? scopeOf(credential, regionSet);
  if (found === undefined) return undefined;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(key, found);
  return found;
};

const S3_HOST = /^[a-z0-9][a-z0-9.-]*\.s3\.([a-z0-9-]+)\.amazonaws\.com(?::\d+)?$/;

/**
 * The scope of a request that nobody signed, where AWS takes such requests too: reads of public S3
 * objects, whose bucket and region stand in the host name. Its access key is empty.
 */
export const anonymousScope = ({ method, headers }: WireRequest): CredentialScope | undefined => {
  const region = S3_HOST.exec(headers['host'] ?? '')?.[1];
  if (region === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined;
  return { accessKeyId: '', region, scope: 's3' };
};
