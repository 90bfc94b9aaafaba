// Time to find change points in 10,000 points, and to judge ten years of nights.
import { changePoints } from '../core/anomalies/edivisive.ts';
import { judgeNights } from '../core/anomalies/nights.ts';
import { seededRandom } from '../core/random.ts';
import { measure, printTimings } from './measure.ts';

const POINTS = 10_000;
const NIGHTS = 3_650;

/** Latencies with 3 % noise and a step of 8 % up or down every 500 points. */
const values = (n: number): number[] => {
  const random = seededRandom('bench');
  const noise = (): number => random.unit() + random.unit() + random.unit() - 1.5;
  return Array.from(
    { length: n },
    (_, at) => 40 * (1 + 0.06 * noise()) * (Math.floor(at / 500) % 2 === 1 ? 1.08 : 1),
  );
};

const points = values(POINTS);
const nights = values(NIGHTS).map((value, day) => ({ day, value }));

console.log(`${changePoints(points).length} change points in ${POINTS} points with 19 steps`);
printTimings(
  'Anomalies',
  measure(
    [
      { name: `E-divisive, ${POINTS} points`, units: 1, run: () => changePoints(points) },
      {
        name: `E-divisive, ${NIGHTS} nights`,
        units: 1,
        run: () => changePoints(points.slice(0, NIGHTS)),
      },
      { name: `robust EWMA, ${NIGHTS} nights`, units: 1, run: () => judgeNights(nights) },
    ],
    9,
  ),
);
