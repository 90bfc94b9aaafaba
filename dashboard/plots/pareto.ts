/** Latency against image size; the area of a dot is the time to ready. */
import { formatBytes, formatMs } from '../../core/units.ts';
import type { DrillReport } from '../../events/drillReport.ts';
import type { Ranking } from '../../events/ranking.ts';
import { armName, type Identities, type Identity } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { linearScale, logScale, percent, type Scale } from '../scale.ts';
import { section, tickText } from '../text.ts';

type Dot = {
  readonly identity: Identity;
  readonly bytes: number;
  readonly levelMs: number;
  readonly readyMs: number | null;
  readonly pareto: boolean;
};

const HEIGHT_PX = 300;
const PAD_PX = 30;
const RADIUS_MAX_PX = 22;
/** Of a variant whose ready time is not known. */
const RADIUS_UNKNOWN_PX = 5;
/** Sizes further apart than this are shown on a logarithmic axis. */
const LOG_FROM = 6;

const dotsOf = (report: DrillReport, ranking: Ranking, identities: Identities): Dot[] =>
  ranking.rows.flatMap(({ v, levelMs }) => {
    const variant = report.variants.find(({ id }) => id === v);
    const bytes = variant?.image?.compressedBytes;
    if (!variant || bytes === null || bytes === undefined) return [];
    const { pareto, placement } = variant;
    return [{ identity: identities.of(v), bytes, levelMs, readyMs: placement.readyMs, pareto }];
  });

const radiusOf = (readyMs: number | null, most: number): number =>
  readyMs === null ? RADIUS_UNKNOWN_PX : Math.max(4, RADIUS_MAX_PX * Math.sqrt(readyMs / most));

const titleOf = ({ identity, bytes, levelMs, readyMs, pareto }: Dot): string =>
  `${identity.name}: ${formatBytes(bytes)}, ${formatMs(levelMs)}, ready ${readyMs === null ? 'not measured' : `in ${formatMs(readyMs)}`}${pareto ? ', on the Pareto front' : ''}`;

const NAME_MAX = 16;

/** Text inside a plot cannot wrap; the whole name is in the title. */
const short = (name: string): string =>
  name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name;

type Frame = { xOf: (bytes: number) => number; yOf: (ms: number) => number; most: number };

const dotMark = (dot: Dot, { xOf, yOf, most }: Frame): Markup => {
  const x = xOf(dot.bytes);
  const y = yOf(dot.levelMs).toFixed(1);
  const radius = radiusOf(dot.readyMs, most);
  const anchor = x < 12 ? 'start' : x > 88 ? 'end' : 'middle';
  return html`<svg x="${percent(x)}" y="${y}" overflow="visible"><title>${titleOf(dot)}</title><circle class="dot arm-${dot.identity.colour}${dot.pareto ? ' front' : ''}" r="${radius.toFixed(1)}"/><text class="dot-name" y="${(radius + 14).toFixed(1)}" text-anchor="${anchor}">${short(dot.identity.name)}</text></svg>`;
};

/** Steps through the dots that no other beats in both size and latency. */
const frontLine = (dots: readonly Dot[], { xOf, yOf }: Frame): Markup[] => {
  const sorted = [...dots].sort((a, b) => a.bytes - b.bytes || a.levelMs - b.levelMs);
  const front: Dot[] = [];
  for (const dot of sorted) {
    const last = front.at(-1);
    if (!last || dot.levelMs < last.levelMs) front.push(dot);
  }
  return front.flatMap((dot, at) => {
    const next = front[at + 1];
    if (!next) return [];
    const [x1, x2] = [percent(xOf(dot.bytes)), percent(xOf(next.bytes))];
    const [y1, y2] = [yOf(dot.levelMs).toFixed(1), yOf(next.levelMs).toFixed(1)];
    return [
      html`<line class="front-line" x1="${x1}" x2="${x2}" y1="${y1}" y2="${y1}"/><line class="front-line" x1="${x2}" x2="${x2}" y1="${y1}" y2="${y2}"/>`,
    ];
  });
};

const chart = (dots: readonly Dot[]): Markup => {
  const sizes = dots.map(({ bytes }) => bytes);
  const wide = Math.max(...sizes) > LOG_FROM * Math.min(...sizes);
  const across: Scale = wide ? logScale(sizes, 0.2) : linearScale(sizes, { margin: 0.2 });
  const down = linearScale(
    dots.map(({ levelMs }) => levelMs),
    { margin: 0.15 },
  );
  const inner = HEIGHT_PX - 2 * PAD_PX;
  const frame: Frame = {
    xOf: across.place,
    yOf: (ms) => PAD_PX + inner * (1 - down.place(ms) / 100),
    most: Math.max(...dots.map(({ readyMs }) => readyMs ?? 0), 1),
  };
  const grid = [
    ...down.ticks.map((tick) => {
      const y = frame.yOf(tick).toFixed(1);
      return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}"/>`;
    }),
    ...across.ticks.map((tick) => {
      const x = percent(across.place(tick));
      return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${HEIGHT_PX}"/><text x="${x}" y="${HEIGHT_PX + 15}" text-anchor="middle">${tickText(tick, formatBytes)}</text>`;
    }),
  ];
  const axis = down.ticks.map(
    (tick) =>
      html`<span style="top:${frame.yOf(tick).toFixed(1)}px">${tickText(tick, formatMs)}</span>`,
  );
  return html`<div class="chart"><div class="y-axis" aria-hidden="true" style="height:${HEIGHT_PX}px">${axis}</div><svg width="100%" height="${HEIGHT_PX + 20}" role="img" aria-label="${dots.map(titleOf).join('; ')}">${grid}${frontLine(dots, frame)}${dots.map((dot) => dotMark(dot, frame))}</svg></div>`;
};

const sizeKey = (dots: readonly Dot[]): Markup => {
  const ready = dots.flatMap(({ readyMs }) => readyMs ?? []);
  if (ready.length === 0) return html`<li>ready time not measured</li>`;
  const [least, most] = [Math.min(...ready), Math.max(...ready)];
  const circle = (ms: number) => {
    const radius = radiusOf(ms, most);
    const side = Math.ceil(2 * radius + 2);
    return html`<span class="arm"><svg class="key" width="${side}" height="${side}" aria-hidden="true"><circle class="dot arm-0" cx="${side / 2}" cy="${side / 2}" r="${radius.toFixed(1)}"/></svg>${formatMs(ms)}</span>`;
  };
  return html`<li>area is the time to ready: ${circle(least)}${most > least ? circle(most) : null}</li>`;
};

export const paretoSection = (
  report: DrillReport,
  ranking: Ranking,
  identities: Identities,
): Markup => {
  const dots = dotsOf(report, ranking, identities);
  const missing = ranking.rows.filter(({ v }) => !dots.some(({ identity }) => identity.id === v));
  const untold =
    missing.length === 0
      ? null
      : html`<p class="hatched untold">Size not measured, so not in the plot: ${missing.map(
          ({ v }) => html`${armName(identities.of(v))} `,
        )}</p>`;
  const body =
    dots.length === 0
      ? null
      : html`<figure class="card">${chart(dots)}<p class="ends"><span>← smaller image</span><span>larger →</span></p></figure>`;
  return section(
    'trade-off',
    'Latency against size',
    'Down and to the left is better. The line steps through the variants that no other beats in both.',
    [
      html`<ul class="legend">${dots.length > 0 ? sizeKey(dots) : null}<li><svg class="key" width="22" height="14" aria-hidden="true"><line class="front-line" x1="1" x2="21" y1="7" y2="7"/></svg>best trade-offs of size and latency</li></ul>`,
      ...(body ? [body] : []),
      ...(untold ? [untold] : []),
    ],
  );
};
