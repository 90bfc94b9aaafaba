/**
 * Whether the new version is no worse than the old one: both are asked in turn, and compared burst by
 * burst, so that what changes for both (the network, the data store, the hour) speaks against neither.
 */
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts';
import { median } from '../statistics/quantile.ts';
import { signedRankTest } from '../statistics/signed-rank.ts';

/** One burst on one version. Quantiles are null where nothing was answered. */
export type Burst = {
  readonly sent: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
};

/** Two bursts, one after the other, on the old version and on the new one. */
export type Comparison = { readonly old: Burst; readonly fresh: Burst };

export type GateLimits = {
  /** Comparisons before latency can be judged. */
  readonly comparisons: number;
  /** How much slower it may be, as a share of the old version's time, and in any case. */
  readonly slowerShare: number;
  readonly slowerMs: number;
  /** How many more requests may fail, as a share of all. */
  readonly failedShare: number;
  /** p95 above which a version is slow whatever the old one is; null for no such limit. */
  readonly p95Ms: number | null;
};

export type GateView = {
  /** `open` until there is enough to judge by. */
  readonly verdict: 'holds' | 'fails' | 'open';
  readonly why: string;
  /** How much slower the new version is at the median, in percent; null while it is open. */
  readonly slowerPct: number | null;
};

/** Fewer failures than this are an accident. */
const FAILURES_MIN = 3;
/** For both quantiles together: each is tested on one side at half of it (Bonferroni). */
const LEVEL = 0.05;

const total = (bursts: readonly Burst[]) => ({
  sent: bursts.reduce((sum, { sent }) => sum + sent, 0),
  failed: bursts.reduce((sum, { failed }) => sum + failed, 0),
});

const failuresAgainst = (
  comparisons: readonly Comparison[],
  { failedShare }: GateLimits,
): string | null => {
  const old = total(comparisons.map((one) => one.old));
  const fresh = total(comparisons.map((one) => one.fresh));
  if (fresh.failed < FAILURES_MIN || fresh.sent === 0) return null;
  const more = fresh.failed / fresh.sent - (old.sent === 0 ? 0 : old.failed / old.sent);
  if (more <= failedShare) return null;
  return `${fresh.failed} of ${fresh.sent} requests to the new version failed, ${old.failed} of ${old.sent} to the old one`;
};

type Pair = { readonly old: number; readonly fresh: number };

const pairsOf = (comparisons: readonly Comparison[], of: 'p50Ms' | 'p95Ms'): Pair[] =>
  comparisons.flatMap(({ old, fresh }) => {
    const [before, after] = [old[of], fresh[of]];
    return before === null || after === null ? [] : [{ old: before, fresh: after }];
  });

const TINY_MS = 1e-3;
const ratio = (above: number, below: number): number =>
  Math.log(Math.max(above, TINY_MS) / Math.max(below, TINY_MS));

/** Median of how much slower, in percent, by Hodges and Lehmann's estimate over the logarithms. */
const slowerPctOf = (pairs: readonly Pair[]): number =>
  100 *
  Math.expm1(
    hodgesLehmann(
      pairs.map(({ old, fresh }) => ratio(fresh, old)),
      LEVEL,
    ).estimate,
  );

/** Surely slower than is allowed: the signed-rank test against the limit, not against no difference. */
const isSlower = (pairs: readonly Pair[], { slowerShare, slowerMs }: GateLimits): boolean => {
  const beyond = pairs.map(({ old, fresh }) => ratio(fresh, old * (1 + slowerShare) + slowerMs));
  return signedRankTest(beyond).p <= LEVEL && hodgesLehmann(beyond, LEVEL).estimate > 0;
};

const slownessAgainst = (comparisons: readonly Comparison[], limits: GateLimits): string | null => {
  for (const [name, of] of [
    ['p50', 'p50Ms'],
    ['p95', 'p95Ms'],
  ] as const) {
    const pairs = pairsOf(comparisons, of);
    if (!isSlower(pairs, limits)) continue;
    const [old, fresh] = [
      median(pairs.map((one) => one.old)),
      median(pairs.map((one) => one.fresh)),
    ];
    return `the new version is slower at ${name}: ${fresh.toFixed(1)} ms against ${old.toFixed(1)} ms, in ${pairs.length} comparisons`;
  }
  return null;
};

const beyondLimit = (comparisons: readonly Comparison[], { p95Ms }: GateLimits): string | null => {
  const pairs = pairsOf(comparisons, 'p95Ms');
  if (p95Ms === null || pairs.length === 0) return null;
  const [old, fresh] = [median(pairs.map((one) => one.old)), median(pairs.map((one) => one.fresh))];
  if (fresh <= p95Ms || old > p95Ms) return null;
  return `p95 of the new version is ${fresh.toFixed(0)} ms, over health.slow.p95 of ${p95Ms} ms; the old one keeps to it`;
};

/** Failures are judged at once; latency once there are enough comparisons. */
export const judgeGate = (comparisons: readonly Comparison[], limits: GateLimits): GateView => {
  const failures = failuresAgainst(comparisons, limits);
  if (failures !== null) return { verdict: 'fails', why: failures, slowerPct: null };
  const pairs = pairsOf(comparisons, 'p50Ms');
  if (pairs.length < limits.comparisons) {
    const why = `${pairs.length} of ${limits.comparisons} comparisons are made`;
    return { verdict: 'open', why, slowerPct: null };
  }
  const slowerPct = slowerPctOf(pairs);
  const against = slownessAgainst(comparisons, limits) ?? beyondLimit(comparisons, limits);
  if (against !== null) return { verdict: 'fails', why: against, slowerPct };
  const sign = slowerPct < 0 ? '−' : '+';
  const why = `no worse in ${pairs.length} comparisons: p50 ${sign}${Math.abs(slowerPct).toFixed(1)} %`;
  return { verdict: 'holds', why, slowerPct };
};
