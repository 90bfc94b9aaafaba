/** What the config section `failover` means, in numbers, with what it takes from `health`. */

export type Mode = 'auto' | 'approve' | 'manual';

export type FailoverSettings = {
  readonly service: string;
  readonly mode: Mode;
  readonly failback: 'manual' | 'auto';
  /** A bad verdict must have lasted this long, by kind, before a flip is thought of. */
  readonly confirm: {
    readonly downMs: number;
    readonly degradedMs: number;
    /** In and out of trouble for this long, never long enough for the two above. */
    readonly unstableMs: number;
    /**
     * Where an observer sees the region well, without any doubt, DOWN waits longer: some paths may be
     * cut, not the region. Left out by records from before it was there.
     */
    readonly dissent?: boolean;
    /**
     * An observer whose p95 lies within this has seen the region well for minutes: alone, it puts off
     * DEGRADED too. Left out where nothing is too slow, and by records from before it was there.
     */
    readonly steadyP95Ms?: number;
  };
  /** Doubt must last this long before a person hears of it and the flip is prepared. */
  readonly suspectMs: number;
  /** Free of doubt for this long ends suspicion. */
  readonly clearMs: number;
  readonly rpoMs: number;
  readonly cooldownMs: number;
  /** Automatic flips in any 24 hours; null is without limit. */
  readonly perDay: number | null;
  /** Windows in which nothing flips, such as `sun 03:00-04:00`. */
  readonly maintenance: readonly string[];
  readonly timeZone: string;
  /** Oldest evidence a decision may rest on. */
  readonly evidenceMs: number;
  readonly approvalTtlMs: number;
  readonly lease: { readonly ttlMs: number; readonly skewMs: number };
  /** After a flip: how long it must hold, and how long the old home must be well, to go back. */
  readonly soakMs: number;
  readonly homeUpMs: number;
  /** Whether the service has data whose age in the standby can be read. */
  readonly replicated: boolean;
  /** Whether the standby's capacity is in our hands. */
  readonly managedCapacity: boolean;
  /** Legal areas that may hold the data, or `any`. */
  readonly residency: readonly string[] | 'any';
  readonly driver: 'quorum' | 'record';
  readonly ttlMs: number;
};

/** How much of `down` a doubt must last before it is a suspicion: see docs/adr/0015. */
const SUSPECT_SHARE = 0.25;

/** TCP mends a lost packet by waiting 200 ms or more: who sees a quarter of the budget sees no loss. */
const STEADY_SHARE = 0.25;

/** The p95 up to which an observer sees a region steadily well, from that at which it is too slow. */
export const steadyP95MsOf = (slowP95Ms: number): number => Math.floor(STEADY_SHARE * slowP95Ms);

/** T_suspect: a quarter of `down`. It leaves three quarters to prepare the flip in. */
export const suspectMsOf = (downMs: number): number => downMs * SUSPECT_SHARE;

/** T_clear: as long as a region takes to count as up, so that flapping stays one suspicion. */
export const clearMsOf = (upMs: number): number => upMs;
