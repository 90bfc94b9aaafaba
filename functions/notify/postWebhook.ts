/** Posts a message to an incoming webhook. The URL is a secret: it appears in no result. */

/** `refused` will not go better the next time; `unreachable` may. */
export type Posted =
  | { readonly status: 'ok' }
  | { readonly status: 'refused' | 'unreachable'; readonly reason: string };

const TIMEOUT_MS = 10_000;
const REASON_MAX = 200;
const TOO_MANY = 429;
const SERVER_ERROR = 500;

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
  } catch {
    return { status: 'unreachable', reason: 'the webhook did not answer' };
  }
  const body = (await answer.text().catch(() => '')).slice(0, REASON_MAX);
  if (answer.ok) return { status: 'ok' };
  const again = answer.status === TOO_MANY || answer.status >= SERVER_ERROR;
  return {
    status: again ? 'unreachable' : 'refused',
    reason: `HTTP ${answer.status} ${body}`.trim(),
  };
};
