/** A person's orders to the watch that runs, through the gates, and what comes of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type FunctionCalls, openFunctionCalls } from '../../aws/functionCalls.ts';
import { openLeaseTable } from '../../aws/leases.ts';
import { functionNameOf } from '../../core/deploy/deployed.ts';
import {
  type EvaluateInput,
  type EvaluateOutput,
  EvaluateOutputShape,
} from '../../events/evaluation.ts';
import type { OrderOutput } from '../../events/orderOutput.ts';
import type { WatchAt } from './at.ts';

/** Longer than a move takes that is not stuck; who waits no longer sees the rest in the status. */
const PATIENCE_MS = 180_000;

type Asked = Extract<EvaluateInput, { kind: 'status' | 'order' | 'approval' | 'hand-over' }>;

/** What is being done, in words; empty where nothing is. */
const stepText = ({ phase, active, other }: EvaluateOutput['state']): string => {
  switch (phase) {
    case 'FENCE':
      return `stopping ${active}`;
    case 'SCALE':
      return `adding tasks in ${other}`;
    case 'FAILBACK_SHIFT':
      return `moving traffic to ${other}, share by share`;
    case 'VERIFY':
      return `${active} answers; proving it from outside, which may take as long as the TTL`;
    case 'ROLLBACK_FLIP':
      return `not proven: moving back to ${other}`;
    default:
      return '';
  }
};

export type Orders = {
  ask(what: Asked): Promise<EvaluateOutput>;
  /** Waits until the move that is under way is over, or patience or the signal is; tells of each step once. */
  follow(
    answer: EvaluateOutput,
    tell: (line: string) => void,
    signal: AbortSignal,
  ): Promise<EvaluateOutput>;
  close(): void;
};

export const openOrders = ({ service, sdk, callSdk, pollMs, leaseTable }: WatchAt): Orders => {
  const calls: FunctionCalls = openFunctionCalls(callSdk);
  const leases = openLeaseTable(leaseTable, sdk);
  const evaluate = functionNameOf(service, 'evaluate');
  const ask = (what: Asked) => calls.call(evaluate, what, EvaluateOutputShape);
  /** Until its lease is given up another order would be refused. */
  const holdsLease = async (name: string | undefined): Promise<boolean> => {
    const lease = await leases.lease(service);
    return lease !== null && lease.holder === name && lease.expiresAtMs > Date.now();
  };
  return {
    ask,
    follow: async (answer, tell, signal) => {
      const name = answer.state.execution?.name;
      const untilMs = performance.now() + PATIENCE_MS;
      let latest = answer;
      let told = '';
      while (
        !signal.aborted &&
        performance.now() < untilMs &&
        (latest.state.execution !== null || (await holdsLease(name)))
      ) {
        // Whoever does not want to wait any longer sees how it stands; it goes on without them.
        await sleep(pollMs, undefined, { signal }).catch(() => undefined);
        latest = await ask({ kind: 'status', service });
        const step = stepText(latest.state);
        if (step !== told && step !== '') tell(step);
        told = step;
      }
      return latest;
    },
    close: () => {
      calls.close();
      leases.close();
    },
  };
};

type Ended = Pick<OrderOutput, 'order' | 'place'> & { readonly first: EvaluateOutput };

const outcomeOf = (first: EvaluateOutput, last: EvaluateOutput): OrderOutput['outcome'] => {
  if (!first.accepted) return 'not-moved';
  if (last.state.execution !== null) return 'moving';
  return last.state.active === first.state.execution?.to ? 'done' : 'failed';
};

/** What was asked, and how it ended. */
export const orderOutput = ({ order, first, place }: Ended, last: EvaluateOutput): OrderOutput => {
  const { service, accepted, why, decision } = first;
  const { phase, active, epoch } = last.state;
  return {
    ...{ place, service, order, accepted, why },
    execution: accepted ? (first.state.execution?.name ?? null) : null,
    outcome: outcomeOf(first, last),
    ...{ phase, active, epoch },
    gates: decision === null ? null : [...decision.plan.gates],
  };
};
