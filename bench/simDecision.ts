// The decision level of the simulation: days and seeds a second, on one core, and what it keeps.
// Goals: 30 days with five observers at 10 s in at most 5 s; memory that does not grow with seeds.
import { DEFAULT_SETUP, setupOf } from '../sim/decision/setup.ts';
import { simulate } from '../sim/decision/simulate.ts';
import { daysTrace, incidentTrace } from '../sim/faults/generate.ts';

const DAY_MS = 86_400_000;

/** Processor time of this process: what else the machine does leaves it almost alone. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const timed = <T>(work: () => T): { ms: number; found: T } => {
  const fromMs = cpuMs();
  const found = work();
  return { ms: cpuMs() - fromMs, found };
};

const days = (count: number, skip: boolean, profile: 'default' | 'quiet'): void => {
  const trace = daysTrace({ seed: '42', profile }, count);
  const { ms, found } = timed(() => simulate(trace, { setup: DEFAULT_SETUP, skip }));
  const speed = Math.round((count * DAY_MS) / ms).toLocaleString('en-GB');
  const how = skip ? 'passing over quiet stretches' : 'every probe made';
  console.log(
    `  ${count} days, ${profile}, ${how}: ${(ms / 1_000).toFixed(2)} s, ${speed} times real time, ${found.probes} probes`,
  );
};

const heapMb = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};

const seeds = (first: number, last: number): number => {
  for (let seed = first; seed <= last; seed++) {
    const trace = incidentTrace({ seed: `${seed}`, profile: 'default' });
    simulate(trace, { setup: setupOf(`${seed}`) });
  }
  return last - first + 1;
};

console.log('Days (processor time)');
simulate(daysTrace({ seed: '1', profile: 'default' }, 2), { setup: DEFAULT_SETUP });
days(30, true, 'default');
days(30, true, 'quiet');
days(3, false, 'default');

console.log('Seeds, one incident each');
seeds(1, 100);
const { ms, found } = timed(() => seeds(101, 500));
console.log(`  ${(ms / found).toFixed(1)} ms a seed, ${Math.round((found * 1_000) / ms)} a second`);
const beforeMb = heapMb();
seeds(501, 900);
console.log(
  `  heap after 500 seeds ${beforeMb.toFixed(0)} MB, after 900 ${heapMb().toFixed(0)} MB`,
);
