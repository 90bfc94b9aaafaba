/** Tells Slack of a drill, once: the claim is made before the message is sent and given back only if it surely was not. */
import type * as z from 'zod';
import type { Documents } from '../../aws/documents.ts';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { Secrets } from '../../aws/secrets.ts';
import { failureText } from '../../core/drill/failureText.ts';
import { DrillError } from '../../core/errors.ts';
import type { SlackMessage } from '../../core/report/blocks.ts';
import { drillMessage, failureMessage } from '../../core/report/slack.ts';
import type { NotifyInput, NotifyOutput } from '../../events/drillEnd.ts';
import type { DrillPlan } from '../../events/drillRecord.ts';
import { DrillReport } from '../../events/drillReport.ts';
import type { Base } from '../_entry.ts';
import type { postWebhook } from '../_postWebhook.ts';

type Needs = Base & {
  records: DrillRecords;
  documents: Documents;
  secrets: Secrets;
  post: typeof postWebhook;
};
type Input = z.output<typeof NotifyInput>;
type Output = z.output<typeof NotifyOutput>;

const MARK = 'NOTIFIED';

const knownPlan = async (
  records: DrillRecords,
  drillId: string,
  signal: AbortSignal,
): Promise<DrillPlan | undefined> => {
  try {
    return await records.plan(drillId, signal);
  } catch (error) {
    if (error instanceof DrillError && error.name === 'DrillNotFound') return undefined;
    throw error;
  }
};

const messageOf = async (
  { documents }: Needs,
  plan: DrillPlan,
  { drillId, reportKey, failure }: Input,
  signal: AbortSignal,
): Promise<SlackMessage> => {
  if (failure || reportKey === null) {
    return failureMessage(plan.service, drillId, {
      error: failure?.Error ?? 'Unknown',
      reason: failureText(failure?.Cause ?? 'no cause given'),
    });
  }
  return drillMessage(await documents.read(reportKey, DrillReport, signal), plan.reference);
};

const recordFailure = async (
  { records, clock }: Needs,
  plan: DrillPlan,
  { failure }: Input,
  signal: AbortSignal,
): Promise<void> => {
  if (!failure) return;
  const finishedAt = new Date(clock.now()).toISOString();
  const { drillId, service, startedAt } = plan;
  const bursts = await records.latencies(drillId, signal);
  await records.putState(
    {
      drillId,
      service,
      startedAt,
      finishedAt,
      status: 'FAILED',
      roundsDone: Math.max(0, ...bursts.map(({ round }) => round)),
      summary: `${failure.Error}: ${failureText(failure.Cause ?? 'no cause given')}`,
    },
    clock.now(),
    signal,
  );
};

export const notify =
  (needs: Needs) =>
  async (input: Input, signal: AbortSignal): Promise<Output> => {
    const { records, secrets, post, clock, log } = needs;
    const plan = await knownPlan(records, input.drillId, signal);
    if (!plan)
      return { status: 'not-configured', reason: 'the drill failed before it was planned' };
    await recordFailure(needs, plan, input, signal);
    const url = plan.slackParameter ? await secrets.find(plan.slackParameter, signal) : undefined;
    if (!plan.slackParameter)
      return { status: 'not-configured', reason: 'notify.slack is not set' };
    if (!url) {
      return {
        status: 'not-configured',
        reason: `there is no SSM parameter ${plan.slackParameter}`,
      };
    }
    const message = await messageOf(needs, plan, input, signal);
    if (!(await records.claim(input.drillId, MARK, clock.now(), signal))) {
      return { status: 'already-sent', reason: null };
    }
    const posted = await post(url, message, signal);
    if (posted.status === 'ok') return { status: 'sent', reason: null };
    log.warn('Slack was not told', { drillId: input.drillId, reason: posted.reason });
    if (posted.status === 'unknown') return { status: 'failed', reason: posted.reason };
    await records.unclaim(input.drillId, MARK, signal);
    if (posted.status === 'refused') return { status: 'failed', reason: posted.reason };
    throw new DrillError('NotifyFailed', posted.reason);
  };
