/** What to do about a confirmed suspicion: the gates, and what they add up to. */
import { evaluateGates, type Gate } from './gates.ts';
import { isWantedAway, ordererOf, type View } from './view.ts';

export type Plan = {
  /**
   * `stay`: nothing speaks for moving. `flip`: move to the other region. `restore`: go back home.
   * `approve`: only a person's word is missing. `hold`: the other region is no better.
   * `blocked`: some other gate does not hold. `wait`: the next probes will tell.
   */
  readonly plan: 'stay' | 'flip' | 'restore' | 'approve' | 'hold' | 'blocked' | 'wait';
  readonly to: string | null;
  readonly reason: string;
  readonly gates: readonly Gate[];
};

const named = (gates: readonly Gate[]): string =>
  gates.map(({ gate, why }) => `${gate}: ${why}`).join('; ');

const because = ({ active, cause }: View): string => {
  if (isWantedAway(cause)) {
    return `${ordererOf(cause)} gave the order, ${active.region} is ${active.state}`;
  }
  if (cause === 'external') return `an alarm rang, ${active.region} is ${active.state}`;
  return `${active.region} is ${cause}`;
};

export const planFailover = (view: View): Plan => {
  const gates = evaluateGates(view);
  if (view.cause === null) {
    return { plan: 'stay', to: null, reason: 'nothing is confirmed', gates };
  }
  const failed = gates.filter(({ ok }) => !ok);
  const holding = failed.filter(({ otherwise }) => otherwise === 'hold');
  // G7 goes along with a hold: its hint to roll back is what a person needs then.
  if (holding.length > 0) {
    const hint = failed.filter(({ gate }) => gate === 'G7');
    return { plan: 'hold', to: null, reason: named([...holding, ...hint]), gates };
  }
  const blocking = failed.filter(({ otherwise }) => otherwise === 'block');
  if (blocking.length > 0) return { plan: 'blocked', to: null, reason: named(blocking), gates };
  const waiting = failed.filter(({ otherwise }) => otherwise === 'wait');
  if (waiting.length > 0) return { plan: 'wait', to: null, reason: named(waiting), gates };
  const to = view.other.region;
  if (failed.length > 0) return { plan: 'approve', to, reason: named(failed), gates };
  return view.cause === 'failback'
    ? { plan: 'restore', to, reason: `back home to ${to}`, gates }
    : {
        plan: 'flip',
        to,
        reason: `${because(view)}: ${view.active.why}`,
        gates,
      };
};
