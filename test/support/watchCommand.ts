/** Watches two endpoints on loopback with the real command, and asks its DNS server as a client does. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import dnsPacket from 'dns-packet';
import type { Running, Workshop } from './drillCommand.ts';

export const RECORD = 'www.example.test';
const HEALTH = '/health';

/** A service at one address that can be stopped, started, made sick, and counts its requests. */
export const openEndpoint = async (host: string) => {
  let status = 200;
  let served = 0;
  const serve = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    served += 1;
    response.writeHead(request.url === HEALTH ? status : 404);
    response.end(host);
  };
  let server = http.createServer(serve);
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return {
    host,
    url: `http://${host}:${port}${HEALTH}`,
    served: () => served,
    answer: (next: number) => {
      status = next;
    },
    stop,
    start: async (): Promise<void> => {
      server = http.createServer(serve);
      server.listen(port, host);
      await once(server, 'listening');
    },
  };
};

export type Endpoint = Awaited<ReturnType<typeof openEndpoint>>;

/** A port that was free a moment ago. */
export const freePort = async (host = '127.0.0.1'): Promise<number> => {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
};

type Watched = {
  readonly primary: string;
  readonly standby: string;
  readonly dnsPort: number;
  /** Lines that replace the ones of the same key. */
  readonly over?: Readonly<Record<string, string>>;
};

/** Writes the configuration of issue and README: 1 s interval, down after 2 s, up after 5 s. */
export const writeWatch = (
  { folder }: Pick<Workshop, 'folder'>,
  { primary, standby, dnsPort, over = {} }: Watched,
  name = 'watch',
): string => {
  const lines: Readonly<Record<string, string>> = {
    service: 'web',
    record: RECORD,
    regions: `{ primary: { name: eu-west-1, endpoint: "${primary}" }, standby: { name: eu-central-1, endpoint: "${standby}" } }`,
    health: '{ interval: 1s, timeout: 1s, down: 2s, up: 5s }',
    failover: '{ mode: auto, failback: auto, cooldown: 0s, perDay: unlimited }',
    dns: `{ listen: "127.0.0.1:${dnsPort}", ttl: 1s, driver: record }`,
    ...over,
  };
  const file = path.join(folder, `${name}.yml`);
  const text = Object.entries(lines).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(file, text.join(''));
  return file;
};

const DNS_PATIENCE_MS = 1_000;

/** The addresses that one UDP query gets; undefined when none comes back. */
export const ask = async (port: number, name = RECORD): Promise<string[] | undefined> => {
  const socket = createSocket('udp4');
  const id = Math.floor(Math.random() * 65_536);
  const query = dnsPacket.encode({
    ...{ type: 'query', id, flags: dnsPacket.RECURSION_DESIRED },
    questions: [{ type: 'A', name }],
  });
  try {
    socket.on('error', () => undefined);
    socket.send(query, port, '127.0.0.1');
    const signal = AbortSignal.timeout(DNS_PATIENCE_MS);
    const [bytes] = await once(socket, 'message', { signal });
    const { answers = [] } = dnsPacket.decode(bytes);
    return answers.flatMap((one) => (one.type === 'A' ? [one.data] : []));
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
};

const ANSWER_MS_MAX = 60_000;

/** Asks as a resolver does, until an answer comes: a busy machine may take long over one, or drop a question. */
export const answerOf = async (port: number): Promise<string[]> => {
  const from = performance.now();
  while (performance.now() - from < ANSWER_MS_MAX) {
    const found = await ask(port);
    if (found !== undefined) return found;
  }
  throw new Error(`nothing answered on port ${port} for ${ANSWER_MS_MAX} ms`);
};

const ASK_EVERY_MS = 50;

/** How long it took until the record answered with this address alone. */
export const answers = async (
  port: number,
  address: string,
  withinMs: number,
  running?: Running,
): Promise<number> => {
  const from = performance.now();
  let last: string[] | undefined;
  while (performance.now() - from < withinMs) {
    last = await ask(port);
    if (last?.join() === address) return performance.now() - from;
    await sleep(ASK_EVERY_MS);
  }
  throw new Error(
    `the record answered ${last ?? 'nothing'} instead of ${address} for ${withinMs} ms: ${running?.said()}`,
  );
};

/** Every answer that came in a time, each once, in the order of their first appearance. */
export const answersOver = async (port: number, ms: number): Promise<string[]> => {
  const seen = new Set<string>();
  const from = performance.now();
  while (performance.now() - from < ms) {
    seen.add(String((await ask(port))?.join() ?? 'nothing'));
    await sleep(ASK_EVERY_MS);
  }
  return [...seen];
};
