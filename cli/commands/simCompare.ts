/** `failover sim --compare`: our rules and those of other systems on the same traces. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { SimCompare } from '../../events/simOutput.ts';
import { compare } from '../../sim/compare/compare.ts';
import { documentOf } from '../../sim/compare/document.ts';
import { plotOf } from '../../sim/compare/plot.ts';
import { COLUMNS, cellsOf, front } from '../../sim/compare/table.ts';
import type { Span } from '../../sim/seeds.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { tableLines } from '../output/table.ts';

const linesOf = (found: SimCompare, style: Style): string[] => {
  const best = front(found);
  const marked = found.rows.map((row) => {
    const [name = '', ...rest] = cellsOf(row);
    return [best.has(row.name) ? `${name} *` : name, ...rest];
  });
  return [
    style.bold(`Seeds ${found.first}..${found.last}, the same traces for every rule`),
    ...tableLines(
      COLUMNS.map((title, at) => ({ title, align: at === 0 ? 'left' : 'right' })),
      marked,
      style.bold,
    ),
    '* no rule that looks from outside has fewer false failovers at an equal or shorter delay',
  ];
};

/** Writes the document, and its plot into the folder `img` beside it. */
const save = async (file: string, found: SimCompare): Promise<void> => {
  await writeFile(file, documentOf(found));
  await writeFile(path.join(path.dirname(file), 'img', 'detector.svg'), plotOf(found));
};

export const simCompare = async (
  { first, last }: Span,
  file: string | undefined,
  output: Output,
): Promise<void> => {
  const startMs = performance.now();
  const { rows } = compare(first, last, (done, of) => output.note(`${done} of ${of} rules`));
  const wallMs = Math.round(performance.now() - startMs);
  const found = SimCompare.parse({ kind: 'compare', level: 'decision', first, last, wallMs, rows });
  if (file !== undefined) await save(file, found);
  output.result(found, (style) => linesOf(found, style));
};
