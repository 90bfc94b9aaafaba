/** Results of a simulation for people. */
import type { SimRun, SimSeeds } from '../../events/simOutput.ts';
import type { Style } from './style.ts';

type Broken = NonNullable<SimRun['broken']>;
type Shortest = NonNullable<SimRun['shortest']>;
type Fault = SimRun['faults'][number];
type Line = SimRun['log'][number];

const two = (n: number): string => `${Math.floor(n)}`.padStart(2, '0');

/** `00:03:20.150` of virtual time, with the days before it when there are any. */
export const virtualTime = (ms: number): string => {
  const seconds = ((ms % 60_000) / 1_000).toFixed(3).padStart(6, '0');
  const clock = `${two((ms / 3_600_000) % 24)}:${two((ms / 60_000) % 60)}:${seconds}`;
  return ms < 86_400_000 ? clock : `${Math.floor(ms / 86_400_000)}d ${clock}`;
};

const detailsOf = (fault: Fault): string =>
  Object.entries(fault)
    .filter(([key]) => !['id', 'kind', 'fromMs', 'untilMs'].includes(key))
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');

const faultLine = (fault: Fault): string =>
  `  ${fault.id.padEnd(4)} ${virtualTime(fault.fromMs)} - ${virtualTime(fault.untilMs)}  ${fault.kind}  ${detailsOf(fault)}`;

const logLine = ({ atMs, what, text }: Line): string =>
  `  ${virtualTime(atMs)}  ${what.padEnd(7)}  ${text}`;

const brokenLines = ({ invariant, rule, atMs, what }: Broken, style: Style): string[] => [
  style.bad(`${invariant} is broken at ${virtualTime(atMs)}: ${what}`),
  `  ${invariant}: ${rule}`,
];

const shortestLines = (shortest: Shortest, style: Style): string[] => [
  '',
  style.bold(
    `The shortest trace that still breaks it (${shortest.faults.length} faults, after ${shortest.runs} tries)`,
  ),
  ...shortest.faults.map(faultLine),
  ...brokenLines(shortest.broken, style),
  '',
  style.bold('Its event log'),
  ...shortest.log.map(logLine),
];

const speed = (virtualMs: number, wallMs: number): string =>
  `${Math.round(virtualMs / Math.max(1, wallMs)).toLocaleString('en-GB')} times real time`;

const again = (run: { level: string; profile: string; days: number | null }, seed: string) =>
  `failover sim --level ${run.level} --profile ${run.profile} --seed ${seed}${
    run.days === null ? '' : ` --days ${run.days}`
  }`;

export const runLines = (run: SimRun, style: Style): string[] => {
  const { broken, shortest, faults, log, moves, setup, seed, profile } = run;
  const head = `seed ${seed} · profile ${profile} · settings "${setup}" · ${virtualTime(run.virtualMs)} in ${(run.wallMs / 1_000).toFixed(2)} s, ${speed(run.virtualMs, run.wallMs)}`;
  const found =
    broken === null
      ? [style.good(`every invariant holds; ${moves.length} moves, ${run.probes} probes`)]
      : brokenLines(broken, style);
  return [
    head,
    '',
    style.bold(`Faults (${faults.length})`),
    ...faults.map(faultLine),
    '',
    style.bold('Event log'),
    ...log.map(logLine),
    '',
    ...found,
    ...(shortest === null ? [] : shortestLines(shortest, style)),
  ];
};

export const seedsLines = (run: SimSeeds, style: Style): string[] => {
  const { seeds, first, last, profile, failures, shortest } = run;
  const rate = seeds / Math.max(0.001, run.wallMs / 1_000);
  const total = last - first + 1;
  const done = seeds === total ? `${seeds}` : `${seeds} of ${total}`;
  const head = `${done} seeds (${first}..${last}) · profile ${profile} · ${run.workers} workers · ${(run.wallMs / 1_000).toFixed(1)} s, ${rate.toFixed(0)} seeds a second, ${speed(run.virtualMs, run.wallMs)}`;
  if (failures.length === 0) {
    return [head, style.good(`every invariant holds; ${run.moves} moves, ${run.probes} probes`)];
  }
  const shown = failures.slice(0, 10);
  return [
    head,
    style.bad(`${failures.length} seeds break an invariant`),
    ...shown.flatMap(({ seed, broken }) => [
      `  seed ${seed}: ${broken.invariant} at ${virtualTime(broken.atMs)}: ${broken.what}`,
      style.dim(`    ${again(run, seed)}`),
    ]),
    ...(failures.length > shown.length ? [`  and ${failures.length - shown.length} more`] : []),
    ...(shortest === null ? [] : shortestLines(shortest, style)),
  ];
};
