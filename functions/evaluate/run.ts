/**
 * Judges the regions of a watch and moves its machine: on votes, alarms, orders and approvals, and
 * on a tick when none of them come.
 */
import type { EventBus } from '../../aws/eventBus.ts';
import type { FunctionCalls } from '../../aws/functionCalls.ts';
import type { Machines } from '../../aws/machines.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { checkApproval } from '../../core/failover/approval.ts';
import type { Event } from '../../core/failover/states.ts';
import type { EvaluateApproval, EvaluateInput, EvaluateOutput } from '../../events/evaluation.ts';
import { alarmOfCloudWatch, type ExternalAlarm } from '../../events/externalAlarm.ts';
import { decisionNow } from '../_advance.ts';
import type { Base } from '../_entry.ts';
import { type Applied, openTransitions } from '../_transition.ts';
import { openReadiness } from './readiness.ts';
import { openRescue } from './rescue.ts';
import { machineOf, openStarter } from './starter.ts';

export type Needs = Base & {
  readonly table: WatchTable;
  readonly bus: EventBus;
  readonly machines: Machines;
  readonly functions: FunctionCalls;
  /** The service whose alarms come from CloudWatch, which cannot name it. */
  readonly service: string;
  readonly prepareFunction: string;
  readonly machineArns: { readonly failover: string; readonly failback: string };
  readonly random: () => number;
};

/** Nonces are kept longer than any question is open. */
const NONCE_DAYS = 2;

const answerOf = (
  service: string,
  { stored, decisions }: Applied,
  over: Partial<EvaluateOutput> = {},
): EvaluateOutput => ({
  service,
  version: stored.version,
  state: stored.state,
  accepted: true,
  why: '',
  decision: decisions.at(-1)?.decision.decision ?? null,
  ...over,
});

/** What came of a person's word: an execution, or the reason why there is none. */
const answerToPerson = (service: string, applied: Applied, what: string): EvaluateOutput => {
  const { stored, decisions, actions } = applied;
  const started = actions.find((action) => action.do === 'start');
  if (started?.do === 'start') {
    const { name, to } = started.execution;
    return answerOf(service, applied, { why: `${name} moves ${service} to ${to}` });
  }
  const { phase, active } = stored.state;
  const why =
    decisions.at(-1)?.decision.decision.plan.reason ??
    `cannot ${what} now: ${service} is ${phase}, ${active} is active`;
  return answerOf(service, applied, { accepted: false, why });
};

const alarmEvent = ({ region, ringing, source }: ExternalAlarm, nowMs: number): Event => ({
  kind: 'alarm',
  nowMs,
  region,
  ringing,
  source,
});

export const evaluate = (needs: Needs) => {
  const { table, clock, log, service: ownService } = needs;
  const readiness = openReadiness(needs);
  const starter = openStarter(needs, readiness);
  const transitions = openTransitions({ ...needs, starter });
  const rescue = openRescue({ ...needs, transitions, machineOf: machineOf(needs.machineArns) });

  const status = async (service: string, signal: AbortSignal): Promise<EvaluateOutput> => {
    const situation = await transitions.situationOf(service, signal);
    const { stored } = situation;
    if (stored === null) {
      const applied = await transitions.apply(service, { kind: 'votes', votes: [] }, signal);
      return answerOf(service, applied);
    }
    const { version, state } = stored;
    const decision = decisionNow(situation);
    const why = decision?.plan.reason ?? '';
    return { service, version, state, accepted: true, why, decision };
  };

  const order = async (
    service: string,
    wanted: 'flip' | 'back',
    signal: AbortSignal,
  ): Promise<EvaluateOutput> => {
    await readiness.fresh(service, await transitions.situationOf(service, signal), signal);
    const event: Event = { kind: 'order', nowMs: clock.now(), order: wanted };
    return answerToPerson(service, await transitions.apply(service, event, signal), wanted);
  };

  const approval = async (word: EvaluateApproval, signal: AbortSignal): Promise<EvaluateOutput> => {
    const { service, decisionId, epoch, nonce } = word;
    const situation = await transitions.situationOf(service, signal);
    const first = await table.once(service, `nonce-${nonce}`, NONCE_DAYS, clock.now());
    const asked = situation.stored?.state.approval ?? null;
    const check = checkApproval(word, asked, new Set(first ? [] : [nonce]), clock.now());
    if (!check.ok) {
      log.warn('approval refused', { service, decisionId, refusal: check.refusal });
      return { ...(await status(service, signal)), accepted: false, why: check.why };
    }
    await readiness.fresh(service, situation, signal);
    const nowMs = clock.now();
    const event: Event = { kind: 'approved', nowMs, decisionId, epoch };
    const applied = await transitions.apply(service, event, signal);
    const started = applied.actions.find((action) => action.do === 'start');
    if (started?.do === 'start') {
      const askedAtMs = situation.stored?.state.phaseSinceMs ?? nowMs;
      const body = { why: 'a person approved', decisionId, epoch, askedAtMs };
      await table
        .putEvidence(started.execution.name, { kind: 'approval', atMs: nowMs, body }, signal)
        .catch((error: unknown) => log.warn('approval not kept', { cause: String(error) }));
    }
    return answerToPerson(service, applied, 'approve');
  };

  const alarm = async (rung: ExternalAlarm, signal: AbortSignal): Promise<EvaluateOutput> => {
    const event = alarmEvent(rung, clock.now());
    return answerOf(rung.service, await transitions.apply(rung.service, event, signal));
  };

  /** Judges, and looks after what a suspicion needs and what a crash may have left. */
  const judge = async (
    service: string,
    votes: Parameters<typeof transitions.apply>[1],
    signal: AbortSignal,
  ): Promise<EvaluateOutput> => {
    const applied = await transitions.apply(service, votes, signal);
    await Promise.all([
      readiness.renew(service, applied, signal),
      rescue.check(service, applied.stored.state, signal),
    ]);
    return answerOf(service, applied);
  };

  return async (input: EvaluateInput, signal: AbortSignal): Promise<EvaluateOutput> => {
    if ('kind' in input) {
      switch (input.kind) {
        case 'tick':
          return judge(input.service, { kind: 'votes', votes: [] }, signal);
        case 'status':
          return status(input.service, signal);
        case 'order':
          return order(input.service, input.order, signal);
        case 'approval':
          return approval(input, signal);
      }
    }
    switch (input['detail-type']) {
      case 'HealthVote': {
        const { service, votes } = input.detail;
        return judge(service, { kind: 'votes', votes }, signal);
      }
      case 'ExternalAlarm':
        return alarm(input.detail, signal);
      case 'CloudWatch Alarm State Change':
        return alarm(alarmOfCloudWatch(ownService, input), signal);
    }
  };
};
