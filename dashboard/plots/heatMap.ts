/** Where the service is fast: median by serving region and vantage, one variant at a time. */
import { formatMs } from '../../core/units.ts';
import type { CellReport, DrillReport } from '../../events/drillReport.ts';
import { armName, CONTROL_ID, type Identities, type Identity } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { section, signedPct } from '../text.ts';
import { PRIMARY } from './cells.ts';

type Heat = { readonly least: number; readonly most: number };

const p50Of = (cell: CellReport | undefined, armId: string): number | undefined =>
  cell?.arms.find((arm) => arm.armId === armId)?.metrics[PRIMARY]?.p50;

/** Share of the way from the fastest to the slowest cell, from 0 to 1. */
const shareOf = (value: number, { least, most }: Heat): number =>
  most > least ? (value - least) / (most - least) : 0;

/** Above this share the colour is dark enough to need the other ink. */
const DARK_FROM = 0.77;

const heatCell = (
  report: DrillReport,
  cell: CellReport | undefined,
  identity: Identity,
  heat: Heat,
): Markup => {
  const value = p50Of(cell, identity.id);
  if (value === undefined) return html`<td class="hatched">not measured</td>`;
  const reference = p50Of(cell, report.reference);
  const share = shareOf(value, heat);
  const against =
    identity.id === report.reference || reference === undefined
      ? null
      : html`<small>${signedPct((value / reference - 1) * 100)}</small>`;
  return html`<td class="heat${share > DARK_FROM ? ' dark' : ''}" style="--heat:${Math.round(8 + 84 * share)}%">${formatMs(value)}${against}</td>`;
};

const panel = (report: DrillReport, identity: Identity, heat: Heat, at: number): Markup => {
  const regions = [...new Set(report.cells.map(({ cell }) => cell.region))];
  const vantages = [...new Set(report.cells.map(({ cell }) => cell.vantage))];
  const rows = regions.map(
    (region) =>
      html`<tr><th scope="row"><bdi>${region}</bdi></th>${vantages.map((vantage) =>
        heatCell(
          report,
          report.cells.find(({ cell }) => cell.region === region && cell.vantage === vantage),
          identity,
          heat,
        ),
      )}</tr>`,
  );
  return html`<div${at > 0 ? html` hidden` : null}><table class="heat-map"><caption>${armName(identity)}</caption><thead><tr><td><small>region ↓ vantage →</small></td>${vantages.map(
    (vantage) => html`<th scope="col"><bdi>${vantage}</bdi></th>`,
  )}</tr></thead><tbody>${rows}</tbody></table></div>`;
};

const choice = (identity: Identity, at: number): Markup =>
  html`<label><input type="radio" name="heat" value="${at}"${at === 0 ? html` checked` : null}>${armName(identity)}</label>`;

const scaleKey = ({ least, most }: Heat): Markup =>
  html`<p class="heat-key"><span>${formatMs(least)}</span><span class="ramp" aria-hidden="true"></span><span>${formatMs(most)}</span></p>`;

export const heatSection = (report: DrillReport, identities: Identities): Markup => {
  const shown = identities.all.filter(
    ({ id }) => id !== CONTROL_ID && report.cells.some((cell) => p50Of(cell, id) !== undefined),
  );
  const values = shown.flatMap(({ id }) => report.cells.flatMap((cell) => p50Of(cell, id) ?? []));
  const heat = { least: Math.min(...values), most: Math.max(...values) };
  return section(
    'heat',
    'Region by vantage',
    'Median of each cell, on one colour scale for all variants; below it the difference to the reference.',
    values.length === 0
      ? html`<p class="none">Nothing was measured.</p>`
      : [
          html`<fieldset class="switch" data-switch="heat-panels"><legend>Variant</legend>${shown.map(choice)}</fieldset>`,
          html`<div class="panels scroll" id="heat-panels" tabindex="0" role="region" aria-label="Median by region and vantage">${shown.map((identity, at) => panel(report, identity, heat, at))}</div>`,
          scaleKey(heat),
        ],
  );
};
