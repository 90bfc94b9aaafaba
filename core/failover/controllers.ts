/** Where the two controllers of a watch stand, and the table of the lease that they share. */

import { STRONG_SETS } from '../regions/strongSets.ts';

export type Controllers = {
  /** The standby's. */
  readonly first: string;
  /** The witness's: passive until the first is silent. */
  readonly second: string;
  /** Its copy of the lease is not read: it keeps the table going when one of the others is lost. */
  readonly third: string;
};

type Named = {
  /** `one`: a person wants no more. */
  readonly wanted: 'auto' | 'one';
  readonly primary: string;
  readonly standby: string;
  readonly witness: string | null;
  readonly observers: readonly string[];
  readonly driver: 'quorum' | 'record';
};

export type Chosen =
  | { readonly controllers: Controllers }
  | { readonly controllers: null; readonly why: string };

const SETS_TEXT = STRONG_SETS.map((set) => set.join(', ')).join('; or ');

/**
 * Two controllers where the configuration names three regions of one set: the standby, the witness, and another
 * one, the primary last. One controller otherwise, with the reason.
 */
export const controllersOf = (named: Named): Chosen => {
  const { wanted, primary, standby, witness, observers, driver } = named;
  const one = (why: string): Chosen => ({ controllers: null, why });
  if (wanted === 'one') return one('failover.controllers asks for one');
  if (driver === 'record') return one('driver record moves traffic through us-east-1 in any case');
  if (witness === null) return one('no witness is named, which is where a second one would stand');
  if (observers.length === 0) return one('nobody observes from outside the standby');
  const set = STRONG_SETS.find((each) => each.includes(standby));
  if (set === undefined || !set.includes(witness)) {
    return one(
      `the lease of two needs a table in three regions of one set (${SETS_TEXT}), and ` +
        `${standby} and ${witness} are of none together`,
    );
  }
  const others = set.filter((region) => region !== standby && region !== witness);
  const outside = observers.filter((region) => region !== primary);
  const third = [...outside, primary].find((region) => others.includes(region));
  return third === undefined
    ? one(`no third region of ${set.join(', ')} is named, beside ${standby} and ${witness}`)
    : { controllers: { first: standby, second: witness, third } };
};
