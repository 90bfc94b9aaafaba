import { errorBody } from './awsJson.ts';
import { parseJsonBody, readJson, writeJson } from './jsonCodec.ts';
import { bytesOf, type Protocol } from './protocol.ts';
import { outputOf, rawPayload, readBound, writeBound } from './restBindings.ts';
import { restRoutes } from './restRoutes.ts';
import type { ServiceModel } from './sdkModel.ts';
import { AwsError } from './types.ts';
import { membersOf } from './values.ts';

const FORM = { timestamp: 'epoch-seconds', native: false } as const;

const unknownOperation = (asked: string) =>
  new AwsError('UnknownOperationException', `unknown operation: ${asked}`, {}, 404);

/** REST with JSON bodies: the path names the operation. */
export const restJson = (model: ServiceModel): Protocol => {
  const routes = restRoutes(model);
  return {
    match(request) {
      const [match] = routes(request, request.path);
      if (!match) throw unknownOperation(`${request.method} ${request.path}`);
      return match;
    },
    read(match, request) {
      const { values, payload, bodyMembers } = readBound(match, request);
      const where = match.operation.name;
      if (payload) {
        if (request.body.length === 0) return values;
        const { name, shape } = payload;
        if (shape.isBlobSchema()) return { ...values, [name]: request.body };
        if (shape.isStringSchema()) return { ...values, [name]: request.body.toString() };
        return { ...values, [name]: readJson(shape, parseJsonBody(request.body), where) };
      }
      if (bodyMembers.size === 0) return values;
      const body = membersOf(
        readJson(match.operation.input, parseJsonBody(request.body), where),
        where,
      );
      const inBody = Object.entries(body).filter(([name]) => bodyMembers.has(name));
      return { ...Object.fromEntries(inBody), ...values };
    },
    write(operation, output, requestId) {
      const bound = outputOf(operation, output);
      const raw = rawPayload(bound.payload);
      const headers: Record<string, string> = { 'x-amzn-requestid': requestId, ...bound.headers };
      if (raw) {
        headers['content-type'] ??= 'application/octet-stream';
        return { status: bound.status, headers, body: raw };
      }
      headers['content-type'] ??= 'application/json';
      if (bound.payload) {
        const { shape, value } = bound.payload;
        const text = JSON.stringify(writeJson(shape, value, operation.name, FORM));
        return { status: bound.status, headers, body: bytesOf(text) };
      }
      if (!bound.hasBody) return { status: bound.status, headers, body: new Uint8Array(0) };
      const all = Object.entries(
        membersOf(writeJson(operation.output, output ?? {}, operation.name, FORM), operation.name),
      );
      const body = Object.fromEntries(all.filter(([name]) => bound.bodyMembers.has(name)));
      return { status: bound.status, headers, body: bytesOf(JSON.stringify(body)) };
    },
    fail(failure) {
      const bound = failure.model
        ? writeBound(failure.model.shape, failure.members, failure.status, failure.code)
        : undefined;
      const body = Object.entries(errorBody(failure)).filter(
        ([name]) => !bound || bound.bodyMembers.has(name) || name.toLowerCase() === 'message',
      );
      return {
        status: failure.status,
        headers: {
          'content-type': 'application/json',
          'x-amzn-requestid': failure.requestId,
          'x-amzn-errortype': failure.code,
          ...bound?.headers,
        },
        body: bytesOf(JSON.stringify(Object.fromEntries(body))),
      };
    },
    notOffered: unknownOperation,
  };
};
