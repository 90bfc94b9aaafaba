/**
 * The endpoint of a test: the embedded services it is given, or, in `npm run test:peers`, another program's
 * in place of some of them. So one test judges both.
 */
import { appendFileSync } from 'node:fs';
import type { ExpectStatic } from 'vitest';
import * as z from 'zod';
import { startWireServer, type WireServer } from '../../local/wire/server.ts';
import type { ServiceFront, WireRequest } from '../../local/wire/types.ts';

const Peer = z.strictObject({
  url: z.url(),
  /** Services that it stands in for, by their names in the credential scope. */
  scopes: z.array(z.string()),
  /** Forgets all it knows when asked at this path; null when it keeps the access keys apart. */
  resetPath: z.string().nullable(),
  /** A file that gets a line for each call. */
  callsFile: z.string(),
});
/** Another program that answers in place of embedded services. */
export type Peer = z.output<typeof Peer>;

/** Name of the environment variable that holds a Peer as JSON. */
export const PEER_VARIABLE = 'FAILOVER_PEER';

/** One call that reached a peer, with the test that made it: empty before and after tests. */
export const PeerCall = z.strictObject({
  scope: z.string(),
  file: z.string(),
  test: z.string(),
});

const peer = (): Peer | null => {
  const text = process.env[PEER_VARIABLE];
  return text ? Peer.parse(JSON.parse(text)) : null;
};

/** Not carried from one connection to the next. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'transfer-encoding', 'keep-alive'];

const carried = (headers: Iterable<[string, string]>): [string, string][] =>
  [...headers].filter(([name]) => !OF_THE_CONNECTION.includes(name) && name !== 'host');

const urlAt = (base: string, { path, query }: WireRequest): string => {
  const text = query.toString();
  return `${base}${path}${text ? `?${text}` : ''}`;
};

/** Hands calls of one service to another program as they came, but for the access key if one is given. */
export const relayTo = (
  url: string,
  scope: string,
  options: { readonly accessKey?: string; readonly onCall?: () => void } = {},
): ServiceFront => ({
  scope,
  async handle(request) {
    options.onCall?.();
    const headers = new Headers(carried(Object.entries(request.headers)));
    const signed = headers.get('authorization');
    const key = options.accessKey;
    if (signed && key)
      headers.set('authorization', signed.replace(/(Credential=)[^/]+/, `$1${key}`));
    const bodyless = request.method === 'GET' || request.method === 'HEAD';
    const response = await fetch(urlAt(url, request), {
      method: request.method,
      headers,
      redirect: 'manual',
      ...(bodyless ? {} : { body: new Uint8Array(request.body) }),
    });
    const answer = Object.fromEntries(carried(response.headers));
    // fetch has decoded it.
    delete answer['content-encoding'];
    // Of HEAD, what GET would send.
    const length = response.headers.get('content-length');
    if (request.method === 'HEAD' && length !== null) answer['content-length'] = length;
    return {
      status: response.status,
      headers: answer,
      body: new Uint8Array(await response.arrayBuffer()),
    };
  },
});

/** Notes each call with the test that made it. */
const noted =
  (callsFile: string, scope: string, expect: ExpectStatic): (() => void) =>
  () => {
    const { testPath = '', currentTestName = '' } = expect.getState();
    const line: z.output<typeof PeerCall> = { scope, file: testPath, test: currentTestName };
    appendFileSync(callsFile, `${JSON.stringify(line)}\n`);
  };

/** Endpoints of this test file that are open: as long as one is, the peer keeps what it knows. */
let open = 0;
let keys = 0;

/** As startWireServer. */
export const startTestServer: typeof startWireServer = async (options): Promise<WireServer> => {
  const other = peer();
  if (!other) return startWireServer(options);
  // Programs that tests start use this file too, and have no test to name.
  const { expect } = await import('vitest');
  if (open === 0) {
    keys += 1;
    if (other.resetPath) await fetch(`${other.url}${other.resetPath}`, { method: 'POST' });
  }
  open += 1;
  const accessKey = other.resetPath ? 'AKIDLOCAL' : `AKID${process.pid}N${keys}`;
  const services = options.services.map((front) => {
    const { scope } = front;
    if (!other.scopes.includes(scope)) return front;
    return relayTo(other.url, scope, { accessKey, onCall: noted(other.callsFile, scope, expect) });
  });
  const server = await startWireServer({ ...options, services });
  const close = (): Promise<void> => {
    open -= 1;
    return server.close();
  };
  return { ...server, close };
};
