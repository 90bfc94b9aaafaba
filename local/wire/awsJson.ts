import { parseJsonBody, readJson, writeJson } from './jsonCodec.ts';
import { bytesOf, type Failure, messageMember, type Protocol } from './protocol.ts';
import type { ServiceModel } from './sdkModel.ts';
import { AwsError, type WireRequest } from './types.ts';

const FORM = { timestamp: 'epoch-seconds', native: false } as const;

const unknownOperation = (asked: string) =>
  new AwsError('UnknownOperationException', `unknown operation: ${asked}`, {}, 400);

/** The body of an error in JSON: its message under the name the model gives it, then its own members. */
export const errorBody = (failure: Failure): Record<string, unknown> => {
  const own = failure.model
    ? writeJson(failure.model.shape, failure.members, failure.code, FORM)
    : failure.members;
  return { [messageMember(failure.model)]: failure.message, ...Object(own) };
};

/** Header for clients that came from the query protocol and still know errors by its codes. */
export const queryErrorHeader = (failure: Failure, request: WireRequest): Record<string, string> =>
  request.headers['x-amzn-query-mode'] === 'true'
    ? {
        'x-amzn-query-error': `${failure.model?.query?.code ?? failure.code};${
          failure.status < 500 ? 'Sender' : 'Receiver'
        }`,
      }
    : {};

/** AWS JSON 1.0 and 1.1: one path, the operation in `X-Amz-Target`, everything else in the body. */
export const awsJson = (model: ServiceModel): Protocol => {
  const version = model.protocol === 'awsJson1_0' ? '1.0' : '1.1';
  const contentType = `application/x-amz-json-${version}`;
  return {
    match(request) {
      const target = request.headers['x-amz-target'] ?? '';
      const dot = target.lastIndexOf('.');
      const operation = model.operations.get(target.slice(dot + 1));
      if (request.method !== 'POST' || !operation || target.slice(0, dot) !== model.target) {
        throw unknownOperation(target || `${request.method} ${request.path} without X-Amz-Target`);
      }
      return { operation, labels: {} };
    },
    read({ operation }, request) {
      return readJson(operation.input, parseJsonBody(request.body), operation.name);
    },
    write(operation, output, requestId) {
      const value = operation.output.isUnitSchema()
        ? {}
        : writeJson(operation.output, output ?? {}, operation.name, FORM);
      return {
        status: 200,
        headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
        body: bytesOf(JSON.stringify(value)),
      };
    },
    fail(failure, request) {
      // 1.0 services name the shape with its namespace, 1.1 services without.
      const type = version === '1.0' ? `${model.namespace}#${failure.code}` : failure.code;
      return {
        status: failure.status,
        headers: {
          'content-type': contentType,
          'x-amzn-requestid': failure.requestId,
          ...queryErrorHeader(failure, request),
        },
        body: bytesOf(JSON.stringify({ __type: type, ...errorBody(failure) })),
      };
    },
    notOffered: (operation) => unknownOperation(`${model.target}.${operation}`),
  };
};
