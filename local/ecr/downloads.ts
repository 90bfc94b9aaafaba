/** Where layers are fetched from: URLs that hold for an hour, over a server of their own, as ECR gives them in S3. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';

const VALID_MS = 3_600_000;

type Download = { readonly file: string; readonly untilMs: number };

const refuse = (response: ServerResponse, status: number, text: string): void => {
  response
    .writeHead(status, { 'content-type': 'text/plain', connection: 'close' })
    .end(`${text}\n`);
};

const send = async (file: string, isHead: boolean, response: ServerResponse): Promise<void> => {
  const { size } = await stat(file);
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': size,
  });
  if (isHead) {
    response.end();
    return;
  }
  const stream = createReadStream(file);
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
};

const listen = (server: Server): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve(`http://127.0.0.1:${port}`);
    });
  });

/** The server starts with the first URL that is asked for. URLs do not outlive the process. */
export const createDownloads = (clock: Clock) => {
  const offered = new Map<string, Download>();
  let server: Server | undefined;
  let origin: Promise<string> | undefined;

  const start = (): Promise<string> => {
    server = createServer((request, response) => {
      const { method = '', url = '' } = request;
      const download = offered.get(url.slice(1));
      if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405, 'GET or HEAD only');
      if (!download || download.untilMs <= clock.now()) {
        return refuse(response, 403, 'AccessDenied: the URL has expired or was never given');
      }
      send(download.file, method === 'HEAD', response).catch(() =>
        refuse(response, 404, 'NoSuchKey: the layer is gone'),
      );
    });
    server.unref();
    return listen(server);
  };

  const urlOf = async (file: string): Promise<string> => {
    origin ??= start();
    const now = clock.now();
    for (const [name, { untilMs }] of offered) if (untilMs <= now) offered.delete(name);
    const name = randomBytes(24).toString('base64url');
    offered.set(name, { file, untilMs: now + VALID_MS });
    return `${await origin}/${name}`;
  };

  const close = async (): Promise<void> => {
    await origin?.catch(() => undefined);
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  };

  return { urlOf, close };
};

export type Downloads = ReturnType<typeof createDownloads>;
