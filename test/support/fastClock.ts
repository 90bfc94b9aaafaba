// A clock that real time does not touch, so that a busy machine spends no budget of the code under test: a sleep
// and `pass` move it on, and each look at the date by 1 ms, so that no two events are at the same time.
import type { Clock } from '../../functions/_entry.ts';

export const fastClock = (): Clock & { readonly slept: number[]; pass(ms: number): void } => {
  const startMs = Date.now();
  let passedMs = 0;
  const slept: number[] = [];
  return {
    slept,
    pass: (ms) => {
      passedMs += ms;
    },
    now: () => {
      passedMs += 1;
      return startMs + passedMs;
    },
    monotonicMs: () => passedMs,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      slept.push(ms);
      passedMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};
