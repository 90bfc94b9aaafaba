/** The ranking as a table: ties look like ties, because a rank is an interval. */
import { crossedText } from '../../core/report/crossed.ts';
import { pairOf } from '../../core/report/words.ts';
import { formatBytes, formatMs } from '../../core/units.ts';
import type { DrillReport } from '../../events/drillReport.ts';
import type { Ranking, RankingRow } from '../../events/ranking.ts';
import { armName, type Identities } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { effectWords, known, quantileText, rankText, section, signedPct, tailOf } from '../text.ts';
import { rankLane } from './lanes.ts';

const VERDICTS = {
  faster: '▼ faster',
  slower: '▲ slower',
  same: '= the same',
  negligible: '≈ too close to matter',
  undecided: '? undecided yet',
} as const;

const verdict = (ranking: Ranking, id: string, reference: string): Markup => {
  const found = pairOf(ranking, id, reference)?.verdict;
  if (id === reference) return html`<span class="none">what runs today</span>`;
  return found === undefined
    ? html``
    : html`<span class="verdict ${found}">${VERDICTS[found]}</span>`;
};

const rankCell = (row: RankingRow, count: number, identities: Identities): Markup => {
  const label = `${row.v}: rank ${row.lo === row.hi ? row.lo : `${row.lo} to ${row.hi}`} of ${count}`;
  return rankLane(identities.of(row.v), { lo: row.lo, hi: row.hi, count, label });
};

const effectCell = (row: RankingRow, reference: string): Markup =>
  row.v === reference || row.effectPct === null
    ? html``
    : html`${effectWords(row.effectPct, row.ciPct)}`;

const mainRow =
  (report: DrillReport, ranking: Ranking, identities: Identities) =>
  (row: RankingRow): Markup => {
    const { reference } = report;
    const variant = report.variants.find(({ id }) => id === row.v);
    const tail = tailOf(report, ranking)?.rows.find(({ v }) => v === row.v);
    const beyond =
      row.v === reference
        ? null
        : html`<small>+${known(variant?.image?.bytesBeyondReference, formatBytes)} to pull</small>`;
    return html`<tr>
<td class="num rank-number" data-label="rank">${rankText(row.rank)}</td>
<th scope="row">${armName(identities.of(row.v))}</th>
<td class="rank-cell" data-label="rank interval">${rankCell(row, ranking.rows.length, identities)}</td>
<td class="num" data-label="p50">${formatMs(row.levelMs)}</td>
<td class="num" data-label="against ${reference}">${effectCell(row, reference)} ${verdict(ranking, row.v, reference)}</td>
<td class="num" data-label="p95">${known(tail?.levelMs, formatMs)}</td>
<td class="num" data-label="ready">${known(variant?.placement.readyMs, formatMs)}</td>
<td class="num" data-label="size">${known(variant?.image?.compressedBytes, formatBytes)} ${beyond}</td>
<td class="num" data-label="score">${known(variant?.scorePct, signedPct, 'open')}${
      variant?.pareto ? html` <span class="badge">Pareto</span>` : null
    }</td>
</tr>`;
  };

const excludedList = ({ excluded }: Ranking): Markup | null =>
  excluded.length === 0
    ? null
    : html`<ul class="plain">${excluded.map(
        ({ v, why }) => html`<li><strong>Not ranked: <bdi>${v}</bdi></strong> ${why}</li>`,
      )}</ul>`;

const crossedNote = (ranking: Ranking, reference: string): Markup | null => {
  const text = crossedText(ranking, reference);
  return text === undefined ? null : html`<p class="note">${text}</p>`;
};

/** The table that decides. */
export const rankingSection = (
  report: DrillReport,
  ranking: Ranking,
  identities: Identities,
): Markup => {
  const lead = `All regions up, ${ranking.metric} at p50 over ${ranking.rounds} rounds. A bar spans the ranks that the sure differences leave open: bars that overlap are ties.`;
  const open = report.variants.some(({ scorePct }) => scorePct === null)
    ? ' Open: something that it weighs was not measured.'
    : '';
  const score = `Score: latency, ready time and size together, weighted, against ${report.reference}; below zero is better.${open} Pareto: no other variant is better in all three.`;
  return section(
    'ranking',
    'Ranking',
    lead,
    html`<table class="ranking cards"><thead><tr>
<th scope="col" class="num">rank</th><th scope="col">variant</th><th scope="col">rank interval</th><th scope="col" class="num">p50</th><th scope="col" class="num">against <bdi>${report.reference}</bdi></th><th scope="col" class="num">p95</th><th scope="col" class="num">ready</th><th scope="col" class="num">size</th><th scope="col" class="num">score</th>
</tr></thead><tbody>${ranking.rows.map(mainRow(report, ranking, identities))}</tbody></table>${excludedList(ranking)}${crossedNote(ranking, report.reference)}<p class="note">${score}</p>`,
  );
};

const shortRow =
  (ranking: Ranking, reference: string, identities: Identities) =>
  (row: RankingRow): Markup =>
    html`<tr><td class="num rank-number">${rankText(row.rank)}</td><th scope="row">${armName(identities.of(row.v))}</th><td class="rank-cell">${rankCell(row, ranking.rows.length, identities)}</td><td class="num">${formatMs(row.levelMs)}</td><td class="num">${
      row.v === reference || row.effectPct === null ? '' : signedPct(row.effectPct)
    }</td></tr>`;

const scenarioTitle = ({ scenario }: Ranking): string =>
  scenario === 'all up' ? 'All regions up' : `If ${scenario.replace(/ lost$/, ' is lost')}`;

const scenarioTable = (report: DrillReport, ranking: Ranking, identities: Identities): Markup => {
  const title = `${scenarioTitle(ranking)}, ${quantileText(ranking.q)}`;
  if (ranking.rows.length === 0) {
    return html`<div class="card"><h3>${title}</h3><p class="none">Nothing could be ranked: no round was measured whole.</p>${excludedList(ranking)}</div>`;
  }
  return html`<div class="card"><h3>${title}</h3><div class="scroll"><table class="short"><thead><tr><th scope="col" class="num">rank</th><th scope="col">variant</th><th scope="col">interval</th><th scope="col" class="num">${quantileText(ranking.q)}</th><th scope="col" class="num">effect</th></tr></thead><tbody>${ranking.rows.map(
    shortRow(ranking, report.reference, identities),
  )}</tbody></table></div>${excludedList(ranking)}${crossedNote(ranking, report.reference)}</div>`;
};

/** The same measurements, weighted anew for each failure, at the median and in the tail. */
export const scenariosSection = (report: DrillReport, identities: Identities): Markup | null =>
  report.rankings.length === 0
    ? null
    : section(
        'scenarios',
        'Failure scenarios',
        'The same measurements weighted as if a region were gone: its users are still there, and the regions that are left serve them.',
        html`<div class="halves">${report.rankings.map((ranking) =>
          scenarioTable(report, ranking, identities),
        )}</div>`,
      );
