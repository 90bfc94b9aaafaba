/**
 * When the next probe is due. Steady probes keep a fixed clock and overlap. Doubt, which is a
 * failed probe or one that is late, is settled by quick re-probes whose pace follows from `down`:
 * 20 in that time, and 40 once a quarter of it has passed. So 30 % of independent errors confirm an
 * outage with probability below 1e-15, and a recovery between two bursts of errors is not
 * overlooked. As doubt ends with the first good probe or after `down`, quick probing is bounded;
 * what is confirmed DOWN is probed steadily again.
 */
import { doubtSinceMs, type Filter } from './filter.ts';
import { type HealthSettings, lateMs } from './settings.ts';

/** No pace is quicker, whatever the settings: a health endpoint is not a load test. */
const QUICKEST_MS = 50;

type Pace = {
  /** For the first quarter of `down` in doubt. */
  readonly quickMs: number;
  /** For the rest of it. */
  readonly closeMs: number;
  /** While something else is in doubt, as the standby is when the primary fails. */
  readonly alertMs: number;
};

export const paceOf = ({ intervalMs, timeoutMs, downMs }: HealthSettings): Pace => {
  // A twentieth of the timeout bounds how many probes can be under way at once.
  const bounded = (ms: number) =>
    Math.min(intervalMs, Math.max(QUICKEST_MS, timeoutMs / 20, Math.round(ms)));
  return {
    quickMs: bounded(downMs / 20),
    closeMs: bounded(downMs / 40),
    alertMs: bounded(downMs / 10),
  };
};

type ProbingNow = {
  readonly filter: Filter;
  readonly settings: HealthSettings;
  /** When the latest probe was due. Due times, not start times, keep the clock from drifting. */
  readonly lastDueMs: number;
  /** Start of the oldest probe that is still under way, or null. */
  readonly pendingSinceMs: number | null;
  readonly alert: boolean;
};

const quickDueMs = (doubtMs: number, lastDueMs: number, downMs: number, pace: Pace): number => {
  const early = lastDueMs - doubtMs < downMs / 4;
  const dueMs = lastDueMs + (early ? pace.quickMs : pace.closeMs);
  return notPast(doubtMs + downMs, lastDueMs, dueMs);
};

/** The probe that can decide leaves at the very moment it can, not a pace later. */
const notPast = (decidingMs: number, lastDueMs: number, dueMs: number): number =>
  lastDueMs < decidingMs && decidingMs < dueMs ? decidingMs : dueMs;

/**
 * When the next probe is due; a time that has passed means now. Ask again after each start and each
 * result: a result can only bring the next probe forward or put it back to the steady clock.
 */
export const nextProbeDueMs = (now: ProbingNow): number => {
  const { filter, settings, lastDueMs, pendingSinceMs, alert } = now;
  const pace = paceOf(settings);
  const doubt = doubtSinceMs(filter);
  if (doubt !== null) return quickDueMs(doubt, lastDueMs, settings.downMs, pace);
  const restMs = lastDueMs + (alert ? pace.alertMs : settings.intervalMs);
  const { state, run, goodMs } = filter.hard;
  if (state === 'DOWN') {
    return run === null ? restMs : notPast(run.fromMs + settings.upMs, lastDueMs, restMs);
  }
  if (pendingSinceMs === null || (goodMs !== null && pendingSinceMs <= goodMs)) return restMs;
  const lateDueMs = Math.max(
    pendingSinceMs + lateMs(settings),
    quickDueMs(pendingSinceMs, lastDueMs, settings.downMs, pace),
  );
  return Math.min(restMs, lateDueMs);
};
