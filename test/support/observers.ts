/**
 * Several observers in simulated time, each probing both regions of a plan in worlds that break by a
 * script. Votes are cast by the rules of the product, and handed over when one changes or two
 * intervals have passed.
 */
import { doubtSinceMs, NEW_FILTER, stepFilter } from '../../core/health/filter.ts';
import { nextProbeDueMs } from '../../core/health/pace.ts';
import type { Sample } from '../../core/health/sample.ts';
import { castVote, type Vote } from '../../core/health/vote.ts';
import type { Random } from '../../core/random.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { World } from './traces.ts';

/** What one observer meets. */
export type Station = {
  readonly name: string;
  readonly worlds: Readonly<Record<string, World>>;
  /** Whether its canaries answer; null when it has none. */
  readonly canaries?: (nowMs: number) => boolean | null;
  /** How wrong its clock is. */
  readonly skewMs?: number;
  /** Turns its votes into lies. */
  readonly says?: (vote: Vote) => Vote;
  /** Silent from then on. */
  readonly diesAtMs?: number;
};

type Prober = {
  readonly target: string;
  filter: typeof NEW_FILTER;
  lastDueMs: number;
  underWay: Sample[];
};

type Observer = { station: Station; probers: Prober[]; told: string; sentMs: number };

const NEVER_MS = Number.POSITIVE_INFINITY;

export const simulateObservers = (
  plan: WatchPlan,
  stations: readonly Station[],
  random: Random,
  startMs: number,
) => {
  const { health, failover } = plan;
  const observers: Observer[] = stations.map((station) => ({
    station,
    told: '',
    sentMs: startMs,
    probers: plan.targets.map(({ region }) => ({
      target: region,
      filter: NEW_FILTER,
      lastDueMs: startMs - health.intervalMs * random.unit(),
      underWay: [],
    })),
  }));

  const probeMs = ({ probers }: Observer, prober: Prober): number => {
    const { filter, lastDueMs, underWay } = prober;
    const starts = underWay.map((sample) => sample.startMs);
    const alert = probers.some((other) => other !== prober && doubtSinceMs(other.filter) !== null);
    const pendingSinceMs = starts.length === 0 ? null : Math.min(...starts);
    return nextProbeDueMs({ filter, settings: health, lastDueMs, pendingSinceMs, alert });
  };

  const suspectMs = (prober: Prober, nowMs: number): number => {
    const since = doubtSinceMs(prober.filter);
    const atMs = since === null ? NEVER_MS : since + failover.suspectMs;
    return atMs > nowMs ? atMs : NEVER_MS;
  };

  const nextMs = (observer: Observer, nowMs: number): number =>
    Math.min(
      observer.sentMs + 2 * health.intervalMs,
      ...observer.probers.flatMap((prober) => [
        Math.max(nowMs, probeMs(observer, prober)),
        suspectMs(prober, nowMs),
        ...prober.underWay.map(({ endMs }) => endMs),
      ]),
    );

  const step = (observer: Observer, nowMs: number): void => {
    const { worlds } = observer.station;
    for (const prober of observer.probers) {
      for (const sample of prober.underWay.filter(({ endMs }) => endMs <= nowMs)) {
        prober.filter = stepFilter(prober.filter, sample, health);
      }
      prober.underWay = prober.underWay.filter(({ endMs }) => endMs > nowMs);
      if (probeMs(observer, prober) > nowMs) continue;
      prober.lastDueMs = nowMs;
      const { takesMs, failure } = worlds[prober.target]!(nowMs);
      const late = takesMs >= health.timeoutMs;
      prober.underWay.push({
        startMs: nowMs,
        endMs: nowMs + (late ? health.timeoutMs : Math.max(takesMs, 0.1)),
        failure: late ? 'timeout' : failure,
        latencyMs: late || failure !== null ? null : takesMs,
      });
    }
  };

  const cast = ({ station, probers }: Observer, nowMs: number): Vote[] =>
    probers.map(({ filter, target }) => {
      const vote = castVote(filter, health, {
        observer: station.name,
        target,
        nowMs,
        canariesAnswer: station.canaries?.(nowMs) ?? null,
        clockSkewMs: null,
      });
      const said = station.says?.(vote) ?? vote;
      const shift = (ms: number | null) => (ms === null ? null : ms + (station.skewMs ?? 0));
      return {
        ...said,
        atMs: said.atMs + (station.skewMs ?? 0),
        sinceMs: shift(said.sinceMs),
        doubtSinceMs: shift(said.doubtSinceMs),
      };
    });

  /** Lets time pass; `hear` gets the votes of each moment, one observer at a time. */
  const run = async (
    untilMs: number,
    hear: (nowMs: number, votes: Vote[]) => Promise<void>,
  ): Promise<void> => {
    let nowMs = startMs;
    for (;;) {
      const alive = observers.filter(({ station }) => nowMs < (station.diesAtMs ?? NEVER_MS));
      const times = alive.map((observer) => nextMs(observer, nowMs));
      const next = Math.min(...times);
      if (next > untilMs || alive.length === 0) return;
      nowMs = next;
      const observer = alive[times.indexOf(next)]!;
      step(observer, nowMs);
      const votes = cast(observer, nowMs);
      const told = JSON.stringify(
        votes.map(({ vote, reason, doubtSinceMs: since }) => [
          vote,
          reason,
          since !== null && nowMs - since >= failover.suspectMs,
          since !== null,
        ]),
      );
      if (told === observer.told && nowMs - observer.sentMs < 2 * health.intervalMs) continue;
      observer.told = told;
      observer.sentMs = nowMs;
      await hear(nowMs, votes);
    }
  };

  return { run };
};
