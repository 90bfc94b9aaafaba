/** Votes go to every controller: to the bus of each one's region. */
import type { EventBus } from '../../aws/eventBus.ts';
import { DrillError } from '../../core/errors.ts';

/**
 * A bus that puts events on all of them at once, and has done so when one has taken them: whoever the others belong
 * to hears the next ones. With one bus, that bus.
 */
export const allBuses = (bus: EventBus, others: readonly EventBus[]): EventBus => {
  if (others.length === 0) return bus;
  const buses = [bus, ...others];
  return {
    put: async (events, signal) => {
      try {
        await Promise.any(buses.map((each) => each.put(events, signal)));
      } catch (error) {
        const causes = error instanceof AggregateError ? error.errors.map(String) : [String(error)];
        throw new DrillError('TransientFailure', `no event bus took it: ${causes.join('; ')}`);
      }
    },
    close: () => {
      for (const each of buses) each.close();
    },
  };
};
