/** Posts a message to an incoming webhook. The URL is a secret: it appears in no result. */

/**
 * `refused` will not go better the next time; `unreachable` surely was not delivered and may; with
 * `unknown` the message may have arrived, so sending it again could say it twice.
 */
export type Posted =
  | { readonly status: 'ok' }
  | { readonly status: 'refused' | 'unreachable' | 'unknown'; readonly reason: string };

const TIMEOUT_MS = 10_000;
const REASON_MAX = 200;
const TOO_MANY = 429;
const SERVER_ERROR = 500;

/** Errors of a connection that carried nothing. */
const NEVER_SENT = new Set<unknown>(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

const codeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error && 'code' in error.cause
    ? error.cause.code
    : undefined;

export const postWebhook = async (
  url: string,
  message: unknown,
  signal: AbortSignal,
): Promise<Posted> => {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (error) {
    const unsent = NEVER_SENT.has(codeOf(error));
    return unsent
      ? { status: 'unreachable', reason: 'the webhook could not be reached' }
      : { status: 'unknown', reason: 'the webhook did not answer; the message may have arrived' };
  }
  const body = (await answer.text().catch(() => '')).slice(0, REASON_MAX);
  if (answer.ok) return { status: 'ok' };
  const again = answer.status === TOO_MANY || answer.status >= SERVER_ERROR;
  return {
    status: again ? 'unreachable' : 'refused',
    reason: `HTTP ${answer.status} ${body}`.trim(),
  };
};
