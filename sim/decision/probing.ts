/** One observer's probes of one region, by its own clock: functions/observe/probing.ts without waiting. */
import { doubtSinceMs, type Filter, NEW_FILTER } from '../../core/health/filter.ts';
import type { Sample } from '../../core/health/sample.ts';
import { type HealthSettings, staleAfterMs } from '../../core/health/settings.ts';
import type { Met } from '../faults/traffic.ts';
import type { Rules } from './rules.ts';

/** A timer that is later than this was not late: its probe was asked for after its time. */
const TIMER_LATE_MS = 50;

type Needs = {
  readonly settings: HealthSettings;
  readonly rules: Rules;
  /** What a probe that starts at this moment of the observer's clock meets. */
  readonly meet: (startMs: number) => Met;
  readonly firstDueMs: number;
};

/** As if good probes had gone on all the while. */
const shiftedFilter = (filter: Filter, byMs: number): Filter => {
  const later = (ms: number | null): number | null => (ms === null ? null : ms + byMs);
  const { hard, soft } = filter;
  const window = soft.window.map((each) => ({ ...each, startMs: each.startMs + byMs }));
  return {
    ...filter,
    lastEvidenceMs: later(filter.lastEvidenceMs),
    hard: { ...hard, goodMs: later(hard.goodMs) },
    soft: { ...soft, window },
  };
};

/** Whether more good probes would change nothing but when the last one was. */
const isQuiet = ({ hard, soft }: Filter): boolean =>
  hard.state === 'UP' &&
  hard.run === null &&
  !soft.slow &&
  soft.overSinceMs === null &&
  soft.underSinceMs !== null;

const earliestMs = (samples: readonly Sample[], of: 'startMs' | 'endMs'): number => {
  let first = Number.POSITIVE_INFINITY;
  for (const sample of samples) if (sample[of] < first) first = sample[of];
  return first;
};

export const openProbing = ({ settings, rules, meet, firstDueMs }: Needs) => {
  let filter: Filter = NEW_FILTER;
  let lastDueMs = firstDueMs - settings.intervalMs;
  let pending: Sample[] = [];
  let probes = 0;

  const dueMs = (alert: boolean): number =>
    rules.nextProbeDueMs({
      filter,
      settings,
      lastDueMs,
      pendingSinceMs: pending.length === 0 ? null : earliestMs(pending, 'startMs'),
      alert,
    });

  const start = (nowMs: number, wasDueMs: number): void => {
    lastDueMs = nowMs - wasDueMs > TIMER_LATE_MS ? nowMs : wasDueMs;
    const { takesMs, failure, latencyMs } = meet(nowMs);
    pending.push({ startMs: nowMs, endMs: nowMs + takesMs, failure, latencyMs });
    probes++;
  };

  /** Folds in what has come back by now, in the order in which it came; whether anything has. */
  const hear = (nowMs: number): boolean => {
    for (let heard = false; ; heard = true) {
      let place = -1;
      for (let i = 0; i < pending.length; i++) {
        const endMs = pending[i]?.endMs ?? Number.POSITIVE_INFINITY;
        if (endMs <= nowMs && (place < 0 || endMs < (pending[place]?.endMs ?? 0))) place = i;
      }
      const sample = pending[place];
      if (sample === undefined) return heard;
      pending.splice(place, 1);
      filter = rules.stepFilter(filter, sample, settings);
    }
  };

  return {
    dueMs,
    start,
    /** The end of the probe that is over first. */
    nextEndMs: () => earliestMs(pending, 'endMs'),
    hear,
    filter: (): Filter => filter,
    /** Whether what is known may be too old by now. */
    isStale: (nowMs: number): boolean =>
      filter.lastEvidenceMs !== null &&
      Math.abs(nowMs - filter.lastEvidenceMs) > staleAfterMs(settings),
    inDoubt: (): boolean => doubtSinceMs(filter) !== null,
    /** The next invocation: what was under way is heard, if the one before lived to hear it. */
    begin: (nowMs: number): void => {
      lastDueMs = Math.min(nowMs, lastDueMs);
    },
    /** Nobody hears what is under way. */
    drop: (): void => {
      pending = [];
    },
    probes: (): number => probes,
    isQuiet: () => isQuiet(filter),
    shift: (byMs: number): void => {
      lastDueMs += byMs;
      pending = pending.map((sample) => ({
        ...sample,
        startMs: sample.startMs + byMs,
        endMs: sample.endMs + byMs,
      }));
      filter = shiftedFilter(filter, byMs);
    },
  };
};

export type Probing = ReturnType<typeof openProbing>;
