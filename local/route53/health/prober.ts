import http from 'node:http';
import https from 'node:https';
import net, { isIPv4 } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../clock.ts';
import type { EndpointConfig } from './config.ts';

/** One request of one checker. */
export type CheckTarget = {
  readonly config: EndpointConfig;
  /** Of the endpoint. */
  readonly address: string;
  /** Where the checker connects from. */
  readonly sourceAddress: string;
  readonly healthCheckId: string;
};

/** What a checker saw, in the words of GetHealthCheckStatus. */
export type CheckOutcome = { readonly ok: boolean; readonly status: string };

/** Makes one request. Always resolves. */
export type Prober = (target: CheckTarget, signal: AbortSignal) => Promise<CheckOutcome>;

const CONNECT_MS = 4_000;
const TCP_CONNECT_MS = 10_000;
const RESPONSE_MS = 2_000;
const BODY_MS = 2_000;
/** Work of this process within a limit that does not count; and how much of it is made good at most. */
const BUSY_MS_MIN = 50;
const BUSY_MS_MAX = 30_000;
/** Only this much of a body is searched. */
const SEARCHED_BYTES = 5_120;

const failure = (status: string): CheckOutcome => ({ ok: false, status: `Failure: ${status}` });

const pathOf = ({ resourcePath = '/' }: EndpointConfig) => resourcePath;

/** As Route 53 builds it: the port is left out only where it is the usual one. */
const hostHeader = ({ config, address }: CheckTarget): string => {
  const usual = config.type.startsWith('HTTPS') ? 443 : 80;
  const name = config.domainName ?? (isIPv4(address) ? address : `[${address}]`);
  return config.port === usual ? name : `${name}:${config.port}`;
};

const describeError = (error: Error): string => {
  const code = 'code' in error ? String(error.code) : error.name;
  if (code === 'ECONNREFUSED') return 'Connection refused.';
  if (code === 'ECONNRESET') return 'Connection reset by the endpoint.';
  return `${error.message || code}.`;
};

type Run = {
  /** Fails the check when this much time passes before the next limit is set or it ends. */
  limit(ms: number, status: string): void;
  end(outcome: CheckOutcome): void;
};

type Time = {
  readonly clock: Clock;
  /** How long this process has worked rather than waited. */
  readonly busyMs: () => number;
};

/** Calls `over` after `ms` in which this process was free to hear of an answer; returns what cancels it. */
const afterFree = ({ clock, busyMs }: Time, ms: number, over: () => void): (() => void) => {
  const fromMs = busyMs();
  let madeGoodMs = 0;
  let cancel = () => {};
  const look = (): void => {
    const owedMs = Math.min(busyMs() - fromMs, BUSY_MS_MAX) - madeGoodMs;
    if (owedMs < BUSY_MS_MIN) {
      over();
      return;
    }
    madeGoodMs += owedMs;
    cancel = clock.after(owedMs, look);
  };
  cancel = clock.after(ms, look);
  return () => cancel();
};

/** One check with one time limit at a time; `undo` lets go of the connection. */
const running = (
  time: Time,
  signal: AbortSignal,
  start: (run: Run) => { destroy(): void },
): Promise<CheckOutcome> =>
  new Promise((resolve) => {
    let cancel = () => {};
    let ended = false;
    const end = (outcome: CheckOutcome) => {
      if (ended) return;
      ended = true;
      cancel();
      signal.removeEventListener('abort', stop);
      connection.destroy();
      resolve(outcome);
    };
    const stop = () => end(failure('The check was stopped.'));
    const limit = (ms: number, status: string) => {
      cancel();
      if (!ended) cancel = afterFree(time, ms, () => end(failure(status)));
    };
    const connection = start({ limit, end: (outcome) => end(outcome) });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });

const sourceOf = ({ address, sourceAddress }: CheckTarget) =>
  isIPv4(address) ? { localAddress: sourceAddress } : {};

const checkTcp = (target: CheckTarget, time: Time, signal: AbortSignal) =>
  running(time, signal, ({ limit, end }) => {
    const { address: host, config } = target;
    const socket = net.connect({ host, port: config.port, ...sourceOf(target) });
    limit(TCP_CONNECT_MS, 'Connection timed out.');
    socket.once('connect', () => end({ ok: true, status: 'Success: Connection established' }));
    socket.on('error', (error) => end(failure(describeError(error))));
    return socket;
  });

const judge = (status: number, reason: string, address: string): CheckOutcome =>
  status >= 200 && status < 400
    ? { ok: true, status: `Success: HTTP Status Code ${status}, ${reason}` }
    : failure(`HTTP Status Code ${status}, ${reason}. Resolved IP: ${address}`);

const readBody = (
  response: http.IncomingMessage,
  { config }: CheckTarget,
  { limit, end }: Run,
  found: CheckOutcome,
): void => {
  const sought = Buffer.from(config.searchString ?? '');
  let body: Buffer = Buffer.alloc(0);
  const finish = () =>
    end(
      body.includes(sought)
        ? found
        : failure('The response body does not contain the search string.'),
    );
  limit(BODY_MS, 'The response body did not arrive in time.');
  response.on('data', (chunk: Buffer) => {
    body = Buffer.concat([body, chunk]).subarray(0, SEARCHED_BYTES);
    if (body.includes(sought) || body.length === SEARCHED_BYTES) finish();
  });
  response.once('end', finish);
  response.once('error', finish);
};

const checkHttp = (target: CheckTarget, time: Time, signal: AbortSignal) =>
  running(time, signal, (run) => {
    const { config, address } = target;
    const secure = config.type.startsWith('HTTPS');
    const servername = config.enableSni ? (config.domainName ?? '') : '';
    const request = (secure ? https : http).request({
      host: address,
      port: config.port,
      path: pathOf(config),
      ...sourceOf(target),
      agent: false,
      // As on AWS: an expired or wrong certificate does not make an endpoint unhealthy.
      ...(secure ? { rejectUnauthorized: false, servername } : {}),
      headers: {
        host: hostHeader(target),
        'user-agent': `Amazon-Route53-Health-Check-Service (ref ${target.healthCheckId})`,
        accept: '*/*',
        connection: 'close',
      },
    });
    run.limit(CONNECT_MS, 'Connection timed out.');
    request.once('socket', (socket) =>
      socket.once('connect', () => run.limit(RESPONSE_MS, 'The endpoint did not answer in time.')),
    );
    request.once('response', (response) => {
      const found = judge(response.statusCode ?? 0, response.statusMessage ?? '', address);
      if (found.ok && config.searchString !== undefined) readBody(response, target, run, found);
      else run.end(found);
    });
    request.on('error', (error) => run.end(failure(describeError(error))));
    request.end();
    return request;
  });

const workedMs = (): number => performance.eventLoopUtilization().active;

/**
 * Checks endpoints over real sockets, with the time limits of Route 53 on the clock. A checker of AWS has
 * a machine to itself, where these share a process with the rest of the cloud and sometimes with what they
 * check: while it works, as it does when it starts, nobody could have heard an answer in time.
 */
export const socketProber = (clock: Clock, busyMs = workedMs): Prober => {
  const time = { clock, busyMs };
  return (target, signal) =>
    (target.config.type === 'TCP' ? checkTcp : checkHttp)(target, time, signal);
};
