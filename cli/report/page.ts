import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderReportPage } from '../../dashboard/reportPage.ts';
import type { DrillReport } from '../../events/drillReport.ts';

/** Where the page of a drill is kept. */
export const reportPageFile = (dataDir: string, drillId: string): string =>
  path.join(dataDir, 'reports', `${drillId}.html`);

/** Writes the page of a report and answers where it is. */
export const writeReportPage = (dataDir: string, report: DrillReport): string => {
  const file = reportPageFile(dataDir, report.drillId);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, renderReportPage(report));
  return file;
};
