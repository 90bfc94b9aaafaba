import type { Clock } from '../../local/clock.ts';

type Timer = { dueMs: number; callback: () => void };

/** A clock that moves only when told, and gives the loop a turn after each timer. */
export const manualClock = (startMs: number) => {
  let nowMs = startMs;
  const timers = new Set<Timer>();
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    after: (delayMs, callback) => {
      const timer = { dueMs: nowMs + Math.max(0, delayMs), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  /** Lets promises and file writes that are under way come to their end. */
  const settle = async () => {
    for (let quietTurns = 0; quietTurns < 4; quietTurns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (process.getActiveResourcesInfo().includes('FSReqPromise')) quietTurns = 0;
    }
  };
  const advance = async (ms: number) => {
    const untilMs = nowMs + ms;
    await settle();
    for (;;) {
      const next = [...timers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!next || next.dueMs > untilMs) break;
      timers.delete(next);
      nowMs = Math.max(nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    nowMs = untilMs;
  };
  return { clock, advance, settle, pendingTimers: () => timers.size };
};
