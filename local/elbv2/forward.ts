/** Answers one request as its listener's rules say: forwards it, or answers by itself. */
import http, { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { weighted } from './actions.ts';
import { type Asked, ruleFor } from './conditions.ts';
import type { Reach } from './health.ts';
import type { Listener, Target } from './state.ts';
import type { Targets } from './targets.ts';

type Needs = {
  readonly targets: Targets;
  readonly reach: Reach;
  /** Uniform from 0 up to 1. */
  readonly random: () => number;
  readonly agent: http.Agent;
};

/** The idle timeout of a load balancer. */
export const IDLE_MS = 60_000;

/** Headers of one connection, which go no further (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade']);

/** Names and values in turn, as they came, without those of the connection. */
const passedOn = (raw: readonly string[]): string[] =>
  raw.filter((_, n) => !HOP_BY_HOP.has((raw[n - (n % 2)] ?? '').toLowerCase()));

const answer = (response: ServerResponse, status: number): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = `${status} ${STATUS_CODES[status] ?? ''}\n`;
  response.writeHead(status, {
    server: 'awselb/2.0',
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
};

const askedOf = (request: IncomingMessage): Asked => ({
  path: (request.url ?? '/').split('?')[0] ?? '/',
  host: (request.headers.host ?? '').replace(/:\d+$/, ''),
  headers: request.headersDistinct,
});

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

/** Sends a request on to a target, and its answer back. */
const sendTo = (
  { reach, agent }: Needs,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const send = (again: boolean): void => {
    const onward = http.request({
      ...reach(target.id, target.port),
      agent,
      method: request.method,
      path: request.url,
      headers: passedOn(request.rawHeaders),
      timeout: IDLE_MS,
    });
    onward.once('response', (back) => {
      response.writeHead(back.statusCode ?? 502, back.statusMessage, passedOn(back.rawHeaders));
      back.pipe(response);
      back.once('error', () => response.destroy());
    });
    onward.once('timeout', () => {
      answer(response, 504);
      onward.destroy();
    });
    onward.once('error', () => {
      // A connection that the target closed while it was idle says nothing of the target.
      const stale = onward.reusedSocket && !response.headersSent && !hasBody(request);
      if (stale && again && !response.destroyed) send(false);
      else answer(response, 502);
    });
    response.once('close', () => onward.destroy());
    if (hasBody(request)) request.pipe(onward);
    else onward.end();
  };
  send(true);
};

const pass = (
  needs: Needs,
  group: string,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const taken = needs.targets.take(group);
  if (!taken) {
    answer(response, 503);
    return;
  }
  response.once('close', taken.release);
  sendTo(needs, taken.target, request, response);
};

export const forward = (
  needs: Needs,
  listener: Listener | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const action = listener && ruleFor(listener.rules, askedOf(request))?.action;
  if (action?.type === 'fixed-response') {
    const { status, contentType, body } = action;
    response.writeHead(status, { server: 'awselb/2.0', 'content-type': contentType });
    response.end(body);
    return;
  }
  const group = action && weighted(action.groups, needs.random());
  if (group === undefined) answer(response, 503);
  else pass(needs, group, request, response);
};
