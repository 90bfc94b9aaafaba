/** Keeps the facts of the gates fresh for as long as a decision may rest on them. */

import * as z from 'zod';
import type { FunctionCalls } from '../../aws/functionCalls.ts';
import { goesHome, type State } from '../../core/failover/states.ts';
import type { Facts } from '../../core/failover/view.ts';
import type { PrepareInput } from '../../events/prepareInput.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { Base } from '../_entry.ts';
import { areOld } from '../_facts.ts';

type Needs = Pick<Base, 'clock' | 'log'> & {
  readonly functions: FunctionCalls;
  readonly prepareFunction: string;
};

type Known = { readonly plan: WatchPlan; readonly facts: Facts };

/** Gathering takes seconds at most; until then another call would only repeat it. */
const PATIENCE_MS = 5_000;

const needsFacts = (state: State, { failover }: WatchPlan): boolean =>
  ['SUSPECT', 'HOLD_BOTH', 'AWAIT_APPROVAL'].includes(state.phase) ||
  (state.phase === 'FAILBACK_READY' && goesHome(state, failover));

export const openReadiness = ({ functions, prepareFunction, clock, log }: Needs) => {
  const askedAtMs = new Map<string, number>();
  const gathering = new Map<string, Promise<void>>();

  /** Has the facts gathered by another invocation, and does not wait for them. */
  const ask = async (service: string, signal: AbortSignal): Promise<void> => {
    askedAtMs.set(service, clock.monotonicMs());
    await functions.send(prepareFunction, { service }, signal);
  };

  /** Has them gathered anew if a decision may come that would find them too old. */
  const renew = async (
    service: string,
    known: Known & { readonly stored: { readonly state: State } },
    signal: AbortSignal,
  ): Promise<void> => {
    const { plan, facts, stored } = known;
    if (!needsFacts(stored.state, plan) || !areOld(facts, plan, clock.now())) return;
    const sinceMs = clock.monotonicMs() - (askedAtMs.get(service) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < PATIENCE_MS) return;
    await ask(service, signal);
  };

  const gathered = async (input: PrepareInput, signal: AbortSignal): Promise<void> => {
    const { service } = input;
    try {
      await functions.call(prepareFunction, input, z.unknown(), signal);
    } catch (error) {
      // The gates then say what is missing, which tells a person more than this error.
      log.warn('facts not gathered', { service, cause: String(error) });
    }
  };

  /**
   * Waits for fresh facts, for a decision that has come without the warning that a suspicion gives.
   */
  const gather = (service: string, signal: AbortSignal): Promise<void> => {
    const underWay = gathering.get(service);
    if (underWay !== undefined) return underWay;
    const call = gathered({ service }, signal).finally(() => gathering.delete(service));
    gathering.set(service, call);
    return call;
  };

  /** For whoever has taken the place of the controller, and is not in charge yet. */
  const gatherToTakeOver = (service: string, signal: AbortSignal): Promise<void> =>
    gathered({ service, takesOver: true }, signal);

  return { ask, renew, gather, gatherToTakeOver };
};

export type Readiness = ReturnType<typeof openReadiness>;
