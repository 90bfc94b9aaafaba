// Time to rank a large drill in every failure scenario; the goal is 50 ms.
import { seededRandom } from '../core/random.ts';
import type { Observation, RankedArm, RankingInput } from '../core/ranking/input.ts';
import { rankAll } from '../core/ranking/rank.ts';
import { measure, printTimings } from './measure.ts';

const VARIANTS = 12;
const ROUNDS = 24;
const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-1'];
const VANTAGES = [...REGIONS, 'ap-northeast-1', 'sa-east-1'];

const arms: RankedArm[] = [
  { id: 'today', role: 'reference' },
  { id: 'control', role: 'control' },
  ...Array.from(
    { length: VARIANTS - 1 },
    (_, at): RankedArm => ({ id: `variant-${at + 1}`, role: 'candidate' }),
  ),
];

const observations = (): Observation[] => {
  const random = seededRandom('bench');
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  return arms.flatMap(({ id }, at) =>
    REGIONS.flatMap((region) =>
      VANTAGES.flatMap((vantage) =>
        Array.from({ length: ROUNDS }, (_, round) => ({
          ...{ armId: id, region, vantage, round: round + 1, q: 0.5 },
          valueMs: 40 * Math.exp(0.03 * normal() + 0.02 * at),
        })),
      ),
    ),
  );
};

const input: RankingInput = {
  metric: 'http.total',
  arms,
  observations: observations(),
  floorMs: 0.3,
  seed: 'bench',
};

const start = performance.now();
const scenarios = rankAll(input, 0.5).length;
const coldMs = performance.now() - start;

const cells = REGIONS.length * VANTAGES.length;
printTimings(
  `Ranking of ${VARIANTS} variants, ${cells} cells, ${ROUNDS} rounds, ${scenarios} scenarios`,
  measure(
    [
      { name: 'all scenarios', units: 1, run: () => rankAll(input, 0.5) },
      {
        name: 'without P(best)',
        units: 1,
        run: () => rankAll({ ...input, resamples: 0 }, 0.5),
      },
    ],
    31,
  ),
);
console.log(`  first call in the process          ${coldMs.toFixed(1)} ms`);
