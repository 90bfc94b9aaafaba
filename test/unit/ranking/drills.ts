// Made-up drills for the ranking tests: the noise model of the measurements, seeded.
import { seededRandom } from '../../../core/random.ts';
import type { Observation, RankedArm, RankingInput } from '../../../core/ranking/input.ts';

export type DrillModel = {
  readonly seed: string;
  /** True shift of ln(ms) by candidate id; the reference and its control have none. */
  readonly shifts: Readonly<Record<string, number>>;
  readonly regions: readonly string[];
  readonly vantages: readonly string[];
  readonly rounds: number;
  /** Standard deviation of ln(ms) of a burst; 0 for a drill without noise. */
  readonly noise: number;
};

export const REFERENCE = 'today';
export const CONTROL = 'control';

export const armsOf = (shifts: Readonly<Record<string, number>>): RankedArm[] => [
  { id: REFERENCE, role: 'reference' },
  { id: CONTROL, role: 'control' },
  ...Object.keys(shifts).map((id): RankedArm => ({ id, role: 'candidate' })),
];

/** A stream of standard normal numbers. */
export const normals = (seed: string): (() => number) => {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
};

const BASE_MS = 40;
/** Share of the last round's weather that is left in the next. */
const PERSISTENCE = 0.7;

/** Weather that drifts from round to round, common to all cells and of each cell, and noise by burst. */
export const observe = (model: DrillModel): Observation[] => {
  const normal = normals(model.seed);
  const arms = armsOf(model.shifts);
  const observations: Observation[] = [];
  let common = 0;
  const local = new Map<string, number>();
  for (let round = 1; round <= model.rounds; round++) {
    common = PERSISTENCE * common + 2 * model.noise * normal();
    for (const region of model.regions) {
      for (const vantage of model.vantages) {
        const drift = PERSISTENCE * (local.get(region + vantage) ?? 0) + model.noise * normal();
        local.set(region + vantage, drift);
        for (const { id } of arms) {
          const shift = (model.shifts[id] ?? 0) + common + drift + model.noise * normal();
          const place = { armId: id, region, vantage, round, q: 0.5 };
          observations.push({ ...place, valueMs: BASE_MS * Math.exp(shift) });
        }
      }
    }
  }
  return observations;
};

export const inputOf = (model: DrillModel, more: Partial<RankingInput> = {}): RankingInput => ({
  metric: 'http.total',
  arms: armsOf(model.shifts),
  observations: observe(model),
  floorMs: 0,
  seed: model.seed,
  resamples: 0,
  ...more,
});

export const PLAIN: DrillModel = {
  seed: 'plain',
  shifts: { fast: -0.1, twin: 0, slow: 0.1 },
  regions: ['eu-central-1', 'eu-west-1'],
  vantages: ['eu-central-1', 'eu-west-1', 'us-east-1'],
  rounds: 12,
  noise: 0.01,
};
