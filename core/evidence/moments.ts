/** When things took place in one failover, read out of its evidence. */
import type { Moments } from '../failover/timings.ts';
import { isOrdered } from '../failover/view.ts';
import { type Filter, NEW_FILTER, stepFilter } from '../health/filter.ts';
import { isEvidence, type Sample } from '../health/sample.ts';
import type { HealthSettings } from '../health/settings.ts';
import type { Decision } from './decision.ts';
import type { Observation, Past } from './timeline.ts';

export type Decided = Past & { readonly decision: Decision };

/** Start of the failures that were still unbroken at `nowMs`; null when the last probe was good. */
const failingSinceMs = (samples: readonly Sample[], nowMs: number): number | null => {
  const seen = samples
    .filter((sample) => isEvidence(sample) && sample.endMs <= nowMs)
    .sort((a, b) => a.startMs - b.startMs);
  const lastGood = seen.findLastIndex(({ failure }) => failure === null);
  return seen[lastGood + 1]?.startMs ?? null;
};

/**
 * When the fault began, as far as observers can tell: the start of the first probe that failed, of
 * those who voted DOWN; else since when the verdict holds. An order has no fault before it.
 */
export const faultMs = ({ input, observations, decision }: Decided): number => {
  const { nowMs, state } = input;
  const { cause, active } = decision;
  if (isOrdered(cause)) return nowMs;
  const suspectedMs = active.sinceMs ?? state.troubleSinceMs ?? nowMs;
  if (cause === 'unstable') return state.troubleSinceMs ?? suspectedMs;
  const down = active.votes.filter(({ vote }) => vote === 'DOWN').map(({ observer }) => observer);
  const first = observations
    .filter(({ observer, target }) => target === state.active && down.includes(observer))
    .flatMap(({ samples }) => failingSinceMs(samples, nowMs) ?? []);
  return first.length > 0 ? Math.min(...first) : suspectedMs;
};

/** When an observer came to call its target DOWN, by `nowMs`; null when it did not. */
export const turnedDownMs = (
  { samples }: Pick<Observation, 'samples'>,
  health: HealthSettings,
  nowMs: number,
): number | null => {
  let filter: Filter = NEW_FILTER;
  let turnedMs: number | null = null;
  for (const sample of [...samples].sort((a, b) => a.endMs - b.endMs)) {
    if (sample.endMs > nowMs) break;
    filter = stepFilter(filter, sample, health);
    turnedMs = filter.hard.state === 'DOWN' ? (turnedMs ?? sample.endMs) : null;
  }
  return turnedMs;
};

/** What the steps wrote down. */
export type Marks = Pick<
  Moments,
  'fencedMs' | 'scaledMs' | 'flippedMs' | 'authoritativeMs' | 'effectiveMs'
> & {
  /** When a person was asked, where one was. */
  readonly askedMs: number | null;
};

/** Confirmed is when the machine began to evaluate, or when it asked for an approval. */
export const momentsOf = (decided: Decided, { askedMs, ...marks }: Marks): Moments => {
  const { nowMs, state } = decided.input;
  const beganMs = faultMs(decided);
  const confirmedMs = askedMs ?? (state.phase === 'EVALUATE' ? state.phaseSinceMs : nowMs);
  return {
    faultMs: beganMs,
    confirmedMs: Math.min(nowMs, Math.max(beganMs, confirmedMs)),
    decidedMs: nowMs,
    ...marks,
  };
};
