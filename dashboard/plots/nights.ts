/** Tonight against the nights before: alerts in words, and each series worth a line with its change points. */
import { alertText, levelText, nightsText, seriesText } from '../../core/report/nights.ts';
import type { DrillReport } from '../../events/drillReport.ts';
import type { NightAlert, NightsReport, Timeline } from '../../events/nights.ts';
import { CONTROL_ID, type Identities, type Identity, legend, markAt } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { linearScale, percent, type Scale } from '../scale.ts';
import { section, tickText } from '../text.ts';

const HEIGHT_PX = 150;
const PAD_PX = 10;
const AXIS_PX = 22;
const LABELS_MAX = 6;
const DAY_MS = 86_400_000;

const dateAfter = (first: string, days: number): string =>
  new Date(Date.parse(first) + days * DAY_MS).toISOString().slice(0, 10);

const daysBetween = (first: string, date: string): number =>
  Math.round((Date.parse(date) - Date.parse(first)) / DAY_MS);

type Frame = { readonly xOf: (at: number) => string; readonly yOf: (value: number) => number };

const frameOf = ({ values }: Timeline, scale: Scale): Frame => ({
  xOf: (at) => percent(((at + 0.5) / values.length) * 100),
  yOf: (value) => PAD_PX + (HEIGHT_PX - 2 * PAD_PX) * (1 - scale.place(value) / 100),
});

const identityOf = ({ role, variant }: Timeline, reference: string, { of }: Identities): Identity =>
  of(role === 'control' ? CONTROL_ID : (variant ?? reference));

const px = (value: number): string => value.toFixed(1);

/** The levels that the change points part, as lines through the nights of each. */
const levels = (line: Timeline, identity: Identity, { xOf, yOf }: Frame): Markup[] => {
  const starts = line.changes.map(({ date }) => daysBetween(line.first, date));
  const edges = [0, ...starts, line.values.length];
  const means = [line.changes[0]?.before, ...line.changes.map(({ after }) => after)];
  return means.flatMap((mean, at) => {
    const [from = 0, to = 0] = [edges[at], edges[at + 1]];
    if (mean === undefined || to - 1 < from) return [];
    const y = px(yOf(mean));
    return [
      html`<line class="stroke arm-${identity.colour}" x1="${xOf(from)}" x2="${xOf(to - 1)}" y1="${y}" y2="${y}"/>`,
    ];
  });
};

const changeMarks = (line: Timeline, { xOf }: Frame): Markup[] =>
  line.changes.map(({ date, before, after }) => {
    const x = xOf(daysBetween(line.first, date));
    return html`<line class="front-line" x1="${x}" x2="${x}" y1="0" y2="${HEIGHT_PX}"><title>change on ${date}: ${levelText(line, before)} → ${levelText(line, after)}</title></line>`;
  });

const nightMarks = (line: Timeline, identity: Identity, { xOf, yOf }: Frame): Markup[] =>
  line.values.flatMap((value, at) =>
    value === null
      ? []
      : [
          markAt(
            identity,
            xOf(at),
            Number(px(yOf(value))),
            `${dateAfter(line.first, at)}: ${levelText(line, value)}`,
          ),
        ],
  );

const dateAxis = ({ values, first }: Timeline, { xOf }: Frame): Markup[] => {
  const every = Math.max(1, Math.ceil(values.length / LABELS_MAX));
  return values.flatMap((_, at) =>
    at % every === 0
      ? [
          html`<text x="${xOf(at)}" y="${HEIGHT_PX + 15}" text-anchor="middle">${dateAfter(first, at).slice(5)}</text>`,
        ]
      : [],
  );
};

/** With as many digits as tell two ticks apart. */
const tickTexts = (line: Timeline, [first = 0, second = 1]: readonly number[]) => {
  const digits = Math.max(2, Math.ceil(-Math.log10(Math.abs(second - first) || 1)));
  return (tick: number): string =>
    line.role === 'reference'
      ? tickText(tick, (value) => levelText(line, value))
      : `${tick.toFixed(digits)} ×`;
};

const chart = (line: Timeline, identity: Identity): Markup => {
  const known = line.values.filter((value) => value !== null);
  const scale = linearScale(known, { margin: 0.1, ticks: 5 });
  const frame = frameOf(line, scale);
  const text = tickTexts(line, scale.ticks);
  const holes = line.values.length - known.length;
  const label = `${seriesText(line)} over ${line.values.length} nights, ${holes} without a value, ${line.changes.length} change points`;
  const yPx = (tick: number): string => px(frame.yOf(tick));
  return html`<figure class="card"><figcaption><h3>${seriesText(line)}</h3></figcaption><div class="chart"><div class="y-axis" aria-hidden="true" style="height:${HEIGHT_PX}px">${scale.ticks.map(
    (tick) => html`<span style="top:${yPx(tick)}px">${text(tick)}</span>`,
  )}</div><svg width="100%" height="${HEIGHT_PX + AXIS_PX}" role="img" aria-label="${label}">${scale.ticks.map(
    (tick) => html`<line class="grid" x1="0" x2="100%" y1="${yPx(tick)}" y2="${yPx(tick)}"/>`,
  )}${changeMarks(line, frame)}${levels(line, identity, frame)}${nightMarks(line, identity, frame)}${dateAxis(line, frame)}</svg></div></figure>`;
};

const stateText = ({ state, acknowledged }: NightAlert): string => {
  if (!acknowledged) return state;
  const note = acknowledged.note === null ? '' : `: ${acknowledged.note}`;
  return `acknowledged ${acknowledged.at.slice(0, 10)}${note}`;
};

const alertList = (alerts: readonly NightAlert[]): Markup | null =>
  alerts.length === 0
    ? null
    : html`<ul class="problems">${alerts.map(
        (alert) =>
          html`<li><strong>${alert.word}</strong> <bdi>${alert.id}</bdi> <small>${stateText(alert)}</small><p>${alertText(alert)}</p></li>`,
      )}</ul>`;

const leadOf = (nights: NightsReport): string => {
  const said = nights.alerts.length === 0 && nights.status === 'judged';
  return `${nightsText(nights)}.${said ? ' Nothing is out of line.' : ''} A dashed line is a change point; a gap is a night without a value.`;
};

export const nightsSection = (report: DrillReport, identities: Identities): Markup | null => {
  const { nights, reference } = report;
  if (!nights) return null;
  // One night is no line yet; the ranking tells of it.
  if (nights.measured < 2) return section('nights', 'Over the nights', nightsText(nights), []);
  const lines = nights.timelines.map((line) => ({
    line,
    identity: identityOf(line, reference, identities),
  }));
  const shown = identities.all.filter(({ id }) => lines.some(({ identity }) => identity.id === id));
  return section('nights', 'Over the nights', leadOf(nights), [
    ...[alertList(nights.alerts)].filter((part) => part !== null),
    legend(shown),
    html`<div class="halves">${lines.map(({ line, identity }) => chart(line, identity))}</div>`,
  ]);
};
