/** The report of a drill as one HTML file: no server, nothing from elsewhere, readable without script. */
import type { DrillReport } from '../events/drillReport.ts';
import { identitiesOf } from './identity.ts';
import { html, inlineJson, type Markup, trusted } from './markup.ts';
import { bandsSection, roundsSection } from './plots/cells.ts';
import { header, methodSection, notMeasuredSection, problemsSection } from './plots/facts.ts';
import { forestSection } from './plots/forest.ts';
import { heatSection } from './plots/heatMap.ts';
import { paretoSection } from './plots/pareto.ts';
import { placementsSection } from './plots/placements.ts';
import { rankingSection, scenariosSection } from './plots/ranking.ts';
import { waterfallSection } from './plots/waterfall.ts';
import { PAGE_SCRIPT, PAGE_SCRIPT_SHA256 } from './script.ts';
import { PAGE_STYLES } from './styles.ts';
import { decidingRanking, timeText } from './text.ts';

/** Nothing is loaded, nothing is sent, and no other script runs, whatever the report holds. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${PAGE_SCRIPT_SHA256}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

type Part = { readonly id: string; readonly name: string; readonly content: Markup | null };

const partsOf = (report: DrillReport): Part[] => {
  const ranking = decidingRanking(report);
  const identities = identitiesOf(report);
  const ranked = (make: typeof rankingSection): Markup | null =>
    ranking ? make(report, ranking, identities) : null;
  const measured = report.cells.length > 0;
  return [
    { id: 'ranking', name: 'Ranking', content: ranked(rankingSection) },
    { id: 'problems', name: 'Problems', content: problemsSection(report) },
    { id: 'effects', name: 'Effects', content: ranked(forestSection) },
    { id: 'scenarios', name: 'Scenarios', content: scenariosSection(report, identities) },
    { id: 'trade-off', name: 'Trade-off', content: ranked(paretoSection) },
    { id: 'heat', name: 'Regions', content: measured ? heatSection(report, identities) : null },
    { id: 'bands', name: 'Cells', content: measured ? bandsSection(report, identities) : null },
    { id: 'rounds', name: 'Rounds', content: measured ? roundsSection(report, identities) : null },
    { id: 'phases', name: 'Phases', content: waterfallSection(report, identities) },
    { id: 'placements', name: 'Placements', content: placementsSection(report, identities) },
    { id: 'not-measured', name: 'Not measured', content: notMeasuredSection(report) },
    { id: 'method', name: 'Method', content: methodSection(report, ranking) },
  ].filter(({ content }) => content !== null);
};

const topBar = (parts: readonly Part[]): Markup =>
  html`<div class="top"><div class="bar"><nav aria-label="Parts of the report"><ul>${parts.map(
    ({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`,
  )}</ul></nav><button id="theme" type="button">◐ <span>auto</span></button></div></div>`;

/** The whole file. The report itself stands in it as JSON, in the element `report`. */
export const renderReportPage = (report: DrillReport): string => {
  const parts = partsOf(report);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${report.service} drill ${report.startedAt.slice(0, 10)}</title>
<style>${trusted(PAGE_STYLES)}</style>
<noscript><style>.panels > [hidden] { display: block !important; margin-top: 1.5rem; }</style></noscript>
</head>
<body>
<a class="skip" href="#main">To the report</a>
${topBar(parts)}
<main id="main">
${header(report, decidingRanking(report))}
${parts.map(({ content }) => content)}
<footer>Drill <code>${report.drillId}</code>, ${timeText(report.startedAt)} to ${timeText(report.finishedAt)}. The numbers behind this page are in it as JSON.</footer>
</main>
<script type="application/json" id="report">${inlineJson(report)}</script>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return page.markup;
};
