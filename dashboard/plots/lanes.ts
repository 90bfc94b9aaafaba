/** Plots made of rows that share one axis: each row is a strip as wide as the screen allows. */
import { type Identity, markAt } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { percent, type Scale } from '../scale.ts';

const LANE_PX = 26;
const MIDDLE = LANE_PX / 2;
const CAP_PX = 5;

/** The strip of one row. The label says in words what is drawn. */
export const lane = (label: string, content: readonly (Markup | false)[]): Markup =>
  html`<svg class="lane" width="100%" height="${LANE_PX}" role="img" aria-label="${label}">${content}</svg>`;

export const gridLines = ({ ticks, place }: Scale): Markup =>
  html`${ticks.map(
    (tick) =>
      html`<line class="grid" x1="${percent(place(tick))}" x2="${percent(place(tick))}" y1="0" y2="100%"/>`,
  )}`;

/** The numbers of the axis, in a row of their own. */
export const axisRow = ({ ticks, place }: Scale, format: (tick: number) => string): Markup =>
  html`<svg class="axis" width="100%" height="20" aria-hidden="true">${ticks.map(
    (tick) =>
      html`<text x="${percent(place(tick))}" y="14" text-anchor="middle">${format(tick)}</text>`,
  )}</svg>`;

const across = (from: number, to: number): { x: string; width: string } => ({
  x: percent(Math.min(from, to)),
  width: percent(Math.abs(to - from)),
});

/** A region of the axis behind the marks. */
export const zone = (scale: Scale, from: number, to: number, name: string): Markup => {
  const { x, width } = across(scale.place(from), scale.place(to));
  return html`<rect class="${name}" x="${x}" width="${width}" y="0" height="100%"/>`;
};

export const ruleAt = (scale: Scale, value: number, name: string): Markup =>
  html`<line class="${name}" x1="${percent(scale.place(value))}" x2="${percent(scale.place(value))}" y1="0" y2="100%"/>`;

/** An interval with caps, and the mark of the arm at the estimate. */
export const intervalMark = (
  identity: Identity,
  scale: Scale,
  value: number,
  interval: readonly [number, number] | null,
  title: string,
): Markup => {
  const colour = `arm-${identity.colour}`;
  const cap = (at: number) =>
    html`<line class="stroke ${colour}" x1="${percent(scale.place(at))}" x2="${percent(scale.place(at))}" y1="${MIDDLE - CAP_PX}" y2="${MIDDLE + CAP_PX}"/>`;
  const line =
    interval &&
    html`<line class="stroke ${colour}" x1="${percent(scale.place(interval[0]))}" x2="${percent(scale.place(interval[1]))}" y1="${MIDDLE}" y2="${MIDDLE}"/>${cap(interval[0])}${cap(interval[1])}`;
  return html`${line}${markAt(identity, percent(scale.place(value)), MIDDLE, title)}`;
};

/** A band from low to high with a line at the middle. */
export const bandMark = (
  identity: Identity,
  scale: Scale,
  { p5, p50, p95 }: { readonly p5: number; readonly p50: number; readonly p95: number },
  title: string,
): Markup => {
  const { x, width } = across(scale.place(p5), scale.place(p95));
  const colour = `arm-${identity.colour}${identity.hollow ? ' hollow' : ''}`;
  const middle = percent(scale.place(p50));
  return html`<g><title>${title}</title><rect class="band ${colour}" x="${x}" width="${width}" y="6" height="${LANE_PX - 12}" rx="3"/><line class="median arm-${identity.colour}" x1="${middle}" x2="${middle}" y1="3" y2="${LANE_PX - 3}"/></g>`;
};

/** A bar of the ranks that the sure differences leave open. */
export const rankLane = (
  identity: Identity,
  { lo, hi, count, label }: { lo: number; hi: number; count: number; label: string },
): Markup => {
  const at = (rank: number): string => percent(((rank - 0.5) / count) * 100);
  const ticks = Array.from(
    { length: count },
    (_, index) => html`<circle class="rank-dot" cx="${at(index + 1)}" cy="${MIDDLE}" r="2"/>`,
  );
  const colour = `rank arm-${identity.colour}`;
  const end = (rank: number) =>
    html`<circle class="${colour}" cx="${at(rank)}" cy="${MIDDLE}" r="6"/>`;
  const bar = html`<line class="${colour}" x1="${at(lo)}" x2="${at(hi)}" y1="${MIDDLE}" y2="${MIDDLE}"/>`;
  return lane(label, [...ticks, end(lo), ...(hi > lo ? [end(hi), bar] : [])]);
};
