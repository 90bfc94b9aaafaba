import type { Interval } from '../statistics/hodges-lehmann.ts';
import { median } from '../statistics/quantile.ts';
import type { Blocks } from './blocks.ts';
import { rankLabel } from './explain.ts';
import { MIRRORED, percentOf } from './pairs.ts';
import type { PairResult, PairVerdict, RankingRow } from './ranking-types.ts';
import type { Chance } from './resample.ts';

/** Typical latency of an arm over the blocks, in ms. */
export const levelMsOf = (blocks: Blocks, id: string): number =>
  Math.exp(median(blocks.scores.get(id) ?? []));

/**
 * One row for each arm, ordered by the effect against the reference (by level without one). The rank
 * interval of an arm counts only sure differences; all intervals hold together with probability at least
 * 1 - alpha (Mogstad, Romano, Shaikh, Wilhelm 2023).
 */
export const rowsOf = (
  ranked: readonly string[],
  reference: string | undefined,
  pairs: readonly PairResult[],
  blocks: Blocks,
  chances: ReadonlyMap<string, Chance>,
): RankingRow[] => {
  const rows = ranked.map((v) => {
    const sides = pairs.flatMap((pair) => sideOf(v, pair));
    const lo = 1 + sides.filter(({ verdict }) => verdict === 'slower').length;
    const hi = ranked.length - sides.filter(({ verdict }) => verdict === 'faster').length;
    const against = v === reference ? ITSELF : sides.find(({ other }) => other === reference);
    const chance = chances.get(v);
    const row: RankingRow = {
      ...{ v, lo, hi },
      rank: rankLabel(lo, hi),
      effectPct: against === undefined ? null : percentOf(against.theta),
      ciPct: against?.ciPct ?? null,
      levelMs: levelMsOf(blocks, v),
      pBest: chance?.best ?? null,
      expectedRank: chance?.expectedRank ?? null,
    };
    return { row, theta: against?.theta ?? 0 };
  });
  return rows
    .sort((a, b) => a.theta - b.theta || a.row.levelMs - b.row.levelMs || compare(a.row.v, b.row.v))
    .map(({ row }) => row);
};

const compare = (a: string, b: string): number => (a < b ? -1 : 1);

type Side = {
  readonly other: string;
  readonly theta: number;
  readonly ciPct: Interval | null;
  readonly verdict: PairVerdict;
};

const ITSELF: Pick<Side, 'theta' | 'ciPct'> = { theta: 0, ciPct: [0, 0] };

/** The pair as arm v sees it; nothing when v is not in it. */
const sideOf = (v: string, pair: PairResult): Side[] => {
  const { i, j, theta, ciPct, verdict } = pair;
  if (i === v) return [{ other: j, theta, ciPct, verdict }];
  if (j !== v) return [];
  return [{ other: i, theta: -theta, ciPct: ciPct && mirrored(ciPct), verdict: MIRRORED[verdict] }];
};

/** The effect of j against i from that of i against j, both in percent. */
const mirrored = ([low, high]: Interval): Interval => [inverse(high), inverse(low)];

const inverse = (pct: number): number => (-100 * pct) / (100 + pct);
