// Goal: the http probe reads what servers really send, and names every way in which they fail.
// Method: real sockets on loopback, with answers written byte by byte where that matters.
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpTarget, httpProbe } from '../../../probes/http.ts';
import type { ProbeOutcome } from '../../../probes/probe.ts';
import { answering, closedPort, type TestServer, tcpServer } from './servers.ts';

let open: TestServer[] = [];
afterEach(() => {
  for (const server of open) server.close();
  open = [];
});

const serve = async (starting: Promise<TestServer>): Promise<number> => {
  const server = await starting;
  open.push(server);
  return server.port;
};

const probe = (
  port: number,
  extra: Partial<HttpTarget> = {},
  { timeoutMs = 30_000, signal = new AbortController().signal } = {},
): Promise<ProbeOutcome> =>
  httpProbe(
    { host: '127.0.0.1', port, path: '/', expectStatus: 200, ...extra },
    { timeoutMs, signal },
  );

const OK = 'HTTP/1.1 200 OK\r\n';

describe('answers', () => {
  const complete: Record<string, { pieces: string[]; bodyBytes: number }> = {
    'bounded by content-length': { pieces: [`${OK}Content-Length: 5\r\n\r\nhello`], bodyBytes: 5 },
    'without a body': { pieces: [`${OK}content-length: 0\r\n\r\n`], bodyBytes: 0 },
    chunked: {
      pieces: [
        `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=1\r\nlo\r\n0\r\ntrail: er\r\n\r\n`,
      ],
      bodyBytes: 5,
    },
    'chunked, cut at awkward places': {
      pieces: [
        `${OK}transfer-encoding: chunked\r`,
        '\n\r',
        '\nA',
        '\r\nhello',
        'hello\r',
        '\n0\r\n',
        '\r\n',
      ],
      bodyBytes: 10,
    },
    'bounded by the end of the connection': { pieces: [`${OK}\r\nhello`, ' there'], bodyBytes: 11 },
    'after an interim answer': {
      pieces: [
        'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n',
        `${OK}content-length: 2\r\n\r\nok`,
      ],
      bodyBytes: 2,
    },
  };

  for (const [name, { pieces, bodyBytes }] of Object.entries(complete)) {
    it(`reads one ${name}`, async () => {
      const port = await serve(answering(pieces));
      const outcome = await probe(port);
      expect(outcome).toMatchObject({ ok: true, detail: { status: 200, bodyBytes } });
    });
  }

  it('is done with the body and does not wait for the connection to close', async () => {
    const port = await serve(answering([`${OK}content-length: 2\r\n\r\nok`], { keepOpen: true }));
    expect(await probe(port)).toMatchObject({ ok: true });
  });

  it('splits the time into phases that sum to the total', async () => {
    const port = await serve(
      answering([`${OK}content-length: 4\r\n\r\nab`, 'cd'], { pauseMs: 1_000 }),
    );
    const outcome = await probe(port, { host: 'localhost' });
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(Object.keys(outcome.phases)).toEqual(['dnsMs', 'tcpMs', 'waitMs', 'transferMs']);
    const sum = Object.values(outcome.phases).reduce((total, ms) => total + ms, 0);
    expect(sum).toBeCloseTo(outcome.totalMs, 6);
    expect(outcome.phases['transferMs']).toBeGreaterThan(995);
    expect(outcome.phases['waitMs']).toBeLessThan(995);
  });

  it('says who answered', async () => {
    const served = 'X-Served-By: eu-west-1; image=sha256:abc\r\n';
    const port = await serve(answering([`${OK}${served}content-length: 0\r\n\r\n`]));
    expect(await probe(port)).toMatchObject({
      detail: { servedBy: 'eu-west-1; image=sha256:abc', address: '127.0.0.1' },
    });
  });

  it('sends one request, with its own headers, that asks to close', async () => {
    let seen = '';
    const port = await serve(
      tcpServer((socket) => {
        socket.once('data', (bytes) => {
          seen = bytes.toString('latin1');
          socket.end(`${OK}content-length: 9\r\n\r\n`);
        });
      }),
    );
    const target = { path: '/a?b=1', method: 'HEAD', headers: { host: 'shop.test' } } as const;
    expect(await probe(port, target)).toMatchObject({ ok: true, detail: { bodyBytes: 0 } });
    expect(seen).toMatch(/^HEAD \/a\?b=1 HTTP\/1\.1\r\nhost: shop\.test\r\n/);
    expect(seen).toMatch(/\r\nconnection: close\r\n\r\n$/);
  });
});

describe('failures', () => {
  const failing: Record<
    string,
    { answer: string; reason: string; detail: RegExp; extra?: object }
  > = {
    'another status': {
      answer: 'HTTP/1.1 503 No\r\nx-served-by: eu-west-1\r\ncontent-length: 0\r\n\r\n',
      reason: 'status',
      detail: /^status 503 instead of 200 \(eu-west-1\)$/,
    },
    'a redirect': {
      answer: 'HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n',
      reason: 'status',
      detail: /status 302/,
    },
    'a body without the text expected': {
      answer: `${OK}content-length: 2\r\n\r\nok`,
      reason: 'body',
      detail: /without "fine"/,
      extra: { expectBody: 'fine' },
    },
    'a header with another value': {
      answer: `${OK}content-length: 0\r\nx-region: a\r\n\r\n`,
      reason: 'header',
      detail: /X-Region: "a" instead of "b"/,
      extra: { expectHeaders: { 'X-Region': 'b' } },
    },
    'a huge header': {
      answer: `${OK}x: ${'y'.repeat(40_000)}\r\n\r\n`,
      reason: 'protocol',
      detail: /head of more than 32768 bytes/,
    },
    'a body above the bound': {
      answer: `${OK}content-length: 100\r\n\r\n`,
      reason: 'protocol',
      detail: /body of 100 bytes, more than 99/,
      extra: { bodyBytesMax: 99 },
    },
    'a body above the bound that nothing announced': {
      answer: `${OK}\r\n${'y'.repeat(100)}`,
      reason: 'protocol',
      detail: /body of more than 99 bytes/,
      extra: { bodyBytesMax: 99 },
    },
    'a chunk size that is none': {
      answer: `${OK}transfer-encoding: chunked\r\n\r\n-5\r\n`,
      reason: 'protocol',
      detail: /chunk size "-5"/,
    },
    'a chunk longer than it says': {
      answer: `${OK}transfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n`,
      reason: 'protocol',
      detail: /chunk longer than its size/,
    },
    'two lengths': {
      answer: `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nabc`,
      reason: 'protocol',
      detail: /content-length "2, 3"/,
    },
    'an unknown coding': {
      answer: `${OK}transfer-encoding: gzip\r\n\r\n`,
      reason: 'protocol',
      detail: /transfer-encoding "gzip"/,
    },
    'what is not HTTP': { answer: 'SSH-2.0-x\r\n', reason: 'protocol', detail: /status line "SSH/ },
    'a body that ends early': {
      answer: `${OK}content-length: 9\r\n\r\nabc`,
      reason: 'closed',
      detail: /closed after 3 bytes/,
    },
  };

  for (const [name, { answer, reason, detail, extra }] of Object.entries(failing)) {
    it(`calls ${name} ${reason}`, async () => {
      const outcome = await probe(await serve(answering([answer])), extra);
      expect(outcome).toMatchObject({ ok: false, reason, detail: expect.stringMatching(detail) });
    });
  }

  it('calls a port where nobody listens refused', async () => {
    expect(await probe(await closedPort())).toMatchObject({ ok: false, reason: 'refused' });
  });

  it('calls a reset a reset', async () => {
    const port = await serve(
      tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
    );
    expect(await probe(port)).toMatchObject({ ok: false, reason: 'reset' });
  });

  it('gives up on a server that accepts and never answers', async () => {
    const outcome = await probe(await serve(tcpServer(() => {})), {}, { timeoutMs: 40 });
    expect(outcome).toMatchObject({
      ok: false,
      reason: 'timeout',
      detail: expect.stringMatching(/answer took/),
    });
    expect(outcome.totalMs).toBeGreaterThan(35);
  });

  it('gives up on a body that trickles, for the time allowed is that of the whole probe', async () => {
    const drops = Array.from({ length: 100 }, () => 'x');
    const port = await serve(answering([`${OK}content-length: 100\r\n\r\n`, ...drops]));
    expect(await probe(port, {}, { timeoutMs: 60 })).toMatchObject({ reason: 'timeout' });
  });

  it('calls a name that does not exist dns', async () => {
    const outcome = await probe(80, { host: 'nothing.invalid' });
    expect(outcome).toMatchObject({
      ok: false,
      reason: 'dns',
      detail: expect.stringContaining('nothing.invalid'),
    });
  });

  it('stops when told to, before and during the probe', async () => {
    const port = await serve(tcpServer(() => {}));
    const controller = new AbortController();
    const running = probe(port, {}, { signal: controller.signal });
    controller.abort();
    expect(await running).toMatchObject({ ok: false, reason: 'aborted' });
    const after = await probe(port, {}, { signal: controller.signal });
    expect(after).toMatchObject({ ok: false, reason: 'aborted' });
  });

  it('refuses targets of which no request can be made', async () => {
    await expect(probe(80, { path: '/a b' })).rejects.toThrow('must start with "/"');
    await expect(probe(80, { path: '/\r\nx: y' })).rejects.toThrow('must start with "/"');
    await expect(probe(80, { headers: { a: 'b\r\nc: d' } })).rejects.toThrow('request header "a"');
    await expect(probe(70_000)).rejects.toThrow('port 70000');
  });
});
