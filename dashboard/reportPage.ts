/** The report of a drill as one HTML file. */
import type { DrillReport } from '../events/drillReport.ts';
import { type Part, renderPage } from './frame.ts';
import { identitiesOf } from './identity.ts';
import { html, type Markup } from './markup.ts';
import { buildsSection } from './plots/builds.ts';
import { bandsSection, roundsSection } from './plots/cells.ts';
import { header, methodSection, notMeasuredSection, problemsSection } from './plots/facts.ts';
import { forestSection } from './plots/forest.ts';
import { gatesSection } from './plots/gates.ts';
import { heatSection } from './plots/heatMap.ts';
import { imagesSection } from './plots/images.ts';
import { nightsSection } from './plots/nights.ts';
import { paretoSection } from './plots/pareto.ts';
import { placementsSection } from './plots/placements.ts';
import { promotionSection } from './plots/promotion.ts';
import { rankingSection, scenariosSection } from './plots/ranking.ts';
import { rehearsalSection } from './plots/rehearsal.ts';
import { standbySection } from './plots/standby.ts';
import { waterfallSection } from './plots/waterfall.ts';
import { decidingRanking, timeText } from './text.ts';

const partsOf = (report: DrillReport): Part[] => {
  const ranking = decidingRanking(report);
  const identities = identitiesOf(report);
  const ranked = (make: typeof rankingSection): Markup | null =>
    ranking ? make(report, ranking, identities) : null;
  const measured = report.cells.length > 0;
  return [
    { id: 'ranking', name: 'Ranking', content: ranked(rankingSection) },
    { id: 'problems', name: 'Problems', content: problemsSection(report) },
    { id: 'nights', name: 'Nights', content: nightsSection(report, identities) },
    { id: 'gates', name: 'Gates', content: gatesSection(report, identities) },
    { id: 'effects', name: 'Effects', content: ranked(forestSection) },
    { id: 'scenarios', name: 'Scenarios', content: scenariosSection(report, identities) },
    { id: 'trade-off', name: 'Trade-off', content: ranked(paretoSection) },
    { id: 'rehearsal', name: 'Rehearsal', content: rehearsalSection(report) },
    { id: 'promotion', name: 'Promotion', content: promotionSection(report) },
    { id: 'standby', name: 'Standby', content: standbySection(report) },
    { id: 'heat', name: 'Regions', content: measured ? heatSection(report, identities) : null },
    { id: 'bands', name: 'Cells', content: measured ? bandsSection(report, identities) : null },
    { id: 'rounds', name: 'Rounds', content: measured ? roundsSection(report, identities) : null },
    { id: 'phases', name: 'Phases', content: waterfallSection(report, identities) },
    { id: 'images', name: 'Images', content: imagesSection(report, identities) },
    { id: 'builds', name: 'Builds', content: buildsSection(report, identities) },
    { id: 'placements', name: 'Placements', content: placementsSection(report, identities) },
    { id: 'not-measured', name: 'Not measured', content: notMeasuredSection(report) },
    { id: 'method', name: 'Method', content: methodSection(report, ranking) },
  ];
};

/** The whole file. The report itself stands in it as JSON, in the element `report`. */
export const renderReportPage = (report: DrillReport): string =>
  renderPage({
    title: `${report.service} drill ${report.startedAt.slice(0, 10)}`,
    header: header(report, decidingRanking(report)),
    parts: partsOf(report),
    footer: html`Drill <code>${report.drillId}</code>, ${timeText(report.startedAt)} to ${timeText(report.finishedAt)}. The numbers behind this page are in it as JSON.`,
    data: report,
  });
