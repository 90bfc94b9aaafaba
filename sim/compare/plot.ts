/** The comparison as a plot: delay to the right, false failovers upwards; the best are bottom left. */
import type { Comparison, Row } from './compare.ts';
import { front } from './table.ts';

const WIDTH = 760;
const HEIGHT = 460;
const LEFT = 70;
const RIGHT = 20;
const TOP = 30;
const BOTTOM = 50;
/** Delays from one second to two minutes; below one false failover a year all are drawn as 0.3. */
const DELAY_S = [1, 128] as const;
const FALSE = [0.3, 10_000] as const;

const share = (value: number, [low, high]: readonly [number, number]): number =>
  Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low);

const xOf = (seconds: number): number => LEFT + share(seconds, DELAY_S) * (WIDTH - LEFT - RIGHT);
const yOf = (perYear: number): number =>
  HEIGHT - BOTTOM - share(perYear, FALSE) * (HEIGHT - TOP - BOTTOM);

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const axes = (): string[] => [
  ...[1, 2, 4, 8, 16, 32, 64, 128].map((s) => {
    const x = xOf(s).toFixed(1);
    return `<line x1="${x}" y1="${TOP}" x2="${x}" y2="${HEIGHT - BOTTOM}" class="grid"/><text x="${x}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${s} s</text>`;
  }),
  ...[0.3, 1, 10, 100, 1_000, 10_000].map((n) => {
    const y = yOf(n).toFixed(1);
    const label = n === 0.3 ? '0' : n.toLocaleString('en-GB');
    return `<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" class="grid"/><text x="${LEFT - 8}" y="${(Number(y) + 4).toFixed(1)}" text-anchor="end">${label}</text>`;
  }),
  `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">outage to decision, median</text>`,
  `<text x="14" y="${TOP - 12}">false failovers a year</text>`,
];

type Box = { readonly x0: number; readonly x1: number; readonly y0: number; readonly y1: number };

type Point = { readonly row: Row; readonly x: number; readonly y: number };

const RADIUS = 5;
const GAP = 9;
/** Of a character at the size and weight of `STYLE`, widest at that. */
const CHARACTER = { peer: 6, ours: 6.9 } as const;
/** Baselines of a label, from the middle of its point: beside it, then further and further away. */
const BESIDE = 4;
const RISES = [BESIDE, -9, 17, -22, 30, -35, 43, -48, 56, -61, 69];
/** From here on a line says whose label it is. */
const FAR = 20;

const kindOf = ({ row }: Point): 'ours' | 'peer' => (row.ours ? 'ours' : 'peer');

const meet = (a: Box, b: Box): boolean => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;

const around = ({ x, y }: Point): Box => ({
  ...{ x0: x - RADIUS - 2, x1: x + RADIUS + 2, y0: y - RADIUS - 2, y1: y + RADIUS + 2 },
});

type Label = { readonly side: 'start' | 'end'; readonly rise: number; readonly box: Box };

const labelOf = (point: Point, rise: number, side: Label['side']): Label => {
  const width = point.row.name.length * CHARACTER[kindOf(point)];
  const x0 = side === 'start' ? point.x + GAP : point.x - GAP - width;
  const y1 = point.y + rise + 3;
  return { side, rise, box: { x0, x1: x0 + width, y0: y1 - 12, y1 } };
};

/** The nearest place beside its point where neither another label nor a point is. */
const placed = (point: Point, taken: readonly Box[]): Label => {
  const fits = ({ box }: Label): boolean =>
    box.x0 > LEFT &&
    box.x1 < WIDTH &&
    box.y1 < HEIGHT - BOTTOM + 8 &&
    !taken.some((one) => meet(one, box));
  return (
    RISES.flatMap((rise) => [labelOf(point, rise, 'start'), labelOf(point, rise, 'end')]).find(
      fits,
    ) ?? labelOf(point, BESIDE, 'start')
  );
};

const drawn = (point: Point, { side, rise }: Label, best: ReadonlySet<string>): string => {
  const { row, x, y } = point;
  const kind = `${kindOf(point)}${best.has(row.name) ? ' best' : ''}`;
  const away = side === 'start' ? GAP : -GAP;
  const [labelX, labelY] = [(x + away).toFixed(1), (y + rise).toFixed(1)];
  const leader =
    Math.abs(rise) < FAR
      ? ''
      : `<line x1="${x.toFixed(1)}" y1="${y.toFixed(1)}" x2="${(x + away * 0.8).toFixed(1)}" y2="${(y + rise - 4).toFixed(1)}" class="leader"/>`;
  return `${leader}<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${RADIUS}" class="${kind}"/><text x="${labelX}" y="${labelY}" text-anchor="${side}" class="${kind}">${escaped(row.name)}</text>`;
};

const STYLE = `<style>
text { font: 11px system-ui, sans-serif; fill: #444; }
.grid { stroke: #8883; } .leader { stroke: #888; }
circle.peer { fill: #888; } circle.ours { fill: #0a7d5a; } circle.best { stroke: #d98200; stroke-width: 2.5; }
text.ours { fill: #0a7d5a; font-weight: 600; }
@media (prefers-color-scheme: dark) { text { fill: #ccc; } text.ours, circle.ours { fill: #3fcf9f; } }
</style>`;

export const plotOf = (comparison: Comparison): string => {
  const best = front(comparison);
  const found = comparison.rows.flatMap((row): Point[] =>
    row.p50Ms === null ? [] : [{ row, x: xOf(row.p50Ms / 1_000), y: yOf(row.falsePerYear) }],
  );
  const taken = found.map(around);
  const points = found.map((point) => {
    const label = placed(point, taken);
    taken.push(label.box);
    return drawn(point, label, best);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="False failovers a year against the median delay of detection, for each rule">`,
    STYLE,
    ...axes(),
    ...points,
    '</svg>',
    '',
  ].join('\n');
};
