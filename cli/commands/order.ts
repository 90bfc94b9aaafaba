/** `failover flip`, `failover back` and `failover approve`: a person's word, through the gates. */
import { randomUUID } from 'node:crypto';
import { DrillError } from '../../core/errors.ts';
import type { EvaluateOutput } from '../../events/evaluation.ts';
import { OrderOutput } from '../../events/orderOutput.ts';
import { openQuestions } from '../ask.ts';
import { dataFolder } from '../dataFolder.ts';
import { EXIT } from '../failure.ts';
import { gateLines } from '../output/gatesText.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { findWatch, type RunningWatch } from '../watch/controlClient.ts';
import { type Orders, openOrders, orderOutput } from '../watch/orders.ts';

export type OrderOptions = { readonly data?: string; readonly yes?: boolean };

/** @throws DrillError `InputInvalid` where nobody can be asked. */
export const confirmed = async (
  question: string,
  options: Pick<OrderOptions, 'yes'>,
  output: Output,
  signal: AbortSignal,
): Promise<boolean> => {
  if (options.yes) return true;
  if (output.json || !process.stdin.isTTY) {
    throw new DrillError('InputInvalid', `${question} Say so with --yes where nobody can be asked`);
  }
  const questions = openQuestions(process.stdin, process.stderr, signal);
  try {
    const answer = await questions.ask({ text: `${question} (y/n)`, preset: 'n' });
    return /^y(es)?$/i.test(answer);
  } finally {
    questions.close();
  }
};

const lines = (told: OrderOutput, style: Style): string[] => {
  const { outcome, service, active, epoch, execution, why, gates } = told;
  const gateTable = gates === null ? [] : gateLines(gates, style);
  switch (outcome) {
    case 'done':
      return [
        style.good(`${service}: ${active} serves at epoch ${epoch}`),
        `Report: failover report ${execution}`,
      ];
    case 'moving':
      return [`${service}: ${why}. It goes on: see failover status`];
    case 'failed':
      return [
        style.bad(`${service}: the move failed; ${active} serves at epoch ${epoch}`),
        `See why: failover report ${execution}`,
      ];
    case 'not-moved':
      return [style.bad(`${service}: nothing was moved. ${why}`), ...gateTable];
  }
};

const carriedOut = async (
  orders: Orders,
  order: OrderOutput['order'],
  first: EvaluateOutput,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  if (first.accepted) output.note(`  ${first.why}`);
  const tell = (line: string): void => output.note(`  ${line}`);
  const last = first.accepted ? await orders.follow(first, tell, signal) : first;
  const told = orderOutput({ order, first }, last);
  output.result(OrderOutput.parse(told), (style) => lines(told, style));
  if (told.outcome === 'failed') return EXIT.failed;
  return told.outcome === 'not-moved' ? EXIT.marked : EXIT.ok;
};

const withOrders = async (
  { data }: OrderOptions,
  work: (orders: Orders, watch: RunningWatch) => Promise<number>,
): Promise<number> => {
  const watch = await findWatch(dataFolder(data, process.env));
  const orders = openOrders(watch);
  try {
    return await work(orders, watch);
  } finally {
    orders.close();
  }
};

/** Moves traffic away from home, or back to it. */
export const order = (
  wanted: 'flip' | 'back',
  options: OrderOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> =>
  withOrders(options, async (orders, { service }) => {
    const { state } = await orders.ask({ kind: 'status', service });
    const { active, other } = state;
    const question = `Move ${service} from ${active} to ${other}?`;
    if (!(await confirmed(question, options, output, signal))) {
      output.note('Nothing was moved.');
      return EXIT.ok;
    }
    const first = await orders.ask({ kind: 'order', service, order: wanted });
    return carriedOut(orders, wanted, first, output, signal);
  });

/** Says yes to the decision that waits for a person. */
export const approve = (
  decisionId: string,
  options: OrderOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> =>
  withOrders(options, async (orders, { service }) => {
    const { state } = await orders.ask({ kind: 'status', service });
    // The word is for the epoch that the person sees; an older question is refused by its id.
    const { epoch } = state.approval ?? state;
    const nonce = randomUUID();
    const first = await orders.ask({ kind: 'approval', service, decisionId, epoch, nonce });
    return carriedOut(orders, 'approve', first, output, signal);
  });
