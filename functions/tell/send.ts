/**
 * Where messages go: to an incoming webhook, or, with a bot token, to a channel in which they can be
 * edited afterwards. Both are secrets, and appear in no result and no log.
 */
import * as z from 'zod';
import type { SlackMessage } from '../../core/report/blocks.ts';
import type { SentMessage } from '../../events/watchState.ts';
import { type Posted, postWebhook } from '../_postWebhook.ts';

const Bot = z.object({
  token: z.string().min(10).max(300),
  channel: z.string().min(1).max(100),
  /** Slack keeps another address for governments. */
  api: z
    .url({ protocol: /^https?$/ })
    .max(300)
    .default('https://slack.com/api/'),
});
type Bot = z.output<typeof Bot>;

export type Destination =
  | { readonly kind: 'webhook'; readonly url: string }
  | ({ readonly kind: 'bot' } & Bot);

/** A URL is a webhook; `{"token": ..., "channel": ...}` is a bot. Undefined when it is neither. */
export const destinationOf = (secret: string): Destination | undefined => {
  if (/^https?:\/\//.test(secret)) return { kind: 'webhook', url: secret };
  try {
    const bot = Bot.safeParse(JSON.parse(secret));
    return bot.success ? { kind: 'bot', ...bot.data } : undefined;
  } catch {
    return undefined;
  }
};

export type Place = Pick<SentMessage, 'channel' | 'ts'>;
export type Sent = Posted & { readonly place?: Place };

const TIMEOUT_MS = 10_000;

/** Errors of Slack that the same call would not get a second time. */
const PASSING = new Set(['ratelimited', 'rate_limited', 'internal_error', 'service_unavailable']);

const BotAnswer = z.object({
  ok: z.boolean(),
  error: z.string().max(200).default('no reason given'),
  channel: z.string().max(100).optional(),
  ts: z.string().max(50).optional(),
});

const call = async (
  bot: Bot,
  method: 'chat.postMessage' | 'chat.update',
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Sent> => {
  let answer: Response;
  try {
    answer = await fetch(new URL(method, bot.api), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bot.token}`,
        'content-type': 'application/json; charset=utf-8',
      },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch {
    return { status: 'unreachable', reason: 'Slack could not be reached' };
  }
  const read = BotAnswer.safeParse(await answer.json().catch(() => undefined));
  if (!read.success) return { status: 'unreachable', reason: `HTTP ${answer.status}` };
  const { ok, error, channel, ts } = read.data;
  if (!ok) return { status: PASSING.has(error) ? 'unreachable' : 'refused', reason: error };
  return channel === undefined || ts === undefined
    ? { status: 'ok' }
    : { status: 'ok', place: { channel, ts } };
};

/** Sends a message, or puts it in the place of one that was sent before, where that can be done. */
export const send = async (
  destination: Destination,
  message: SlackMessage,
  instead: Place | null,
  signal: AbortSignal,
): Promise<Sent> => {
  if (destination.kind === 'webhook') return postWebhook(destination.url, message, signal);
  if (instead !== null) {
    const edited = await call(destination, 'chat.update', { ...message, ...instead }, signal);
    // One that somebody deleted, or that is too old to edit, is sent anew.
    if (edited.status !== 'refused') return edited;
  }
  const { channel } = destination;
  return call(destination, 'chat.postMessage', { ...message, channel }, signal);
};
