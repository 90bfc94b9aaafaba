// Made-up drills of night after night, seeded: small, but with all records that ranking and judging read.
import { CELL_ARM_ID } from '../../core/report/cells.ts';
import { dateOf } from '../../core/schedule/calendar.ts';
import { emptySketch, insert } from '../../core/sketch/sketch.ts';
import { encode } from '../../core/sketch/wire.ts';
import type { LatencyRecord } from '../../events/latencyRecord.ts';
import type { KeptDrill } from '../../functions/rank/report.ts';
import { drillRecords, MODEL, planOf, SHOP } from './drillRecords.ts';
import { FIRST_DAY, type Truth } from './nights.ts';
import { normals } from './noise.ts';

const VARIANTS = SHOP.filter(({ id }) => id === 'slim' || id === 'distroless');
const SMALL = {
  ...MODEL,
  rounds: 3,
  variants: VARIANTS,
  vantages: ['eu-west-1', 'eu-central-1'],
};
const SAMPLES = 9;
const LIKE = drillRecords({ ...SMALL, rounds: 1 });
const [FIRST_BURST] = LIKE.bursts;
if (!FIRST_BURST) throw new Error('the model has no burst');
const SHAPE = FIRST_BURST;
const US = 1_000;

/** A few values around a level, in a sketch. */
const sketchAround = (levelMs: number): Uint8Array => {
  const sketch = emptySketch();
  for (let at = 0; at < SAMPLES; at++) insert(sketch, levelMs * (0.96 + 0.01 * at) * US);
  return encode(sketch);
};

export type NightModel = {
  readonly seed: string;
  /** Standard deviation of the logarithm of what a night does to all arms of a cell. */
  readonly noise: number;
  readonly truth?: Truth;
};

export const drillIdOf = (at: number): string =>
  `shop-${dateOf(FIRST_DAY + at).replaceAll('-', '')}-020000`;

const CELL_PROBES = { 'dns.total': 0.6 };

/** What of a drill the records of a cell in a round belong to. */
type Visit = Pick<LatencyRecord, 'drillId' | 'round' | 'cell' | 'startedAt'> & {
  readonly armIds: readonly string[];
};

/** The records that the probes of one cell leave in one round of night `at`, counted from 0. */
export const nightBursts = (
  { seed, noise, truth = () => 1 }: NightModel,
  at: number,
  { armIds, ...visit }: Visit,
): LatencyRecord[] => {
  const { region, vantage } = visit.cell;
  const common = 0.7 * noise * normals(seed, 'weather', at)();
  const here = 30 * Math.exp(common + 0.7 * noise * normals(seed, at, region, vantage)());
  const own = normals(seed, at, region, vantage, visit.round);
  const base = { ...SHAPE, ...visit };
  const arms = armIds.map((armId, order): LatencyRecord => {
    const level = here * truth(armId, visit.cell, at) * Math.exp(0.01 * own());
    return { ...base, armId, order, sketches: { 'http.total': sketchAround(level) } };
  });
  const around = { ...base, armId: CELL_ARM_ID, sent: { dns: SAMPLES } };
  const sketches = Object.entries(CELL_PROBES).map(([metric, levelMs]) => [
    metric,
    sketchAround(levelMs * Math.exp(0.05 * own())),
  ]);
  return [...arms, { ...around, sketches: Object.fromEntries(sketches) }];
};

/** The records of night `at`, counted from 0. */
export const nightDrill = (model: NightModel, at: number): KeptDrill => {
  const drillId = drillIdOf(at);
  const startedAt = `${dateOf(FIRST_DAY + at)}T02:00:00.000Z`;
  const plan = { ...planOf(SMALL), drillId, startedAt, seed: drillId };
  const armIds = plan.arms.map(({ id }) => id);
  const visit = { drillId, armIds, startedAt: Date.parse(startedAt) };
  const bursts = plan.cells.flatMap((cell) =>
    [1, 2, 3].flatMap((round) => nightBursts(model, at, { ...visit, cell, round })),
  );
  return { ...LIKE, plan, bursts };
};
