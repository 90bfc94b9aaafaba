/** `failover rank`: ranks a stored drill again from its records, or any table of samples. */
import { DrillError } from '../../core/errors.ts';
import { RankingOutput } from '../../events/rankingOutput.ts';
import { readDrill, reportOfDrill } from '../../functions/rank/report.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { rankingLines } from '../output/rankingText.ts';
import { reportLines } from '../output/reportText.ts';
import { rankSamples } from '../rankSamples.ts';
import { readSamples } from '../samples.ts';
import { withStore } from '../store.ts';
import type { WhereOptions } from '../where/options.ts';

export type RankOptions = WhereOptions & {
  readonly input?: string;
  readonly reference?: string;
  readonly control?: string;
  readonly metric?: string;
  readonly q?: string;
  readonly alpha?: string;
  readonly seed?: string;
};

const TABLE_OPTIONS = ['reference', 'control', 'metric', 'q', 'alpha', 'seed'] as const;
const QUANTILES_MAX = 10;

const inside = (option: string, text: string, below: number): number => {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value < below) return value;
  throw new DrillError(
    'InputInvalid',
    `--${option} ${text}: expected a number between 0 and ${below}, such as 0.${option === 'q' ? '5' : '05'}`,
  );
};

const quantilesOf = (text: string): number[] => {
  const parts = text.split(',');
  if (parts.length > QUANTILES_MAX) {
    throw new DrillError('InputInvalid', `--q ${text}: at most ${QUANTILES_MAX} quantiles`);
  }
  return [...new Set(parts.map((part) => inside('q', part, 1)))];
};

const rankTable = async (file: string, options: RankOptions, output: Output): Promise<number> => {
  const { reference, control, metric, q = '0.5', alpha = '0.05', seed = '1' } = options;
  const choices = {
    ...(reference === undefined ? {} : { reference }),
    ...(control === undefined ? {} : { control }),
    ...(metric === undefined ? {} : { metric }),
    quantiles: quantilesOf(q),
    alpha: inside('alpha', alpha, 0.5),
    seed,
  };
  const ranked = rankSamples(file, await readSamples(file), choices);
  const { source, rankings } = ranked;
  output.result(ranked, (style) =>
    source.kind === 'csv' ? rankingLines(source, rankings, style) : [],
  );
  return source.kind === 'csv' && source.holes.length > 0 ? EXIT.marked : EXIT.ok;
};

const rankDrill = async (
  drillId: string | undefined,
  options: RankOptions,
  output: Output,
): Promise<number> => {
  const { report, stored } = await withStore(
    options,
    output,
    'home',
    { kind: 'drill', id: drillId },
    async (store) => {
      const found = await store.find(drillId);
      const drill = await readDrill(store.records(found), found.drillId);
      const before =
        found.status === 'SUCCEEDED' ? await store.report(found).catch(notThere) : undefined;
      const finishedAt = found.finishedAt ?? found.startedAt;
      return { report: reportOfDrill(drill, finishedAt), stored: before };
    },
  );
  const sameAsStored = JSON.stringify(stored?.rankings) === JSON.stringify(report.rankings);
  const { inputsHash, rankings } = report;
  const source = { kind: 'drill', drillId: report.drillId, inputsHash, sameAsStored };
  output.result(RankingOutput.parse({ source, rankings }), (style) => [
    ...reportLines(report, style),
    '',
    stored === undefined
      ? 'Ranked from its records; the drill left no report of its own.'
      : sameAsStored
        ? 'Ranked again from its records: the very same rankings as on the night.'
        : style.warn('Ranked again from its records: not the rankings of the night.'),
  ]);
  return EXIT.ok;
};

/** A drill that ended before its report can still be ranked as far as it came. */
const notThere = (error: unknown): undefined => {
  if (error instanceof DrillError && error.name === 'DrillNotFound') return undefined;
  throw error;
};

/** Answers the exit code: a table with holes is ranked, and marked. */
export const rank = async (
  drillId: string | undefined,
  options: RankOptions,
  output: Output,
): Promise<number> => {
  const { input } = options;
  if (input !== undefined) {
    if (drillId !== undefined) {
      throw new DrillError('InputInvalid', 'give either a drill or --input, not both');
    }
    if (options.on !== undefined) {
      throw new DrillError('InputInvalid', '--input names a file of this machine: leave --on out');
    }
    return rankTable(input, options, output);
  }
  const stray = TABLE_OPTIONS.find((option) => options[option] !== undefined);
  if (stray !== undefined) {
    throw new DrillError(
      'InputInvalid',
      `--${stray} goes with --input: a stored drill is ranked again just as it was planned`,
    );
  }
  return rankDrill(drillId, options, output);
};
