/** What one drill adds to the series of nights: a point for each scope and metric. */
import { CONTROL_ARM_ID } from '../drill/plan.ts';
import { PRIMARY_METRIC } from '../drill/rankDrill.ts';
import type { Ranking } from '../ranking/ranking-types.ts';
import { median } from '../statistics/quantile.ts';

export type Unit = 'ms' | 'bytes';

/** One number of one night. Null is a hole: it was not measured, which is not zero. */
export type NightPoint = {
  /** A scenario, a cell as `eu-west-1 from eu-north-1`, or `all regions`. */
  readonly scope: string;
  /** A metric and its quantile, such as `http.total.p50`; or `ready`, `size`, `noise.floor`. */
  readonly metric: string;
  readonly unit: Unit;
  /** Of what runs today, in the unit; where no image is concerned, of the scope itself. */
  readonly reference: number | null;
  /** Logarithm of the same image measured again, by the reference. */
  readonly control: number | null;
  /** Logarithms of the candidates by the reference. */
  readonly candidates: Readonly<Record<string, number>>;
};

export const EVERYWHERE = 'all regions';
export const FLOOR = 'noise.floor';

type Level = { readonly p50: number; readonly p95: number };

type Report = {
  readonly reference: string;
  readonly rankings: readonly Ranking[];
  readonly variants: readonly {
    readonly id: string;
    readonly image: { readonly compressedBytes: number | null } | null;
  }[];
  readonly placements: readonly { readonly armId: string; readonly readyMs: number | null }[];
  readonly cells: readonly {
    readonly cell: { readonly region: string; readonly vantage: string };
    readonly arms: readonly {
      readonly armId: string;
      readonly metrics: Readonly<Record<string, Level>>;
    }[];
    readonly environment: Readonly<Record<string, Level>>;
  }[];
  readonly sent: number;
  readonly floorP95Ms: number;
};

export const cellScope = ({ region, vantage }: { region: string; vantage: string }): string =>
  `${region} from ${vantage}`;

const positive = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && value > 0;

const ofRanking = (ranking: Ranking, reference: string): NightPoint[] => {
  const own = ranking.rows.find(({ v }) => v === reference);
  if (!own || !positive(own.levelMs)) return [];
  const candidates = ranking.rows.flatMap(({ v, effectPct }): [string, number][] =>
    v === reference || effectPct === null ? [] : [[v, Math.log1p(effectPct / 100)]],
  );
  return [
    {
      scope: ranking.scenario,
      metric: `${ranking.metric}.p${Math.round(100 * ranking.q)}`,
      unit: 'ms',
      reference: own.levelMs,
      control: ranking.aaPair?.theta ?? null,
      candidates: Object.fromEntries(candidates),
    },
  ];
};

/** A point from the levels of all arms; nothing where the reference has none. */
const ofLevels = (
  place: Pick<NightPoint, 'scope' | 'metric' | 'unit'>,
  levels: ReadonlyMap<string, number>,
  reference: string,
): NightPoint[] => {
  const own = levels.get(reference);
  if (!positive(own)) return [];
  const control = levels.get(CONTROL_ARM_ID);
  const candidates = [...levels].flatMap(([id, level]): [string, number][] =>
    id === reference || id === CONTROL_ARM_ID || !positive(level)
      ? []
      : [[id, Math.log(level / own)]],
  );
  return [
    {
      ...place,
      reference: own,
      control: positive(control) ? Math.log(control / own) : null,
      candidates: Object.fromEntries(candidates),
    },
  ];
};

const ofCell = ({ cell, arms, environment }: Report['cells'][number], reference: string) => {
  const scope = cellScope(cell);
  const levels = arms.flatMap(({ armId, metrics }): [string, number][] => {
    const level = metrics[PRIMARY_METRIC]?.p50;
    return level === undefined ? [] : [[armId, level]];
  });
  const around = Object.entries(environment).map(
    ([metric, { p50 }]): NightPoint => ({
      ...{ scope, metric: `${metric}.p50`, unit: 'ms' as const },
      ...{ reference: positive(p50) ? p50 : null, control: null, candidates: {} },
    }),
  );
  const place = { scope, metric: `${PRIMARY_METRIC}.p50`, unit: 'ms' as const };
  return [...ofLevels(place, new Map(levels), reference), ...around];
};

const readyLevels = ({ placements }: Report): Map<string, number> => {
  const known = placements.flatMap(({ armId, readyMs }) =>
    readyMs === null ? [] : [{ armId, readyMs }],
  );
  const byArm = Map.groupBy(known, ({ armId }) => armId);
  return new Map(
    [...byArm].map(([armId, some]) => [armId, median(some.map(({ readyMs }) => readyMs))]),
  );
};

const sizes = ({ variants }: Report): Map<string, number> =>
  new Map(
    variants.flatMap(({ id, image }): [string, number][] =>
      positive(image?.compressedBytes) ? [[id, image.compressedBytes]] : [],
    ),
  );

/** Every point of a drill. What a failed or partial drill did not measure has none. */
export const nightPoints = (report: Report): NightPoint[] => {
  const { reference, rankings, cells, sent, floorP95Ms } = report;
  const whole = (metric: string, unit: Unit) => ({ scope: EVERYWHERE, metric, unit });
  const floor = sent > 0 && positive(floorP95Ms) ? floorP95Ms : null;
  return [
    ...rankings.flatMap((ranking) => ofRanking(ranking, reference)),
    ...cells.flatMap((cell) => ofCell(cell, reference)),
    ...ofLevels(whole('ready', 'ms'), readyLevels(report), reference),
    ...ofLevels(whole('size', 'bytes'), sizes(report), reference),
    { ...whole(FLOOR, 'ms'), reference: floor, control: null, candidates: {} },
  ];
};
