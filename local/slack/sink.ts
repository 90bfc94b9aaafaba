import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { openStateFile } from '../state/stateFile.ts';
import { openMessageLog, type SlackMessage } from './messageLog.ts';
import { readPayload } from './payload.ts';

export type SlackSinkOptions = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** A loopback address; 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** Hears why a message was refused, in more words than Slack gives. */
  readonly onRefused?: (error: string, detail: string) => void;
};

export type SlackSink = {
  /** The webhook. Whoever knows it can post, so it is a secret: keep it out of logs. */
  readonly url: string;
  /** All that was accepted, also before the last restart, the oldest first. */
  messages(): readonly SlackMessage[];
  close(): Promise<void>;
};

const BODY_BYTES_MAX = 1_000_000;

const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const samePath = (asked: string, secret: string): boolean => {
  const [a, b] = [Buffer.from(asked), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** The JSON in a body: as it is, or in the form field `payload`, which Slack also takes. */
const jsonOf = (body: string, contentType = ''): string =>
  contentType.startsWith('application/x-www-form-urlencoded')
    ? (new URLSearchParams(body).get('payload') ?? '')
    : body;

/** The secret part of the path, made once and kept, so that a stored webhook URL stays right. */
const openSecret = async (file: string): Promise<string> => {
  const state = await openStateFile(file, z.strictObject({ secret: z.string().min(24) }), {
    secret: randomBytes(18).toString('base64url'),
  });
  await state.save(state.value);
  return state.value.secret;
};

/**
 * A far end for Slack's incoming webhooks that keeps what it is sent. Answers as Slack does: `ok`,
 * or its error word with 400; 404 for any other path.
 */
export const startSlackSink = async (options: SlackSinkOptions): Promise<SlackSink> => {
  const { clock, host = '127.0.0.1', port = 0, onRefused } = options;
  if (!/^127\./.test(host)) {
    throw new Error(`the Slack sink binds to loopback only, not to '${host}'; use 127.x.y.z`);
  }
  const folder = path.join(options.dataDir, 'slack');
  const secretPath = `/services/T00000000/B00000000/${await openSecret(path.join(folder, 'secret.json'))}`;
  const log = await openMessageLog(path.join(folder, 'messages.jsonl'));

  const answer = (response: ServerResponse, status: number, text: string) => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(text);
  };
  const refuse = (response: ServerResponse, error: string, detail: string) => {
    onRefused?.(error, detail);
    answer(response, 400, error);
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    if (!samePath(request.url ?? '', secretPath)) return answer(response, 404, 'no_service');
    if (request.method !== 'POST') return answer(response, 405, 'method_not_allowed');
    const body = await readBody(request);
    if (body === undefined) {
      response.setHeader('connection', 'close');
      return refuse(response, 'invalid_payload', `longer than ${BODY_BYTES_MAX} bytes`);
    }
    const read = readPayload(jsonOf(body, request.headers['content-type']));
    if ('error' in read) return refuse(response, read.error, read.detail);
    await log.add({ id: randomUUID(), receivedAtMs: clock.now(), payload: read.payload });
    answer(response, 200, 'ok');
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // What could not be kept was not received: Slack's word for its own failure.
      onRefused?.('rollup_error', error instanceof Error ? error.message : 'unknown');
      if (response.headersSent) request.socket.destroy();
      else answer(response, 500, 'rollup_error');
    });
  });
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    await log.close();
    throw error;
  }
  const bound = server.address();
  const boundPort = bound !== null && typeof bound === 'object' ? bound.port : port;
  return {
    url: `http://${host}:${boundPort}${secretPath}`,
    messages: log.messages,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await log.close();
    },
  };
};
