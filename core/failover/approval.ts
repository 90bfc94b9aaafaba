/**
 * Approvals: the word of a person for one decision, at one epoch, for a while. One comes from the
 * command line or from a button in Slack, whose request is signed with HMAC-SHA256 over
 * `v0:<timestamp>:<body>` (docs.slack.dev, "Verifying requests from Slack").
 */
import type { Approval } from './states.ts';

export type Refusal =
  | 'forged'
  | 'stale'
  | 'repeated'
  | 'other-decision'
  | 'other-epoch'
  | 'expired';

export type ApprovalCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly refusal: Refusal; readonly why: string };

const refuse = (refusal: Refusal, why: string): ApprovalCheck => ({ ok: false, refusal, why });

/** As Slack advises: an older request may be a recorded one played again. */
const REPLAY_WINDOW_MS = 300_000;

export type SignedRequest = {
  /** Header X-Slack-Request-Timestamp: whole seconds since 1970. */
  readonly timestamp: string;
  /** Header X-Slack-Signature. */
  readonly signature: string;
  /** The body as it came, before any decoding. */
  readonly body: string;
};

/** Compares every character, so that the time taken says nothing of where two texts differ. */
const sameText = (a: string, b: string): boolean => {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
};

/** `hmac` is HMAC-SHA256 with the signing secret, in hex. */
export const checkSignature = (
  { timestamp, signature, body }: SignedRequest,
  nowMs: number,
  hmac: (text: string) => string,
): ApprovalCheck => {
  const sentMs = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1_000 : Number.NaN;
  if (!(Math.abs(nowMs - sentMs) <= REPLAY_WINDOW_MS)) {
    return refuse('stale', `the request is not from the last ${REPLAY_WINDOW_MS / 60_000} minutes`);
  }
  return sameText(signature, `v0=${hmac(`v0:${timestamp}:${body}`)}`)
    ? { ok: true }
    : refuse('forged', 'the signature does not match the body');
};

export type Word = {
  readonly decisionId: string;
  readonly epoch: number;
  /** Unlike for every click: the id of the request, or a hash of it. */
  readonly nonce: string;
};

/** Whether a word answers the question that is open now. `seen` are nonces already used. */
export const checkApproval = (
  word: Word,
  asked: Approval | null,
  seen: ReadonlySet<string>,
  nowMs: number,
): ApprovalCheck => {
  if (seen.has(word.nonce)) return refuse('repeated', 'this approval has been used before');
  if (asked === null || word.decisionId !== asked.decisionId) {
    return refuse('other-decision', `no approval is asked for decision ${word.decisionId}`);
  }
  if (word.epoch !== asked.epoch) {
    return refuse('other-epoch', `epoch ${word.epoch} has passed, it is ${asked.epoch} now`);
  }
  return nowMs < asked.expiresAtMs
    ? { ok: true }
    : refuse('expired', 'the time to approve has passed; a new question follows if it still holds');
};
