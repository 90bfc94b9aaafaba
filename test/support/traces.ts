/**
 * One observer probing a world that breaks by a script, in simulated time: probes leave when the
 * pace says so, a little late as timers are, overlap, and answer out of order.
 */
import { type Filter, NEW_FILTER, stepFilter } from '../../core/health/filter.ts';
import { nextProbeDueMs } from '../../core/health/pace.ts';
import type { Sample } from '../../core/health/sample.ts';
import type { HealthSettings } from '../../core/health/settings.ts';
import type { Random } from '../../core/random.ts';

/** What a probe that starts at `startMs` meets: how long it takes, and its failure if any. */
export type World = (startMs: number) => { takesMs: number; failure: string | null };

export type Change = { atMs: number; state: Filter['hard']['state']; slow: boolean };

export type Watched = {
  changes: Change[];
  probes: number;
  /** Most probes under way at one moment. */
  underWayMax: number;
  samples: Sample[];
};

/** Shop settings of the acceptance runs: interval and timeout 1 s, down after 2 s, up after 5 s. */
export const SECOND: HealthSettings = {
  intervalMs: 1_000,
  timeoutMs: 1_000,
  downMs: 2_000,
  upMs: 5_000,
  slow: null,
  quorum: { kind: 'share', share: 0.6, eligibleMin: 3 },
};

/** The defaults of a configuration file, with the soft channel of the example. */
export const DEFAULTS: HealthSettings = {
  intervalMs: 10_000,
  timeoutMs: 2_000,
  downMs: 30_000,
  upMs: 120_000,
  slow: { p95Ms: 800, forMs: 300_000 },
  quorum: { kind: 'share', share: 0.6, eligibleMin: 3 },
};

const TIMER_LATE_MS_MAX = 2;

type Options = { settings: HealthSettings; random: Random; untilMs: number; world: World };

export const watchWorld = ({ settings, random, untilMs, world }: Options): Watched => {
  const watched: Watched = { changes: [], probes: 0, underWayMax: 0, samples: [] };
  let filter = NEW_FILTER;
  let underWay: Sample[] = [];
  // The observer's clock has any phase against the world's.
  let lastDueMs = -settings.intervalMs * random.unit();
  let nowMs = 0;
  while (nowMs < untilMs) {
    const pendingSinceMs = underWay.reduce<number | null>(
      (oldest, { startMs }) => (oldest === null ? startMs : Math.min(oldest, startMs)),
      null,
    );
    const asked = { filter, settings, lastDueMs, pendingSinceMs, alert: false };
    const dueMs = Math.max(nowMs, nextProbeDueMs(asked));
    const first = underWay.reduce<Sample | null>(
      (best, sample) => (best === null || sample.endMs < best.endMs ? sample : best),
      null,
    );
    if (first !== null && first.endMs <= dueMs) {
      nowMs = first.endMs;
      underWay = underWay.filter((sample) => sample !== first);
      watched.samples.push(first);
      const before = filter;
      filter = stepFilter(filter, first, settings);
      const { state } = filter.hard;
      const { slow } = filter.soft;
      if (state !== before.hard.state || slow !== before.soft.slow) {
        watched.changes.push({ atMs: nowMs, state, slow });
      }
    } else {
      nowMs = dueMs;
      lastDueMs = dueMs;
      const startMs = dueMs + TIMER_LATE_MS_MAX * random.unit();
      const { takesMs, failure } = world(startMs);
      const late = takesMs >= settings.timeoutMs;
      underWay.push({
        startMs,
        endMs: startMs + (late ? settings.timeoutMs : takesMs),
        failure: late ? 'timeout' : failure,
        latencyMs: late || failure !== null ? null : takesMs,
      });
      watched.probes++;
      watched.underWayMax = Math.max(watched.underWayMax, underWay.length);
    }
  }
  return watched;
};

const NEVER_MS = Number.POSITIVE_INFINITY;

export const FAULTS = {
  fine: { takesMs: 3, failure: null },
  refused: { takesMs: 0.4, failure: 'refused' },
  'HTTP 500': { takesMs: 3, failure: 'status' },
  blackhole: { takesMs: NEVER_MS, failure: null },
  'slow 2 s': { takesMs: 2_000, failure: null },
} as const;

/** Fine until `atMs`, then broken until `untilMs`. */
export const outage =
  (fault: keyof typeof FAULTS, atMs: number, untilMs = NEVER_MS): World =>
  (startMs) =>
    FAULTS[startMs >= atMs && startMs < untilMs ? fault : 'fine'];

/** Broken and fine by turns, `halfMs` each, broken first. */
export const flapping =
  (fault: keyof typeof FAULTS, atMs: number, halfMs: number): World =>
  (startMs) =>
    FAULTS[startMs >= atMs && Math.floor((startMs - atMs) / halfMs) % 2 === 0 ? fault : 'fine'];

/** Every probe fails by itself with probability `share`. */
export const independentErrors =
  (share: number, random: Random, fault: keyof typeof FAULTS = 'HTTP 500'): World =>
  () =>
    FAULTS[random.unit() < share ? fault : 'fine'];

type Bursts = { share: number; untilMs: number; random: Random; fault?: keyof typeof FAULTS };

/**
 * Errors in bursts that last `lengthMs()` each, with exponential gaps such that `share` of the time
 * is bad. Bursts never overlap.
 */
export const burstErrors = (
  lengthMs: () => number,
  meanLengthMs: number,
  { share, untilMs, random, fault = 'HTTP 500' }: Bursts,
): World => {
  const meanGapMs = (meanLengthMs * (1 - share)) / share;
  const bursts: { fromMs: number; toMs: number }[] = [];
  let atMs = 0;
  while (atMs < untilMs) {
    const fromMs = atMs - meanGapMs * Math.log(1 - random.unit());
    atMs = fromMs + lengthMs();
    bursts.push({ fromMs, toMs: atMs });
  }
  let index = 0;
  return (startMs) => {
    while ((bursts[index]?.toMs ?? NEVER_MS) <= startMs) index++;
    return FAULTS[startMs >= (bursts[index]?.fromMs ?? NEVER_MS) ? fault : 'fine'];
  };
};

/**
 * TCP over a link that loses `share` of packets each way: connecting is the handshake, sent again
 * after 1 s, 2 s, ... (RFC 6298); request and answer again after 0.2 s, 0.4 s, ... (Linux). What a
 * probe takes in all decides its timeout, and only the answer's share is its latency.
 */
export const lossyTcp = (share: number, random: Random) => {
  const waitedMs = (firstMs: number): number => {
    let waitMs = 0;
    for (let again = firstMs; random.unit() < 1 - (1 - share) ** 2; again *= 2) waitMs += again;
    return waitMs;
  };
  return (): { connectMs: number; answerMs: number } => ({
    connectMs: 20 + waitedMs(1_000),
    answerMs: 25 + waitedMs(200),
  });
};
