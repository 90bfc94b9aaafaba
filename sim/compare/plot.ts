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

type Label = { readonly x: number; readonly y: number };

/** Below or above its point, where no other label is. */
const placed = (taken: Label[], x: number, y: number): Label => {
  for (const dy of [4, -9, 17, -22, 30, -35, 43]) {
    const free = !taken.some((one) => Math.abs(one.y - (y + dy)) < 11 && Math.abs(one.x - x) < 170);
    if (free) return { x, y: y + dy };
  }
  return { x, y: y + 56 };
};

const point = (row: Row, best: ReadonlySet<string>, taken: Label[]): string => {
  if (row.p50Ms === null) return '';
  const [x, y] = [xOf(row.p50Ms / 1_000), yOf(row.falsePerYear)];
  const left = x > WIDTH - 190;
  const label = placed(taken, x, y);
  taken.push(label);
  const kind = `${row.ours ? 'ours' : 'peer'}${best.has(row.name) ? ' best' : ''}`;
  return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="5" class="${kind}"/><text x="${(left ? x - 9 : x + 9).toFixed(1)}" y="${label.y.toFixed(1)}" text-anchor="${left ? 'end' : 'start'}" class="${kind}">${escaped(row.name)}</text>`;
};

const STYLE = `<style>
text { font: 11px system-ui, sans-serif; fill: #444; }
.grid { stroke: #8883; }
circle.peer { fill: #888; } circle.ours { fill: #0a7d5a; } circle.best { stroke: #d98200; stroke-width: 2.5; }
text.ours { fill: #0a7d5a; font-weight: 600; }
@media (prefers-color-scheme: dark) { text { fill: #ccc; } text.ours, circle.ours { fill: #3fcf9f; } }
</style>`;

export const plotOf = (comparison: Comparison): string => {
  const best = front(comparison);
  const taken: Label[] = [];
  const points = comparison.rows.map((row) => point(row, best, taken)).filter(Boolean);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="False failovers a year against the median delay of detection, for each rule">`,
    STYLE,
    ...axes(),
    ...points,
    '</svg>',
    '',
  ].join('\n');
};
