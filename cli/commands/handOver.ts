/** `failover hand-over`: the other controller is to be in charge, by a person's order. */
import { OrderOutput } from '../../events/orderOutput.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { withWatch } from '../watch/at.ts';
import { openOrders } from '../watch/orders.ts';
import { confirmedAt } from '../where/confirmed.ts';
import type { OrderOptions } from './order.ts';

export const handOver = (
  options: OrderOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> =>
  withWatch(options, output, 'in-charge', async (watch) => {
    const { service, deployed } = watch;
    const orders = openOrders(watch);
    try {
      const question = `Let the other controller of ${service} take charge`;
      if (!(await confirmedAt(deployed, question, options, output, signal))) {
        output.note('Nothing was handed over.');
        return EXIT.ok;
      }
      const { accepted, why, state } = await orders.ask({ kind: 'hand-over', service });
      const { phase, active, epoch } = state;
      const told = OrderOutput.parse({
        ...{ place: deployed?.place ?? null, service, order: 'hand-over', accepted, why },
        ...{ execution: null, outcome: accepted ? 'done' : 'not-moved' },
        ...{ phase, active, epoch, gates: null },
      });
      output.result(told, (style) => [
        accepted
          ? style.good(`${service}: ${why}`)
          : style.bad(`${service}: nothing was handed over. ${why}`),
      ]);
      return accepted ? EXIT.ok : EXIT.marked;
    } finally {
      orders.close();
    }
  });
