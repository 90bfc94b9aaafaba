/** RTO of a rehearsal: the moment of the fault is known here, where a failover can only infer it. */
import type { Timings } from './timings.ts';

type Fault = { readonly faultAtMs: number | null };

/**
 * Timings of the move with `detectMs` counted from the fault itself. `decidedMs` is when the move
 * was decided; the observers' own count of detecting starts at the first probe that failed.
 */
export const rtoFromFault = (
  timings: Timings,
  decidedMs: number,
  { faultAtMs }: Fault,
): Timings => {
  if (faultAtMs === null) return timings;
  const inferredMs = decidedMs - timings.decideMs - timings.detectMs;
  const earlierMs = Math.max(0, inferredMs - faultAtMs);
  return {
    ...timings,
    detectMs: timings.detectMs + earlierMs,
    rtoMs: timings.rtoMs === null ? null : timings.rtoMs + earlierMs,
  };
};
