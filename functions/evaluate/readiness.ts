/** Keeps the facts of the gates fresh for as long as a decision may rest on them. */

import * as z from 'zod';
import type { FunctionCalls } from '../../aws/functionCalls.ts';
import type { State } from '../../core/failover/states.ts';
import type { Facts } from '../../core/failover/view.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { Base } from '../_entry.ts';

type Needs = Pick<Base, 'clock' | 'log'> & {
  readonly functions: FunctionCalls;
  readonly prepareFunction: string;
};

type Known = { readonly plan: WatchPlan; readonly facts: Facts };

/** Gathering takes seconds at most; until then another call would only repeat it. */
const PATIENCE_MS = 5_000;

const oldestMs = (facts: Facts): number =>
  facts.preflight === null
    ? Number.NEGATIVE_INFINITY
    : Math.min(...Object.values(facts).flatMap((fact) => (fact === null ? [] : [fact.atMs])));

/** Old by half of what gate G8 allows: the other half is for gathering them anew. */
const areOld = ({ plan, facts }: Known, nowMs: number): boolean =>
  nowMs - oldestMs(facts) > plan.failover.evidenceMs / 2;

const needsFacts = ({ phase }: State, { failover }: WatchPlan): boolean =>
  ['SUSPECT', 'HOLD_BOTH', 'AWAIT_APPROVAL'].includes(phase) ||
  (phase === 'FAILBACK_READY' && failover.failback === 'auto');

export const openReadiness = ({ functions, prepareFunction, clock, log }: Needs) => {
  const askedAtMs = new Map<string, number>();

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
    if (!needsFacts(known.stored.state, known.plan) || !areOld(known, clock.now())) return;
    const sinceMs = clock.monotonicMs() - (askedAtMs.get(service) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < PATIENCE_MS) return;
    await ask(service, signal);
  };

  /** Waits for fresh facts: a person's order comes without the warning that a suspicion gives. */
  const fresh = async (service: string, known: Known, signal: AbortSignal): Promise<void> => {
    if (!areOld(known, clock.now())) return;
    await functions
      .call(prepareFunction, { service }, z.unknown(), signal)
      .catch((error: unknown) => {
        // The gates then say what is missing, which tells a person more than this error.
        log.warn('facts not gathered', { service, cause: String(error) });
      });
  };

  return { ask, renew, fresh };
};

export type Readiness = ReturnType<typeof openReadiness>;
