import { bytesOf, type Failure, type Match, type Protocol } from './protocol.ts';
import { outputOf, rawPayload, readBound } from './restBindings.ts';
import { restRoutes } from './restRoutes.ts';
import type { OperationModel, ServiceModel } from './sdkModel.ts';
import { AwsError, type WireRequest, type WireResponse } from './types.ts';
import { membersOf } from './values.ts';
import { readXml, writeDocument, writeMembers, XML_HEAD } from './xmlCodec.ts';
import { escapeXml, parseXml } from './xmlText.ts';

/** Where a service departs from plain REST XML; S3 does. */
export type RestXmlDialect = {
  /** The operation meant, from the path and the host. */
  match(routes: ReturnType<typeof restRoutes>, request: WireRequest): Match | undefined;
  /** Operations whose answer is the bare text of one member inside the root. */
  readonly unwrapped: ReadonlySet<string>;
  readonly contentType: string;
  errorDocument(failure: Failure): string;
  requestIdHeaders(requestId: string): Record<string, string>;
  /** Headers that carry members of an error besides its document. */
  errorHeaders(failure: Failure): Record<string, string>;
  unknownOperation(asked: string): AwsError;
};

const NOT_MODIFIED = 304;

const senderOf = (status: number): string => (status < 500 ? 'Sender' : 'Receiver');

/** Error document of the query protocol, which plain REST XML services send too. */
export const errorDocument = (xmlNamespace: string, failure: Failure): string => {
  const own = failure.model
    ? writeMembers(failure.model.shape, { ...failure.members, message: undefined }, failure.code)
    : undefined;
  return (
    `${XML_HEAD}<ErrorResponse xmlns="${escapeXml(xmlNamespace)}"><Error>` +
    `<Type>${senderOf(failure.status)}</Type><Code>${escapeXml(failure.code)}</Code>` +
    `<Message>${escapeXml(failure.message)}</Message>${own?.content ?? ''}</Error>` +
    `<RequestId>${escapeXml(failure.requestId)}</RequestId></ErrorResponse>`
  );
};

const plainDialect = (model: ServiceModel): RestXmlDialect => ({
  match: (routes, request) => routes(request, request.path)[0],
  unwrapped: new Set(),
  contentType: 'text/xml',
  errorDocument: (failure) => errorDocument(model.xmlNamespace, failure),
  requestIdHeaders: (requestId) => ({ 'x-amzn-requestid': requestId }),
  errorHeaders: () => ({}),
  unknownOperation: (asked) =>
    new AwsError('UnknownOperationException', `unknown operation: ${asked}`, {}, 404),
});

const decodeUtf8 = (body: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new AwsError('MalformedXML', 'the request body is not UTF-8', {}, 400);
  }
};

const rootName = (operation: OperationModel): string => {
  const named = operation.output.getMergedTraits().xmlName;
  return typeof named === 'string' ? named : (operation.output.getName() ?? operation.name);
};

/** REST with XML bodies: the path names the operation. */
export const restXml = (
  model: ServiceModel,
  dialect: RestXmlDialect = plainDialect(model),
): Protocol => {
  const routes = restRoutes(model);

  const xmlBody = (operation: OperationModel, output: unknown): string => {
    const bound = outputOf(operation, output);
    if (bound.payload) {
      const { shape, value } = bound.payload;
      const named = shape.getMergedTraits().xmlName;
      const root = typeof named === 'string' ? named : (shape.getName() ?? operation.name);
      return writeDocument(root, model.xmlNamespace, shape, value);
    }
    const root = rootName(operation);
    if (dialect.unwrapped.has(operation.name)) {
      const [value = ''] = Object.values(membersOf(output, operation.name));
      const text = escapeXml(String(value ?? ''));
      return `${XML_HEAD}<${root} xmlns="${escapeXml(model.xmlNamespace)}">${text}</${root}>`;
    }
    if (bound.bodyMembers.size === 0) return '';
    return writeDocument(root, model.xmlNamespace, operation.output, output, bound.bodyMembers);
  };

  const write = (operation: OperationModel, output: unknown, requestId: string): WireResponse => {
    const bound = outputOf(operation, output);
    const raw = rawPayload(bound.payload);
    const body = raw ?? bytesOf(xmlBody(operation, output));
    const headers = { ...dialect.requestIdHeaders(requestId), ...bound.headers };
    if (raw) headers['content-type'] ??= 'application/octet-stream';
    else if (body.length > 0) headers['content-type'] = dialect.contentType;
    return { status: bound.status, headers, body };
  };

  return {
    match(request) {
      const match = dialect.match(routes, request);
      if (!match) throw dialect.unknownOperation(`${request.method} ${request.path}`);
      return match;
    },
    read(match, request) {
      const { values, payload, bodyMembers } = readBound(match, request);
      const { name: where, input } = match.operation;
      if (payload) {
        const { name, shape } = payload;
        if (shape.isBlobSchema()) return { ...values, [name]: request.body };
        if (request.body.length === 0) return values;
        if (shape.isStringSchema()) return { ...values, [name]: decodeUtf8(request.body) };
        return { ...values, [name]: readXml(shape, parseXml(decodeUtf8(request.body)), where) };
      }
      if (bodyMembers.size === 0 || request.body.length === 0) return values;
      const body = membersOf(readXml(input, parseXml(decodeUtf8(request.body)), where), where);
      const inBody = Object.entries(body).filter(([name]) => bodyMembers.has(name));
      return { ...Object.fromEntries(inBody), ...values };
    },
    write,
    fail(failure, request) {
      const headers = {
        ...dialect.requestIdHeaders(failure.requestId),
        ...dialect.errorHeaders(failure),
      };
      const bodiless = request.method === 'HEAD' || failure.status === NOT_MODIFIED;
      if (bodiless) return { status: failure.status, headers, body: new Uint8Array(0) };
      headers['content-type'] = dialect.contentType;
      return { status: failure.status, headers, body: bytesOf(dialect.errorDocument(failure)) };
    },
    notOffered: dialect.unknownOperation,
  };
};
