/** The numbers of a drill as rows. */

import type { SeriesNight } from '../core/anomalies/series.ts';
import { failuresOf, mergedSketch, quantilesMs } from '../core/drill/bursts.ts';
import { CELL_ARM_ID } from '../core/report/cells.ts';
import { placementLines } from '../core/report/variants.ts';
import type { NightRow, PlacementRow, RankingLine, RoundRow } from '../events/exportOutput.ts';
import type { Ranking } from '../events/ranking.ts';
import type { KeptDrill } from '../functions/rank/report.ts';

/** Three decimals: microseconds, and thousandths of a percent, are all that was measured. */
const thousandths = (value: number): number => Math.round(value * 1_000) / 1_000;

const rounded = (value: number | null | undefined): number | null =>
  value === undefined || value === null ? null : thousandths(value);

export const roundRows = ({ plan, bursts }: KeptDrill): RoundRow[] => {
  const roles = new Map(plan.arms.map(({ id, role }) => [id, role]));
  return bursts
    .filter(({ armId }) => armId !== CELL_ARM_ID)
    .map((burst): RoundRow => {
      // A burst with late samples is in no ranking, but what it saw can be looked at.
      const of = (metric: string) => quantilesMs(mergedSketch([{ ...burst, valid: true }], metric));
      const total = of('http.total');
      const median = (metric: string) => rounded(of(metric)?.p50);
      return {
        drill: burst.drillId,
        round: burst.round,
        ...burst.cell,
        variant: burst.armId,
        role: roles.get(burst.armId) ?? 'candidate',
        valid: burst.valid,
        n: burst.sent['http'] ?? 0,
        failures: failuresOf(burst, 'http'),
        p50_ms: rounded(total?.p50),
        p95_ms: rounded(total?.p95),
        p99_ms: rounded(total?.p99),
        service_p50_ms: median('http.service'),
        dns_p50_ms: median('http.dns'),
        tcp_p50_ms: median('http.tcp'),
        tls_p50_ms: median('http.tls'),
        wait_p50_ms: median('http.wait'),
        transfer_p50_ms: median('http.transfer'),
        floor_p50_ms: thousandths(burst.floorP50Us / 1_000),
        runner: burst.runner,
      };
    });
};

export const placementRows = ({ plan, placements }: KeptDrill): PlacementRow[] =>
  placementLines(placements).map(
    ({ round, region, armId, scheduleMs, pullMs, startMs, readyMs, error }) => ({
      ...{ drill: plan.drillId, round, region, variant: armId },
      ...{ schedule_ms: scheduleMs, pull_ms: pullMs, start_ms: startMs, ready_ms: readyMs },
      error,
    }),
  );

export const rankingLines = (drill: string, rankings: readonly Ranking[]): RankingLine[] =>
  rankings.flatMap(({ scenario, metric, q, rows, rounds, aa }) =>
    rows.map(({ v, lo, hi, levelMs, effectPct, ciPct }) => ({
      ...{ drill, scenario, metric, quantile: q, rank_low: lo, rank_high: hi, variant: v },
      level_ms: thousandths(levelMs),
      effect_pct: rounded(effectPct),
      ci_low_pct: rounded(ciPct?.[0]),
      ci_high_pct: rounded(ciPct?.[1]),
      ...{ rounds, aa },
    })),
  );

/** Significant digits of a ratio, and of a level that is no round number. */
const DIGITS = 6;

const significant = (value: number): number => Number(value.toPrecision(DIGITS));

/** Every variant of a point of a series. */
export const nightRows = (night: SeriesNight): NightRow[] => {
  const { drillId, startedAt, scope, metric, unit, referenceId, reference, control } = night;
  const shared = { night: startedAt.slice(0, 10), drill: drillId, scope, metric, unit };
  const candidates = Object.entries(night.candidates);
  const hasArms = control !== null || candidates.length > 0;
  const own: NightRow = {
    ...shared,
    ...{ variant: hasArms ? referenceId : null, role: 'reference' },
    value: reference === null ? null : significant(reference),
    by_reference: null,
    conditions: night.conditions,
  };
  const other = (variant: string, role: NightRow['role'], log: number): NightRow => ({
    ...shared,
    ...{ variant, role },
    value: reference === null ? null : significant(reference * Math.exp(log)),
    by_reference: significant(Math.exp(log)),
    conditions: night.conditions,
  });
  return [
    own,
    ...(control === null ? [] : [other(referenceId, 'control', control)]),
    ...candidates.map(([variant, log]) => other(variant, 'candidate', log)),
  ];
};
