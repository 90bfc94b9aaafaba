import { cbor, dateToTag } from '@smithy/core/cbor';
import { queryErrorHeader } from './awsJson.ts';
import { readJson, writeJson } from './jsonCodec.ts';
import { messageMember, type Protocol } from './protocol.ts';
import type { ServiceModel } from './sdkModel.ts';
import { AwsError, type WireRequest } from './types.ts';
import { mismatch } from './values.ts';

const FORM = { timestamp: 'epoch-seconds', native: true } as const;
const EPOCH_TAG = 1;

/** Tagged dates become seconds, as the JSON reader takes them; everything else stays. */
const untagged = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(untagged);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Reflect.get(value, 'tag') === EPOCH_TAG) return Reflect.get(value, 'value');
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, untagged(item)]));
};

const tagged = (value: unknown): unknown => {
  if (value instanceof Date) return dateToTag(value);
  if (Array.isArray(value)) return value.map(tagged);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, tagged(item)]));
};

const decode = (body: Uint8Array): unknown => {
  if (body.length === 0) return {};
  try {
    return untagged(cbor.deserialize(body));
  } catch {
    throw mismatch('the request body', 'CBOR', 'bytes');
  }
};

const PATH = /^\/service\/[^/]+\/operation\/([A-Za-z0-9_]+)\/?$/;

/** Whether a request speaks Smithy RPC v2 CBOR, whatever the service's own protocol is. */
export const speaksCbor = (request: WireRequest): boolean =>
  request.headers['smithy-protocol'] === 'rpc-v2-cbor';

/** Smithy RPC v2 with CBOR bodies, which newer clients prefer for some services. */
export const rpcV2Cbor = (model: ServiceModel): Protocol => {
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
  const unknownOperation = (asked: string) =>
    new AwsError('UnknownOperationException', `unknown operation: ${asked}`, {}, 404);
  return {
    match(request) {
      const name = PATH.exec(request.path)?.[1];
      const operation = name ? model.operations.get(name) : undefined;
      if (!operation || request.method !== 'POST') {
        throw unknownOperation(`${request.method} ${request.path}`);
      }
      return { operation, labels: {} };
    },
    read: ({ operation }, request) =>
      readJson(operation.input, decode(request.body), operation.name),
    write(operation, output, requestId) {
      const value = writeJson(operation.output, output ?? {}, operation.name, FORM);
      return {
        status: 200,
        headers: { ...headers, 'x-amzn-requestid': requestId },
        body: cbor.serialize(tagged(value)),
      };
    },
    fail(failure, request) {
      const own = failure.model
        ? writeJson(failure.model.shape, failure.members, failure.code, FORM)
        : failure.members;
      const body = {
        __type: `${model.namespace}#${failure.code}`,
        [messageMember(failure.model)]: failure.message,
        ...Object(tagged(own)),
      };
      return {
        status: failure.status,
        headers: {
          ...headers,
          'x-amzn-requestid': failure.requestId,
          ...queryErrorHeader(failure, request),
        },
        body: cbor.serialize(body),
      };
    },
    notOffered: unknownOperation,
  };
};
