import type { Clock } from './clock.ts';

/** A clock whose waits cost no time: it jumps to the next timer when there is nothing else to do. */
export type VirtualClock = Clock & {
  /** Keeps time still until the returned function is called, for work that no timer stands for. */
  hold(): () => void;
  /** Lets time go on until the promise has settled; gives its value. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Lets time go on for this long. */
  advance(durationMs: number): Promise<void>;
};

type Timer = { readonly dueMs: number; readonly order: number; readonly callback: () => void };

const before = (a: Timer, b: Timer): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

/** A binary heap of timers, the next due one first; equal times keep the order they were set in. */
const createHeap = () => {
  const heap: Timer[] = [];
  /** Moves whoever is before `timer` down from the end, and puts it into the gap. */
  const rise = (timer: Timer, from: number): void => {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(timer, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = timer;
  };
  /** Moves up whoever is before `timer`, from the top on, and puts it into the gap. */
  const sink = (timer: Timer): void => {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below !== undefined && right !== undefined && before(right, below)) {
        child += 1;
        below = right;
      }
      if (below === undefined || !before(below, timer)) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = timer;
  };
  return {
    peek: () => heap[0],
    push: (timer: Timer) => rise(timer, heap.length),
    pop: (): Timer | undefined => {
      const top = heap[0];
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) sink(last);
      return top;
    },
  };
};

/**
 * Turns of the event loop without anything new after which the process is taken to be idle: files
 * and streams take a turn or two in which nothing of theirs is seen.
 */
const QUIET_TURNS = 3;

/** The event loop's own, whatever it is replaced by while a clock runs. */
const nextTurn = setImmediate;

const turn = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));

/** How a clock finds out that there is nothing else to do. */
type Idling = {
  /** Resolves when whatever was ready to run has run. */
  readonly turn: () => Promise<void>;
  /** So many turns in a row without anything new are taken to be the end of it. */
  readonly quietTurns: number;
};

const EVENT_LOOP: Idling = { turn, quietTurns: QUIET_TURNS };

/**
 * A virtual clock that starts at `startMs` (epoch milliseconds). Timers due at the same time fire
 * together, in the order they were set; then everything they set off runs before time goes on.
 */
export const createVirtualClock = (startMs: number, idling: Idling = EVENT_LOOP): VirtualClock => {
  const heap = createHeap();
  const cancelled = new WeakSet<Timer>();
  let nowMs = startMs;
  let order = 0;
  let holds = 0;
  let activity = 0;

  const idle = async (): Promise<void> => {
    for (let quiet = 0; quiet < idling.quietTurns; ) {
      const seen = activity;
      await (holds > 0 ? turn() : idling.turn());
      quiet = seen === activity && holds === 0 ? quiet + 1 : 0;
    }
  };
  const next = (): Timer | undefined => {
    for (let timer = heap.peek(); timer; timer = heap.peek()) {
      if (!cancelled.has(timer)) return timer;
      heap.pop();
    }
    return undefined;
  };
  const fireAt = (dueMs: number): void => {
    nowMs = Math.max(nowMs, dueMs);
    const due: Timer[] = [];
    for (let timer = next(); timer && timer.dueMs <= nowMs; timer = next()) {
      due.push(timer);
      heap.pop();
    }
    activity += 1;
    for (const timer of due) if (!cancelled.has(timer)) timer.callback();
  };
  const until = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    for (;;) {
      await idle();
      if (settled) return promise;
      const timer = next();
      if (timer) fireAt(timer.dueMs);
      else await turn();
    }
  };
  const after: Clock['after'] = (delayMs, callback) => {
    const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), order: order++, callback };
    activity += 1;
    heap.push(timer);
    return () => {
      activity += 1;
      cancelled.add(timer);
    };
  };
  return {
    now: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    after,
    hold: () => {
      let held = true;
      holds += 1;
      return () => {
        if (!held) return;
        held = false;
        holds -= 1;
        activity += 1;
      };
    },
    until,
    advance: async (durationMs) => {
      const endMs = nowMs + durationMs;
      for (;;) {
        await idle();
        const timer = next();
        if (!timer || timer.dueMs > endMs) break;
        fireAt(timer.dueMs);
      }
      nowMs = endMs;
    },
  };
};
