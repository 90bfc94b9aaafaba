/** When a fault is on. */
import { seededRandom } from '../../core/random.ts';
import { waitMs } from './draws.ts';
import type { Rhythm } from './fault.ts';

export type Span = { readonly fromMs: number; readonly untilMs: number };

const BURST_MS_MIN = 50;

/** Gaps and bursts by turns, both exponential, a gap first. */
const bursts = ({ fromMs, untilMs }: Span, rhythm: Extract<Rhythm, { kind: 'bursts' }>): Span[] => {
  const random = seededRandom('bursts', rhythm.seed);
  const meanGapMs = (rhythm.meanMs * (1 - rhythm.share)) / rhythm.share;
  const spans: Span[] = [];
  for (let atMs = fromMs; ; ) {
    const startMs = atMs + waitMs(random, meanGapMs);
    if (startMs >= untilMs) return spans;
    atMs = startMs + BURST_MS_MIN + waitMs(random, rhythm.meanMs);
    spans.push({ fromMs: startMs, untilMs: Math.min(atMs, untilMs) });
  }
};

const flaps = (
  { fromMs, untilMs }: Span,
  { periodMs, duty }: Extract<Rhythm, { kind: 'flapping' }>,
): Span[] => {
  const spans: Span[] = [];
  for (let atMs = fromMs; atMs < untilMs; atMs += periodMs) {
    spans.push({ fromMs: atMs, untilMs: Math.min(untilMs, Math.round(atMs + duty * periodMs)) });
  }
  return spans;
};

/**
 * The spans in which a fault is on, in order. Bursts start from the beginning of the fault, so a
 * fault that is made shorter keeps the bursts that are left.
 */
export const spansOn = (span: Span, rhythm: Rhythm): Span[] => {
  switch (rhythm.kind) {
    case 'steady':
      return [{ fromMs: span.fromMs, untilMs: span.untilMs }];
    case 'flapping':
      return flaps(span, rhythm);
    case 'bursts':
      return bursts(span, rhythm);
  }
};
