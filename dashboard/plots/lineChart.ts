/** Values by round, one line for each arm; a gap where a round has no value. */
import { type Identity, markAt } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { linearScale, percent, type Scale, zeroScale } from '../scale.ts';
import { tickText } from '../text.ts';

export type Line = {
  readonly identity: Identity;
  /** By round, from the first. */
  readonly values: readonly (number | null)[];
};

export type LineChart = {
  readonly label: string;
  readonly lines: readonly Line[];
  readonly rounds: number;
  readonly format: (value: number) => string;
  /** Show the axis from zero. */
  readonly fromZero: boolean;
  readonly heightPx: number;
  /** Rounds in which an arm failed, with the reason. */
  readonly failures?: readonly { identity: Identity; round: number; reason: string }[];
};

const PAD_PX = 8;
const AXIS_PX = 20;

type Frame = { readonly xOf: (round: number) => string; readonly yOf: (value: number) => number };

const segment = (line: Line, { xOf, yOf }: Frame): Markup[] =>
  line.values.flatMap((value, at) => {
    const next = line.values[at + 1];
    if (value === null || next === null || next === undefined) return [];
    const dashed = line.identity.hollow ? ' dashed' : '';
    return [
      html`<line class="stroke arm-${line.identity.colour}${dashed}" x1="${xOf(at + 1)}" y1="${yOf(value).toFixed(1)}" x2="${xOf(at + 2)}" y2="${yOf(next).toFixed(1)}"/>`,
    ];
  });

const points = (line: Line, { xOf, yOf }: Frame, format: (value: number) => string): Markup[] =>
  line.values.flatMap((value, at) =>
    value === null
      ? []
      : [
          markAt(
            line.identity,
            xOf(at + 1),
            Number(yOf(value).toFixed(1)),
            `${line.identity.name}, round ${at + 1}: ${format(value)}`,
          ),
        ],
  );

const ROUND_LABELS_MAX = 12;

const roundAxis = (rounds: number, xOf: Frame['xOf'], down: number): Markup[] => {
  const every = Math.ceil(rounds / ROUND_LABELS_MAX);
  return Array.from({ length: rounds }, (_, at) => at + 1)
    .filter((round) => (round - 1) % every === 0)
    .map((round) => html`<text x="${xOf(round)}" y="${down}" text-anchor="middle">${round}</text>`);
};

const verticalScale = ({ lines, fromZero }: LineChart): Scale | undefined => {
  const values = lines.flatMap((line) => line.values).filter((value) => value !== null);
  if (values.length === 0) return undefined;
  return fromZero ? zeroScale(values, 5) : linearScale(values, { margin: 0.08, ticks: 6 });
};

export const lineChart = (chart: LineChart): Markup => {
  const { label, lines, rounds, format, heightPx, failures = [] } = chart;
  const scale = verticalScale(chart);
  if (!scale) return html`<p class="none">No round was measured here.</p>`;
  const inner = heightPx - 2 * PAD_PX;
  const frame: Frame = {
    xOf: (round) => percent(((round - 0.5) / rounds) * 100),
    yOf: (value) => PAD_PX + inner * (1 - scale.place(value) / 100),
  };
  const grid = scale.ticks.map((tick) => {
    const y = frame.yOf(tick).toFixed(1);
    return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}"/>`;
  });
  const axis = scale.ticks.map(
    (tick) =>
      html`<span style="top:${frame.yOf(tick).toFixed(1)}px">${tickText(tick, format)}</span>`,
  );
  const crosses = failures.map(
    ({ identity, round, reason }) =>
      html`<svg x="${frame.xOf(round)}" y="${PAD_PX}" overflow="visible"><path class="cross arm-${identity.colour}" d="M-4-4L4 4M4-4L-4 4"/><title>${identity.name}, round ${round}: ${reason}</title></svg>`,
  );
  return html`<div class="chart"><div class="y-axis" aria-hidden="true" style="height:${heightPx}px">${axis}</div><svg width="100%" height="${heightPx + AXIS_PX}" role="img" aria-label="${label}">${grid}${lines.map((line) => segment(line, frame))}${lines.map((line) => points(line, frame, format))}${crosses}${roundAxis(rounds, frame.xOf, heightPx + 14)}</svg></div>`;
};
