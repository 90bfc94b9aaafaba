/** Rankings of any table as a person reads them. */
import { crossedText } from '../../core/report/crossed.ts';
import { effectText, pairOf, tiesText } from '../../core/report/words.ts';
import { formatMs } from '../../core/units.ts';
import type { Ranking } from '../../events/ranking.ts';
import type { Hole, RankingOutput } from '../../events/rankingOutput.ts';
import type { Style } from './style.ts';
import { tableLines, wrap } from './table.ts';

const HOLES_SHOWN = 5;

type CsvSource = Extract<RankingOutput['source'], { kind: 'csv' }>;

const counted = (count: number, what: string): string =>
  `${count} ${count === 1 ? what : `${what}s`}`;

const heading = (ranking: Ranking, style: Style): string => {
  const scenario =
    ranking.scenario === 'all up'
      ? 'all regions up'
      : `if ${ranking.scenario.replace(/ lost$/, ' is lost')}`;
  const dropped =
    ranking.droppedRounds.length === 0 ? '' : `, ${ranking.droppedRounds.length} dropped`;
  const aa = ranking.aa === 'not measured' ? '' : `, A/A ${ranking.aa}`;
  return `${style.bold(`Ranking, ${scenario}`)}, ${ranking.metric} at p${ranking.q * 100} (${counted(ranking.rounds, 'round')}${dropped}${aa})`;
};

const table = (ranking: Ranking, reference: string, style: Style): string[] => {
  const rows = ranking.rows.map(({ v, rank, levelMs, effectPct, ciPct }) => {
    const isReference = v === reference;
    return [
      rank.replace('-', '–'),
      isReference ? `${v}  ${style.dim('reference')}` : v,
      formatMs(levelMs),
      isReference || effectPct === null ? '' : effectText(effectPct, ciPct),
      pairOf(ranking, v, reference)?.verdict ?? '',
    ];
  });
  return tableLines(
    [
      ...[{ title: 'rank' }, { title: 'variant' }],
      { title: `p${ranking.q * 100}`, align: 'right' },
      ...[{ title: `vs ${reference}` }, { title: 'verdict' }],
    ],
    rows,
    style.dim,
  ).map((line) => `  ${line}`);
};

const sentence = (text: string | undefined, style: Style): string[] =>
  text === undefined ? [] : wrap(`  ${text}`, style.width, '  ');

const holeText = ({ variant, region, vantage, round }: Hole): string =>
  `${variant} has no row in round ${round} of ${region} from ${vantage}`;

const holeLines = ({ holes }: CsvSource, style: Style): string[] => {
  if (holes.length === 0) return [];
  const more = holes.length - HOLES_SHOWN;
  return [
    style.warn(
      `${counted(holes.length, 'hole')}: that cell is left out of that round for every variant.`,
    ),
    ...holes.slice(0, HOLES_SHOWN).map((hole) => `  ${holeText(hole)}`),
    ...(more > 0 ? [`  and ${more} more (--json lists all)`] : []),
  ];
};

/** The rankings of a table, the holes in it, and what is missing for a decision. */
export const rankingLines = (source: CsvSource, rankings: readonly Ranking[], style: Style) => [
  [
    `${source.file}: ${counted(source.samples, 'sample')} of ${source.metric}`,
    counted(source.variants.length, 'variant'),
    counted(source.cells, 'cell'),
    counted(source.rounds, 'round'),
  ].join(', '),
  ...holeLines(source, style),
  ...rankings.flatMap((ranking) => [
    '',
    heading(ranking, style),
    ...(ranking.rows.length === 0
      ? ['  nothing could be ranked: no round was measured whole']
      : table(ranking, source.reference, style)),
    ...ranking.excluded.map(({ v, why }) => `  not ranked: ${v}: ${why}`),
    ...sentence(crossedText(ranking, source.reference), style),
    ...sentence(tiesText(ranking), style),
    ...(ranking.rows.length > 1 && ranking.rounds < ranking.minRounds
      ? [
          `  With ${ranking.rows.length} variants it takes ${ranking.minRounds} rounds to tell any pair apart.`,
        ]
      : []),
  ]),
];
