import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WireServer, WireServerOptions } from '../../local/wire/server.ts';
import { startTestServer } from '../support/wireServer.ts';

/** An empty data folder, and what removes it. */
export const temporaryFolder = () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'failover-contract-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** Settings for an SDK client that talks to the endpoint over sockets, without retries. */
export const clientOf = (server: Pick<WireServer, 'url'>, region = 'eu-central-1') => ({
  endpoint: server.url,
  region,
  maxAttempts: 1,
  credentials: { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local' },
});

export const startEndpoint = (
  services: WireServerOptions['services'],
  options: Partial<WireServerOptions> = {},
): Promise<WireServer> => startTestServer({ services, port: 0, ...options });

/** What a client would sign with; the embedded cloud reads the scope and leaves the signature. */
export const authorization = (scope: string, region = 'eu-central-1'): string =>
  `AWS4-HMAC-SHA256 Credential=AKIDLOCAL/20260101/${region}/${scope}/aws4_request, ` +
  'SignedHeaders=host;x-amz-date, Signature=00';

/** A raw request, as no SDK would send it. */
export const raw = async (
  server: Pick<WireServer, 'url'>,
  scope: string,
  request: {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string | Uint8Array<ArrayBuffer>;
  },
): Promise<{ status: number; headers: Headers; text: string }> => {
  const response = await fetch(`${server.url}${request.path ?? '/'}`, {
    method: request.method ?? 'POST',
    headers: {
      authorization: authorization(scope),
      'x-amz-date': '20260101T000000Z',
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: request.body }),
    redirect: 'manual',
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

/** Waits until the condition holds, and fails with its name when it does not in time. */
export const eventually = async (
  what: string,
  condition: () => Promise<boolean> | boolean,
  withinMs = 90_000,
): Promise<void> => {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
