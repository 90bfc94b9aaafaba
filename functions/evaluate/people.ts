/** What people ask and say: how it stands, an order, an approval. */
import type { WatchTable } from '../../aws/watchTable.ts';
import { checkApproval } from '../../core/failover/approval.ts';
import { isIdle } from '../../core/failover/charge.ts';
import type { Event, Order, State } from '../../core/failover/states.ts';
import type { EvaluateApproval, EvaluateOutput } from '../../events/evaluation.ts';
import { controllerRegions, type WatchPlan } from '../../events/watchPlan.ts';
import { decisionNow } from '../_advance.ts';
import type { Base } from '../_entry.ts';
import type { Applied, Transitions } from '../_transition.ts';

/** Who is to be asked instead; null where whoever was asked is in charge. */
const elsewhere = (plan: WatchPlan, state: State): string | null => {
  if (!isIdle(state)) return null;
  const others = controllerRegions(plan).filter((region) => region !== plan.homeRegion);
  return `the controller in ${plan.homeRegion} is not in charge: ask the one in ${others.join(', ')}`;
};

type Needs = Pick<Base, 'clock' | 'log'> & {
  readonly table: WatchTable;
  readonly transitions: Transitions;
};

/** Nonces are kept longer than any question is open. */
const NONCE_DAYS = 2;

/** The answer to whoever has evaluated. */
export const answerOf = (
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

/** What a person would do, in words. */
const VERBS = { flip: 'flip', rehearse: 'flip', back: 'go back' } as const;

/** What came of a person's word: an execution, or the reason why there is none. */
const answerToPerson = (service: string, applied: Applied, what: string): EvaluateOutput => {
  const { plan, stored, decisions, actions } = applied;
  const started = actions.find((action) => action.do === 'start');
  if (started?.do === 'start') {
    const { name, to } = started.execution;
    return answerOf(service, applied, { why: `${name} moves ${service} to ${to}` });
  }
  const { phase, active } = stored.state;
  const why =
    elsewhere(plan, stored.state) ??
    decisions.at(-1)?.decision.decision.plan.reason ??
    `cannot ${what} now: ${service} is ${phase}, ${active} is active`;
  return answerOf(service, applied, { accepted: false, why });
};

export const openPeople = ({ table, transitions, clock, log }: Needs) => {
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
    wanted: Order,
    signal: AbortSignal,
  ): Promise<EvaluateOutput> => {
    const event: Event = { kind: 'order', nowMs: clock.now(), order: wanted };
    return answerToPerson(service, await transitions.apply(service, event, signal), VERBS[wanted]);
  };

  const approval = async (word: EvaluateApproval, signal: AbortSignal): Promise<EvaluateOutput> => {
    const { service, decisionId, epoch, nonce } = word;
    const situation = await transitions.situationOf(service, signal);
    const first = await table.once(service, `nonce-${nonce}`, NONCE_DAYS, clock.now());
    const asked = situation.stored?.state.approval ?? null;
    const check = checkApproval(word, asked, new Set(first ? [] : [nonce]), clock.now());
    if (!check.ok) {
      log.warn('approval refused', { service, decisionId, refusal: check.refusal });
      // No gate was asked: what they would say now is no reason why nothing was moved.
      const told = { accepted: false, why: check.why, decision: null };
      return { ...(await status(service, signal)), ...told };
    }
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

  return { status, order, approval };
};
