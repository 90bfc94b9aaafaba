// Goal: relayed connections have the delay of their link, keep order and half-open ends, and feel faults.
// Method: real sockets through the proxy process; callers bind to the address of their region.
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { regionAddress } from '../../../local/network/addresses.ts';
import { createNetwork, type Listener, type Network } from '../../../local/network/network.ts';

const RTT_MS = 40;
const CALLER = 'us-east-1';
const CALLED = 'eu-west-1';
const HOST = regionAddress(CALLED, 300);

let network: Network;
let echo: net.Server;
let web: http.Server;
let echoes: Listener;
let pages: Listener;
/** Requests that reached the service, by path. */
const requests = new Map<string, number>();

const portOf = (server: net.Server): number => (server.address() as AddressInfo).port;
const opened = (server: net.Server) =>
  new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

beforeAll(async () => {
  network = createNetwork({ rtt: () => RTT_MS, random: () => 0.5, clock: realClock });
  echo = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  web = http.createServer(({ url = '' }, response) => {
    requests.set(url, (requests.get(url) ?? 0) + 1);
    response.end('page');
  });
  await Promise.all([opened(echo), opened(web)]);
  const at = (server: net.Server) => ({ host: '127.0.0.1', port: portOf(server) });
  echoes = await network.listen({ region: CALLED, host: HOST, port: 0, target: at(echo) });
  const spec = { region: CALLED, host: HOST, port: 0, target: at(web), httpFaults: true };
  pages = await network.listen(spec);
});

afterAll(async () => {
  await network.close();
  echo.close();
  web.close();
});

beforeEach(async () => {
  for (const { id } of network.faults()) await network.clearFault(id);
});

/** Sends text, ends, and gives what comes back until the other end ends. */
const exchange = async (text: string | Buffer, localAddress = regionAddress(CALLER, 1)) => {
  const socket = net.connect({ host: HOST, port: echoes.port, localAddress, allowHalfOpen: true });
  const startedMs = performance.now();
  socket.end(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), ms: performance.now() - startedMs };
};

const get = (path = '/', timeoutMs = 5_000): Promise<number | string> =>
  new Promise((resolve) => {
    const { host, port } = pages;
    const localAddress = regionAddress(CALLER, 1);
    const request = http.get({ host, port, path, localAddress, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    request.setTimeout(timeoutMs, () => request.destroy(new Error('timeout')));
    request.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  });

describe('a relayed connection', () => {
  it('takes one round trip, whatever the caller sends', async () => {
    const times: number[] = [];
    for (let i = 0; i < 15; i += 1) {
      const { bytes, ms } = await exchange('hello');
      expect(bytes.toString()).toBe('hello');
      times.push(ms);
    }
    // The least of them: a busy machine makes some later, and two round trips would make all of them so.
    expect(Math.min(...times)).toBeGreaterThanOrEqual(RTT_MS);
    expect(Math.min(...times)).toBeLessThan(1.5 * RTT_MS);
  });

  it('is not delayed for callers outside every region', async () => {
    const times: number[] = [];
    for (let i = 0; i < 15; i += 1) times.push((await exchange('hello', '127.0.0.1')).ms);
    expect(Math.min(...times)).toBeLessThan(RTT_MS / 2);
  });

  it('keeps order and every byte of a large transfer', async () => {
    const sent = Buffer.alloc(12_000_000);
    for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(i, i);
    const { bytes } = await exchange(sent);
    expect(bytes.equals(sent)).toBe(true);
  });

  it('breaks for the caller when the service is not there', async () => {
    const gone = net.createServer();
    await opened(gone);
    const target = { host: '127.0.0.1', port: portOf(gone) };
    gone.close();
    const listener = await network.listen({ region: CALLED, host: HOST, port: 0, target });
    const socket = net.connect({ ...listener, localAddress: regionAddress(CALLER, 1) });
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    await listener.close();
  });

  it('cannot be advertised outside its region, nor on a taken port', async () => {
    const target = { host: '127.0.0.1', port: 1 };
    const outside = { region: CALLED, host: '127.0.0.1', port: 0, target };
    await expect(network.listen(outside)).rejects.toThrow("outside the region's block");
    const taken = { region: CALLED, host: HOST, port: pages.port, target };
    await expect(network.listen(taken)).rejects.toThrow('EADDRINUSE');
  });
});

describe('faults', () => {
  it('slow adds to the round trip', async () => {
    await network.setFault({ id: 'f', scope: { region: CALLED }, kind: 'slow', addMs: 60 });
    const times: number[] = [];
    for (let i = 0; i < 10; i += 1) times.push((await exchange('hello')).ms);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(RTT_MS + 60);
    expect(Math.min(...times)).toBeLessThan(RTT_MS + 60 + 50);
  });

  it('refuse of a region has nobody listening, of a link resets', async () => {
    await network.setFault({ id: 'f', scope: { region: CALLED }, kind: 'refuse' });
    expect(await get()).toBe('ECONNREFUSED');
    await network.setFault({ id: 'f', scope: { from: CALLER, to: CALLED }, kind: 'refuse' });
    expect(await get()).toBe('ECONNRESET');
    await network.clearFault('f');
    expect(await get()).toBe(200);
  });

  it.each([
    ['down', { id: 'f', scope: { region: CALLED }, kind: 'down' }, 0],
    ['a blackhole', { id: 'f', scope: { region: CALLED }, kind: 'blackhole' }, 0],
    [
      'a cut on the way there',
      { id: 'f', scope: { from: CALLER, to: CALLED }, kind: 'one-way-cut' },
      0,
    ],
    [
      'a cut on the way back',
      { id: 'f', scope: { from: CALLED, to: CALLER }, kind: 'one-way-cut' },
      1,
    ],
  ] as const)('%s: no answer comes', async (name, fault, seen) => {
    const path = `/${encodeURIComponent(name)}`;
    await network.setFault(fault);
    expect(await get(path, 300)).toBe('timeout');
    expect(requests.get(path) ?? 0).toBe(seen);
  });

  it('what a cut held back arrives when it heals', async () => {
    await network.setFault({ id: 'f', scope: { region: CALLED }, kind: 'down' });
    const answer = exchange('patience');
    await sleep(200);
    await network.clearFault('f');
    const { bytes, ms } = await answer;
    expect(bytes.toString()).toBe('patience');
    expect(ms).toBeGreaterThan(190);
  });

  it('error-rate answers its share of requests in the place of the service', async () => {
    const scope = { region: CALLED };
    await network.setFault({ id: 'f', scope, kind: 'error-rate', share: 1, status: 502 });
    expect(await get()).toBe(502);
    await network.setFault({ id: 'f', scope, kind: 'error-rate', share: 0.3 });
    const statuses = await Promise.all(Array.from({ length: 60 }, () => get('/some')));
    const failed = statuses.filter((status) => status === 503).length;
    expect(failed).toBeGreaterThan(5);
    expect(failed).toBeLessThan(35);
    expect(requests.get('/some')).toBe(60 - failed);
  });

  it('of unknown regions are refused', async () => {
    const fault = { id: 'f', scope: { region: 'eu-mars-1' }, kind: 'down' } as const;
    await expect(network.setFault(fault)).rejects.toThrow("unknown region 'eu-mars-1'");
    expect(network.faults()).toEqual([]);
  });
});

describe('calls to AWS endpoints', () => {
  const call = () => ({
    region: CALLED,
    sourceAddress: regionAddress(CALLER, 1),
    signal: AbortSignal.timeout(400),
  });

  it('travel one way there and one way back', async () => {
    const startedMs = performance.now();
    await network.arriveHook(call());
    await network.delayHook(call());
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(RTT_MS - 2);
  });

  it('are held by a cut of their plane until the caller hangs up', async () => {
    const scope = { from: CALLED, to: CALLER };
    await network.setFault({ id: 'f', scope, kind: 'one-way-cut', plane: 'aws' });
    await network.arriveHook(call());
    await expect(network.delayHook(call())).rejects.toThrow();
    expect(await get()).toBe(200);
  });
});
