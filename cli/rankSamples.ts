/** Ranks a table of samples as a drill is ranked. */
import { DrillError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { RankedArm } from '../core/ranking/input.ts';
import { rankAll } from '../core/ranking/rank.ts';
import { quantile } from '../core/statistics/quantile.ts';
import { type Hole, RankingOutput } from '../events/rankingOutput.ts';
import type { Burst, Samples } from './samples.ts';

export type RankSampleOptions = {
  readonly reference?: string;
  readonly control?: string;
  readonly metric?: string;
  /** Quantiles of a burst that are ranked, each on its own. */
  readonly quantiles: readonly number[];
  readonly alpha: number;
  readonly seed: string;
};

const PREFERRED_METRIC = 'http.total';

const named = (option: string, name: string, known: readonly string[]): string => {
  if (known.includes(name)) return name;
  const guess = nearest(name, known);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  throw new DrillError(
    'InputInvalid',
    `--${option} ${name}: there is none in the table; it has ${known.join(', ')}.${hint}`,
  );
};

const metricOf = ({ bursts }: Samples, asked: string | undefined): string => {
  const known = [...bursts.keys()].sort();
  if (asked !== undefined) return named('metric', asked, known);
  const [only] = known;
  if (only !== undefined && known.length === 1) return only;
  if (known.includes(PREFERRED_METRIC)) return PREFERRED_METRIC;
  throw new DrillError(
    'InputInvalid',
    `the table has several metrics (${known.join(', ')}): choose one with --metric`,
  );
};

const armsOf = (
  variants: readonly string[],
  { reference, control }: RankSampleOptions,
): { arms: RankedArm[]; reference: string; control: string | null } => {
  const chosen = named('reference', reference ?? variants[0] ?? '', variants);
  const twin = control === undefined ? null : named('control', control, variants);
  if (twin === chosen) {
    throw new DrillError(
      'InputInvalid',
      `--control ${twin} is the reference: it must be the same image measured a second time, under a name of its own`,
    );
  }
  const role = (id: string): RankedArm['role'] =>
    id === chosen ? 'reference' : id === twin ? 'control' : 'candidate';
  const arms = variants.map((id) => ({ id, role: role(id) }));
  return { arms, reference: chosen, control: twin };
};

const unique = <T>(values: Iterable<T>): T[] => [...new Set(values)];

type Cell = { readonly region: string; readonly vantage: string };

const cellsOf = (bursts: readonly Burst[]): Cell[] => {
  const cells = new Map(
    bursts.map(({ region, vantage }) => [JSON.stringify([region, vantage]), { region, vantage }]),
  );
  return [...cells.keys()].sort().flatMap((key) => cells.get(key) ?? []);
};

const holesOf = (
  bursts: readonly Burst[],
  variants: readonly string[],
  cells: readonly Cell[],
  rounds: readonly number[],
): Hole[] => {
  const place = (variant: string, { region, vantage }: Cell, round: number): string =>
    JSON.stringify([variant, region, vantage, round]);
  const filled = new Set(bursts.map((burst) => place(burst.variant, burst, burst.round)));
  return variants.flatMap((variant) =>
    cells.flatMap((cell) =>
      rounds
        .filter((round) => !filled.has(place(variant, cell, round)))
        .map((round) => ({ variant, ...cell, round })),
    ),
  );
};

/** @throws DrillError `InputInvalid` for an option that does not fit the table. */
export const rankSamples = (
  file: string,
  samples: Samples,
  options: RankSampleOptions,
): RankingOutput => {
  const metric = metricOf(samples, options.metric);
  const bursts = samples.bursts.get(metric) ?? [];
  const variants = unique(bursts.map(({ variant }) => variant));
  if (variants.length < 2) {
    throw new DrillError(
      'InputInvalid',
      `${file} has one variant of ${metric} (${variants.join()}): a ranking needs two or more`,
    );
  }
  const { arms, reference, control } = armsOf(variants, options);
  const cells = cellsOf(bursts);
  const rounds = unique(bursts.map(({ round }) => round)).sort((a, b) => a - b);
  const rankings = options.quantiles.flatMap((q) => {
    const observations = bursts.map(({ variant, region, vantage, round, values }) => ({
      ...{ armId: variant, region, vantage, round, q },
      valueMs: quantile(values, q),
    }));
    const { alpha, seed } = options;
    return rankAll({ metric, arms, observations, floorMs: 0, seed, alpha }, q);
  });
  return RankingOutput.parse({
    source: {
      kind: 'csv',
      ...{ file, metric, reference, control, variants },
      samples: bursts.reduce((sum, { values }) => sum + values.length, 0),
      cells: cells.length,
      rounds: rounds.length,
      holes: holesOf(bursts, variants, cells, rounds),
    },
    rankings,
  });
};
