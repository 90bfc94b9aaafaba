/**
 * With two controllers, every region is lost at every call of a failover and the way home, and traffic must be at home
 * again in the end. `node bench/simLosses.ts 3/8` takes the third of eight parts; without it, the first of sixty.
 */
import { loseAt, lossesOf } from '../sim/system/sweep.ts';

const [part = 1, of = 1] = (process.argv[2] ?? '1/60').split('/').map(Number);
const losses = await lossesOf();
const chosen = losses.filter((_, n) => n % of === part - 1);
let others = 0;
for (const loss of chosen) {
  const what = await loseAt(loss);
  if (what === '') continue;
  others += 1;
  console.log(JSON.stringify({ ...loss, what }));
}
console.log(
  JSON.stringify({ bench: 'sim losses', losses: losses.length, lost: chosen.length, others }),
);
if (others > 0) process.exitCode = 1;
