/** A trace cut into stretches in which nothing changes: which faults are on in each. */
import type { Fault, Trace } from './fault.ts';
import { spansOn } from './rhythm.ts';

export type Stretch = {
  /** Its place among the stretches. */
  readonly index: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** In the order of the trace. */
  readonly faults: readonly Fault[];
};

export type Timeline = {
  readonly stretches: readonly Stretch[];
  /** The stretch that holds a moment; quick when moments come in order. */
  readonly at: (ms: number) => Stretch;
};

type Edge = { readonly atMs: number; readonly fault: Fault; readonly on: boolean };

/** The end of a fault, given when traffic was moved first (infinite: never). */
const endOf = (fault: Fault, flippedMs: number): number =>
  fault.kind === 'network' && fault.returnsAfterFlipMs !== null
    ? Math.min(fault.untilMs, Math.max(fault.fromMs, flippedMs + fault.returnsAfterFlipMs))
    : fault.untilMs;

const edgesOf = (fault: Fault, flippedMs: number): Edge[] => {
  const rhythm = fault.kind === 'network' ? fault.rhythm : { kind: 'steady' as const };
  const span = { fromMs: fault.fromMs, untilMs: endOf(fault, flippedMs) };
  return spansOn(span, rhythm).flatMap(({ fromMs, untilMs }) =>
    untilMs > fromMs
      ? [
          { atMs: fromMs, fault, on: true },
          { atMs: untilMs, fault, on: false },
        ]
      : [],
  );
};

export const timelineOf = (trace: Trace, flippedMs = Number.POSITIVE_INFINITY): Timeline => {
  const edges = trace.faults
    .flatMap((fault) => edgesOf(fault, flippedMs))
    .sort((a, b) => a.atMs - b.atMs);
  const order = new Map(trace.faults.map((fault, index) => [fault, index]));
  const place = (fault: Fault) => order.get(fault) ?? 0;
  const stretches: Stretch[] = [];
  const on = new Set<Fault>();
  let fromMs = Number.NEGATIVE_INFINITY;
  for (let next = 0; ; ) {
    const untilMs = edges[next]?.atMs ?? Number.POSITIVE_INFINITY;
    const faults = [...on].sort((a, b) => place(a) - place(b));
    if (untilMs > fromMs) stretches.push({ index: stretches.length, fromMs, untilMs, faults });
    if (next >= edges.length) break;
    for (let edge = edges[next]; edge?.atMs === untilMs; edge = edges[++next]) {
      if (edge.on) on.add(edge.fault);
      else on.delete(edge.fault);
    }
    fromMs = untilMs;
  }
  let last = 0;
  const at = (ms: number): Stretch => {
    for (;;) {
      const stretch = stretches[last];
      if (stretch === undefined) throw new RangeError(`no stretch of the trace holds ${ms}`);
      if (ms < stretch.fromMs) last--;
      else if (ms >= stretch.untilMs) last++;
      else return stretch;
    }
  };
  return { stretches, at };
};
