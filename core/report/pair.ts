/** The two serving regions as a pair: what is known of them, and what the drill measured between them. */
import { judgePair } from '../regions/judge.ts';
import { isRegion, isRttKnown } from '../regions/regions.ts';
import { formatMs } from '../units.ts';
import type { Problem } from './findings.ts';

export type PairReport = {
  distanceKm: number;
  band: 'together' | 'near' | 'apart' | 'far';
  knownRttMs: number;
  /** Connecting from the standby to the primary takes one round trip; null where it was not measured. */
  measuredRttMs: number | null;
  /** Sentences for people: risk, law, round trip. */
  why: readonly string[];
};

type Cells = readonly {
  readonly cell: { readonly region: string; readonly vantage: string };
  readonly arms: readonly {
    readonly armId: string;
    readonly metrics: Readonly<Record<string, { readonly p50: number }>>;
  }[];
}[];

type Plan = { readonly primary: string; readonly standby: string; readonly reference: string };

const CONNECT = 'tcp.connect';
/** Connecting costs a little more than the way; beyond this the way is not what it was. */
const SLOWER_SHARE = 2;
const SLOWER_MS = 15;

export const pairReport = (
  { primary, standby, reference }: Plan,
  cells: Cells,
): PairReport | null => {
  if (!isRegion(primary) || !isRegion(standby)) return null;
  const { distanceKm, band, rttMs, why } = judgePair(primary, standby);
  const between = cells.find(({ cell }) => cell.region === primary && cell.vantage === standby);
  const own = between?.arms.find(({ armId }) => armId === reference);
  return {
    ...{ distanceKm, band, why },
    knownRttMs: rttMs,
    measuredRttMs: own?.metrics[CONNECT]?.p50 ?? null,
  };
};

/** The way between the regions is much longer tonight than it is known to be. */
export const pairProblems = (pair: PairReport | null, { primary, standby }: Plan): Problem[] => {
  if (pair?.measuredRttMs == null || !isRttKnown(standby, primary)) return [];
  const { knownRttMs, measuredRttMs } = pair;
  if (measuredRttMs <= Math.max(SLOWER_SHARE * knownRttMs, knownRttMs + SLOWER_MS)) return [];
  const what = `a round trip took ${formatMs(measuredRttMs)}, its one-year median is ${knownRttMs} ms: replication and failover are slower as long as this lasts`;
  return [{ kind: 'RoundTripSlow', where: `${standby} → ${primary}`, what }];
};
