import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { createDispatcher, type Dispatch, type DispatcherOptions } from './dispatcher.ts';
import type { WireRequest } from './types.ts';

export type WireServerOptions = DispatcherOptions & {
  /** A loopback address. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  readonly bodyBytesMax?: number;
};

export type WireServer = {
  /** What `AWS_ENDPOINT_URL` is set to. */
  readonly url: string;
  readonly port: number;
  readonly dispatch: Dispatch;
  /** Stops taking calls, aborts those that are running and closes every connection. */
  close(): Promise<void>;
};

const BODY_BYTES_MAX = 64 * 1024 * 1024;

const readBody = async (
  incoming: IncomingMessage,
  bytesMax: number,
): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
};

const headersOf = (incoming: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values]) => [
      name,
      (values ?? []).join(','),
    ]),
  );

const requestOf = (incoming: IncomingMessage, body: Uint8Array): WireRequest => {
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return {
    method: incoming.method ?? 'GET',
    path: path.startsWith('/') ? path : `/${path}`,
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers: headersOf(incoming),
    body,
  };
};

const isLoopback = (host: string): boolean =>
  host === '::1' || host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.'));

const tooLarge = (outgoing: ServerResponse, bytesMax: number) => {
  outgoing.writeHead(413, { 'content-type': 'text/plain', connection: 'close' });
  outgoing.end(`the request body is longer than ${bytesMax} bytes\n`);
};

/**
 * One HTTP endpoint for all embedded services.
 * @throws Error when the host is no loopback address or the port is taken.
 */
export const startWireServer = async (options: WireServerOptions): Promise<WireServer> => {
  const { host = '127.0.0.1', port = 0, bodyBytesMax = BODY_BYTES_MAX } = options;
  if (!isLoopback(host)) {
    throw new Error(`the embedded cloud binds to loopback only, not to ${host}`);
  }
  const dispatch = createDispatcher(options);
  const stopping = new AbortController();

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const hangUp = new AbortController();
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) hangUp.abort(new Error('the caller hung up'));
    });
    const body = await readBody(incoming, bodyBytesMax);
    if (!body) return tooLarge(outgoing, bodyBytesMax);
    const signal = AbortSignal.any([hangUp.signal, stopping.signal]);
    const sourceAddress = incoming.socket.remoteAddress ?? '127.0.0.1';
    const response = await dispatch(requestOf(incoming, body), { sourceAddress, signal });
    const headers = { ...response.headers };
    // HEAD tells the length of what GET would send; the service has set it.
    if (incoming.method !== 'HEAD' && response.status !== 204 && response.status !== 304) {
      headers['content-length'] = String(response.body.length);
    }
    outgoing.writeHead(response.status, headers);
    outgoing.end(incoming.method === 'HEAD' ? undefined : response.body);
  };

  const server = createServer((incoming, outgoing) => {
    // A cut, a hang-up and a stop look alike to the caller: the connection breaks without an answer.
    serve(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  server.on('clientError', (_, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  const boundPort = typeof address === 'object' && address ? address.port : port;
  const close = () =>
    new Promise<void>((resolve) => {
      stopping.abort(new Error('the embedded cloud stops'));
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://${host}:${boundPort}`, port: boundPort, dispatch, close };
};
