/** `failover export`: the numbers of a drill as rows, for spreadsheets and other tools. */
import { nightPoints } from '../../core/anomalies/points.ts';
import {
  ExportOutput,
  NightRow,
  PlacementRow,
  RankingLine,
  RoundRow,
} from '../../events/exportOutput.ts';
import { readDrill } from '../../functions/rank/report.ts';
import type { EXPORTS } from '../choices.ts';
import { csvLines, type Field } from '../csv.ts';
import type { Output } from '../output/output.ts';
import { nightRows, placementRows, rankingLines, roundRows } from '../rows.ts';
import { type Store, type StoredDrill, withStore } from '../store.ts';
import type { WhereOptions } from '../where/options.ts';
import { drillWithReport } from './report.ts';

type What = (typeof EXPORTS)[number];

export type ExportOptions = WhereOptions & { readonly what: What };

type Rows = { columns: string[]; rows: readonly Readonly<Record<string, Field>>[] };

const asCsv = ({ what, rows }: ExportOutput): string[] => {
  const tables: Record<What, Rows> = {
    rounds: { columns: Object.keys(RoundRow.shape), rows },
    placements: { columns: Object.keys(PlacementRow.shape), rows },
    rankings: { columns: Object.keys(RankingLine.shape), rows },
    nights: { columns: Object.keys(NightRow.shape), rows },
  };
  return csvLines(tables[what].columns, tables[what].rows);
};

/** As long as they are kept. */
const NIGHTS_DAYS = 400;

/** Every night up to that of a drill, for each series that it has a point of. */
const nightsUpTo = async (store: Store, drill: StoredDrill): Promise<NightRow[]> => {
  const report = await store.report(drill);
  const { drillId, startedAt, reference: referenceId } = report;
  const points = nightPoints(report).map((point) => ({
    ...{ drillId, startedAt, referenceId, conditions: '' },
    ...point,
  }));
  const series = await store.nights(drill).seriesUpTo(points, NIGHTS_DAYS);
  return series.flat().flatMap(nightRows);
};

export const exportDrill = async (
  drillId: string | undefined,
  { what, ...where }: ExportOptions,
  output: Output,
): Promise<void> => {
  const exported = await withStore(
    where,
    output,
    'home',
    { kind: 'drill', id: drillId },
    async (store) => {
      if (what === 'rankings') {
        const stored = await store.report(await drillWithReport(store, drillId, output));
        return { what, rows: rankingLines(stored.drillId, stored.rankings) };
      }
      if (what === 'nights') {
        return {
          what,
          rows: await nightsUpTo(store, await drillWithReport(store, drillId, output)),
        };
      }
      const found = await store.find(drillId);
      const drill = await readDrill(store.records(found), found.drillId);
      return what === 'rounds'
        ? { what, rows: roundRows(drill) }
        : { what, rows: placementRows(drill) };
    },
  );
  const checked = ExportOutput.parse(exported);
  output.result(checked, () => asCsv(checked));
};
