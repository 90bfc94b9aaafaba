import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/protocols';
import type { Dispatch } from './dispatcher.ts';
import type { WireRequest } from './types.ts';

type SdkRequest = {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

type SdkOptions = { readonly abortSignal?: unknown };

const bodyBytes = async (body: unknown): Promise<Uint8Array> => {
  if (body === undefined || body === null) return new Uint8Array(0);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (body instanceof Readable || body instanceof ReadableStream) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }
  throw new Error(`the in-process endpoint cannot read a body of type ${typeof body}`);
};

const queryOf = (query: SdkRequest['query'] = {}): URLSearchParams => {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value ?? '']) params.append(name, item);
  }
  return params;
};

const headersOf = (given: SdkRequest['headers']): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const name in given) headers[name.toLowerCase()] = String(given[name]);
  return headers;
};

const requestOf = async (request: SdkRequest): Promise<WireRequest> => ({
  method: request.method,
  path: request.path || '/',
  query: queryOf(request.query),
  headers: headersOf(request.headers),
  body:
    typeof request.body === 'string' ? Buffer.from(request.body) : await bodyBytes(request.body),
});

const cutAsSocketsDo = (cause: unknown): Error =>
  Object.assign(new Error('socket hang up', { cause }), {
    name: 'TimeoutError',
    code: 'ECONNRESET',
  });

const streamOf = (bytes: Uint8Array): Readable =>
  Readable.from(bytes.length > 0 ? [bytes] : [], { objectMode: false });

/** What clients read whole in any case; an object of S3 is a stream to them. */
const isMessage = (headers: Readonly<Record<string, string>>): boolean =>
  headers['content-type']?.startsWith('application/x-amz-json') === true;

/**
 * A `requestHandler` for SDK v3 clients that gives each request to the dispatcher without sockets.
 * `sourceAddress` is where the call seems to come from: the network maps it to a region.
 */
export const inProcessHandler = (dispatch: Dispatch, sourceAddress = '127.0.0.1') => ({
  metadata: { handlerProtocol: 'http/1.1' },
  async handle(request: SdkRequest, options: SdkOptions = {}): Promise<{ response: HttpResponse }> {
    const signal =
      options.abortSignal instanceof AbortSignal
        ? options.abortSignal
        : new AbortController().signal;
    signal.throwIfAborted();
    const wire = await requestOf(request);
    const answer = await dispatch(wire, { sourceAddress, signal }).catch((cause: unknown) => {
      throw cutAsSocketsDo(cause);
    });
    signal.throwIfAborted();
    const { status: statusCode, headers } = answer;
    const body = isMessage(headers) ? answer.body : streamOf(answer.body);
    return { response: new HttpResponse({ statusCode, headers, body }) };
  },
  updateHttpClientConfig(): void {},
  httpHandlerConfigs: () => ({}),
  destroy(): void {},
});
