/** A person's orders to the watch that runs, through the gates, and what comes of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type FunctionCalls, openFunctionCalls } from '../../aws/functionCalls.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import {
  type EvaluateInput,
  type EvaluateOutput,
  EvaluateOutputShape,
} from '../../events/evaluation.ts';
import type { OrderOutput } from '../../events/orderOutput.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { watchTableOf } from '../../local/stack/watchNames.ts';
import type { RunningWatch } from './controlClient.ts';

const POLL_MS = 250;
/** Longer than a move takes that is not stuck; who waits no longer sees the rest in the status. */
const PATIENCE_MS = 180_000;

type Asked = Extract<EvaluateInput, { kind: 'status' | 'order' | 'approval' }>;

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

const evaluateOf = (service: string): string => `failover-drill-${service}-evaluate`;

export type Orders = {
  ask(what: Asked): Promise<EvaluateOutput>;
  /** Waits until the move that is under way is over, or patience is; tells of each step once. */
  follow(
    answer: EvaluateOutput,
    tell: (line: string) => void,
    signal: AbortSignal,
  ): Promise<EvaluateOutput>;
  close(): void;
};

export const openOrders = ({ endpoint, homeRegion, service }: RunningWatch): Orders => {
  const sdk = { endpoint, region: homeRegion, credentials: CREDENTIALS };
  const calls: FunctionCalls = openFunctionCalls(sdk);
  const table = openWatchTable(watchTableOf(service), sdk);
  const ask = (what: Asked) => calls.call(evaluateOf(service), what, EvaluateOutputShape);
  /** Until its lease is given up another order would be refused. */
  const holdsLease = async (name: string | undefined): Promise<boolean> => {
    const lease = await table.lease(service);
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
        performance.now() < untilMs &&
        (latest.state.execution !== null || (await holdsLease(name)))
      ) {
        await sleep(POLL_MS, undefined, { signal });
        latest = await ask({ kind: 'status', service });
        const step = stepText(latest.state);
        if (step !== told && step !== '') tell(step);
        told = step;
      }
      return latest;
    },
    close: () => {
      calls.close();
      table.close();
    },
  };
};

type Ended = { readonly order: OrderOutput['order']; readonly first: EvaluateOutput };

const outcomeOf = (first: EvaluateOutput, last: EvaluateOutput): OrderOutput['outcome'] => {
  if (!first.accepted) return 'not-moved';
  if (last.state.execution !== null) return 'moving';
  return last.state.active === first.state.execution?.to ? 'done' : 'failed';
};

/** What was asked, and how it ended. */
export const orderOutput = ({ order, first }: Ended, last: EvaluateOutput): OrderOutput => {
  const { service, accepted, why, decision } = first;
  const { phase, active, epoch } = last.state;
  return {
    ...{ service, order, accepted, why },
    execution: accepted ? (first.state.execution?.name ?? null) : null,
    outcome: outcomeOf(first, last),
    ...{ phase, active, epoch },
    gates: decision === null ? null : [...decision.plan.gates],
  };
};
