/** Going home: what must be cleaned up first, and how traffic is shifted by weights. */
import type { Verdict } from '../health/verdict.ts';

/** Shares of traffic, in percent, that the home region gets one after the other. */
export const FAILBACK_WEIGHTS: readonly number[] = [1, 5, 25, 100];

export type ShiftView = {
  /** The weight home has now, 0 before the first step. */
  readonly weight: number;
  readonly home: Verdict;
  readonly away: Verdict;
  /** Since the weight was set. */
  readonly heldMs: number;
  /** How long each weight is watched. */
  readonly holdMs: number;
};

export type ShiftStep =
  | { readonly do: 'set'; readonly weight: number }
  | { readonly do: 'wait'; readonly why: string }
  /** Home is bad: all traffic back to where it works. */
  | { readonly do: 'retreat'; readonly weight: 0; readonly why: string }
  | { readonly do: 'done' };

/**
 * The next step of a gradual failback. It pauses by itself while home is in doubt, and retreats
 * when home is bad, unless the other side is bad too: then traffic stays where it is.
 */
export const nextShift = ({ weight, home, away, heldMs, holdMs }: ShiftView): ShiftStep => {
  if (home.state === 'DOWN' || home.state === 'DEGRADED') {
    return away.state === 'UP' && weight > 0
      ? { do: 'retreat', weight: 0, why: `${home.region}: ${home.why}` }
      : { do: 'wait', why: `${home.region} is ${home.state}, ${away.region} is ${away.state}` };
  }
  if (home.state === 'UNKNOWN' || home.doubtSinceMs !== null) {
    return { do: 'wait', why: `${home.region} is in doubt` };
  }
  if (weight > 0 && heldMs < holdMs) return { do: 'wait', why: `watching ${weight} %` };
  const next = FAILBACK_WEIGHTS.find((step) => step > weight);
  return next === undefined ? { do: 'done' } : { do: 'set', weight: next };
};

/** What a failover changes besides the switch, before and now. */
export type Footprint = {
  readonly desiredCounts: Readonly<Record<string, number>>;
  readonly alarmsSilenced: readonly string[];
  readonly schedulesDisabled: readonly string[];
  readonly fences: readonly string[];
};

/** What is still not as it was before the failover, in words; empty when all is. */
export const leftovers = (before: Footprint, now: Footprint): string[] => {
  const counts = Object.keys({ ...before.desiredCounts, ...now.desiredCounts })
    .sort()
    .filter((name) => before.desiredCounts[name] !== now.desiredCounts[name])
    .map((name) => {
      const [was, is] = [before.desiredCounts[name] ?? 0, now.desiredCounts[name] ?? 0];
      return `${name} wants ${is} tasks, it wanted ${was}`;
    });
  const added = (what: string, was: readonly string[], is: readonly string[]) =>
    is.filter((name) => !was.includes(name)).map((name) => `${what} ${name}`);
  return [
    ...counts,
    ...added('alarm still silenced:', before.alarmsSilenced, now.alarmsSilenced),
    ...added('schedule still disabled:', before.schedulesDisabled, now.schedulesDisabled),
    ...added('fence still up:', before.fences, now.fences),
  ];
};
