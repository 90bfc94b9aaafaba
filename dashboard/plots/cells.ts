/** Each cell (a serving region as one vantage sees it): bands by arm, medians by round. */
import { formatMs } from '../../core/units.ts';
import type { CellReport, DrillReport, Quantiles } from '../../events/drillReport.ts';
import { armName, type Identities, type Identity, legend } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { linearScale } from '../scale.ts';
import { countText, section, tickText } from '../text.ts';
import { axisRow, bandMark, gridLines, lane } from './lanes.ts';
import { lineChart } from './lineChart.ts';

export const PRIMARY = 'http.total';

export const cellName = ({ cell }: CellReport): Markup =>
  html`<bdi>${cell.region}</bdi> <small>from</small> <bdi>${cell.vantage}</bdi>`;

type Band = { identity: Identity; quantiles: Quantiles; sent: number; failed: number };

const bandsOf = ({ arms }: CellReport, identities: Identities): Band[] =>
  identities.all.flatMap((identity) => {
    const arm = arms.find(({ armId }) => armId === identity.id);
    const quantiles = arm?.metrics[PRIMARY];
    return arm && quantiles ? [{ identity, quantiles, sent: arm.sent, failed: arm.failed }] : [];
  });

const bandTitle = ({ identity, quantiles, sent, failed }: Band): string => {
  const { p5, p50, p95, p99 } = quantiles;
  const errors = failed > 0 ? `, ${failed} of ${sent} failed` : '';
  return `${identity.name}: p5 ${formatMs(p5)}, p50 ${formatMs(p50)}, p95 ${formatMs(p95)}, p99 ${formatMs(p99)}${errors}`;
};

const bandCard = (cell: CellReport, identities: Identities): Markup => {
  const bands = bandsOf(cell, identities);
  const scale = linearScale(
    bands.flatMap(({ quantiles }) => [quantiles.p5, quantiles.p95]),
    // A card is narrow: with more, the labels of hundreds of milliseconds run into each other.
    { ticks: 2, margin: 0.04 },
  );
  const rows = bands.map(
    (band) =>
      html`<div class="row"><div class="row-name">${armName(band.identity)}</div>${lane(
        bandTitle(band),
        [gridLines(scale), bandMark(band.identity, scale, band.quantiles, bandTitle(band))],
      )}<div class="row-value num">${formatMs(band.quantiles.p50)}${
        band.failed > 0
          ? html`<small class="loss">✕ ${countText(band.failed)} failed</small>`
          : null
      }</div></div>`,
  );
  const body =
    bands.length === 0
      ? html`<p class="none">Nothing was measured here.</p>`
      : html`<div class="rows compact">${rows}<div class="row axis-row"><div></div>${axisRow(scale, (tick) => tickText(tick, formatMs))}<div></div></div></div>`;
  return html`<figure class="card"><figcaption><h3>${cellName(cell)}</h3><p class="sub">known round trip ${cell.knownRttMs} ms</p></figcaption>${body}</figure>`;
};

const bandKeys = html`<svg class="key" width="30" height="14" aria-hidden="true"><rect class="band arm-0" x="1" width="28" y="2" height="10" rx="3"/><line class="median arm-0" x1="12" x2="12" y1="0" y2="14"/></svg>p5 to p95, line at the median`;

export const bandsSection = (report: DrillReport, identities: Identities): Markup =>
  section(
    'bands',
    'Latency by cell',
    'From the moment a request was due to the last byte of its answer. Each cell has a scale of its own, which need not start at zero.',
    [
      html`<ul class="legend"><li>${bandKeys}</li></ul>`,
      html`<div class="cells">${report.cells.map((cell) => bandCard(cell, identities))}</div>`,
    ],
  );

const roundCard = (report: DrillReport, cell: CellReport, identities: Identities): Markup => {
  const lines = identities.all.flatMap((identity) => {
    const arm = cell.arms.find(({ armId }) => armId === identity.id);
    return arm ? [{ identity, values: arm.p50ByRoundMs }] : [];
  });
  const label = `Median by round in ${cell.cell.region} from ${cell.cell.vantage}: ${lines
    .map(
      ({ identity, values }) =>
        `${identity.name} ${values.map((value) => (value === null ? 'none' : formatMs(value))).join(', ')}`,
    )
    .join('; ')}`;
  const rounds = report.roundsDone;
  const chart = lineChart({
    ...{ label, lines, rounds, fromZero: false, heightPx: 150 },
    format: formatMs,
  });
  return html`<figure class="card"><figcaption><h3>${cellName(cell)}</h3></figcaption>${chart}</figure>`;
};

/** Weather shows as lines that move together; a variant that drifts moves alone. */
export const roundsSection = (report: DrillReport, identities: Identities): Markup =>
  section(
    'rounds',
    'Median by round',
    'Every round is a fresh placement. Lines that move together are weather, which pairing takes out; a line that moves alone is the variant.',
    [
      legend(identities.all),
      html`<div class="cells">${report.cells.map((cell) => roundCard(report, cell, identities))}</div>`,
    ],
  );
