import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { SYNC_RESPONSE_BYTES_MAX } from './limits.ts';

/** An event as the Runtime API hands it out. */
type RuntimeEvent = {
  readonly requestId: string;
  readonly payload: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly clientContext?: string;
};

export type RuntimeReport =
  | { readonly kind: 'init-error'; readonly body: string }
  | { readonly kind: 'response' | 'error'; readonly requestId: string; readonly body: string }
  | { readonly kind: 'too-large'; readonly requestId: string };

/** The Runtime API of one environment, on a port of its own. */
export type RuntimeApi = {
  /** `host:port`, the value of AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Answers the runtime that waits in `next`; call it once after each `onNext`. */
  give(event: RuntimeEvent): void;
  close(): void;
};

type Needs = {
  /** The runtime asks for work: init is over, or the last invocation is. */
  readonly onNext: () => void;
  readonly onReport: (report: RuntimeReport) => void;
};

const ROUTE = /^\/2018-06-01\/runtime\/(?:invocation\/([^/]+)\/(response|error)|(init\/error))$/;
const NEXT = '/2018-06-01/runtime/invocation/next';

const readBody = async (request: http.IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes <= SYNC_RESPONSE_BYTES_MAX) chunks.push(chunk);
  }
  return bytes > SYNC_RESPONSE_BYTES_MAX ? undefined : Buffer.concat(chunks).toString('utf8');
};

const answer = (response: http.ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const takeReport = async (
  request: http.IncomingMessage,
  response: http.ServerResponse,
  onReport: Needs['onReport'],
): Promise<void> => {
  const match = ROUTE.exec(request.url ?? '');
  if (request.method !== 'POST' || match === null) {
    answer(response, 404, { errorType: 'NotFound', errorMessage: `no route ${request.url}` });
    return;
  }
  const body = await readBody(request);
  const requestId = match[1] ?? '';
  if (body === undefined) {
    answer(response, 413, { errorType: 'RequestEntityTooLarge', errorMessage: 'too large' });
    onReport({ kind: 'too-large', requestId });
    return;
  }
  answer(response, 202, { status: 'OK' });
  if (match[3] !== undefined) onReport({ kind: 'init-error', body });
  else onReport({ kind: match[2] === 'error' ? 'error' : 'response', requestId, body });
};

export const openRuntimeApi = async ({ onNext, onReport }: Needs): Promise<RuntimeApi> => {
  let waiting: http.ServerResponse | undefined;
  const server = http.createServer((request, response) => {
    if (request.url === NEXT && request.method === 'GET') {
      waiting = response;
      onNext();
      return;
    }
    // The process died while it reported: its exit is the report.
    takeReport(request, response, onReport).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    give(event) {
      waiting?.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': event.requestId,
        'lambda-runtime-deadline-ms': String(event.deadlineMs),
        'lambda-runtime-invoked-function-arn': event.functionArn,
        ...(event.clientContext === undefined
          ? {}
          : { 'lambda-runtime-client-context': event.clientContext }),
      });
      waiting?.end(event.payload);
      waiting = undefined;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
};
