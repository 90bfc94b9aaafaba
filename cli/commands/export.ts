/** `failover export`: the numbers of a drill as rows, for spreadsheets and other tools. */
import { failuresOf, mergedSketch, quantilesMs } from '../../core/drill/bursts.ts';
import { CELL_ARM_ID } from '../../core/report/cells.ts';
import { placementLines } from '../../core/report/variants.ts';
import { ExportOutput, PlacementRow, RankingLine, RoundRow } from '../../events/exportOutput.ts';
import type { Ranking } from '../../events/ranking.ts';
import { type KeptDrill, readDrill } from '../../functions/rank/report.ts';
import { csvLines, type Field } from '../csv.ts';
import { dataFolder } from '../dataFolder.ts';
import type { Output } from '../output/output.ts';
import { withStore } from '../store.ts';
import { drillWithReport } from './report.ts';

export const EXPORTS = ['rounds', 'placements', 'rankings'] as const;
type What = (typeof EXPORTS)[number];

export type ExportOptions = { readonly data?: string; readonly what: What };

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

type Rows = { columns: string[]; rows: readonly Readonly<Record<string, Field>>[] };

const asCsv = ({ what, rows }: ExportOutput): string[] => {
  const tables: Record<What, Rows> = {
    rounds: { columns: Object.keys(RoundRow.shape), rows },
    placements: { columns: Object.keys(PlacementRow.shape), rows },
    rankings: { columns: Object.keys(RankingLine.shape), rows },
  };
  return csvLines(tables[what].columns, tables[what].rows);
};

export const exportDrill = async (
  drillId: string | undefined,
  { data, what }: ExportOptions,
  output: Output,
): Promise<void> => {
  const exported = await withStore(dataFolder(data, process.env), async (store) => {
    if (what === 'rankings') {
      const stored = await store.report(await drillWithReport(store, drillId, output));
      return { what, rows: rankingLines(stored.drillId, stored.rankings) };
    }
    const found = await store.find(drillId);
    const drill = await readDrill(store.records(found), found.drillId);
    return what === 'rounds'
      ? { what, rows: roundRows(drill) }
      : { what, rows: placementRows(drill) };
  });
  const checked = ExportOutput.parse(exported);
  output.result(checked, () => asCsv(checked));
};
