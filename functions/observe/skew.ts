/** How far the clock here is from that of the home region, as its answers tell. */
import type { SteadyClock } from './probing.ts';

/** A Date header names the second, not the moment in it. */
const SECOND_MS = 1_000;

export const openSkew = (clock: SteadyClock) => {
  let skewMs: number | null = null;
  return {
    heard: (dateMs: number): void => {
      const aheadMs = clock.now() - dateMs;
      skewMs = aheadMs < 0 ? aheadMs : Math.max(0, aheadMs - SECOND_MS);
    },
    /** Positive when the clock here is ahead; null before the first answer. */
    ms: () => skewMs,
  };
};
