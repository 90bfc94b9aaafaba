/**
 * The self-noise floor: what the prober reads where there is nothing to measure. Differences below it
 * are below its resolution.
 */
import { once } from 'node:events';
import net from 'node:net';
import { httpProbe } from './http.ts';

type Floor = { readonly p50Us: number; readonly p95Us: number };

export type SelfNoise = {
  /**
   * Probes its own server on loopback `count` times, one after the other. Server and prober share this
   * process, so the figure is an upper bound. @throws Error when not one probe is answered.
   */
  readonly measure: (count: number, signal: AbortSignal) => Promise<Floor>;
  readonly close: () => void;
};

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok';
const TIMEOUT_MS = 1_000;
const US_PER_MS = 1_000;

/** Nearest-rank quantile of sorted values. */
const rankOf = (sorted: Float64Array, q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;

export const openSelfNoise = async (): Promise<SelfNoise> => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(ANSWER));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const target = { host: '127.0.0.1', port, path: '/', expectStatus: 200 };

  const measure = async (count: number, signal: AbortSignal): Promise<Floor> => {
    const values: number[] = [];
    let last = '';
    for (let sent = 0; sent < count; sent += 1) {
      const outcome = await httpProbe(target, { timeoutMs: TIMEOUT_MS, signal });
      if (outcome.ok) values.push(outcome.totalMs * US_PER_MS);
      else last = `${outcome.reason}: ${outcome.detail}`;
    }
    if (values.length === 0)
      throw new Error(`none of ${count} loopback probes was answered: ${last}`);
    const sorted = Float64Array.from(values).sort();
    return { p50Us: rankOf(sorted, 0.5), p95Us: rankOf(sorted, 0.95) };
  };
  return { measure, close: () => server.close() };
};
