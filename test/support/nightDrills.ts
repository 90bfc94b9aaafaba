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

/** The records of night `at`, counted from 0. */
export const nightDrill = ({ seed, noise, truth = () => 1 }: NightModel, at: number): KeptDrill => {
  const drillId = drillIdOf(at);
  const startedAt = `${dateOf(FIRST_DAY + at)}T02:00:00.000Z`;
  const plan = { ...planOf(SMALL), drillId, startedAt, seed: drillId };
  const like = drillRecords({ ...SMALL, rounds: 1 });
  const [shape] = like.bursts;
  if (!shape) throw new Error('the model has no burst');
  const weather = normals(seed, 'weather', at);
  const common = 0.7 * noise * weather();
  const bursts = plan.cells.flatMap((cell) => {
    const place = normals(seed, at, cell.region, cell.vantage);
    const here = 30 * Math.exp(common + 0.7 * noise * place());
    const base = { ...shape, drillId, cell, startedAt: Date.parse(startedAt) };
    return [1, 2, 3].flatMap((round): LatencyRecord[] => {
      const arms = plan.arms.map(({ id }): LatencyRecord => {
        const level = here * truth(id, cell, at) * Math.exp(0.01 * place());
        const sketches = { 'http.total': sketchAround(level) };
        return { ...base, round, armId: id, sketches };
      });
      const around = { ...base, round, armId: CELL_ARM_ID, sent: { dns: SAMPLES } };
      const dns = sketchAround(0.6 * Math.exp(0.05 * place()));
      return [...arms, { ...around, sketches: { 'dns.total': dns } }];
    });
  });
  return { ...like, plan, bursts };
};
