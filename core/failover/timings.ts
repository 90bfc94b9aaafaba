/**
 * Where the time of a failover went. RTO runs from the fault to the first proof that it is over.
 */

/** Moments of one failover, in epoch milliseconds; null for what did not take place. */
export type Moments = {
  /** When the fault began: known in a rehearsal, estimated by the first failed probe otherwise. */
  readonly faultMs: number;
  readonly confirmedMs: number;
  readonly decidedMs: number;
  readonly fencedMs: number | null;
  readonly scaledMs: number | null;
  readonly flippedMs: number;
  /** All authoritative servers answer with the new region. */
  readonly authoritativeMs: number | null;
  /** Enough resolvers and a real request do. */
  readonly effectiveMs: number | null;
};

export type Timings = {
  readonly detectMs: number;
  readonly decideMs: number;
  readonly fenceMs: number;
  readonly scaleMs: number;
  readonly flipMs: number;
  readonly authoritativeMs: number | null;
  readonly effectiveMs: number | null;
  readonly rtoMs: number | null;
};

/** Parts that sum to the RTO. What did not take place took no time. */
export const timingsOf = (moments: Moments): Timings => {
  const fencedMs = moments.fencedMs ?? moments.decidedMs;
  const scaledMs = moments.scaledMs ?? fencedMs;
  const { authoritativeMs, effectiveMs, flippedMs } = moments;
  return {
    detectMs: moments.confirmedMs - moments.faultMs,
    decideMs: moments.decidedMs - moments.confirmedMs,
    fenceMs: fencedMs - moments.decidedMs,
    scaleMs: scaledMs - fencedMs,
    flipMs: flippedMs - scaledMs,
    authoritativeMs: authoritativeMs === null ? null : authoritativeMs - flippedMs,
    effectiveMs:
      effectiveMs === null || authoritativeMs === null ? null : effectiveMs - authoritativeMs,
    rtoMs: effectiveMs === null ? null : effectiveMs - moments.faultMs,
  };
};
