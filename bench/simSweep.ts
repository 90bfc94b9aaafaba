/**
 * The whole kill-point sweep: every call of the functions that decide, move and rehearse, on the way of
 * a failover and back, or of a rehearsal. `node bench/simSweep.ts record 3/8 shadow` takes the third of
 * eight parts of a shadow; without the last two, the first of forty parts of a failover and back.
 */
import { killAt, killPointsOf, WAYS } from '../sim/system/sweep.ts';

const driver = process.argv[2] === 'quorum' ? 'quorum' : 'record';
const [part = 1, of = 1] = (process.argv[3] ?? '1/40').split('/').map(Number);
const way = WAYS.find((each) => each === process.argv[4]) ?? 'move';
const { points, end } = await killPointsOf(way, driver);
const chosen = points.filter((_, n) => n % of === part - 1);
let others = 0;
for (const point of chosen) {
  const killed = await killAt(way, driver, point);
  const same = JSON.stringify(killed.end) === JSON.stringify(end) && killed.fault === '';
  if (same) continue;
  others += 1;
  console.log(JSON.stringify(killed));
}
console.log(
  JSON.stringify({
    bench: 'sim sweep',
    ...{ driver, way },
    points: points.length,
    killed: chosen.length,
    others,
  }),
);
if (others > 0) process.exitCode = 1;
