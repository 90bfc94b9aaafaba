/** The report of a drill as a person reads it in a terminal, at most 100 columns wide, and narrower on a terminal that is. */

import type { Ranking } from '../../core/ranking/ranking-types.ts';
import { crossedText } from '../../core/report/crossed.ts';
import { nightsText } from '../../core/report/nights.ts';
import { promotionText } from '../../core/report/promotedDrill.ts';
import { rehearsalText } from '../../core/report/rehearsal.ts';
import { effectText, primaryRanking, tiesText } from '../../core/report/words.ts';
import { formatBytes, formatMs } from '../../core/units.ts';
import type { DrillReport, VariantReport } from '../../events/drillReport.ts';
import { imageBlocks } from './imagesText.ts';
import { nightsLines } from './nightsText.ts';
import { replicationLines, standbyLines } from './standbyText.ts';
import type { Style } from './style.ts';
import { tableLines, wrap } from './table.ts';

const NOT_MEASURED = '–';

const or = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? NOT_MEASURED : format(value);

const rankText = (rank: string): string => rank.replace('-', '–');

const pullText = (variant: VariantReport | undefined, isReference: boolean): string =>
  isReference ? '' : or(variant?.image?.bytesBeyondReference, (bytes) => `+${formatBytes(bytes)}`);

const rankingTable = (report: DrillReport, ranking: Ranking, style: Style): string[] => {
  const tail = report.rankings.find(
    ({ scenario, q }) => scenario === ranking.scenario && q === 0.95,
  );
  const rows = ranking.rows.map((row) => {
    const variant = report.variants.find(({ id }) => id === row.v);
    const isReference = row.v === report.reference;
    const effect =
      isReference || row.effectPct === null ? '' : effectText(row.effectPct, row.ciPct);
    return [
      rankText(row.rank),
      isReference ? `${row.v}  ${style.dim('today')}` : row.v,
      formatMs(row.levelMs),
      effect,
      or(tail?.rows.find(({ v }) => v === row.v)?.levelMs, formatMs),
      or(variant?.placement.readyMs, formatMs),
      or(variant?.image?.compressedBytes, formatBytes),
      pullText(variant, isReference),
    ];
  });
  const columns = [
    { title: 'rank' },
    { title: 'variant' },
    { title: 'p50', align: 'right' as const },
    { title: `vs ${report.reference} (today)` },
    { title: 'p95', align: 'right' as const },
    { title: 'ready', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'pull', align: 'right' as const },
  ];
  return tableLines(columns, rows, style.dim).map((line) => `  ${line}`);
};

const aaText = ({ aa, aaPair }: Ranking, style: Style): string => {
  if (aa === 'clean') return style.good('A/A clean');
  if (aa === 'differs') return style.bad(`A/A DIFFERS (${aaPair?.words ?? ''})`);
  return style.warn('A/A not measured');
};

const rankingHeading = (report: DrillReport, ranking: Ranking, style: Style): string => {
  const facts = [
    `${ranking.rounds} rounds`,
    aaText(ranking, style),
    `floor ${formatMs(report.floorP50Ms)}`,
  ];
  return `${style.bold('Ranking, all regions up')}, http total at p50 (${facts.join(', ')})`;
};

const ranksOf = (ranking: Ranking): string =>
  ranking.rows
    .map(({ v, rank }) => `${v} ${rank}`)
    .sort()
    .join(' ');

/** How many milliseconds a scenario adds to the reference. */
const addedText = (report: DrillReport, base: Ranking, other: Ranking): string => {
  const levelOf = (ranking: Ranking) =>
    ranking.rows.find(({ v }) => v === report.reference)?.levelMs;
  const [before, after] = [levelOf(base), levelOf(other)];
  if (before === undefined || after === undefined) return '';
  const added = after - before;
  return `, ${added < 0 ? '−' : '+'}${formatMs(Math.abs(added))} for ${report.reference}`;
};

const scenarioLines = (report: DrillReport, base: Ranking): string[] =>
  report.rankings
    .filter(({ q, scenario }) => q === base.q && scenario !== base.scenario)
    .map((other) => {
      const lost = other.scenario.replace(/ lost$/, '');
      const same = ranksOf(other) === ranksOf(base);
      const ranks = other.rows.map(({ v, rank }) => `${rankText(rank)} ${v}`).join(', ');
      const open = other.rows.every(({ lo, hi }) => lo === 1 && hi === other.rows.length);
      const untold = open ? 'none can be told apart' : ranks;
      const what = same ? 'the same ranks' : untold;
      return `If ${lost} is lost: ${what}${addedText(report, base, other)}.`;
    });

const sentence = (text: string | undefined, style: Style): string[] =>
  text === undefined ? [] : wrap(text, style.width);

const excludedLines = (ranking: Ranking, style: Style): string[] =>
  ranking.excluded.flatMap(({ v, why }) => wrap(`  not ranked: ${v}: ${why}`, style.width, '    '));

const buildLine = (report: DrillReport, style: Style): string[] => {
  const parts = report.variants.map(({ id, image }) => {
    if (!image || image.status === 'failed') return `${id} ✗`;
    const steps =
      image.steps === null || image.cachedSteps === null || image.cachedSteps === 0
        ? ''
        : ` (${image.cachedSteps} of ${image.steps} steps cached)`;
    return `${id} ✓ ${or(image.buildMs, formatMs)}${steps}`;
  });
  return parts.length === 0
    ? []
    : wrap(`build    ${parts.join('   ')}`, style.width - 2, '         ');
};

const environmentLines = (report: DrillReport): string[] => {
  const rows = report.cells.map(({ cell, knownRttMs, arms, environment }) => {
    const own = arms.find(({ armId }) => armId === report.reference);
    const stale = environment['database.stale'];
    return [
      `${cell.region} from ${cell.vantage}`,
      `${knownRttMs} ms`,
      or(own?.metrics['http.total']?.p50, formatMs),
      or(own?.metrics['tcp.connect']?.p50, formatMs),
      or(environment['dns.total']?.p50, formatMs),
      or(environment['database.write']?.p50, formatMs),
      or(environment['database.read']?.p50, formatMs),
      or(stale?.p50, formatMs),
    ];
  });
  const right = (title: string) => ({ title, align: 'right' as const });
  return tableLines(
    [
      { title: 'cell' },
      right('known rtt'),
      right('http'),
      right('tcp'),
      right('dns'),
      right('db write'),
      right('db read'),
      right('stale'),
    ],
    rows,
  ).map((line) => `  ${line}`);
};

const problemLines = (report: DrillReport, style: Style): string[] =>
  report.problems.flatMap(({ kind, where, what }) =>
    wrap(`  ${style.warn(kind)}  ${where}: ${what}`, style.width, '    '),
  );

const block = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

/** Every line of the report; the last ones say what to do next. */
export const reportLines = (report: DrillReport, style: Style): string[] => {
  const { regions, vantages } = report;
  const heading = `${report.service} · drill ${report.drillId} · ${regions.primary} → ${regions.standby}, seen from ${vantages.length} vantages · runner: ${report.runner.join(', ') || 'none'}`;
  const ranking = primaryRanking(report.rankings);
  const ranked =
    ranking && ranking.rows.length > 0
      ? [
          '',
          rankingHeading(report, ranking, style),
          ...rankingTable(report, ranking, style),
          ...excludedLines(ranking, style),
          ...sentence(crossedText(ranking, report.reference), style),
          ...scenarioLines(report, ranking).flatMap((line) => wrap(line, style.width)),
          ...sentence(tiesText(ranking), style),
        ]
      : [];
  return [
    style.bold(heading),
    ...buildLine(report, style).map((line) => `  ${line}`),
    ...ranked,
    ...imageBlocks(report, style).flatMap(([title, lines]) => block(title, lines)),
    ...block(`Medians by cell, ${report.reference}`, environmentLines(report)),
    ...block('Replication and standby', [
      ...replicationLines(report, style),
      ...standbyLines(report, style),
    ]),
    ...block(
      'Not measured',
      report.notMeasured.flatMap(({ what, why }) => wrap(`  ${what}: ${why}`, style.width, '    ')),
    ),
    ...block(style.warn('Problems'), problemLines(report, style)),
    ...(report.nights
      ? ['', ...wrap(nightsText(report.nights), style.width), ...nightsLines(report.nights, style)]
      : []),
    ...(report.rehearsal
      ? ['', ...wrap(`Failover rehearsed: ${rehearsalText(report.rehearsal)}`, style.width, '  ')]
      : []),
    ...(report.promotion
      ? ['', ...wrap(`Promotion: ${promotionText(report.promotion)}`, style.width, '  ')]
      : []),
    '',
    ...wrap(style.bold(report.headline), style.width),
    ...report.next.flatMap((step) => wrap(`Next: ${step}`, style.width, '      ')),
  ];
};
