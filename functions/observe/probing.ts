/** Probes one region, and folds what comes back into what this observer believes of it. */
import { doubtSinceMs, type Filter, NEW_FILTER, stepFilter } from '../../core/health/filter.ts';
import { nextProbeDueMs } from '../../core/health/pace.ts';
import type { Sample } from '../../core/health/sample.ts';
import type { HealthSettings } from '../../core/health/settings.ts';
import type { WatchTarget } from '../../events/watchPlan.ts';
import type { ObserverMemory } from '../../events/watchState.ts';
import type { ProbeOutcome } from '../../probes/probe.ts';
import { httpTargetOf } from '../_httpTarget.ts';
import type { Outside } from '../_outside.ts';

/** Wall time that does not jump: the clock at the start, and what has passed since. */
export type SteadyClock = { readonly now: () => number };

const latencyOf = (outcome: ProbeOutcome): number | null =>
  outcome.ok ? (outcome.phases['waitMs'] ?? 0) + (outcome.phases['transferMs'] ?? 0) : null;

/** A timer that is later than this was not late: its probe was asked for after its time. */
const TIMER_LATE_MS = 50;

type Needs = {
  readonly probe: Outside['probe'];
  readonly target: WatchTarget;
  readonly settings: HealthSettings;
  readonly clock: SteadyClock;
  readonly memory: ObserverMemory['memory'][string] | undefined;
  readonly signal: AbortSignal;
  /** Something has come back. */
  readonly heard: () => void;
};

export const openProbing = ({ probe, target, settings, clock, memory, signal, heard }: Needs) => {
  const httpTarget = httpTargetOf(target.url, target.serverName);
  const pending = new Set<number>();
  let filter: Filter = memory?.filter ?? NEW_FILTER;
  // A clock that was set back since must not keep this observer from probing until it has caught up.
  let lastDueMs = Math.min(clock.now(), memory?.lastDueMs ?? Number.NEGATIVE_INFINITY);
  let samples: Sample[] = [];
  let probes = 0;

  const dueMs = (alert: boolean): number => {
    const pendingSinceMs = pending.size === 0 ? null : Math.min(...pending);
    return nextProbeDueMs({ filter, settings, lastDueMs, pendingSinceMs, alert });
  };

  /** Sends the probe that was due then. */
  const start = async (wasDueMs: number): Promise<void> => {
    const startMs = clock.now();
    lastDueMs = startMs - wasDueMs > TIMER_LATE_MS ? startMs : wasDueMs;
    pending.add(startMs);
    probes += 1;
    const outcome = await probe(httpTarget, { timeoutMs: settings.timeoutMs, signal });
    pending.delete(startMs);
    // One that was stopped with its observer says nothing of its target.
    if (!outcome.ok && outcome.reason === 'aborted') return;
    const failure = outcome.ok ? null : outcome.reason;
    const sample = { startMs, endMs: clock.now(), failure, latencyMs: latencyOf(outcome) };
    samples.push(sample);
    filter = stepFilter(filter, sample, settings);
    heard();
  };

  return {
    region: target.region,
    dueMs,
    start,
    filter: () => filter,
    inDoubt: () => doubtSinceMs(filter) !== null,
    /** Nothing is held against it, in doubt or beyond it. */
    isWell: () => filter.hard.state === 'UP' && doubtSinceMs(filter) === null && !filter.soft.slow,
    busy: () => pending.size > 0,
    memory: () => ({ filter, lastDueMs: Number.isFinite(lastDueMs) ? lastDueMs : 0 }),
    probes: () => probes,
    /** Samples since the last time; they are the caller's to keep. */
    takeSamples: (): readonly Sample[] => {
      const taken = samples;
      samples = [];
      return taken;
    },
  };
};

export type Probing = ReturnType<typeof openProbing>;
