import type { SampleClock } from '../../../probes/sampleClock.ts';

/** A clock on which waiting is free: `run` goes from event to event until `done` has settled. */
export const createVirtualClock = (startMs = 0) => {
  let nowMs = startMs;
  let nextId = 0;
  const events: { dueMs: number; id: number; callback: () => void }[] = [];

  const clock: SampleClock = {
    nowMs: () => nowMs,
    at: (dueMs, callback) => {
      const event = { dueMs, id: nextId++, callback };
      events.push(event);
      return () => {
        const at = events.indexOf(event);
        if (at >= 0) events.splice(at, 1);
      };
    },
  };

  const run = async (done: Promise<unknown>): Promise<void> => {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    done.then(settle, settle);
    for (;;) {
      // Promises that became ready in this moment come first.
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return;
      events.sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
      const event = events.shift();
      if (!event) throw new Error('nothing left to wait for, and not done');
      nowMs = Math.max(nowMs, event.dueMs);
      event.callback();
    }
  };
  return {
    clock,
    run,
    sleepUntil: (dueMs: number) => new Promise<void>((r) => clock.at(dueMs, r)),
  };
};
