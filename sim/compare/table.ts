/** The comparison as a table, for a terminal and for a document. */
import type { Comparison, Row } from './compare.ts';

const seconds = (ms: number | null): string => (ms === null ? '-' : (ms / 1_000).toFixed(1));

export const COLUMNS = [
  'rule',
  'false a year',
  'missed',
  'delay p50',
  'p95',
  'p99',
  'moves, flapping',
  'wrong region',
] as const;

export const cellsOf = (row: Row): readonly string[] => [
  row.name,
  row.falsePerYear.toFixed(1),
  `${row.missed} of ${row.outages}`,
  `${seconds(row.p50Ms)} s`,
  `${seconds(row.p95Ms)} s`,
  `${seconds(row.p99Ms)} s`,
  row.flapMoves.toFixed(2),
  `${row.wrongS.toFixed(1)} s`,
];

/** Rules that none which looks from outside is better than: fewer false moves at an equal or shorter delay. */
export const front = ({ rows }: Comparison): ReadonlySet<string> => {
  const better = (a: Row, b: Row): boolean =>
    !a.inside && a.falsePerYear < b.falsePerYear && (a.p50Ms ?? Infinity) <= (b.p50Ms ?? Infinity);
  return new Set(
    rows.filter((row) => !rows.some((other) => better(other, row))).map(({ name }) => name),
  );
};

export const markdownTable = (comparison: Comparison): string => {
  const best = front(comparison);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const bold = (row: Row): readonly string[] => {
    const [name = '', ...rest] = cellsOf(row);
    return [best.has(row.name) ? `**${name}**` : name, ...rest];
  };
  return [
    line(COLUMNS),
    `|---|${COLUMNS.slice(1)
      .map(() => '--:')
      .join('|')}|`,
    ...comparison.rows.map((row) => line(bold(row))),
  ].join('\n');
};
