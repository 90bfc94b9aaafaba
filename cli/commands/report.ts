/** `failover report`: what a drill found, as text, as JSON or as one HTML file. */
import path from 'node:path';
import { DrillError } from '../../core/errors.ts';
import { dataFolder } from '../dataFolder.ts';
import type { Output } from '../output/output.ts';
import { reportLines } from '../output/reportText.ts';
import { writeReportPage } from '../report/page.ts';
import { type Store, type StoredDrill, withStore } from '../store.ts';

export type ReportOptions = { readonly data?: string; readonly html?: string };

const RECENT = 50;

const withoutReport = ({ drillId, status, summary }: StoredDrill): DrillError => {
  const why = {
    FAILED: `it failed: ${summary ?? 'for an unknown reason'}`,
    INTERRUPTED: 'it was interrupted; go on with: failover drill --resume',
    RUNNING: 'it is still running',
    SUCCEEDED: 'its report is gone; rank it again with: failover rank',
  }[status];
  return new DrillError('DrillNotFound', `drill ${drillId} has no report: ${why}`, { drillId });
};

/** The drill of that id; or the newest that has a report, with a word when a newer one has none. */
export const drillWithReport = async (
  store: Store,
  drillId: string | undefined,
  output: Output,
): Promise<StoredDrill> => {
  const drill = await store.find(drillId);
  if (drill.status === 'SUCCEEDED') return drill;
  const why = withoutReport(drill);
  if (drillId !== undefined) throw why;
  const older = (await store.drills(RECENT)).find(({ status }) => status === 'SUCCEEDED');
  if (!older) throw why;
  output.note(`${why.message}. This is ${older.drillId}`);
  return older;
};

export const report = async (
  drillId: string | undefined,
  options: ReportOptions,
  output: Output,
): Promise<void> => {
  const dataDir = dataFolder(options.data, process.env);
  const found = await withStore(dataDir, async (store) =>
    store.report(await drillWithReport(store, drillId, output)),
  );
  const page =
    options.html === undefined
      ? undefined
      : writeReportPage(dataDir, found, path.resolve(options.html));
  if (page !== undefined) output.note(`Page: ${page}`);
  output.result(found, (style) => reportLines(found, style));
};
