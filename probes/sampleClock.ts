/**
 * Open-loop sampling against absolute due times: what the target does never moves the next sample, so
 * a stall is seen by every sample that was due in it (no coordinated omission).
 */
import type { ProbeOutcome } from './probe.ts';

/** Monotonic time, passed in so that a simulation can make waiting free. */
export type SampleClock = {
  readonly nowMs: () => number;
  /** Calls back as soon after `dueMs` as it can, and never before it returns; the answer cancels it. */
  readonly at: (dueMs: number, callback: () => void) => () => void;
};

/** Timers of Node are late by up to this much: the rest is waited for turn by turn of the event loop. */
const TIMER_LEAD_MS = 1.5;

/**
 * A turn costs some 240 bytes of garbage, so turns are drawn out; an answer that comes in is read this
 * much later at most.
 */
const TURN_MS = 0.04;

export const realSampleClock: SampleClock = {
  nowMs: () => performance.now(),
  at: (dueMs, callback) => {
    let timer: NodeJS.Timeout | undefined;
    let turn: NodeJS.Immediate | undefined;
    const spin = (): void => {
      const turnEndMs = Math.min(dueMs, performance.now() + TURN_MS);
      while (performance.now() < turnEndMs);
      if (turnEndMs >= dueMs) callback();
      else turn = setImmediate(spin);
    };
    const leftMs = dueMs - performance.now() - TIMER_LEAD_MS;
    if (leftMs >= 1) timer = setTimeout(spin, Math.floor(leftMs));
    else turn = setImmediate(spin);
    return () => {
      clearTimeout(timer);
      clearImmediate(turn);
    };
  },
};

/** Samples under way at once. Beyond it a sample waits, is marked late, and still counts from its due time. */
const IN_FLIGHT_MAX = 512;

export type Sample = {
  readonly index: number;
  /** `done - due`: what a client that came at the due time would have waited. */
  readonly responseMs: number;
  /** `done - sent`: the probe's own time. */
  readonly serviceMs: number;
  /** Sent so long after its due time that the response time says more of this machine than of the target. */
  readonly late: boolean;
  readonly outcome: ProbeOutcome;
};

export type OpenLoop = {
  readonly count: number;
  readonly ratePerS: number;
  readonly send: (index: number) => Promise<ProbeOutcome>;
  readonly onSample: (sample: Sample) => void;
  readonly signal: AbortSignal;
  readonly clock?: SampleClock;
  readonly inFlightMax?: number;
};

const MS_PER_S = 1_000;
const LATE_FLOOR_MS = 1;
const LATE_SHARE = 0.1;

/** Late by more than 1 ms and more than 10 % of the response time. */
export const isLate = (sentAfterMs: number, responseMs: number): boolean =>
  sentAfterMs > Math.max(LATE_FLOOR_MS, LATE_SHARE * responseMs);

const sampleOf = (index: number, sentAfterMs: number, outcome: ProbeOutcome): Sample => {
  const responseMs = sentAfterMs + outcome.totalMs;
  const late = isLate(sentAfterMs, responseMs);
  return { index, responseMs, serviceMs: outcome.totalMs, late, outcome };
};

/**
 * Sends `count` samples, sample i due i / rate after the start, and resolves when the last is done. On
 * abort it sends no more and waits for those under way. Rejects when `send` does.
 */
export const runOpenLoop = (loop: OpenLoop): Promise<void> =>
  new Promise((resolve, reject) => {
    const { count, ratePerS, signal, clock = realSampleClock, inFlightMax = IN_FLIGHT_MAX } = loop;
    const startMs = clock.nowMs();
    let next = 0;
    let inFlight = 0;
    let stopped = false;
    let cancel: (() => void) | undefined;

    const leave = (): void => {
      cancel?.();
      signal.removeEventListener('abort', onAbort);
    };
    const proceed = (): void => {
      if (!stopped && next < count) sendDue();
      else if (inFlight === 0) {
        leave();
        resolve();
      }
    };
    const fail = (error: unknown): void => {
      stopped = true;
      leave();
      reject(error);
    };
    const onAbort = (): void => {
      stopped = true;
      cancel?.();
      proceed();
    };
    const sendOne = (index: number, dueMs: number, sentMs: number): void => {
      inFlight += 1;
      loop
        .send(index)
        .then((outcome) => {
          loop.onSample(sampleOf(index, sentMs - dueMs, outcome));
          inFlight -= 1;
          proceed();
        })
        .catch(fail);
    };
    const sendDue = (): void => {
      // Woken by a sample that ended while the timer for the next one is set.
      if (cancel) return;
      while (next < count && inFlight < inFlightMax) {
        const dueMs = startMs + (next * MS_PER_S) / ratePerS;
        const nowMs = clock.nowMs();
        if (dueMs > nowMs) {
          cancel = clock.at(dueMs, wake);
          return;
        }
        sendOne(next++, dueMs, nowMs);
      }
    };
    const wake = (): void => {
      cancel = undefined;
      proceed();
    };

    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else proceed();
  });
