/** Probe results of one observer about one target, folded into what it believes. */
import { type HardState, stepHard, UNTRIED } from './hard.ts';
import { isEvidence, type Sample } from './sample.ts';
import type { HealthSettings } from './settings.ts';
import { NO_LATENCIES, type SoftState, stepSoft } from './soft.ts';

/** Plain data: it is stored between invocations, and is part of the evidence. */
export type Filter = {
  readonly hard: HardState;
  readonly soft: SoftState;
  /** End of the latest sample that was evidence, or null. */
  readonly lastEvidenceMs: number | null;
  readonly lastFailure: string | null;
};

export const NEW_FILTER: Filter = {
  hard: UNTRIED,
  soft: NO_LATENCIES,
  lastEvidenceMs: null,
  lastFailure: null,
};

export const stepFilter = (filter: Filter, sample: Sample, settings: HealthSettings): Filter => {
  if (!isEvidence(sample)) return filter;
  const hard = stepHard(filter.hard, sample, settings);
  const back = filter.hard.state === 'DOWN' && hard.state === 'UP';
  return {
    hard,
    // What was measured while it was down says nothing of how fast it is now.
    soft: back ? NO_LATENCIES : stepSoft(filter.soft, sample, settings),
    lastEvidenceMs: Math.max(filter.lastEvidenceMs ?? sample.endMs, sample.endMs),
    lastFailure: sample.failure ?? filter.lastFailure,
  };
};

/** Since when every probe has failed, though not yet for `down`; null when nothing is in doubt. */
export const doubtSinceMs = ({ hard }: Filter): number | null =>
  hard.state === 'DOWN' ? null : (hard.run?.fromMs ?? null);
