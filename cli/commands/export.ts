/** `failover export`: the numbers of a drill as rows, for spreadsheets and other tools. */
import { ExportOutput, PlacementRow, RankingLine, RoundRow } from '../../events/exportOutput.ts';
import { readDrill } from '../../functions/rank/report.ts';
import type { EXPORTS } from '../choices.ts';
import { csvLines, type Field } from '../csv.ts';
import { dataFolder } from '../dataFolder.ts';
import type { Output } from '../output/output.ts';
import { placementRows, rankingLines, roundRows } from '../rows.ts';
import { withStore } from '../store.ts';
import { drillWithReport } from './report.ts';

type What = (typeof EXPORTS)[number];

export type ExportOptions = { readonly data?: string; readonly what: What };

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
