/**
 * The hard channel of one observer about one target: connect, TLS, status, timeout, wrong answer.
 *
 * The one meaning of `down`: a target is DOWN once every probe that started after its last good one
 * has failed, the failures reach from the start of the first over at least `down`, there are three
 * or more, and no gap in probing hides what happened between. A failure reaches to its end, though
 * not into the last quarter of its timeout: as long as it takes for a late probe to bring the next
 * one, a recovery can pass unseen. One good probe in between starts the count again. So an outage
 * shorter than `down` is never DOWN.
 *
 * The one meaning of `up`: good probes without a failure between them whose starts are at least
 * `up` apart. (gdnsd accumulates failures across single successes, HAProxy counts probes in a row;
 * this rule counts time in a row, which holds at any pace of probing.)
 */
import type { Sample } from './sample.ts';
import { type HealthSettings, lateMs } from './settings.ts';

type Run = { readonly fromMs: number; readonly lastMs: number; readonly count: number };

export type HardState = {
  /** UNTRIED until the first evidence: the first good probe is enough, failures need `down`. */
  readonly state: 'UNTRIED' | 'UP' | 'DOWN';
  /** Start of the evidence for the state. */
  readonly sinceMs: number | null;
  /** Latest start of a good probe, and of a failed one. Results may come out of order. */
  readonly goodMs: number | null;
  readonly badMs: number | null;
  /**
   * Unbroken evidence against the state: failures, or good probes while DOWN. By start of probe.
   */
  readonly run: Run | null;
};

export const UNTRIED: HardState = {
  state: 'UNTRIED',
  sinceMs: null,
  goodMs: null,
  badMs: null,
  run: null,
};

const FAILURES_MIN = 3;
const SUCCESSES_MIN = 2;
/** A longer silence between two probes of a run is a gap that nobody watched. */
const GAP_INTERVALS = 3;

const latest = (a: number | null, b: number): number => (a === null ? b : Math.max(a, b));

const extended = (run: Run | null, startMs: number, gapMs: number): Run => {
  if (run === null || startMs - run.lastMs > gapMs) {
    return { fromMs: startMs, lastMs: startMs, count: 1 };
  }
  return {
    fromMs: Math.min(run.fromMs, startMs),
    lastMs: Math.max(run.lastMs, startMs),
    count: run.count + 1,
  };
};

/** What is left of a run after evidence to the contrary that started at `startMs`. */
const broken = (run: Run | null, startMs: number): Run | null => {
  if (run === null || startMs < run.fromMs) return run;
  return run.lastMs > startMs ? { fromMs: run.lastMs, lastMs: run.lastMs, count: 1 } : null;
};

const gapMs = ({ intervalMs, timeoutMs }: HealthSettings): number =>
  GAP_INTERVALS * Math.max(intervalMs, timeoutMs);

const afterFailure = (hard: HardState, sample: Sample, settings: HealthSettings): HardState => {
  const badMs = latest(hard.badMs, sample.startMs);
  if (hard.state === 'DOWN') return { ...hard, badMs, run: broken(hard.run, sample.startMs) };
  if (hard.goodMs !== null && sample.startMs <= hard.goodMs) return { ...hard, badMs };
  const run = extended(hard.run, sample.startMs, gapMs(settings));
  const reachesMs = Math.min(sample.endMs, sample.startMs + settings.timeoutMs - lateMs(settings));
  const confirmed = run.count >= FAILURES_MIN && reachesMs - run.fromMs >= settings.downMs;
  return confirmed
    ? { ...hard, badMs, state: 'DOWN', sinceMs: run.fromMs, run: null }
    : { ...hard, badMs, run };
};

const afterSuccess = (hard: HardState, sample: Sample, settings: HealthSettings): HardState => {
  const goodMs = latest(hard.goodMs, sample.startMs);
  if (hard.state === 'UNTRIED') {
    const run = broken(hard.run, sample.startMs);
    return { ...hard, goodMs, state: 'UP', sinceMs: sample.startMs, run };
  }
  if (hard.state === 'UP') return { ...hard, goodMs, run: broken(hard.run, sample.startMs) };
  if (hard.badMs !== null && sample.startMs <= hard.badMs) return { ...hard, goodMs };
  const run = extended(hard.run, sample.startMs, gapMs(settings));
  const confirmed = run.count >= SUCCESSES_MIN && run.lastMs - run.fromMs >= settings.upMs;
  return confirmed
    ? { ...hard, goodMs, state: 'UP', sinceMs: run.fromMs, run: null }
    : { ...hard, goodMs, run };
};

/** The state after one more sample that is evidence; in any order of arrival. */
export const stepHard = (hard: HardState, sample: Sample, settings: HealthSettings): HardState =>
  sample.failure === null
    ? afterSuccess(hard, sample, settings)
    : afterFailure(hard, sample, settings);
