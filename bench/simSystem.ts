/**
 * How fast the whole watch runs in virtual time on one core, with five observers at 10 s, and how
 * much memory it keeps: virtual time over CPU time with the set-up in it, after a warm-up of the same
 * length, and the heap after a collection at eight moments of the run.
 *
 *     node bench/simSystem.ts [minutes] [record|quorum]
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PLACES } from '../sim/faults/generate.ts';
import { simulateSystem } from '../sim/system/run.ts';

const MINUTE_MS = 60_000;
const MB = 2 ** 20;
const LOOKS = 8;
const WARM_UP_MINUTES_MAX = 30;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const quiet = (minutes: number) => ({
  ...{ seed: 'bench', profile: 'quiet', places: PLACES, faults: [] },
  untilMs: minutes * MINUTE_MS,
});

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const heapMb = (): number => {
  collect();
  return Math.round((process.memoryUsage().heapUsed / MB) * 10) / 10;
};

const minutes = Number(process.argv[2] ?? 30);
const wanted = process.argv[3];
for (const driver of ['record', 'quorum'] as const) {
  if (wanted !== undefined && wanted !== driver) continue;
  await simulateSystem({ trace: quiet(Math.min(minutes, WARM_UP_MINUTES_MAX)), driver });
  const heaps: number[] = [];
  // A collection is the bench's own doing.
  let lookedMs = 0;
  const progress = (atMs: number): void => {
    if (atMs < ((heaps.length + 1) * minutes * MINUTE_MS) / LOOKS) return;
    const beganMs = cpuMs();
    heaps.push(heapMb());
    lookedMs += cpuMs() - beganMs;
  };
  const beganMs = cpuMs();
  const { virtualMs, events } = await simulateSystem({ trace: quiet(minutes), driver, progress });
  const tookMs = cpuMs() - beganMs - lookedMs;
  console.log(
    JSON.stringify({
      ...{ bench: 'sim system', driver, minutes, events, cpuMs: Math.round(tookMs) },
      ...{ timesRealTime: Math.round(virtualMs / tookMs), heapMb: heaps },
    }),
  );
}
