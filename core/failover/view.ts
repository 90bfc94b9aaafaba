/** Everything a decision rests on, as plain data. The same view gives the same decision. */
import type { Verdict } from '../health/verdict.ts';
import type { FailoverSettings } from './settings.ts';

/** A fact read from somewhere, with where and when. */
export type Fact<Value> = {
  readonly value: Value;
  readonly source: string;
  readonly atMs: number;
};

export type Flip = {
  readonly epoch: number;
  readonly atMs: number;
  readonly to: string;
  readonly automatic: boolean;
};

export type Serving = {
  readonly region: string;
  readonly epoch: number;
  /** A rehearsal has sent clients away from home, by the switch's own word. */
  readonly rehearsal?: boolean;
};

export type Facts = {
  /** Age of the newest heartbeat of the active region, read in the other one. */
  readonly replicationMs: Fact<number> | null;
  readonly capacity: Fact<{
    readonly ready: number;
    readonly wanted: number;
    readonly scalable: boolean;
  }> | null;
  /** How many switches took a conditional write that changes nothing. */
  readonly preflight: Fact<{
    readonly writable: number;
    readonly needed: number;
    readonly of: number;
  }> | null;
  /** Digests of the image in both regions; null where none is run by this tool. */
  readonly digests: Fact<{ readonly active: string; readonly other: string }> | null;
  readonly deployInProgress: Fact<boolean> | null;
  /** Where the switch sends clients, and at which epoch; left out by records from before it was read. */
  readonly serving?: Fact<Serving> | null;
};

/** Why a flip is thought of at all. */
export type Cause =
  | 'down'
  | 'degraded'
  | 'unstable'
  | 'external'
  | 'operator'
  | 'rehearsal'
  | 'failback';

/** Away from home because somebody wants it, and nothing is wrong there. */
export const isWantedAway = (cause: string | null): boolean =>
  cause === 'operator' || cause === 'rehearsal';

/** Who gave the order to move, in words. */
export const ordererOf = (cause: string | null): string =>
  cause === 'rehearsal' ? 'a rehearsal' : 'a person';

/** Wanted, by a person or the plan: no fault came before it. */
export const isOrdered = (cause: string | null): boolean =>
  isWantedAway(cause) || cause === 'failback';

export type View = {
  readonly nowMs: number;
  readonly settings: FailoverSettings;
  /** Legal areas of the two regions, as core/regions has them; null for a name it does not know. */
  readonly areas: { readonly active: string | null; readonly other: string | null };
  readonly active: Verdict;
  readonly other: Verdict;
  readonly epoch: number;
  readonly flips: readonly Flip[];
  readonly cause: Cause | null;
  /** A person has approved this very decision. */
  readonly approved: boolean;
  readonly facts: Facts;
};

export const NO_FACTS: Facts = {
  replicationMs: null,
  capacity: null,
  preflight: null,
  digests: null,
  deployInProgress: null,
};
