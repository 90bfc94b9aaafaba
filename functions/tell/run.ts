/**
 * Tells Slack of one fact of a watch, once. It runs beside the failover and is waited for by
 * nobody; what cannot be delivered is tried again by Lambda, and then dropped with a line in the log.
 */
import * as z from 'zod';
import type { Secrets } from '../../aws/secrets.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import type { Decision } from '../../core/evidence/decision.ts';
import type { Timings } from '../../core/failover/timings.ts';
import type { Button } from '../../core/report/blocks.ts';
import { failoverMessage } from '../../core/report/failoverNews.ts';
import { promotionMessage } from '../../core/report/promotionNews.ts';
import { APPROVE_ACTION, type ApprovalValue, DECLINE_ACTION } from '../../events/approvalButton.ts';
import { FailoverNotice } from '../../events/failoverNotice.ts';
import { FailoverSummary } from '../../events/failoverSummary.ts';
import { PromotionNotice } from '../../events/promotionNotice.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { SentMessage } from '../../events/watchState.ts';
import type { Base } from '../_entry.ts';
import { knownOf } from '../_failoverResult.ts';
import { destinationOf, type send } from './send.ts';

/** The event as EventBridge delivers it; AWS owns the rest of the envelope. */
export const TellInput = z.object({ detail: z.union([FailoverNotice, PromotionNotice]) });
export type TellInput = z.output<typeof TellInput>;

export const TellOutput = z.strictObject({
  status: z.enum(['sent', 'edited', 'already-sent', 'not-configured', 'failed']),
  reason: z.string().nullable(),
});
export type TellOutput = z.output<typeof TellOutput>;

type Needs = Base & { table: WatchTable; secrets: Secrets; send: typeof send };

const MARK_DAYS = 7;

/** Matters of which the later fact takes the place of the earlier, and which facts those are. */
const EDITS: Partial<Record<FailoverNotice['notice'], { matter: string; instead: string[] }>> = {
  suspect: { matter: 'suspicion', instead: [] },
  cleared: { matter: 'suspicion', instead: ['suspect'] },
  approval: { matter: 'move', instead: [] },
  decided: { matter: 'move', instead: ['approval'] },
  flipped: { matter: 'move', instead: ['decided'] },
  verified: { matter: 'move', instead: ['decided', 'flipped'] },
};

/** As above: how a promotion ended takes the place of its beginning. */
const PROMOTION_EDIT = {
  started: { matter: 'promotion', instead: [] },
  ended: { matter: 'promotion', instead: ['started'] },
} as const;

type Told = FailoverNotice | PromotionNotice;

const isPromotion = (notice: Told): notice is PromotionNotice => 'promotionId' in notice;

const editOf = (notice: Told): { matter: string; instead: readonly string[] } | undefined => {
  if (!isPromotion(notice)) return EDITS[notice.notice];
  return notice.notice === 'started' ? PROMOTION_EDIT.started : PROMOTION_EDIT.ended;
};

/** What the fact belongs to, if anything. */
const executionOf = (notice: Told): string | null =>
  isPromotion(notice) ? `${notice.promotionId}-${notice.mode}` : (notice.execution?.name ?? null);

/** An older message is not what anybody looks at: a new fact is told anew. */
const EDIT_MS = 3_600_000;

const replaces = (
  notice: Told,
  instead: readonly string[],
  last: SentMessage | null,
): last is SentMessage =>
  last !== null &&
  instead.includes(last.notice) &&
  notice.atMs - last.atMs < EDIT_MS &&
  (last.execution === null || last.execution === executionOf(notice));

const buttonsOf = ({ service, notice, approval }: FailoverNotice): Button[] => {
  if (notice !== 'approval' || approval === null) return [];
  const { decisionId, epoch } = approval;
  const value = JSON.stringify({ service, decisionId, epoch } satisfies ApprovalValue);
  return [
    { text: 'Approve', actionId: APPROVE_ACTION, value, style: 'primary' },
    { text: 'Decline', actionId: DECLINE_ACTION, value, style: 'danger' },
  ];
};

type Numbers = { readonly timings: Timings | null; readonly lossMs: number | null };

const NO_NUMBERS: Numbers = { timings: null, lossMs: null };

/** The data gate of a decision, where it found a number. */
const lossOf = (decision: Decision | undefined): number | null => {
  const lag = decision?.plan.gates.find(({ gate }) => gate === 'G3')?.value;
  return typeof lag === 'number' ? lag : null;
};

/**
 * The numbers that a fact is told with, and no more is read: while traffic is being moved, this
 * machine has better things to do.
 */
const numbersOf = async (
  { table, clock, log }: Needs,
  { service, execution, notice }: FailoverNotice,
  signal: AbortSignal,
): Promise<Numbers> => {
  if (execution === null) return NO_NUMBERS;
  try {
    if (notice === 'decided') {
      const stored = await table.decision(service, execution.decisionId, signal);
      return { ...NO_NUMBERS, lossMs: lossOf(stored?.decision) };
    }
    const stored = notice === 'verified' ? await table.state(service, signal) : null;
    if (stored === null) return NO_NUMBERS;
    const order = { service, execution };
    const known = await knownOf(table, order, stored.state, clock.now(), signal);
    return { timings: known.timings, lossMs: lossOf(known.decided?.decision) };
  } catch (error) {
    // The fact itself must be told, also without its numbers.
    log.warn('the evidence could not be read', { service, cause: String(error) });
    return NO_NUMBERS;
  }
};

/** How traffic got to where it is, for a fact that belongs to no move; null where nothing links. */
const lastExecutionOf = async (
  { table, log }: Needs,
  { service, notice }: FailoverNotice,
  { reportUrl }: WatchPlan,
  signal: AbortSignal,
): Promise<string | null> => {
  if (reportUrl === null || notice !== 'failback-ready') return null;
  try {
    const [last] = await table.summaries(service, FailoverSummary, 1, signal);
    return last?.execution ?? null;
  } catch (error) {
    log.warn('the last move could not be read', { service, cause: String(error) });
    return null;
  }
};

const messageOf = async (needs: Needs, notice: Told, plan: WatchPlan, signal: AbortSignal) =>
  isPromotion(notice)
    ? promotionMessage(notice)
    : failoverMessage({
        ...notice,
        ...(await numbersOf(needs, notice, signal)),
        home: plan.primary,
        singleVantage: plan.observers.length === 0,
        lastExecution: await lastExecutionOf(needs, notice, plan, signal),
        reportUrl: plan.reportUrl,
        buttons: buttonsOf(notice),
      });

export const tell =
  (needs: Needs) =>
  async ({ detail: notice }: TellInput, signal: AbortSignal): Promise<TellOutput> => {
    const { table, secrets, clock, log } = needs;
    const { service, key } = notice;
    const plan = await table.plan(service, signal);
    const parameter = plan?.slackParameter ?? null;
    if (plan === null || parameter === null) {
      return { status: 'not-configured', reason: 'notify.slack is not set' };
    }
    const secret = await secrets.find(parameter, signal);
    const destination = secret === undefined ? undefined : destinationOf(secret);
    if (destination === undefined) {
      const why = secret === undefined ? 'is not there' : 'is neither a webhook nor a bot';
      return { status: 'not-configured', reason: `the SSM parameter ${parameter} ${why}` };
    }
    const message = await messageOf(needs, notice, plan, signal);
    const mark = `notice-${key}`;
    if (!(await table.once(service, mark, MARK_DAYS, clock.now()))) {
      return { status: 'already-sent', reason: null };
    }
    const edit = editOf(notice);
    const last = edit === undefined ? null : await table.message(service, edit.matter, signal);
    const instead = replaces(notice, edit?.instead ?? [], last) ? last : null;
    const place = instead && { channel: instead.channel, ts: instead.ts };
    const sent = await needs.send(destination, message, place, signal);
    if (sent.status === 'ok') {
      if (edit !== undefined && sent.place !== undefined) {
        const execution = executionOf(notice);
        const { atMs } = notice;
        const kept = { ...sent.place, notice: notice.notice, execution, atMs };
        await table.putMessage(service, edit.matter, kept, signal);
      }
      const edited = instead !== null && sent.place?.ts === instead.ts;
      return { status: edited ? 'edited' : 'sent', reason: null };
    }
    log.warn('Slack was not told', { service, notice: notice.notice, key, reason: sent.reason });
    if (sent.status !== 'unreachable') return { status: 'failed', reason: sent.reason };
    await table.forget(service, mark, signal);
    throw new DrillError('NotifyFailed', sent.reason);
  };
