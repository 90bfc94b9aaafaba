/** What is told of the images in a terminal: sizes, what is wasted, gates, builds, placements. */
import { formatBytes, formatMs } from '../../core/units.ts';
import type { DrillReport, VariantReport } from '../../events/drillReport.ts';
import type { GateResult } from '../../events/gates.ts';
import type { ImageContent } from '../../events/imageContent.ts';
import type { Style } from './style.ts';
import { type Column, tableLines, wrap } from './table.ts';

const NOT_MEASURED = '–';

const or = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? NOT_MEASURED : format(value);

const right = (title: string): Column => ({ title, align: 'right' });

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

type Inspected = VariantReport & { readonly content: ImageContent };

const inspected = ({ variants }: DrillReport): Inspected[] =>
  variants.flatMap((variant) => {
    const content = variant.image?.content;
    return content ? [{ ...variant, content }] : [];
  });

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const sizesTable = (variants: readonly Inspected[]): string[] =>
  tableLines(
    [
      { title: 'variant' },
      ...['size', 'unpacked', 'layers', 'largest', 'shared', 'alone', 'past base'].map(right),
      ...['wasted', 'efficiency'].map(right),
    ],
    variants.map(({ id, image, content }) => [
      id,
      or(image?.compressedBytes, formatBytes),
      or(content.uncompressedBytes, formatBytes),
      String(content.layers.length),
      formatBytes(content.largestLayerBytes),
      formatBytes(content.sharedBytes),
      formatBytes(content.uniqueBytes),
      or(content.bytesBeyondBase, formatBytes),
      or(content.wastedBytes, formatBytes),
      or(content.efficiency, percent),
    ]),
  );

/** Waste below this share of what is in the layers is not worth a line. */
const WASTE_SHARE_MIN = 0.01;
const WASTED_SHOWN = 2;

const wasteLines = ({ id, content }: Inspected, style: Style): string[] => {
  const { wastedBytes, efficiency, wasted, notRead } = content;
  if (notRead !== null) return wrap(`${id}: layers not read: ${notRead}`, style.width - 2, '  ');
  if (wastedBytes === null || efficiency === null || 1 - efficiency < WASTE_SHARE_MIN) return [];
  const worst = wasted
    .slice(0, WASTED_SHOWN)
    .map(
      ({ path, bytes, layer, hiddenBy, how }) =>
        `${path} ${formatBytes(bytes)} (layer ${layer}, ${how} by layer ${hiddenBy})`,
    );
  return wrap(
    `${id} wastes ${formatBytes(wastedBytes)}: ${worst.join(', ')}`,
    style.width - 2,
    '  ',
  );
};

const LEGEND =
  'alone: in no other variant; past base: what a host with the base image must still pull';

const imageLines = (report: DrillReport, style: Style): string[] => {
  const variants = inspected(report);
  return variants.length === 0
    ? []
    : indented([
        ...sizesTable(variants),
        LEGEND,
        ...variants.flatMap((variant) => wasteLines(variant, style)),
      ]);
};

const MARKS: Record<GateResult['status'], string> = { passed: '✓', failed: '✕', 'not judged': '?' };
const CELL_CHARS_MAX = 24;

const cut = (text: string): string =>
  text.length > CELL_CHARS_MAX ? `${text.slice(0, CELL_CHARS_MAX - 1)}…` : text;

const gateCell = (result: GateResult | undefined, style: Style): string => {
  if (!result) return '';
  const text = `${MARKS[result.status]} ${cut(result.status === 'not judged' ? result.status : result.found)}`;
  if (result.status === 'failed') return style.bad(text);
  return result.status === 'passed' ? text : style.warn(text);
};

const gateLines = ({ variants }: DrillReport, style: Style): string[] => {
  const judged = variants.filter(({ gates }) => gates.length > 0);
  const names = [...new Set(judged.flatMap(({ gates }) => gates.map(({ gate }) => gate)))];
  if (names.length === 0) return [];
  const rows = judged.map(({ id, gates }) => [
    id,
    ...names.map((name) =>
      gateCell(
        gates.find(({ gate }) => gate === name),
        style,
      ),
    ),
  ]);
  const limits = names.map((name) => {
    const limit = judged.flatMap(({ gates }) => gates).find(({ gate }) => gate === name)?.limit;
    return `${name} ${limit ?? ''}`;
  });
  const table = tableLines([{ title: 'variant' }, ...names.map((title) => ({ title }))], rows);
  return indented([...table, ...wrap(`Limits: ${limits.join('; ')}.`, style.width - 2)]);
};

const STEPS_SHOWN = 3;
const INSTRUCTION_CHARS_MAX = 48;

const stepText = ({
  stage,
  instruction,
  ms,
}: NonNullable<VariantReport['image']>['buildSteps'][number]): string => {
  const words = instruction.replace(/\s+/g, ' ');
  const short =
    words.length > INSTRUCTION_CHARS_MAX ? `${words.slice(0, INSTRUCTION_CHARS_MAX - 1)}…` : words;
  return `${stage}: ${short} ${formatMs(ms)}`;
};

/** The slowest steps of all builds, each named once: variants share stages. */
const slowestLines = ({ variants }: DrillReport, style: Style): string[] => {
  const steps = variants.flatMap(({ image }) => image?.buildSteps ?? []);
  const sorted = steps.filter(({ ms }) => ms > 0).sort((a, b) => b.ms - a.ms);
  const first = Map.groupBy(sorted, ({ stage, instruction }) => `${stage} ${instruction}`);
  const slowest = [...first.values()].flatMap(([step]) => step ?? []).slice(0, STEPS_SHOWN);
  return slowest.flatMap((step) =>
    wrap(`slowest  ${stepText(step)}`, style.width - 2, '         '),
  );
};

const placementLines = ({ variants }: DrillReport): string[] => {
  const placed = variants.filter(({ placement }) => placement.placements > 0);
  if (placed.length === 0) return [];
  return indented(
    tableLines(
      [{ title: 'variant' }, ...['schedule', 'pull', 'start', 'ready', 'placements'].map(right)],
      placed.map(({ id, placement }) => [
        id,
        or(placement.scheduleMs, formatMs),
        or(placement.pullMs, formatMs),
        or(placement.startMs, formatMs),
        or(placement.readyMs, formatMs),
        `${placement.placements}${placement.failures > 0 ? `, ${placement.failures} failed` : ''}`,
      ]),
    ),
  );
};

/** Blocks of lines with their titles; a block that has nothing to say has no lines. */
export const imageBlocks = (report: DrillReport, style: Style): [string, string[]][] => [
  ['Gates', gateLines(report, style)],
  ['Images', [...imageLines(report, style), ...indented(slowestLines(report, style))]],
  ['Placements, medians (every round: --json and the page)', placementLines(report)],
];
