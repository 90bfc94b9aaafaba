/**
 * Time as the embedded cloud sees it. `now` is wall time in epoch milliseconds, `monotonicMs` never
 * goes backwards. Timers go through the clock too, so that a virtual one can make waiting free.
 */
export type Clock = {
  now(): number;
  monotonicMs(): number;
  /** Runs `callback` once after `delayMs`; returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void;
};

/** Waits `delayMs` on the clock; rejects with the signal's reason when aborted. */
export const sleep = (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });

const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * The machine's own clock. Waits longer than a Node timer can hold are cut into pieces, and none ends
 * early: Node drops fractions of a millisecond, and who looks at `now` when woken must find it due.
 */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    const due = performance.now() + Math.max(0, delayMs);
    let timer: NodeJS.Timeout;
    const wake = () => {
      if (performance.now() < due) arm();
      else callback();
    };
    const arm = () => {
      const leftMs = Math.ceil(due - performance.now());
      timer = setTimeout(wake, Math.min(TIMER_MS_MAX, Math.max(0, leftMs)));
    };
    arm();
    return () => clearTimeout(timer);
  },
};
