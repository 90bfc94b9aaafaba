/** What must hold of two controllers: whoever is in charge has an epoch that the other never has. */
import type { Lease } from '../../core/failover/lease.ts';
import type { State } from '../../core/failover/states.ts';
import type { InvariantId } from './invariants.ts';

type Fail = (invariant: InvariantId, what: string) => void;

export const openControllerChecks = (fail: Fail) => {
  /** By epoch: which region's controller has claimed it, or is in charge under it. */
  const owners = new Map<number, string>();
  const states = new Map<string, State>();

  const owned = (epoch: number, region: string, how: string): void => {
    const owner = owners.get(epoch) ?? region;
    owners.set(epoch, owner);
    if (owner !== region)
      fail('I12', `epoch ${epoch} was that of ${owner}, and ${region} ${how} it`);
  };

  /** As it was written, by a function of `region`. */
  const leased = (region: string, { epoch, controller }: Pick<Lease, 'epoch' | 'controller'>) => {
    if (controller === undefined) return;
    // A controller that gives its place away writes the name of the other.
    owned(epoch, controller, `has claimed`);
    if (states.get(region)?.execution && controller !== region) {
      fail('I12', `${region} gave its place to ${controller} in the middle of a move`);
    }
  };

  const stated = (region: string, state: State): void => {
    states.set(region, state);
    if (state.charge?.held === true) owned(state.charge.epoch, region, 'is in charge under');
  };

  /** The state of whoever was the last to take charge; of the only controller, where there is one. */
  const acting = (): State | null => {
    let found: State | null = null;
    for (const state of states.values()) {
      const [epoch, known] = [state, found].map((each) =>
        each?.charge?.held === false ? -1 : (each?.charge?.epoch ?? 0),
      );
      if (found === null || (epoch ?? 0) > (known ?? 0)) found = state;
    }
    return found;
  };

  /** Nothing has been wrong for long: one of them is in charge, and the other one knows that it is not. */
  const settled = (): void => {
    const held = [...states].filter(([, { charge }]) => charge?.held === true);
    const isOne = [...states.values()].every(({ charge }) => charge === undefined);
    if (isOne || held.length === 1) return;
    const who = held.map(([region]) => region).join(' and ');
    fail('charged', `${who === '' ? 'nobody' : who} is in charge`);
  };

  return {
    leased,
    stated,
    acting,
    settled,
    before: (region: string) => states.get(region) ?? null,
  };
};
