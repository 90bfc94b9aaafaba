/** Probe results of one observer about one target, folded into what it believes. */
import { type HardState, stepHard, UNTRIED } from './hard.ts';
import { isEvidence, type Sample } from './sample.ts';
import { type HealthSettings, staleAfterMs } from './settings.ts';
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

/**
 * What is left of a filter whose last evidence lies too far from this sample, before or after it:
 * nobody probed in between, or the clock was set. It starts anew. A target that was DOWN is not
 * taken to be DOWN still, as that would be a vote without evidence; one that was UP is UP until
 * `down` has passed, as ever.
 */
const resumed = (filter: Filter, { startMs }: Sample, settings: HealthSettings): Filter => {
  const { hard, lastEvidenceMs, lastFailure } = filter;
  if (lastEvidenceMs === null) return filter;
  if (Math.abs(startMs - lastEvidenceMs) <= staleAfterMs(settings)) return filter;
  const wasUp = hard.state === 'UP';
  const anew = wasUp ? { ...UNTRIED, state: 'UP' as const, sinceMs: startMs } : UNTRIED;
  return { ...NEW_FILTER, hard: anew, lastFailure };
};

export const stepFilter = (before: Filter, sample: Sample, settings: HealthSettings): Filter => {
  if (!isEvidence(sample)) return before;
  const filter = resumed(before, sample, settings);
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
