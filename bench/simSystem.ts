/**
 * How fast the whole watch runs in virtual time on one core, with five observers at 10 s, and how
 * much memory it keeps: virtual time over CPU time, after a warm-up of the same length.
 */
import { PLACES } from '../sim/faults/generate.ts';
import { simulateSystem } from '../sim/system/run.ts';

const MINUTE_MS = 60_000;
const MB = 2 ** 20;

const quiet = (minutes: number) => ({
  ...{ seed: 'bench', profile: 'quiet', places: PLACES, faults: [] },
  untilMs: minutes * MINUTE_MS,
});

const minutes = Number(process.argv[2] ?? 30);
const wanted = process.argv[3];
for (const driver of ['record', 'quorum'] as const) {
  if (wanted !== undefined && wanted !== driver) continue;
  await simulateSystem({ trace: quiet(minutes), driver });
  const before = process.cpuUsage();
  const { virtualMs, events } = await simulateSystem({ trace: quiet(minutes), driver });
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1_000;
  const heapMb = Math.round(process.memoryUsage().heapUsed / MB);
  const timesRealTime = Math.round(virtualMs / cpuMs);
  console.log(
    JSON.stringify({
      bench: 'sim system',
      driver,
      minutes,
      events,
      cpuMs: Math.round(cpuMs),
      timesRealTime,
      heapMb,
    }),
  );
}
