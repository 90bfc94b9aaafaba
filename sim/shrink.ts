/**
 * Makes a failing trace short: takes faults away, makes the others shorter and later ones earlier,
 * for as long as the same invariant still breaks. The order of what is tried is fixed, so the same
 * failure always ends in the same trace.
 */
import type { Fault, Trace } from './faults/fault.ts';

/** What broke, as far as shrinking looks at it. */
type Violation = { readonly invariant: string; readonly atMs: number };

export type Shrunk<V extends Violation> = {
  readonly trace: Trace;
  readonly violation: V;
  /** How often it was tried. */
  readonly runs: number;
};

/** The violation of a trace, or null. */
export type Trial<V extends Violation> = (trace: Trace) => V | null | Promise<V | null>;

const RUNS_MAX = 400;
const LEAST_MS = 500;

const without = (trace: Trace, fault: Fault): Trace => ({
  ...trace,
  faults: trace.faults.filter((each) => each !== fault),
});

const withSpan = (trace: Trace, fault: Fault, fromMs: number, untilMs: number): Trace => ({
  ...trace,
  faults: trace.faults.map((each) => (each === fault ? { ...each, fromMs, untilMs } : each)),
});

/** All that is a step shorter than a trace, the boldest first. */
const shorter = function* (trace: Trace): Generator<Trace> {
  for (const fault of [...trace.faults].reverse()) yield without(trace, fault);
  for (const fault of trace.faults) {
    const { fromMs, untilMs } = fault;
    const lengthMs = untilMs - fromMs;
    if (lengthMs < 2 * LEAST_MS) continue;
    for (const part of [0.5, 0.25, 0.1]) {
      const cutMs = Math.round(lengthMs * part);
      yield withSpan(trace, fault, fromMs, untilMs - cutMs);
      yield withSpan(trace, fault, fromMs + cutMs, untilMs);
    }
  }
};

export const shrink = async <V extends Violation>(
  trace: Trace,
  violation: V,
  trial: Trial<V>,
  runsMax = RUNS_MAX,
): Promise<Shrunk<V>> => {
  const upTo = (whole: Trace, found: V): Trace => ({
    ...whole,
    untilMs: Math.min(whole.untilMs, found.atMs + 1),
    faults: whole.faults.filter(({ fromMs }) => fromMs <= found.atMs),
  });
  let best = { trace: upTo(trace, violation), violation };
  let runs = 0;
  for (let better = true; better && runs < runsMax; ) {
    better = false;
    for (const candidate of shorter(best.trace)) {
      if (runs >= runsMax) break;
      runs++;
      // What is shorter may break later: it gets the time of the whole trace.
      const found = await trial({ ...candidate, untilMs: trace.untilMs });
      if (found?.invariant !== violation.invariant) continue;
      best = { trace: upTo(candidate, found), violation: found };
      better = true;
      break;
    }
  }
  return { ...best, runs };
};
