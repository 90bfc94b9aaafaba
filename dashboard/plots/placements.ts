/** How long each placement took to answer, round by round. */
import { formatMs } from '../../core/units.ts';
import type { DrillReport, PlacementLine } from '../../events/drillReport.ts';
import { armName, CONTROL_ID, type Identities, legend } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { known, section } from '../text.ts';
import { lineChart } from './lineChart.ts';

const regionCard = (report: DrillReport, region: string, identities: Identities): Markup => {
  const here = report.placements.filter((placement) => placement.region === region);
  const rounds = Math.max(report.roundsDone, ...here.map(({ round }) => round));
  const lines = identities.all.flatMap((identity) => {
    const own = here.filter(({ armId }) => armId === identity.id);
    if (own.length === 0) return [];
    const values = Array.from(
      { length: rounds },
      (_, at) => own.find(({ round }) => round === at + 1)?.readyMs ?? null,
    );
    return [{ identity, values }];
  });
  const failures = here.flatMap(({ armId, round, error }) =>
    error === null ? [] : [{ identity: identities.of(armId), round, reason: error }],
  );
  const words = [
    ...lines.map(
      ({ identity, values }) =>
        `${identity.name} ${values.map((value) => (value === null ? 'none' : formatMs(value))).join(', ')}`,
    ),
    ...failures.map(
      ({ identity, round, reason }) => `${identity.name} failed in round ${round}: ${reason}`,
    ),
  ];
  const label = `Time to ready by round in ${region}: ${words.join('; ')}`;
  const chart = lineChart({
    ...{ label, lines, rounds, failures, fromZero: true, heightPx: 170 },
    format: formatMs,
  });
  return html`<figure class="card"><figcaption><h3><bdi>${region}</bdi></h3></figcaption>${chart}</figure>`;
};

const partsTable = (report: DrillReport, identities: Identities): Markup => {
  const rows = report.variants.map(({ id, placement }) => {
    const { scheduleMs, pullMs, startMs, readyMs, placements, failures } = placement;
    return html`<tr><th scope="row">${armName(identities.of(id))}</th><td class="num" data-label="schedule">${known(scheduleMs, formatMs)}</td><td class="num" data-label="pull">${known(pullMs, formatMs)}</td><td class="num" data-label="start to answer">${known(startMs, formatMs)}</td><td class="num" data-label="ready in all">${known(readyMs, formatMs)}</td><td class="num" data-label="placements">${placements}${failures > 0 ? html` <span class="loss">✕ ${failures} failed</span>` : null}</td></tr>`;
  });
  return html`<table class="cards"><caption>Medians over all placements</caption><thead><tr><th scope="col">variant</th><th scope="col" class="num">schedule</th><th scope="col" class="num">pull</th><th scope="col" class="num">start to answer</th><th scope="col" class="num">ready in all</th><th scope="col" class="num">placements</th></tr></thead><tbody>${rows}</tbody></table>`;
};

const everyRow = (line: PlacementLine, identities: Identities): Markup => {
  const { round, region, armId, scheduleMs, pullMs, startMs, readyMs, error } = line;
  const cell = (value: number | null) => html`<td class="num">${known(value, formatMs, '–')}</td>`;
  const end =
    error === null
      ? cell(readyMs)
      : html`<td class="num"><span class="loss">✕ ${error}</span></td>`;
  return html`<tr><th scope="row" class="num">${round}</th><td><bdi>${region}</bdi></td><td>${armName(identities.of(armId))}</td>${cell(scheduleMs)}${cell(pullMs)}${cell(startMs)}${end}</tr>`;
};

const everyPlacement = ({ placements }: DrillReport, identities: Identities): Markup =>
  html`<details><summary>Every placement of every round (${placements.length})</summary><div class="scroll" tabindex="0" role="region" aria-label="Every placement"><table><thead><tr><th scope="col" class="num">round</th><th scope="col">region</th><th scope="col">arm</th><th scope="col" class="num">schedule</th><th scope="col" class="num">pull</th><th scope="col" class="num">start to answer</th><th scope="col" class="num">ready in all</th></tr></thead><tbody>${placements.map(
    (line) => everyRow(line, identities),
  )}</tbody></table></div></details>`;

export const placementsSection = (report: DrillReport, identities: Identities): Markup | null => {
  const regions = [...new Set(report.placements.map(({ region }) => region))];
  if (regions.length === 0) return null;
  const placed = identities.all.filter(
    ({ id }) => id === CONTROL_ID || report.placements.some(({ armId }) => armId === id),
  );
  return section(
    'placements',
    'Placements',
    'Every variant is placed anew in each round: from asking for the task to the first answer of its health path.',
    [
      legend(placed, [
        html`<svg class="key" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true"><path class="cross arm-0" d="M-4-4L4 4M4-4L-4 4"/></svg>failed`,
      ]),
      html`<div class="halves">${regions.map((region) => regionCard(report, region, identities))}</div>`,
      partsTable(report, identities),
      everyPlacement(report, identities),
    ],
  );
};
