// Goal: a checker judges an endpoint as Route 53 does: 2xx and 3xx, search strings, no certificates,
// 4 s to connect and 2 s to answer.
// Method: real servers on loopback; the time limits on a clock that is moved by hand.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, realClock } from '../../../local/clock.ts';
import { regionAddress } from '../../../local/network/addresses.ts';
import type { EndpointConfig } from '../../../local/route53/health/config.ts';
import { socketProber } from '../../../local/route53/health/prober.ts';
import { manualClock } from '../../support/manualClock.ts';

const SOURCE = regionAddress('eu-west-1', 16);

type Reply = string | ((socket: net.Socket) => void);

const closing: (() => void)[] = [];
/** A server that answers each connection's first bytes; keeps what it was sent, and from where. */
const serve = async (reply: Reply) => {
  const seen: { text: string; from: string | undefined }[] = [];
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      seen.push({ text: bytes.toString(), from: socket.remoteAddress });
      if (typeof reply === 'string') socket.end(reply);
      else reply(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return { port: (server.address() as net.AddressInfo).port, seen };
};
afterAll(() => {
  for (const close of closing) close();
});

const config = (extra: Partial<EndpointConfig>): EndpointConfig => ({
  type: 'HTTP',
  port: 80,
  requestIntervalS: 30,
  failureThreshold: 3,
  measureLatency: false,
  enableSni: true,
  inverted: false,
  disabled: false,
  ...extra,
});
const check = (
  extra: Partial<EndpointConfig>,
  signal = new AbortController().signal,
  clock: Clock = realClock,
  busyMs?: () => number,
) =>
  socketProber(clock, busyMs)(
    { config: config(extra), address: '127.0.0.1', sourceAddress: SOURCE, healthCheckId: 'id' },
    signal,
  );
const page = (status: string, body = 'ok', headers = '') =>
  `HTTP/1.1 ${status}\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`;

describe('over HTTP', () => {
  it.each([
    ['200 OK', true],
    ['204 No Content', true],
    ['301 Moved Permanently', true],
    ['307 Temporary Redirect', true],
    ['404 Not Found', false],
    ['503 Service Unavailable', false],
  ])('status %s is healthy: %s', async (status, ok) => {
    const { port } = await serve(page(status, '', 'location: http://127.0.0.1:1/\r\n'));
    const found = await check({ port });
    expect(found.ok).toBe(ok);
    expect(found.status).toContain(
      `${ok ? 'Success' : 'Failure'}: HTTP Status Code ${status.replace(' ', ', ')}`,
    );
  });

  it('asks for the path, with the name and the port, from the region of the checker', async () => {
    const { port, seen } = await serve(page('200 OK'));
    await check({ port, resourcePath: '/a?b=c', domainName: 'www.ex.test' });
    expect(seen[0]?.text).toMatch(/^GET \/a\?b=c HTTP\/1\.1\r\n/);
    expect(seen[0]?.text).toContain(`host: www.ex.test:${port}\r\n`);
    expect(seen[0]?.text).toContain('Amazon-Route53-Health-Check-Service');
    expect(seen[0]?.from).toBe(SOURCE);
  });

  it.each<[string, Reply, boolean]>([
    ['in the body', page('200 OK', `${'.'.repeat(5_000)}flip`), true],
    ['not in the body', page('200 OK', 'FLIP'), false],
    ['beyond 5,120 bytes', page('200 OK', `${'.'.repeat(5_118)}flip`), false],
    ['behind a redirect', page('301 Moved', 'elsewhere'), false],
    ['in an error page', page('404 Not Found', 'flip'), false],
    [
      'in a body without end',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nflip'),
      true,
    ],
  ])('a search string is looked for: %s', async (_name, reply, ok) => {
    const { port } = await serve(reply);
    const found = await check({ port, type: 'HTTP_STR_MATCH', searchString: 'flip' });
    expect(found.ok).toBe(ok);
  });

  it.each<[string, Reply]>([
    ['a hang-up', (socket) => socket.destroy()],
    ['no HTTP', 'hello\r\n\r\n'],
    ['too long a head', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}\r\n\r\n`],
  ])('%s is unhealthy', async (_name, reply) => {
    const { port } = await serve(reply);
    const found = await check({ port, type: 'HTTP_STR_MATCH', searchString: 'flip' });
    expect(found).toMatchObject({ ok: false, status: expect.stringContaining('Failure: ') });
  });
});

describe('over HTTP, the time limits', () => {
  /** A check of a server that answers as told, on a clock that has not moved yet, in a process at rest. */
  const slow = async (extra: Partial<EndpointConfig> = {}) => {
    const time = manualClock(0);
    let workedMs = 0;
    const work = (ms: number): void => {
      workedMs += ms;
    };
    const limits: number[] = [];
    const clock: Clock = {
      ...time.clock,
      after: (ms, callback) => {
        limits.push(ms);
        return time.clock.after(ms, callback);
      },
    };
    let hear = (_socket: net.Socket) => {};
    const asked = new Promise<net.Socket>((resolve) => {
      hear = resolve;
    });
    const { port } = await serve((socket) => hear(socket));
    const { signal } = new AbortController();
    const found = check({ port, ...extra }, signal, clock, () => workedMs);
    // By now the checker is connected, and waits for the answer.
    return { time, found, limits, work, socket: await asked };
  };

  it('of two seconds for the answer is not over before it is over', async () => {
    const { time, found, socket } = await slow();
    await time.advance(1_999);
    socket.end(page('200 OK'));
    expect((await found).ok).toBe(true);
  });

  it('of two seconds for the answer ends the check', async () => {
    const { time, found } = await slow();
    await time.advance(2_000);
    expect(await found).toEqual({
      ok: false,
      status: 'Failure: The endpoint did not answer in time.',
    });
  });

  it('of two seconds leaves out what this process worked meanwhile', async () => {
    const { time, found, work, socket } = await slow();
    work(1_500);
    await time.advance(2_000);
    await time.advance(1_499);
    socket.end(page('200 OK'));
    expect((await found).ok).toBe(true);
  });

  it('ends the check also of a process that is never at rest', async () => {
    const { time, found, work } = await slow();
    for (let second = 0; second < 40; second++) {
      work(1_000);
      await time.advance(1_000);
    }
    expect(await found).toMatchObject({ ok: false });
  });

  it('of two seconds for the body counts from the head', async () => {
    const { time, found, limits, socket } = await slow({
      type: 'HTTP_STR_MATCH',
      searchString: 'flip',
    });
    await time.advance(1_999);
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nno');
    // The limit for the answer is lifted when the head is there; only then may the clock move on.
    await expect.poll(() => limits).toEqual([4_000, 2_000, 2_000]);
    await time.advance(1_999);
    await time.advance(1);
    expect(await found).toMatchObject({
      ok: false,
      status: expect.stringContaining('body did not arrive in time'),
    });
  });
});

describe('over TCP', () => {
  it('a connection is enough', async () => {
    const { port } = await serve(() => {});
    expect(await check({ type: 'TCP', port })).toMatchObject({ ok: true });
  });

  it('a closed port is refused', async () => {
    const found = await check({ type: 'TCP', port: 1 });
    expect(found).toEqual({ ok: false, status: 'Failure: Connection refused.' });
  });

  it('a check that is stopped ends at once', async () => {
    const { port } = await serve(() => {});
    const stop = new AbortController();
    const running = check({ port }, stop.signal);
    stop.abort();
    expect((await running).ok).toBe(false);
    expect((await check({ port }, AbortSignal.abort())).ok).toBe(false);
  });
});

describe('over HTTPS', () => {
  let port = 0;
  const names: (string | false | null | undefined)[] = [];
  beforeAll(async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prober-tls-'));
    const at = (name: string) => path.join(folder, name);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl(
      ...['req', '-new', ...curve, '-subj', '/CN=somebody.else'],
      ...['-keyout', at('key'), '-out', at('request')],
    );
    const signed = ['-signkey', at('key'), '-days', '-1'];
    openssl('x509', '-req', '-in', at('request'), ...signed, '-out', at('cert'));
    const [key, cert] = [fs.readFileSync(at('key')), fs.readFileSync(at('cert'))];
    fs.rmSync(folder, { recursive: true });
    const server = https.createServer({ key, cert }, (_, response) => response.end('ok'));
    server.on('secureConnection', (socket) => names.push(socket.servername));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    port = (server.address() as net.AddressInfo).port;
  });

  it('hazard: an expired certificate of another name is healthy', async () => {
    const found = await check({ type: 'HTTPS', port, domainName: 'www.ex.test' });
    expect(found).toEqual({ ok: true, status: 'Success: HTTP Status Code 200, OK' });
    expect(names.at(-1)).toBe('www.ex.test');
  });

  it('tells no name when SNI is off', async () => {
    const found = await check({ type: 'HTTPS', port, domainName: 'www.ex.test', enableSni: false });
    expect(found.ok).toBe(true);
    expect(names.at(-1)).toBe(false);
  });

  it('needs TLS', async () => {
    const plain = await serve(page('200 OK'));
    expect((await check({ type: 'HTTPS', port: plain.port })).ok).toBe(false);
  });
});
