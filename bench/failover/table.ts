// The figures as a table, and ours as ratios to the best of the others.
import { FAULTS, type Fault, type Idle, type Stability, type Trial } from './cells.ts';

export type Result = {
  readonly name: string;
  readonly settings: string;
  readonly readyMs: number;
  readonly trials: Partial<Record<Fault, readonly Trial[]>>;
  readonly flapping: Stability | null;
  readonly errors: Stability | null;
  readonly bursts: Stability | null;
  readonly bothDown: string | null;
  readonly standbyDownFirst: string | null;
  readonly idle: Idle | null;
};

/** The middle of the values; of an even number of them, the mean of the two in the middle. */
export const medianOf = (values: readonly number[]): number | null => {
  const order = [...values].sort((a, b) => a - b);
  const [low, high] = [order[(order.length - 1) >> 1], order[order.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
};

const seconds = (ms: number) => (ms / 1e3).toFixed(2);

type Timed = 'failoverMs' | 'failbackMs';
const timesOf = (trials: readonly Trial[], which: Timed) => trials.map((trial) => trial[which]);

/** `2.48 (2.11-2.93)`, and how many of the trials saw no change at all. */
const spread = (times: readonly (number | null)[]): string => {
  const known = times.filter((ms) => ms !== null);
  const middle = medianOf(known);
  if (middle === null) return times.length === 0 ? '-' : 'never';
  const never = times.length - known.length;
  const range = `${seconds(Math.min(...known))}-${seconds(Math.max(...known))}`;
  return `${seconds(middle)} (${range})${never > 0 ? `, ${never} never` : ''}`;
};

const failbacksOf = ({ trials }: Result) => timesOf(trials.down ?? [], 'failbackMs');

const COLUMNS: readonly (readonly [string, (result: Result) => string])[] = [
  ['system', ({ name }) => name],
  ['ready', ({ readyMs }) => seconds(readyMs)],
  ...FAULTS.map(
    (fault) =>
      [fault, ({ trials }: Result) => spread(timesOf(trials[fault] ?? [], 'failoverMs'))] as const,
  ),
  ['back after down', (result) => spread(failbacksOf(result))],
];

const STABILITY_COLUMNS: typeof COLUMNS = [
  ['system', ({ name }) => name],
  ['flips, flapping', ({ flapping }) => String(flapping?.flips ?? '-')],
  ['false failovers, errors', ({ errors }) => String(errors?.failovers ?? '-')],
  ['in bursts', ({ bursts }) => String(bursts?.failovers ?? '-')],
  ['both down', ({ bothDown }) => bothDown ?? '-'],
  ['standby down first', ({ standbyDownFirst }) => standbyDownFirst ?? '-'],
  ['idle CPU', ({ idle }) => (idle ? `${(idle.cpuShare * 100).toFixed(2)} %` : '-')],
  ['probes/s idle', ({ idle }) => idle?.probesPerS.toFixed(2) ?? '-'],
];

const print = (columns: typeof COLUMNS, results: readonly Result[]) => {
  const rows = [
    columns.map(([title]) => title),
    ...results.map((r) => columns.map(([, of]) => of(r))),
  ];
  const widths = columns.map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  for (const row of rows) {
    console.log(
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
};

type Figure = { readonly what: string; readonly of: (result: Result) => number | null };

const known = (times: readonly (number | null)[]) => medianOf(times.filter((ms) => ms !== null));
const FIGURES: readonly Figure[] = [
  ...FAULTS.map((fault) => ({
    what: fault,
    of: ({ trials }: Result) => known(timesOf(trials[fault] ?? [], 'failoverMs')),
  })),
  { what: 'back after down', of: (result) => known(failbacksOf(result)) },
  { what: 'idle CPU', of: ({ idle }) => idle?.cpuShare ?? null },
];

/** Lines like `down 2.49 s is 0.40 x gdnsd, 1.10 x haproxy`: below 1 is better. */
const printRatios = (results: readonly Result[]) => {
  const ours = results.find(({ name }) => name === 'ours');
  const peers = results.filter((result) => result !== ours);
  if (ours === undefined || peers.length === 0) return;
  console.log(
    '\nours as a multiple of each peer (below 1 is less; the least of the peers is marked *):',
  );
  for (const { what, of } of FIGURES) {
    const mine = of(ours);
    if (mine === null) continue;
    const theirs = peers.flatMap((peer) => {
      const value = of(peer);
      return value === null || value === 0 ? [] : [{ name: peer.name, value }];
    });
    const least = Math.min(...theirs.map(({ value }) => value));
    const ratios = theirs.map(
      ({ name, value }) => `${name} ${(mine / value).toFixed(2)}${value === least ? '*' : ''}`,
    );
    console.log(`  ${what.padEnd(16)} ${ratios.join('  ')}`);
  }
};

export const printTable = (results: readonly Result[], trials: number): void => {
  console.log(`\nseconds from fault to first changed answer, median (range) of ${trials}:`);
  print(COLUMNS, results);
  const isStability = ({ idle, flapping, errors, bursts, bothDown }: Result) =>
    [idle, flapping, errors, bursts, bothDown].some((cell) => cell !== null);
  if (results.some(isStability)) {
    console.log('\nstability:');
    print(STABILITY_COLUMNS, results);
  }
  printRatios(results);
};
