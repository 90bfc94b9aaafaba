/** What every level of the simulation takes and gives. */
import type { Fault } from './faults/fault.ts';
import type { ProfileName } from './faults/profiles.ts';

export type Subject = {
  readonly seed: string;
  readonly profile: ProfileName;
  /** Days of service with incidents in them; null is one incident with its surroundings. */
  readonly days: number | null;
  /** Stops at this moment of virtual time. */
  readonly untilMs: number | null;
};

export type Move = {
  readonly atMs: number;
  readonly name: string;
  readonly to: string;
  readonly cause: string;
};

export type Broken = {
  readonly invariant: string;
  /** The invariant in words. */
  readonly rule: string;
  readonly atMs: number;
  readonly what: string;
};

export type Line = { readonly atMs: number; readonly what: string; readonly text: string };

export type Outcome = {
  readonly subject: Subject;
  /** Settings that the seed has drawn. */
  readonly setup: string;
  readonly virtualMs: number;
  readonly probes: number;
  readonly moves: readonly Move[];
  readonly broken: Broken | null;
  readonly faults: readonly Fault[];
  readonly log: readonly Line[];
};

/** A failure made as short as it gets: the faults it needs, and the log up to it. */
export type Shortest = {
  readonly broken: Broken;
  readonly faults: readonly Fault[];
  readonly log: readonly Line[];
  readonly runs: number;
};

export type Level = {
  readonly run: (subject: Subject) => Outcome | Promise<Outcome>;
  readonly shorten: (outcome: Outcome) => Shortest | Promise<Shortest>;
};
