/** What one observer says of one target region, or why it says nothing. */
import { doubtSinceMs, type Filter } from './filter.ts';
import { type HealthSettings, staleAfterMs } from './settings.ts';
import { p95Ms } from './soft.ts';

export type AbstainReason =
  /** The observer cannot reach its canary targets: its own network is in question. */
  | 'canary-failed'
  /** No evidence, or no vote, for more than three intervals. */
  | 'stale'
  /** Its clock is more than two seconds off. */
  | 'clock-skew'
  /** It stands inside the region it would judge. */
  | 'inside-target'
  /** It has not yet probed long enough to say anything. */
  | 'starting';

export type Vote = {
  readonly observer: string;
  readonly target: string;
  /** When it was cast, by the observer's clock. */
  readonly atMs: number;
  readonly vote: 'UP' | 'DEGRADED' | 'DOWN' | 'ABSTAIN';
  readonly reason: AbstainReason | null;
  /** Since when the target has been in the state the vote names; null when it is coming back. */
  readonly sinceMs: number | null;
  /** Since when every probe has failed, while that is not yet enough for DOWN. */
  readonly doubtSinceMs: number | null;
  readonly p95Ms: number | null;
  readonly lastFailure: string | null;
};

export const CLOCK_SKEW_MAX_MS = 2_000;

type Casting = {
  readonly observer: string;
  readonly target: string;
  readonly nowMs: number;
  /** Whether any canary answered; null when none are configured. */
  readonly canariesAnswer: boolean | null;
  /** The observer's clock less a trusted one; null when unknown. */
  readonly clockSkewMs: number | null;
};

const abstention = (
  filter: Filter,
  settings: HealthSettings,
  casting: Casting,
): AbstainReason | null => {
  const { observer, target, nowMs, canariesAnswer, clockSkewMs } = casting;
  if (observer === target) return 'inside-target';
  if (canariesAnswer === false) return 'canary-failed';
  if (clockSkewMs !== null && Math.abs(clockSkewMs) > CLOCK_SKEW_MAX_MS) return 'clock-skew';
  if (filter.lastEvidenceMs === null || filter.hard.state === 'UNTRIED') return 'starting';
  // Evidence from the future is of a clock that has been set back since: it is as good as none.
  const apartMs = Math.abs(nowMs - filter.lastEvidenceMs);
  return apartMs > staleAfterMs(settings) ? 'stale' : null;
};

/**
 * A target that was DOWN and has answered every probe for `down` is not up yet, but is no reason to
 * move traffic any more: where both regions come back, the one that is up first is not the better.
 */
const isComingBack = ({ run, state }: Filter['hard'], { downMs }: HealthSettings): boolean =>
  state === 'DOWN' && run !== null && run.lastMs - run.fromMs >= downMs;

/** The window remembers for minutes: whether anything was slow in the later half of it. */
const isSlowStill = ({ window }: Filter['soft'], { slow }: HealthSettings): boolean =>
  window
    .slice(-Math.ceil(window.length / 2))
    .some(({ latencyMs }) => latencyMs === null || latencyMs > (slow?.p95Ms ?? 0));

const opinion = (
  { hard, soft }: Filter,
  settings: HealthSettings,
): Pick<Vote, 'vote' | 'sinceMs'> => {
  if (isComingBack(hard, settings)) return { vote: 'DEGRADED', sinceMs: null };
  if (hard.state === 'DOWN') return { vote: 'DOWN', sinceMs: hard.sinceMs };
  if (soft.slow) {
    const over = soft.underSinceMs === null && isSlowStill(soft, settings);
    return { vote: 'DEGRADED', sinceMs: over ? soft.overSinceMs : null };
  }
  return { vote: 'UP', sinceMs: hard.sinceMs };
};

/** The vote of an observer. A failing canary, old evidence or a wrong clock silences it. */
export const castVote = (filter: Filter, settings: HealthSettings, casting: Casting): Vote => {
  const reason = abstention(filter, settings, casting);
  const p95 = p95Ms(filter.soft);
  return {
    observer: casting.observer,
    target: casting.target,
    atMs: casting.nowMs,
    ...(reason === null ? opinion(filter, settings) : { vote: 'ABSTAIN' as const, sinceMs: null }),
    reason,
    doubtSinceMs: reason === null ? doubtSinceMs(filter) : null,
    p95Ms: p95 === null || !Number.isFinite(p95) ? null : p95,
    lastFailure: filter.lastFailure,
  };
};

/**
 * The votes that count, one for each observer, as the evaluator sees them at `nowMs`: its latest
 * one, whatever the order of arrival. One too old, or from the future, becomes an abstention. An
 * observer that sent none abstains too.
 */
export const admitVotes = (
  votes: readonly Vote[],
  observers: readonly string[],
  target: string,
  nowMs: number,
  settings: HealthSettings,
): Vote[] =>
  observers.map((observer) => {
    const own = votes.filter((vote) => vote.observer === observer && vote.target === target);
    const silence = (reason: AbstainReason, vote?: Vote): Vote => ({
      observer,
      target,
      atMs: vote?.atMs ?? 0,
      vote: 'ABSTAIN',
      reason,
      sinceMs: null,
      doubtSinceMs: null,
      p95Ms: null,
      lastFailure: vote?.lastFailure ?? null,
    });
    if (observer === target) return silence('inside-target', own.at(-1));
    const latest = own.reduce<Vote | undefined>(
      (best, vote) => (best === undefined || vote.atMs > best.atMs ? vote : best),
      undefined,
    );
    if (latest === undefined) return silence('starting');
    if (latest.atMs - nowMs > CLOCK_SKEW_MAX_MS) return silence('clock-skew', latest);
    if (nowMs - latest.atMs > staleAfterMs(settings)) return silence('stale', latest);
    return latest;
  });
