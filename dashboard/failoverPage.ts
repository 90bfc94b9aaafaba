/** A failover as one HTML file. */
import type { FailoverReport } from '../events/failoverReport.ts';
import {
  header,
  leftoversSection,
  methodSection,
  momentText,
  rtoSection,
  timelineSection,
} from './failover/facts.ts';
import { probesSection } from './failover/probes.ts';
import { callsSection, dnsSection, gatesSection, votesSection } from './failover/tables.ts';
import { renderPage } from './frame.ts';
import { html } from './markup.ts';

/** The whole file. The report itself stands in it as JSON, in the element `report`. */
export const renderFailoverPage = (report: FailoverReport): string => {
  const { service, execution, startedAtMs, finishedAtMs } = report.result;
  return renderPage({
    title: `${service} failover ${execution}`,
    header: header(report),
    parts: [
      { id: 'rto', name: 'Time', content: rtoSection(report) },
      { id: 'leftovers', name: 'Left over', content: leftoversSection(report) },
      { id: 'timeline', name: 'Timeline', content: timelineSection(report) },
      { id: 'probes', name: 'Probes', content: probesSection(report) },
      { id: 'votes', name: 'Votes', content: votesSection(report) },
      { id: 'gates', name: 'Gates', content: gatesSection(report) },
      { id: 'dns', name: 'DNS', content: dnsSection(report) },
      { id: 'calls', name: 'Calls', content: callsSection(report) },
      { id: 'record', name: 'Record', content: methodSection(report) },
    ],
    footer: html`Failover <code>${execution}</code>, ${momentText(startedAtMs)} to ${momentText(finishedAtMs)}. The facts behind this page are in it as JSON.`,
    data: report,
  });
};
