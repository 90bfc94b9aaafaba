/** The report of a drill as one HTML file: no server, no script from elsewhere. */
import type { DrillReport } from '../events/drillReport.ts';

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export const renderReportPage = (report: DrillReport): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(report.service)} drill</title><h1>${escaped(report.headline)}</h1></html>\n`;
