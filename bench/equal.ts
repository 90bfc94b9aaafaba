// How often drills call equal variants different, with real processes: in each round every arm is a fresh
// process of one and the same server, probed by the prober of the drill, and ranked as a drill ranks. Beside
// it, what pooling all samples would say of them. Usage: node bench/equal.ts [--drills 20] [--minutes 60] [--seed 1] [--jobs 2]
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { type Burst, mergedSketch } from '../core/drill/bursts.ts';
import { type Arm, armsOf } from '../core/drill/plan.ts';
import { PRIMARY_METRIC, rankDrill } from '../core/drill/rankDrill.ts';
import { orderOfArms } from '../core/random.ts';
import type { Ranking } from '../core/ranking/ranking-types.ts';
import { minRounds } from '../core/ranking/rounds.ts';
import type { Sketch } from '../core/sketch/sketch.ts';
import { holm } from '../core/statistics/multiplicity.ts';
import { normalUpperTail } from '../core/statistics/normal.ts';
import { burstOnArm, encodedSketches, newCollection } from '../functions/probe/bursts.ts';
import { openSelfNoise } from '../probes/selfNoise.ts';

const VARIANTS = ['a', 'b', 'c', 'd'].map((id) => ({ id, target: id, args: {} }));
/** Some more than it takes to tell a pair apart: a round in which this machine was late is dropped. */
const ROUNDS = minRounds(VARIANTS.length) + 4;
const SAMPLING = { samples: 20, warmup: 4, ratePerS: 180 };
/**
 * What every arm runs. It sorts and writes out a catalogue for each request, so that luck with memory, compiler and
 * collector is a part of its times, as it is of a real service. Prints its port; ends with its standard input.
 */
const SERVER = `
const catalogue = Array.from({ length: 5000 }, (_, at) => ({
  id: at, name: 'article ' + ((at * 7919) % 5000), price: (at * 104729) % 10007,
}));
const server = require('node:http').createServer((_request, response) => {
  const sorted = catalogue.map((item) => ({ ...item })).sort((a, b) => a.price - b.price);
  const body = JSON.stringify(sorted);
  response.writeHead(200, { 'content-length': Buffer.byteLength(body), connection: 'close' });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('close', () => process.exit(0)).resume();
`;
const CELL = { region: 'here', vantage: 'here' };
const PROBE = { kind: 'http', path: '/', expectStatus: 200, timeoutMs: 5_000 } as const;
const ALPHA = 0.05;

const { values: options } = parseArgs({
  options: {
    drills: { type: 'string', default: '20' },
    /** No drill is begun after this. */
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    worker: { type: 'boolean', default: false },
  },
});

const Found = z.strictObject({
  /** The same two, had bursts counted whose probes were sent late; a drill drops them. */
  lateDifferent: z.boolean(),
  lateTold: z.boolean(),
  /** By Holm's test, however small the difference. */
  different: z.boolean(),
  /** Called faster or slower, which a difference below 3 % is not. */
  told: z.boolean(),
  aaDiffers: z.boolean(),
  pooledDifferent: z.boolean(),
  rounds: z.int(),
  p50Ms: z.number(),
});
type Found = z.output<typeof Found>;

const place = async () => {
  const child = spawn(process.execPath, ['-e', SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, port: Number(String(line)) };
};

type Noise = Awaited<ReturnType<typeof openSelfNoise>>;

/** One round of the drill's own: a fresh placement of every arm, a visit to each in seeded random order. */
const roundOf = async (
  seed: string,
  round: number,
  arms: readonly Arm[],
  noise: Noise,
): Promise<Burst[]> => {
  const signal = new AbortController().signal;
  const runner = {
    ...{ sampling: SAMPLING, connectPath: 'direct' as const, signal },
    beat: () => Promise.resolve(),
  };
  const placed = new Map(
    await Promise.all(arms.map(async ({ id }) => [id, await place()] as const)),
  );
  const bursts: Burst[] = [];
  const ids = arms.map(({ id }) => id);
  for (const armId of orderOfArms(seed, round, CELL, ids)) {
    const collected = newCollection();
    const port = placed.get(armId)?.port ?? 0;
    await burstOnArm(runner, PROBE, { host: '127.0.0.1', port }, collected);
    const floor = await noise.measure(15, signal);
    const { valid, sent, errors, timeoutMs, counters, notAvailable } = collected;
    bursts.push({
      ...{ round, cell: CELL, armId, valid, sent, errors, timeoutMs, counters, notAvailable },
      ...{ floorP50Us: floor.p50Us, floorP95Us: floor.p95Us, runner: 'process' },
      sketches: encodedSketches(collected),
    });
  }
  for (const { child } of placed.values()) child.stdin.end();
  await Promise.all([...placed.values()].map(({ child }) => once(child, 'exit')));
  return bursts;
};

/** Two-sided Mann-Whitney test of two samples in the same buckets: normal, corrected for ties. */
const mannWhitney = (one: Sketch, other: Sketch): number => {
  const counts = new Map<number, [number, number]>();
  [one, other].forEach((sketch, side) => {
    sketch.counts.forEach((count, place) => {
      if (count === 0) return;
      const pair = counts.get(sketch.first + place) ?? [0, 0];
      pair[side === 0 ? 0 : 1] += count;
      counts.set(sketch.first + place, pair);
    });
  });
  const all = one.n + other.n;
  let below = 0;
  let rankSum = 0;
  let ties = 0;
  for (const [, [mine, theirs]] of [...counts].sort(([a], [b]) => a - b)) {
    const tied = mine + theirs;
    rankSum += mine * (below + (tied + 1) / 2);
    ties += tied ** 3 - tied;
    below += tied;
  }
  const u = rankSum - (one.n * (one.n + 1)) / 2;
  const variance = ((one.n * other.n) / 12) * (all + 1 - ties / (all * (all - 1)));
  return 2 * normalUpperTail(Math.abs(u - (one.n * other.n) / 2) / Math.sqrt(variance));
};

const pooledDifferent = (bursts: readonly Burst[]): boolean => {
  const pooled = VARIANTS.map(({ id }) =>
    mergedSketch(
      bursts.filter(({ armId }) => armId === id),
      PRIMARY_METRIC,
    ),
  );
  const pValues = pooled.flatMap((one, at) =>
    pooled.slice(at + 1).map((other) => mannWhitney(one, other)),
  );
  return holm(pValues).some((p) => p <= ALPHA);
};

const isDifferent = ({ pairs, alpha }: Ranking): boolean =>
  pairs.some(({ pHolm }) => pHolm <= alpha);

const isTold = ({ pairs }: Ranking): boolean =>
  pairs.some(({ verdict }) => verdict === 'faster' || verdict === 'slower');

const drill = async (seed: string, noise: Noise): Promise<Found> => {
  const arms = armsOf(VARIANTS, 'a');
  const bursts: Burst[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    bursts.push(...(await roundOf(seed, round, arms, noise)));
  }
  const plan = {
    ...{ seed, arms, gates: { errors: null } },
    sampling: { rounds: { max: ROUNDS } },
  };
  const rankingOf = (some: readonly Burst[]) =>
    rankDrill(plan, some, { resamples: 0 }).find(({ q }) => q === 0.5);
  const ranking = rankingOf(bursts);
  const whole = rankingOf(bursts.map((burst) => ({ ...burst, valid: true })));
  if (!whole) throw new Error('nothing was measured');
  const { aa, rounds, rows } = ranking ?? { ...whole, rounds: 0, pairs: [] };
  return {
    lateDifferent: isDifferent(whole),
    lateTold: isTold(whole),
    different: ranking !== undefined && isDifferent(ranking),
    told: ranking !== undefined && isTold(ranking),
    aaDiffers: aa === 'differs',
    pooledDifferent: pooledDifferent(bursts),
    rounds,
    p50Ms: rows[0]?.levelMs ?? Number.NaN,
  };
};

/** Wilson's score interval of a share, at 95 %. */
const wilson = (hits: number, of: number): [number, number] => {
  const z2 = 1.959964 ** 2;
  const centre = hits + z2 / 2;
  const half = Math.sqrt(z2 * ((hits * (of - hits)) / of + z2 / 4));
  return [(centre - half) / (of + z2), (centre + half) / (of + z2)];
};

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const line = (what: string, hits: number, of: number): string => {
  const [low, high] = wilson(hits, of);
  const share = `${hits} of ${of}`.padStart(11);
  return `  ${what.padEnd(46)}${share}  ${percent(hits / of).padStart(7)}  [${percent(low)}, ${percent(high)}]`;
};

const report = (found: readonly Found[], tookS: number): void => {
  const count = (is: (one: Found) => boolean) => found.filter(is).length;
  const of = found.length;
  const able = count(({ rounds }) => rounds >= minRounds(VARIANTS.length));
  const levels = found.map(({ p50Ms }) => p50Ms).sort((a, b) => a - b);
  console.log(
    `${of} drills of ${VARIANTS.length} equal variants and the control: ${ROUNDS} rounds, each placed afresh as ` +
      `processes, ${SAMPLING.samples} samples a burst`,
  );
  console.log(
    `  ${able} kept enough rounds to tell a pair apart; p50 ${levels.at(0)?.toFixed(1)} to ${levels.at(-1)?.toFixed(1)} ms; ${tookS.toFixed(0)} s`,
  );
  console.log(
    line(
      'called faster or slower',
      count(({ told }) => told),
      of,
    ),
  );
  console.log(
    line(
      'different by the test, however little',
      count(({ different }) => different),
      of,
    ),
  );
  console.log(
    line(
      'faster or slower, late bursts counted',
      count(({ lateTold }) => lateTold),
      of,
    ),
  );
  console.log(
    line(
      'different by the test, late bursts counted',
      count(({ lateDifferent }) => lateDifferent),
      of,
    ),
  );
  console.log(
    line(
      'A/A not clean',
      count(({ aaDiffers }) => aaDiffers),
      of,
    ),
  );
  console.log(
    line(
      'different by pooled Mann-Whitney with Holm',
      count((one) => one.pooledDifferent),
      of,
    ),
  );
  console.log('Goal: equal variants are called different in at most 5 % of drills.');
};

/** Drills are shared out between processes: whoever times probes does nothing else beside. */
const runWorkers = async (drills: number, jobs: number, untilMs: number): Promise<Found[]> => {
  const found: Found[] = [];
  let next = 0;
  const work = async (job: number): Promise<void> => {
    const child = fork(import.meta.filename, ['--worker'], { stdio: 'inherit' });
    const gone = once(child, 'exit');
    while (next < drills && performance.now() < untilMs) {
      child.send(`${options.seed}/${next++}`);
      const answer = await Promise.race([once(child, 'message'), gone]);
      const parsed = Found.safeParse(answer[0]);
      if (!parsed.success) {
        // What the others found, and this one before, is not lost with it.
        console.error(`job ${job} ended (${String(answer)}) in the middle of a drill: not counted`);
        return;
      }
      found.push(parsed.data);
      if (process.stderr.isTTY) process.stderr.write(`\r${found.length} of ${drills}`);
    }
    child.disconnect();
    await gone;
  };
  await Promise.all(Array.from({ length: jobs }, (_, job) => work(job)));
  return found;
};

if (options.worker) {
  const noise = await openSelfNoise();
  process.on('message', (seed) => {
    void drill(String(seed), noise).then((found) => process.send?.(found));
  });
  process.on('disconnect', () => process.exit(0));
} else {
  const start = performance.now();
  const untilMs = start + Number(options.minutes) * 60_000;
  const found = await runWorkers(Number(options.drills), Number(options.jobs), untilMs);
  report(found, (performance.now() - start) / 1_000);
}
