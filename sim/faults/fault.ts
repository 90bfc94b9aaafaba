/**
 * What goes wrong in a simulated world, and when: plain data. Times are milliseconds from the start
 * of the trace. Network faults are those of the embedded network, so that both levels of the
 * simulation break traffic in the same way.
 */
import type { FaultKind, FaultScope, Plane } from '../../local/network/faults.ts';

/** How a fault is on and off between its start and its end. */
export type Rhythm =
  | { readonly kind: 'steady' }
  /** On for `duty` of each period, on first. */
  | { readonly kind: 'flapping'; readonly periodMs: number; readonly duty: number }
  /** On in bursts of about `meanMs`, such that `share` of the time is bad; drawn from `seed`. */
  | {
      readonly kind: 'bursts';
      readonly meanMs: number;
      readonly share: number;
      readonly seed: string;
    };

export type NetworkFault = {
  readonly kind: 'network';
  readonly what: FaultKind;
  readonly scope: FaultScope;
  /** `service`: what runs there; `aws`: the endpoints of the platform; null: both. */
  readonly plane: Plane | null;
  readonly rhythm: Rhythm;
  /** Ends so long after traffic was moved, if that is before its end: a primary that comes back. */
  readonly returnsAfterFlipMs: number | null;
};

/** `blind`: nothing it asks answers, its canaries neither. `half-blind`: its canaries do. */
export type ObserverTrouble = 'lost' | 'blind' | 'half-blind' | 'lies-down' | 'lies-up';

export type FaultDetail =
  | NetworkFault
  | { readonly kind: 'observer'; readonly observer: string; readonly how: ObserverTrouble }
  /** The platform that runs the observers is out: none of these probes or votes. */
  | { readonly kind: 'platform'; readonly observers: readonly string[] }
  /** The clock of an observer, or of the `controller`, is so far ahead; it jumps there and back. */
  | { readonly kind: 'clock'; readonly who: string; readonly aheadMs: number }
  /** A deployment that breaks this share of requests wherever it arrives; under way for a while. */
  | {
      readonly kind: 'deploy';
      readonly regions: readonly string[];
      readonly brokenShare: number;
      readonly underWayMs: number;
    }
  /** Data on its way from the active region to the other. `unreadable`: its age cannot be had. */
  | { readonly kind: 'replication'; readonly how: 'lag'; readonly lagMs: number }
  | { readonly kind: 'replication'; readonly how: 'pause' | 'unreadable' }
  /** Votes and other events on their way. `delayMs` is the most that one is late. */
  | {
      readonly kind: 'events';
      readonly how: 'lost' | 'duplicated' | 'delayed' | 'reordered';
      readonly share: number;
      readonly delayMs: number;
    }
  /** `cold`: too few tasks, more can be had. `refused`: none can. `empty`: asked for, none comes. */
  | { readonly kind: 'capacity'; readonly how: 'cold' | 'refused' | 'empty' }
  /** Which of the three switch objects; `unseen`: the write succeeds and is not visible. */
  | {
      readonly kind: 'switch';
      readonly objects: readonly number[];
      readonly how: 'unreachable' | 'throttled' | 'unseen';
    }
  /**
   * Calls of the platform. `after-effect`: the call times out, and has taken effect. `invisible`: the
   * answer says that it is done, and it shows only a while later, or never. `unmade`: never.
   */
  | {
      readonly kind: 'calls';
      readonly service: string;
      readonly how: 'throttled' | 'failing' | 'after-effect' | 'invisible' | 'unmade';
      readonly share: number;
    }
  /**
   * The table of the lease that two controllers share, as callers in these regions find it. `cut`: a copy that reaches
   * neither of the others takes nothing and gives nothing. `slow`: each call takes up to `ms` longer. `conflict`: this
   * share of writes meets one of another region. `after-effect`: this share is written, and never answered.
   */
  | {
      readonly kind: 'lease';
      readonly regions: readonly string[];
      readonly how: 'cut' | 'slow' | 'conflict' | 'after-effect';
      readonly share: number;
      readonly ms: number;
    }
  /** Whoever carries a move out stands still for `ms`, or dies, at its first step from then on. */
  | { readonly kind: 'executor'; readonly how: 'pause'; readonly ms: number }
  | { readonly kind: 'executor'; readonly how: 'kill' }
  /** An alarm of another system rings, right or wrong. */
  | { readonly kind: 'alarm'; readonly region: string }
  /** A rehearsal of this depth is under way. */
  | { readonly kind: 'drill'; readonly depth: 'shadow' | 'canary' | 'full' };

/** How late it shows what an `invisible` call has done. */
export const SHOWS_AFTER_MS = { from: 1_000, to: 60_000 };

export type Fault = FaultDetail & {
  readonly id: string;
  readonly fromMs: number;
  readonly untilMs: number;
};

/** Where the service, its observers and its controllers are. */
export type Places = {
  readonly home: string;
  readonly standby: string;
  readonly witness: string;
  readonly observers: readonly string[];
};

export type Trace = {
  readonly seed: string;
  readonly profile: string;
  readonly places: Places;
  readonly untilMs: number;
  /** By start, then by id. */
  readonly faults: readonly Fault[];
};

export const STEADY: Rhythm = { kind: 'steady' };
