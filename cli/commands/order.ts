/** `failover flip`, `failover back` and `failover approve`: a person's word, through the gates. */
import { randomUUID } from 'node:crypto';
import type { EvaluateOutput } from '../../events/evaluation.ts';
import { OrderOutput } from '../../events/orderOutput.ts';
import { EXIT } from '../failure.ts';
import { gateLines } from '../output/gatesText.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { type WatchAt, withWatch } from '../watch/at.ts';
import { type Orders, openOrders, orderOutput } from '../watch/orders.ts';
import { confirmedAt } from '../where/confirmed.ts';
import type { WhereOptions } from '../where/options.ts';

export type OrderOptions = WhereOptions & { readonly yes?: boolean };

const lines = (told: OrderOutput, on: string, style: Style): string[] => {
  const { outcome, service, active, epoch, execution, why, gates } = told;
  const gateTable = gates === null ? [] : gateLines(gates, style);
  switch (outcome) {
    case 'done':
      return [
        style.good(`${service}: ${active} serves at epoch ${epoch}`),
        `Report: failover report ${execution}${on}`,
      ];
    case 'moving':
      return [`${service}: ${why}. It goes on: see failover status${on}`];
    case 'failed':
      return [
        style.bad(`${service}: the move failed; ${active} serves at epoch ${epoch}`),
        `See why: failover report ${execution}${on}`,
      ];
    case 'not-moved':
      return [style.bad(`${service}: nothing was moved. ${why}`), ...gateTable];
  }
};

type Session = {
  readonly watch: WatchAt;
  readonly orders: Orders;
  readonly output: Output;
  readonly signal: AbortSignal;
};

const carriedOut = async (
  { watch, orders, output, signal }: Session,
  order: OrderOutput['order'],
  first: EvaluateOutput,
): Promise<number> => {
  if (first.accepted) output.note(`  ${first.why}`);
  const tell = (line: string): void => output.note(`  ${line}`);
  const last = first.accepted ? await orders.follow(first, tell, signal) : first;
  const place = watch.deployed?.place ?? null;
  const told = OrderOutput.parse(orderOutput({ order, first, place }, last));
  output.result(told, (style) => lines(told, watch.options, style));
  if (told.outcome === 'failed') return EXIT.failed;
  return told.outcome === 'not-moved' ? EXIT.marked : EXIT.ok;
};

const withOrders = (
  options: OrderOptions,
  output: Output,
  signal: AbortSignal,
  work: (session: Session) => Promise<number>,
): Promise<number> =>
  withWatch(options, output, 'in-charge', async (watch) => {
    const orders = openOrders(watch);
    try {
      return await work({ watch, orders, output, signal });
    } finally {
      orders.close();
    }
  });

/** Moves traffic away from home, or back to it. */
export const order = (
  wanted: 'flip' | 'back',
  options: OrderOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> =>
  withOrders(options, output, signal, async (session) => {
    const { watch, orders } = session;
    const { service, deployed } = watch;
    const { state } = await orders.ask({ kind: 'status', service });
    const question = `Move ${service} from ${state.active} to ${state.other}`;
    if (!(await confirmedAt(deployed, question, options, output, signal))) {
      output.note('Nothing was moved.');
      return EXIT.ok;
    }
    const first = await orders.ask({ kind: 'order', service, order: wanted });
    return carriedOut(session, wanted, first);
  });

/** Says yes to the decision that waits for a person. */
export const approve = (
  decisionId: string,
  options: OrderOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> =>
  withOrders(options, output, signal, async (session) => {
    const { service } = session.watch;
    const { state } = await session.orders.ask({ kind: 'status', service });
    // The word is for the epoch that the person sees; an older question is refused by its id.
    const { epoch } = state.approval ?? state;
    const nonce = randomUUID();
    const word = { kind: 'approval', service, decisionId, epoch, nonce } as const;
    const first = await session.orders.ask(word);
    return carriedOut(session, 'approve', first);
  });
