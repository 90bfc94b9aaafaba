/**
 * Takes the word of a person from Slack: a signed request, not played again, for the decision that is
 * asked about now. Who is refused learns that, and nothing else.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Secrets } from '../../aws/secrets.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import {
  type ApprovalCheck,
  checkApproval,
  checkSignature,
  type Refusal,
  type Word,
} from '../../core/failover/approval.ts';
import type { EvaluateApproval, EvaluateOutput } from '../../events/evaluation.ts';
import type { FunctionUrlAnswer, FunctionUrlEvent } from '../../events/functionUrl.ts';
import type { Base } from '../_entry.ts';
import { readPress } from './interaction.ts';

type Needs = Base & {
  readonly service: string;
  readonly signingParameter: string;
  readonly table: Pick<WatchTable, 'state' | 'once'>;
  readonly secrets: Secrets;
  /** Hands an approval that was checked to the machine, which checks it against what it asked. */
  readonly passOn: (
    word: EvaluateApproval,
    signal: AbortSignal,
  ) => Promise<Pick<EvaluateOutput, 'accepted' | 'why'>>;
};

const STATUS: Readonly<Record<Refusal, number>> = {
  forged: 401,
  stale: 401,
  repeated: 409,
  'other-decision': 409,
  'other-epoch': 409,
  expired: 410,
};

const BODY_BYTES_MAX = 65_536;
/** Longer than any request may be old. */
const NONCE_DAYS = 1;

const answer = (statusCode: number, text: string): FunctionUrlAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify({ text }),
});

const refusal = (statusCode: number): FunctionUrlAnswer => answer(statusCode, 'refused');

const bodyOf = ({ body, isBase64Encoded }: FunctionUrlEvent): string =>
  isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;

const signedRight = (
  { headers }: FunctionUrlEvent,
  body: string,
  nowMs: number,
  secret: string,
): ApprovalCheck =>
  checkSignature(
    {
      timestamp: headers['x-slack-request-timestamp'] ?? '',
      signature: headers['x-slack-signature'] ?? '',
      body,
    },
    nowMs,
    (text) => createHmac('sha256', secret).update(text).digest('hex'),
  );

/** Whether this word, said now for the first time, answers the question that is open. */
const checkWord = async (
  { service, table, clock }: Needs,
  word: Word,
  signal: AbortSignal,
): Promise<ApprovalCheck> => {
  const nowMs = clock.now();
  const first = await table.once(service, `approval#${word.nonce}`, NONCE_DAYS, nowMs);
  const stored = await table.state(service, signal);
  const seen = new Set(first ? [] : [word.nonce]);
  return checkApproval(word, stored?.state.approval ?? null, seen, nowMs);
};

export const approve =
  (needs: Needs) =>
  async (event: FunctionUrlEvent, signal: AbortSignal): Promise<FunctionUrlAnswer> => {
    const { service, secrets, signingParameter, clock, log, passOn } = needs;
    if (event.requestContext.http.method !== 'POST') return refusal(405);
    if (event.body.length > BODY_BYTES_MAX) return refusal(413);
    const secret = await secrets.find(signingParameter, signal);
    if (!secret) {
      log.error('no signing secret is stored', { service });
      return refusal(503);
    }
    const body = bodyOf(event);
    const signed = signedRight(event, body, clock.now(), secret);
    if (!signed.ok) {
      log.warn('approval refused', { service, refusal: signed.refusal });
      return refusal(STATUS[signed.refusal]);
    }
    const press = readPress(body);
    if (press === undefined || press.service !== service) return refusal(400);
    const { decisionId, epoch, userId } = press;
    if (press.answer === 'decline') {
      log.info('approval declined', { service, decisionId, userId });
      return answer(200, 'Nothing moves. The question stays open until its time has passed.');
    }
    const nonce = createHash('sha256').update(body).digest('hex');
    const checked = await checkWord(needs, { decisionId, epoch, nonce }, signal);
    if (!checked.ok) {
      log.warn('approval refused', { service, decisionId, userId, refusal: checked.refusal });
      return refusal(STATUS[checked.refusal]);
    }
    const word = { kind: 'approval' as const, service, decisionId, epoch, nonce };
    const { accepted, why } = await passOn(word, signal);
    log.info('approved', { service, decisionId, epoch, userId, accepted, why });
    return answer(
      200,
      accepted
        ? 'Approved: traffic moves.'
        : 'Approved, but a gate no longer holds: traffic stays.',
    );
  };
