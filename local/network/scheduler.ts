import { createDueHeap } from './heap.ts';

/** Runs callbacks at due times of `performance.now()`, to a fraction of a millisecond. */
export type Scheduler = {
  at(dueMs: number, callback: () => void): void;
  close(): void;
};

/** Node's timers are whole milliseconds and come late: the last part is waited for turn by turn. */
const SPIN_MS = 1.5;

/**
 * Longest nap between two turns of that part. A nap leaves the processor to the processes being
 * measured; what arrives meanwhile is seen this much later at worst.
 */
const NAP_MS = 0.1;

const napCell = new Int32Array(new SharedArrayBuffer(4));

/** One scheduler serves all delays of a process: a single timer and a single heap. */
export const createScheduler = (): Scheduler => {
  const heap = createDueHeap<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  let closed = false;

  const runDue = (): void => {
    for (;;) {
      const callback = heap.popDue(performance.now());
      if (callback === undefined) return;
      callback();
    }
  };

  const spin = (): void => {
    turn = undefined;
    runDue();
    const leftMs = heap.nextMs() - performance.now();
    if (leftMs > 0.02 && leftMs <= SPIN_MS) {
      Atomics.wait(napCell, 0, 0, Math.min(NAP_MS, leftMs - 0.02));
      runDue();
    }
    arm();
  };

  const arm = (): void => {
    if (closed || turn !== undefined || heap.size() === 0) return;
    clearTimeout(timer);
    timer = undefined;
    const leftMs = heap.nextMs() - performance.now();
    if (leftMs <= SPIN_MS) turn = setImmediate(spin);
    else timer = setTimeout(arm, Math.max(1, Math.floor(leftMs - SPIN_MS)));
  };

  return {
    at(dueMs, callback) {
      const first = dueMs < heap.nextMs();
      heap.push(dueMs, callback);
      if (first) arm();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      clearImmediate(turn);
    },
  };
};
