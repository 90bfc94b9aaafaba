// Goal: handshakes are timed as a phase of their own, and certificates are checked.
// Method: a certificate made for this run, on real TLS servers.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpProbe } from '../../../probes/http.ts';
import { tcpProbe } from '../../../probes/tcp.ts';
import { answering, closedPort, portOf, type TestServer, tcpServer } from './servers.ts';

const options = () => ({ timeoutMs: 30_000, signal: new AbortController().signal });

let ca = '';
let port = 0;
let server: tls.Server;
let plain: TestServer;

beforeAll(async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'probe-tls-'));
  const [keyFile, certFile] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=shop.test', '-addext', 'subjectAltName=DNS:shop.test'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, ...subject, '-days', '1', '-keyout', keyFile, '-out', certFile],
    { stdio: 'ignore' },
  );
  ca = fs.readFileSync(certFile, 'utf8');
  const key = fs.readFileSync(keyFile, 'utf8');
  fs.rmSync(folder, { recursive: true });
  server = tls.createServer({ key, cert: ca }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = portOf(server);
  plain = await answering(['HTTP/1.1 400 Bad Request\r\n\r\n']);
});

afterAll(() => {
  server.close();
  plain.close();
});

describe('over TLS', () => {
  const shop = () => ({ host: '127.0.0.1', port, tls: { serverName: 'shop.test', ca } });

  it('http times the handshake apart from connect and wait', async () => {
    const outcome = await httpProbe({ ...shop(), path: '/', expectStatus: 200 }, options());
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(Object.keys(outcome.phases)).toEqual(['tcpMs', 'tlsMs', 'waitMs', 'transferMs']);
    expect(outcome.phases['tlsMs']).toBeGreaterThan(0);
    const sum = Object.values(outcome.phases).reduce((total, ms) => total + ms, 0);
    expect(sum).toBeCloseTo(outcome.totalMs, 6);
    expect(outcome.detail).toMatchObject({ status: 200, bodyBytes: 2 });
  });

  it('tcp includes the handshake', async () => {
    const outcome = await tcpProbe(shop(), options());
    if (!outcome.ok) throw new Error(outcome.detail);
    const { connectMs = 0, tlsMs = 0 } = outcome.phases;
    expect(connectMs + tlsMs).toBeCloseTo(outcome.totalMs, 6);
  });

  it.each([
    ['a certificate that nobody vouches for', { serverName: 'shop.test' }],
    [
      'a certificate of another name',
      {
        serverName: 'other.test',
        get ca() {
          return ca;
        },
      },
    ],
  ])('calls %s by its name', async (_what, settings) => {
    const target = { host: '127.0.0.1', port, tls: settings, path: '/', expectStatus: 200 };
    expect(await httpProbe(target, options())).toMatchObject({ ok: false, reason: 'certificate' });
  });

  it('calls a server that does not speak TLS tls', async () => {
    const target = { ...shop(), port: plain.port };
    expect(await tcpProbe(target, options())).toMatchObject({ ok: false, reason: 'tls' });
  });
});

describe('tcp', () => {
  it('measures the connect and nothing else', async () => {
    const listener = await tcpServer(() => {});
    const outcome = await tcpProbe({ host: '127.0.0.1', port: listener.port }, options());
    listener.close();
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(outcome.phases).toEqual({ connectMs: outcome.totalMs });
  });

  it('looks a name up first', async () => {
    const listener = await tcpServer(() => {});
    const outcome = await tcpProbe({ host: 'localhost', port: listener.port }, options());
    listener.close();
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(Object.keys(outcome.phases)).toEqual(['dnsMs', 'connectMs']);
  });

  it('calls a port where nobody listens refused', async () => {
    const outcome = await tcpProbe({ host: '127.0.0.1', port: await closedPort() }, options());
    expect(outcome).toMatchObject({ ok: false, reason: 'refused' });
  });
});
