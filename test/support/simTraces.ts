/** Fault traces by hand, for the simulation. */
import { type Fault, type FaultDetail, STEADY, type Trace } from '../../sim/faults/fault.ts';
import { PLACES } from '../../sim/faults/generate.ts';

export const MINUTE_MS = 60_000;

type Written = FaultDetail & { fromMs: number; untilMs: number };

export const traceOf = (untilMs: number, ...faults: readonly Written[]): Trace => ({
  seed: 'by hand',
  profile: 'by hand',
  places: PLACES,
  untilMs,
  faults: faults.map((fault, index): Fault => ({ ...fault, id: `f${index + 1}` })),
});

export const refusing = (region: string, fromMs: number, untilMs: number): Written => ({
  kind: 'network',
  what: { kind: 'refuse' },
  scope: { region },
  plane: 'service',
  rhythm: STEADY,
  returnsAfterFlipMs: null,
  fromMs,
  untilMs,
});
