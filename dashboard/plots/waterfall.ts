/** Where the time goes: the phases of a request, one after the other. What was not measured is hatched. */
import { formatMs } from '../../core/units.ts';
import type { CellArm, CellReport, DrillReport } from '../../events/drillReport.ts';
import { armName, CONTROL_ID, type Identities, type Identity } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { percent, type Scale, zeroScale } from '../scale.ts';
import { section, tickText } from '../text.ts';
import { cellName } from './cells.ts';
import { axisRow, gridLines, lane } from './lanes.ts';

const PHASES = [
  { id: 'dns', what: 'dns', untold: 'no name to look up' },
  { id: 'tcp', what: 'tcp', untold: 'no connect time was recorded' },
  { id: 'tls', what: 'tls', untold: 'plain http' },
  { id: 'wait', what: 'wait', untold: 'no first byte was recorded' },
  { id: 'transfer', what: 'transfer', untold: 'no transfer was recorded' },
] as const;

/** Phases that a request may do without. */
const ABSENT: readonly string[] = ['dns', 'tls'];

type Span = {
  readonly name: string;
  readonly fromMs: number;
  readonly ms: number | null;
  /** Why it has no time. */
  readonly why: string;
  /** It may have taken place, and could not be measured; otherwise there was none. */
  readonly unmeasured: boolean;
};

const spansOf = (arm: CellArm, reasons: ReadonlyMap<string, string>): Span[] => {
  let fromMs = 0;
  return PHASES.map(({ id, what, untold }) => {
    const ms = arm.metrics[`http.${id}`]?.p50 ?? null;
    const reason = reasons.get(`http.${id}`);
    const unmeasured = reason !== undefined || !ABSENT.includes(id);
    const span = { name: what, fromMs, ms, why: reason ?? untold, unmeasured };
    fromMs += ms ?? 0;
    return span;
  });
};

const spanRow = ({ name, fromMs, ms, why, unmeasured }: Span, scale: Scale): Markup => {
  if (ms === null && !unmeasured) {
    return html`<div class="row"><div class="row-name">${name}</div><div class="lane absent">${why}</div><div class="row-value num none">–</div></div>`;
  }
  if (ms === null) {
    const label = `${name}: not available, ${why}`;
    return html`<div class="row"><div class="row-name">${name}</div><div class="lane hatched" role="img" aria-label="${label}" title="${why}">not available</div><div class="row-value num none">–</div></div>`;
  }
  const label = `${name}: ${formatMs(ms)}`;
  const x = percent(scale.place(fromMs));
  const width = percent(scale.place(fromMs + ms) - scale.place(fromMs));
  return html`<div class="row"><div class="row-name">${name}</div>${lane(label, [
    gridLines(scale),
    html`<rect class="phase phase-${name}" x="${x}" width="${width}" y="6" height="14" rx="2"><title>${label}</title></rect>`,
  ])}<div class="row-value num">${formatMs(ms)}</div></div>`;
};

const armCard = (
  arm: CellArm,
  identity: Identity,
  scale: Scale,
  reasons: ReadonlyMap<string, string>,
): Markup => {
  const service = arm.metrics['http.service'];
  const whole = service
    ? html`<p class="sub">whole request, from sending: ${formatMs(service.p50)}</p>`
    : null;
  return html`<figure class="card"><figcaption><h3>${armName(identity)}</h3>${whole}</figcaption><div class="rows compact">${spansOf(arm, reasons).map((span) => spanRow(span, scale))}<div class="row axis-row"><div></div>${axisRow(scale, (tick) => tickText(tick, formatMs))}<div></div></div></div></figure>`;
};

const panel =
  (identities: Identities, reasons: ReadonlyMap<string, string>) =>
  (cell: CellReport, at: number): Markup => {
    const arms = identities.all.flatMap((identity) => {
      const arm = cell.arms.find(({ armId }) => armId === identity.id);
      return arm && identity.id !== CONTROL_ID ? [{ arm, identity }] : [];
    });
    const ends = arms.map(({ arm }) =>
      spansOf(arm, reasons).reduce((sum, { ms }) => sum + (ms ?? 0), 0),
    );
    const scale = zeroScale(ends, 4);
    return html`<div${at > 0 ? html` hidden` : null}><h3 class="panel-title">${cellName(cell)}</h3><div class="halves">${arms.map(
      ({ arm, identity }) => armCard(arm, identity, scale, reasons),
    )}</div></div>`;
  };

export const waterfallSection = (report: DrillReport, identities: Identities): Markup | null => {
  if (report.cells.length === 0) return null;
  const reasons = new Map(report.notMeasured.map(({ what, why }) => [what, why]));
  const options = report.cells.map(
    ({ cell }, at) => html`<option value="${at}">${cell.region} from ${cell.vantage}</option>`,
  );
  return section(
    'phases',
    'Phases of a request',
    'Medians of each phase in the order in which they happen. Medians of parts need not add up to the median of the whole. Hatched: not available, which is not zero.',
    [
      html`<p class="switch" data-switch="phase-panels"><label>Cell <select name="phases">${options}</select></label></p>`,
      html`<div class="panels" id="phase-panels">${report.cells.map(panel(identities, reasons))}</div>`,
    ],
  );
};
