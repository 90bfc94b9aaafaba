/** What recipes have in common: the incident in which they draw, and the faults of the network. */
import type { Random } from '../../core/random.ts';
import type { FaultKind, FaultScope } from '../../local/network/faults.ts';
import { between, magnitude } from './draws.ts';
import { type FaultDetail, type NetworkFault, type Places, type Rhythm, STEADY } from './fault.ts';
import type { Span } from './rhythm.ts';

export type Draft = FaultDetail & Span;

/** The incident in which a fault is drawn. */
export type Ground = { readonly random: Random; readonly places: Places; readonly span: Span };

export type Recipe = (ground: Ground) => Draft[];

export const network = (
  what: FaultKind,
  scope: FaultScope,
  rhythm: Rhythm = STEADY,
  more: Partial<NetworkFault> = {},
): NetworkFault => ({
  kind: 'network',
  what,
  scope,
  plane: 'service',
  rhythm,
  returnsAfterFlipMs: null,
  ...more,
});

/** A part of the incident, at least so long. */
export const part = (random: Random, { fromMs, untilMs }: Span, leastMs = 1_000): Span => {
  const lengthMs = Math.max(
    leastMs,
    magnitude(random, leastMs, Math.max(leastMs, untilMs - fromMs)),
  );
  const startMs = between(random, fromMs, Math.max(fromMs, untilMs - lengthMs));
  return { fromMs: startMs, untilMs: Math.min(untilMs, startMs + lengthMs) };
};
