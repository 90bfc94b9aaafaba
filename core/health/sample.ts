/** One probe of the live service, as the filters see it. All times are of the observer's clock. */
export type Sample = {
  readonly startMs: number;
  readonly endMs: number;
  /** Why the probe failed (a reason of probes/probe.ts), or null. Failures are the hard channel. */
  readonly failure: string | null;
  /**
   * From the request sent to the answer complete, null when it failed. Connecting is left out: a
   * lost handshake costs a whole second of waiting (RFC 6298) and says little of the service.
   */
  readonly latencyMs: number | null;
};

/** Failures of the observer itself. They are no evidence about the target, good or bad. */
const OWN_FAILURES: ReadonlySet<string> = new Set(['local', 'aborted']);

/** Whether a sample says anything about its target; one that ends before it starts does not. */
export const isEvidence = ({ startMs, endMs, failure }: Sample): boolean =>
  endMs >= startMs && (failure === null || !OWN_FAILURES.has(failure));
