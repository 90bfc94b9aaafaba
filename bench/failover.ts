// DNS failover side by side: `failover watch`, gdnsd, PowerDNS, HAProxy and keepalived on the same two
// backends and the same faults, each in a network namespace of its own where they can be made. They run
// at the same time, so that a slow moment of the machine hits all of them.
// Usage: node bench/failover.ts [--trials 1] [--stability] [--cells flapping,errors] [--only ours,gdnsd]
//   [--faults down,slow] [--seconds 120] [--idle 10] [--seed 1] [--json] [--keep]
// --stability adds flapping, errors and both down, `--seconds` each, and idle CPU over a minute; --cells adds
// some of them.
// --keep leaves configurations, logs and data in place and says where.
import { parseArgs } from 'node:util';
import { seededRandom } from '../core/random.ts';
import {
  bothDown,
  FAULTS,
  type Fault,
  idle,
  stability,
  type Trial,
  trial,
} from './failover/cells.ts';
import { type Lane, openLane } from './failover/lane.ts';
import type { Mode } from './failover/messages.ts';
import { createPlace, namespacesWork } from './failover/place.ts';
import { isInstalled, SYSTEMS, type System } from './failover/systems.ts';
import { printTable, type Result } from './failover/table.ts';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '1' },
    stability: { type: 'boolean', default: false },
    cells: { type: 'string' },
    only: { type: 'string' },
    faults: { type: 'string', default: FAULTS.join(',') },
    seconds: { type: 'string', default: '120' },
    idle: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const trials = Number(values.trials);
const stabilityMs = Number(values.seconds) * 1e3;
const idleMs = Number(values.idle ?? (values.stability ? 60 : 10)) * 1e3;
const say = (line: string) => (values.json ? console.error(line) : console.log(line));

const listOf = <Name extends string>(text: string, known: readonly Name[], what: string) =>
  text.split(',').map((word) => {
    const found = known.find((name) => name === word);
    if (found === undefined) throw new Error(`no ${what} "${word}"; there are ${known.join(', ')}`);
    return found;
  });
const CELLS = ['flapping', 'errors', 'bursts', 'both-down'] as const;
const cells: readonly (typeof CELLS)[number][] =
  values.cells === undefined
    ? CELLS.filter(() => values.stability)
    : listOf(values.cells, CELLS, 'cell');
const faults: readonly Fault[] = listOf(values.faults, FAULTS, 'fault');
const names = SYSTEMS.map(({ name }) => name);
const wanted = listOf(values.only ?? names.join(','), names, 'system');

/** Faults in an order of their own for each system, so that none always follows the same one. */
const allTrials = async (lane: Lane, seed: readonly string[]) => {
  const random = seededRandom(...seed, 'phase');
  const done: Partial<Record<Fault, Trial[]>> = {};
  for (let n = 0; n < trials; n += 1) {
    for (const fault of faults) {
      const result = await trial(lane, fault, random);
      done[fault] = [...(done[fault] ?? []), result];
      const times = [result.failoverMs, result.failbackMs].map((ms) =>
        ms === null ? 'never' : `${(ms / 1e3).toFixed(3)} s`,
      );
      say(`  ${lane.system.name.padEnd(12)} ${fault.padEnd(9)} ${times[0]}, back ${times[1]}`);
    }
  }
  return done;
};

const measureLane = async (lane: Lane): Promise<Result> => {
  const { name, settings } = lane.system;
  const seed = Number(values.seed);
  const errors = { share: 0.3, seed };
  const during = async (cell: (typeof CELLS)[number], mode: Mode) =>
    cells.includes(cell) ? stability(lane, mode, stabilityMs) : null;
  const withBothDown = async (standbyFirst: boolean) =>
    cells.includes('both-down') ? bothDown(lane, standbyFirst) : null;
  return {
    name,
    settings,
    readyMs: lane.readyMs,
    idle: idleMs > 0 ? await idle(lane, idleMs) : null,
    trials: await allTrials(lane, [values.seed, name]),
    flapping: await during('flapping', { kind: 'flapping', eachMs: 3_000 }),
    errors: await during('errors', { kind: 'errors', ...errors }),
    bursts: await during('bursts', { kind: 'bursts', ...errors }),
    bothDown: await withBothDown(false),
    standbyDownFirst: await withBothDown(true),
  };
};

const measureSystem = async (system: System, index: number): Promise<Result> => {
  const place = createPlace(system.name, index, separate);
  try {
    const lane = await openLane(system, place);
    try {
      return await measureLane(lane);
    } finally {
      await lane.close();
    }
  } finally {
    if (values.keep) say(`kept ${place.dir}`);
    place.remove(values.keep);
  }
};

const separate = namespacesWork();
const chosen = SYSTEMS.filter(({ name }) => wanted.includes(name));
for (const { name, needs } of chosen.filter((system) => !isInstalled(system))) {
  say(`${name}: not installed: apt-get install --no-install-recommends ${needs?.packages}`);
}
for (const { name, needsNamespace } of chosen) {
  if (needsNamespace && !separate)
    say(`${name}: needs a network namespace, for which root is needed`);
}
const present = chosen
  .filter(isInstalled)
  .filter(({ needsNamespace }) => separate || !needsNamespace);
for (const { name, settings } of present) say(`${name.padEnd(12)} ${settings}`);
say(
  separate
    ? 'each in a network namespace of its own, all at the same time'
    : 'no network namespaces on this machine: all on its loopback, at addresses of their own',
);
const outcomes = await Promise.allSettled(present.map(measureSystem));
const results = outcomes.flatMap((outcome) =>
  outcome.status === 'fulfilled' ? [outcome.value] : [],
);
for (const outcome of outcomes) {
  if (outcome.status === 'fulfilled') continue;
  const { reason } = outcome;
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
}
if (values.json) console.log(JSON.stringify({ trials, seed: values.seed, results }, null, 2));
else printTable(results, trials);
