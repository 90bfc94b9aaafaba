// Goal: what only the owner of an endpoint can mend is named as the watch begins.
// Method: real servers on loopback, one with a certificate for another name.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookAtEndpoints } from '../../../cli/watch/firstLook.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'failover-look-'));
const servers: Server[] = [];

const listening = async (server: Server): Promise<number> => {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

let port = 0;
let tlsPort = 0;

beforeAll(async () => {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', '/CN=other.example', '-days', '2', '-keyout', key ?? '', '-out', cert ?? ''],
  ]);
  port = await listening(
    http.createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(301, { location: '/health' });
      else if (request.url === '/sick') response.writeHead(503);
      else if (request.url === '/never') return;
      response.end();
    }),
  );
  tlsPort = await listening(
    https.createServer(
      { key: readFileSync(key ?? ''), cert: readFileSync(cert ?? '') },
      (_request, response) => response.end(),
    ),
  );
});

afterAll(async () => {
  for (const server of servers) {
    if (server instanceof http.Server) server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

const look = (primary: string, standby = `http://127.0.0.1:${port}/health`) =>
  lookAtEndpoints(
    {
      regions: {
        primary: { name: 'eu-west-1', endpoint: primary },
        standby: { name: 'eu-central-1', endpoint: standby },
      },
    },
    500,
  );

describe('the first look at the endpoints', () => {
  it('says nothing of those that are well', async () => {
    expect(await look(`http://127.0.0.1:${port}/health`)).toEqual([]);
  });

  it.each([
    ['/moved', 'it redirects (301 to /health), which counts as down: name the URL that answers'],
    ['/sick', 'it answers 503, which counts as down'],
    ['/never', 'it does not answer: no answer within 500 ms'],
  ])('names %s', async (at, words) => {
    const [line] = await look(`http://127.0.0.1:${port}${at}`);
    expect(line).toContain(`primary eu-west-1 http://127.0.0.1:${port}${at}: ${words}`);
  });

  it('names a certificate that is not accepted', async () => {
    const [line] = await look(`https://127.0.0.1:${tlsPort}/`);
    expect(line).toContain('its certificate is not accepted');
  });

  it('names both endpoints when both are wrong', async () => {
    const lines = await look('http://127.0.0.1:1/', 'http://127.0.0.1:1/');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['primary', 'standby']);
  });
});
