/** When trouble of the active region has lasted long enough. */
import type { Verdict } from '../health/verdict.ts';
import type { Vote } from '../health/vote.ts';
import type { FailoverSettings } from './settings.ts';
import type { State } from './states.ts';
import type { Cause } from './view.ts';

/** Coming and going this often is instability, not one long doubt. */
const EPISODES_MIN = 3;

/** Since when the active region has been in trouble: bad, unknown, or doubted by a quorum. */
export const troubleSinceMs = (verdict: Verdict): number | null => {
  if (verdict.state === 'UNKNOWN') return verdict.doubtSinceMs ?? verdict.atMs;
  if (verdict.state !== 'UP') return verdict.sinceMs ?? verdict.atMs;
  return verdict.doubtSinceMs;
};

/** How many times `down` one observer alone can put a failover off. */
const LONE_DISSENT_FACTOR = 3;

/** Votes of observers to whom the region is well beyond doubt, while a quorum says otherwise. */
const dissentIn = ({ votes }: Verdict): readonly Vote[] =>
  votes.filter(({ vote, doubtSinceMs }) => vote === 'UP' && doubtSinceMs === null);

/**
 * How long trouble must last where some observers see the region well: some paths may be cut, not the
 * region. One observer that is stuck or lies must not keep a lost region from being left, so it puts
 * that off by much less than two.
 */
const waitsOf = (
  { downMs, degradedMs, unstableMs, dissent = false, steadyP95Ms }: FailoverSettings['confirm'],
  active: Verdict,
): { readonly downMs: number; readonly degradedMs: number } => {
  const against = dissent ? dissentIn(active) : [];
  if (against.length === 0) return { downMs, degradedMs };
  if (against.length > 1) return { downMs: degradedMs, degradedMs: unstableMs };
  // In a gray failure each observer has its good moments, but none has good minutes.
  const steady = against.some(
    ({ p95Ms }) => steadyP95Ms !== undefined && p95Ms !== null && p95Ms <= steadyP95Ms,
  );
  return {
    downMs: Math.min(LONE_DISSENT_FACTOR * downMs, degradedMs),
    degradedMs: steady ? unstableMs : degradedMs,
  };
};

const longerThan = (sinceMs: number | null, nowMs: number, limitMs: number): boolean =>
  sinceMs !== null && nowMs - sinceMs >= limitMs;

/**
 * The cause for which a flip should now be thought of, or null. `sinceMs` of a verdict is the start
 * of the outage in the eyes of a quorum, so `down` is waited for once, not once in the observer and
 * again here. A region nobody can see (UNKNOWN) is never confirmed as anything. An alarm of another
 * system shortens the wait, but only where the quorum agrees that something is wrong.
 */
export const confirmedCause = (
  state: State,
  active: Verdict,
  nowMs: number,
  { confirm }: FailoverSettings,
): Cause | null => {
  const bad = active.state === 'DOWN' || active.state === 'DEGRADED';
  if (bad && state.alarm !== null) return 'external';
  const { downMs, degradedMs } = waitsOf(confirm, active);
  if (active.state === 'DOWN' && longerThan(active.sinceMs, nowMs, downMs)) return 'down';
  if (bad && longerThan(active.sinceMs, nowMs, degradedMs)) return 'degraded';
  const unstable =
    active.state !== 'UNKNOWN' &&
    state.episodes >= EPISODES_MIN &&
    longerThan(state.troubleSinceMs, nowMs, confirm.unstableMs);
  return unstable ? 'unstable' : null;
};
