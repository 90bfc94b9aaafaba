/**
 * The whole kill-point sweep: every call of the functions that decide and move, on the way of a
 * failover and back. `node bench/simSweep.ts record 3/8` takes the third of eight parts; without it, the first of forty.
 */
import { killAt, killPointsOf } from '../sim/system/sweep.ts';

const driver = process.argv[2] === 'quorum' ? 'quorum' : 'record';
const [part = 1, of = 1] = (process.argv[3] ?? '1/40').split('/').map(Number);
const { points, end } = await killPointsOf(driver);
const chosen = points.filter((_, n) => n % of === part - 1);
let others = 0;
for (const point of chosen) {
  const killed = await killAt(driver, point);
  const same = JSON.stringify(killed.end) === JSON.stringify(end) && killed.fault === '';
  if (same) continue;
  others += 1;
  console.log(JSON.stringify(killed));
}
console.log(
  JSON.stringify({
    bench: 'sim sweep',
    driver,
    points: points.length,
    killed: chosen.length,
    others,
  }),
);
if (others > 0) process.exitCode = 1;
