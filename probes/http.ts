/**
 * The `http` probe: one request on a fresh connection, over raw sockets, because clients with pools
 * and promises of their own add more than they measure. Redirects are not followed.
 */
import { isIP } from 'node:net';
import { Connection, type Endpoint } from './connection.ts';
import { type Answer, AnswerReader } from './httpAnswer.ts';
import { type FailureReason, failure, messageOf, type Probe, type ProbeOutcome } from './probe.ts';

export type HttpTarget = Endpoint & {
  /** Path and query. */
  readonly path: string;
  readonly method?: 'GET' | 'HEAD';
  /** Further request headers; `host`, too, may be set here. */
  readonly headers?: Readonly<Record<string, string>>;
  /** One status, or any that means success. */
  readonly expectStatus: number | '2xx';
  /** Text that the body must contain. */
  readonly expectBody?: string;
  /** Answer headers that must be there with exactly these values. */
  readonly expectHeaders?: Readonly<Record<string, string>>;
  /** Larger bodies are a failure; 4 MiB when left out. */
  readonly bodyBytesMax?: number;
};

const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** The header by which a service says which region and image answered. */
const SERVED_BY = 'x-served-by';

/** The header by which a service says which region answered; it proves where a request went. */
const REGION = 'x-region';

const HEADER_NAME = /^[\w-]+$/;

const hasControlCharacter = (text: string): boolean =>
  [...text].some((character) => character < ' ' || character === '\x7f');

const hostHeaderOf = ({ host, port, tls }: HttpTarget): string => {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === (tls ? 443 : 80) ? name : `${name}:${port}`;
};

const requestOf = (target: HttpTarget): string => {
  const headers: Record<string, string> = {
    host: hostHeaderOf(target),
    'user-agent': 'failover-drill',
    accept: '*/*',
    ...target.headers,
    connection: 'close',
  };
  const { path } = target;
  if (!path.startsWith('/') || hasControlCharacter(path) || path.includes(' ')) {
    throw new RangeError(`path "${path}" must start with "/" and hold no spaces: encode them`);
  }
  let text = `${target.method ?? 'GET'} ${path} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name) || hasControlCharacter(value)) {
      throw new RangeError(`request header "${name}" has a name or value that HTTP does not allow`);
    }
    text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
};

/** A target is probed many times with the same bytes. */
const requests = new WeakMap<HttpTarget, string>();

const cachedRequest = (target: HttpTarget): string => {
  let request = requests.get(target);
  if (request === undefined) {
    request = requestOf(target);
    requests.set(target, request);
  }
  return request;
};

const wrongHeader = ({ expectHeaders }: HttpTarget, { headers }: Answer): string | undefined => {
  for (const [name, value] of Object.entries(expectHeaders ?? {})) {
    const found = headers.get(name.toLowerCase());
    if (found !== value) return `header ${name}: "${found ?? ''}" instead of "${value}"`;
  }
  return undefined;
};

const isExpected = (status: number, expected: HttpTarget['expectStatus']): boolean =>
  expected === '2xx' ? status >= 200 && status < 300 : status === expected;

const judge = (
  target: HttpTarget,
  answer: Answer,
  connection: Connection,
  firstMs: number,
  doneMs: number,
): ProbeOutcome => {
  const totalMs = doneMs - connection.startMs;
  const servedBy = answer.headers.get(SERVED_BY);
  const region = answer.headers.get(REGION);
  if (!isExpected(answer.status, target.expectStatus)) {
    const who = servedBy === undefined ? '' : ` (${servedBy})`;
    const detail = `status ${answer.status} instead of ${target.expectStatus}${who}`;
    const away = target.expectStatus === '2xx' && answer.status >= 300 && answer.status < 400;
    return failure(away ? 'redirect' : 'status', totalMs, detail);
  }
  const wrong = target.expectHeaders && wrongHeader(target, answer);
  if (wrong) return failure('header', totalMs, wrong);
  if (target.expectBody !== undefined && !answer.bodyText.includes(target.expectBody)) {
    const detail = `body of ${answer.bodyBytes} bytes without "${target.expectBody}"`;
    return failure('body', totalMs, detail);
  }
  return {
    ok: true,
    totalMs,
    phases: {
      ...(isIP(target.host) === 0 ? { dnsMs: connection.resolvedMs - connection.startMs } : {}),
      tcpMs: connection.connectedMs - connection.resolvedMs,
      ...(target.tls ? { tlsMs: connection.securedMs - connection.connectedMs } : {}),
      waitMs: firstMs - connection.securedMs,
      transferMs: doneMs - firstMs,
    },
    detail: {
      address: connection.address,
      status: answer.status,
      bodyBytes: answer.bodyBytes,
      ...(servedBy === undefined ? {} : { servedBy }),
      ...(region === undefined ? {} : { region }),
    },
  };
};

const readerFor = (target: HttpTarget): AnswerReader =>
  new AnswerReader({
    bodyBytesMax: target.bodyBytesMax ?? BODY_BYTES_MAX,
    keepBody: target.expectBody !== undefined,
    noBody: target.method === 'HEAD',
  });

/** Rejects with a RangeError for a target of which no request can be made; all else is an outcome. */
export const httpProbe: Probe<HttpTarget> = (target, options) =>
  new Promise((resolve) => {
    const request = cachedRequest(target);
    const reader = readerFor(target);
    let firstMs = 0;

    const done = (nowMs: number): void => {
      connection.close();
      resolve(judge(target, reader.answer, connection, firstMs, nowMs));
    };
    const failed = (reason: FailureReason, detail: string): void =>
      resolve(failure(reason, performance.now() - connection.startMs, detail));

    const connection = new Connection(target, options, {
      opened: (socket) => socket.write(request, 'latin1'),
      data: (buffer, length) => {
        const nowMs = performance.now();
        if (firstMs === 0) firstMs = nowMs;
        try {
          if (reader.feed(buffer, length)) done(nowMs);
        } catch (error) {
          connection.close();
          failed('protocol', messageOf(error));
        }
      },
      ended: () => {
        if (reader.end()) {
          done(performance.now());
          return;
        }
        connection.close();
        failed('closed', `closed after ${reader.answer.bodyBytes} bytes of the body`);
      },
      failed,
    });
  });
