// A clock on which sleeping takes no time: it only moves the clock on.
import type { Clock } from '../../functions/_entry.ts';

export const fastClock = (): Clock & { readonly slept: number[]; pass(ms: number): void } => {
  let passedMs = 0;
  const slept: number[] = [];
  return {
    slept,
    pass: (ms) => {
      passedMs += ms;
    },
    now: () => Date.now() + passedMs,
    monotonicMs: () => performance.now() + passedMs,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      slept.push(ms);
      passedMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};
