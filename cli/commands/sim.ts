/** `failover sim`: runs the failover through seeded faults on virtual time, and checks it. */
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { DrillError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { parseDurationMs } from '../../core/units.ts';
import { SimRun, SimSeeds } from '../../events/simOutput.ts';
import { PROFILE_NAMES, type ProfileName } from '../../sim/faults/profiles.ts';
import { LEVELS, type LevelName } from '../../sim/levels.ts';
import { runSeeds, type Span, shardOf } from '../../sim/seeds.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { runLines, seedsLines } from '../output/simText.ts';

export type SimOptions = {
  readonly level: string;
  readonly seed?: string;
  readonly seeds?: string;
  readonly days?: string;
  readonly profile: string;
  readonly until?: string;
  readonly parallel?: string | true;
  readonly shard?: string;
  readonly hours?: string;
  readonly compare?: true;
  readonly replay?: string;
  readonly set?: readonly string[];
  readonly save?: string;
};

const wrong = (what: string): DrillError => new DrillError('InputInvalid', what);

const isLevel = (name: string): name is LevelName => Object.hasOwn(LEVELS, name);
const isProfile = (name: string): name is ProfileName =>
  PROFILE_NAMES.some((each) => each === name);

const levelOf = (name: string): LevelName => {
  if (isLevel(name)) return name;
  throw wrong(`--level is "${name}": there is ${Object.keys(LEVELS).join(', ')}`);
};

export const profileOf = (name: string): ProfileName => {
  if (isProfile(name)) return name;
  const guess = nearest(name, PROFILE_NAMES);
  const hint = guess === undefined ? PROFILE_NAMES.join(', ') : `did you mean "${guess}"?`;
  throw wrong(`--profile is "${name}", which there is not: ${hint}`);
};

const SEEDS_MAX = 100_000_000;

const spanOf = (text: string): Span => {
  const match = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match && first <= last && last <= SEEDS_MAX) return { first, last };
  throw wrong(`--seeds is "${text}", not a range such as 1..20000`);
};

const sharded = (span: Span, text: string | undefined): Span => {
  if (text === undefined) return span;
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match && index >= 1 && index <= of) return shardOf(span, index, of);
  throw wrong(`--shard is "${text}", not a part such as 3/8`);
};

const DAYS_MAX = 3_650;

const daysOf = (text: string | undefined): number | null => {
  if (text === undefined) return null;
  const days = Number(text);
  if (days > 0 && days <= DAYS_MAX) return days;
  throw wrong(`--days is "${text}", not a number of days up to ${DAYS_MAX}`);
};

/** Longer than any timer of a process can be set is longer than anybody waits. */
const HOURS_MAX = 500;
const HOUR_MS = 3_600_000;

/** Aborted when so many hours of work are over; never, unless given. */
const overAfter = (text: string | undefined): AbortSignal => {
  if (text === undefined) return new AbortController().signal;
  const hours = Number(text);
  if (hours > 0 && hours <= HOURS_MAX) return AbortSignal.timeout(Math.round(hours * HOUR_MS));
  throw wrong(`--hours is "${text}", not a number of hours up to ${HOURS_MAX}`);
};

const CLOCK = /^(?:(\d{1,4})d )?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d{1,3})?)$/;

/** A moment of virtual time: as reports print it, or as a duration. */
const untilOf = (text: string | undefined): number | null => {
  if (text === undefined) return null;
  const match = CLOCK.exec(text.trim());
  const [days, hours, minutes, seconds] = [1, 2, 3, 4].map((place) => Number(match?.[place] ?? 0));
  const ms = match
    ? (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1_000
    : parseDurationMs(text);
  if (ms !== undefined) return Math.round(ms);
  throw wrong(`--until is "${text}", neither a moment such as 00:04:20.150 nor a time such as 90s`);
};

const workersOf = (text: string | true | undefined): number => {
  if (text === undefined) return 1;
  if (text === true) return availableParallelism();
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw wrong(`--parallel is "${text}", not a number of workers`);
};

const since = (startMs: number): number => Math.round(performance.now() - startMs);

/** One seed, told whole. */
const oneSeed = async (options: SimOptions, seed: string, output: Output): Promise<number> => {
  const level = levelOf(options.level);
  const subject = {
    seed,
    profile: profileOf(options.profile),
    days: daysOf(options.days),
    untilMs: untilOf(options.until),
  };
  const startMs = performance.now();
  const outcome = await LEVELS[level].run(subject);
  const wallMs = since(startMs);
  const { subject: _, ...found } = outcome;
  const whole = outcome.broken !== null && subject.untilMs === null;
  const shortest = whole ? await LEVELS[level].shorten(outcome) : null;
  const { profile, days } = subject;
  const run = { kind: 'seed', level, profile, days, seed, wallMs, ...found, shortest };
  output.result(SimRun.parse(run), (style) => runLines(SimRun.parse(run), style));
  return outcome.broken === null ? EXIT.ok : EXIT.failed;
};

const TELL_MS = 2_000;

const manySeeds = async (
  options: SimOptions,
  text: string,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const [level, profile] = [levelOf(options.level), profileOf(options.profile)];
  if (options.until !== undefined) throw wrong('--until goes with --seed, not with --seeds');
  const days = daysOf(options.days);
  const span = sharded(spanOf(text), options.shard);
  const total = span.last - span.first + 1;
  const workers = workersOf(options.parallel);
  const over = overAfter(options.hours);
  const startMs = performance.now();
  let toldMs = startMs;
  const progress = ({ seeds, failures }: { seeds: number; failures: readonly unknown[] }): void => {
    if (performance.now() - toldMs < TELL_MS) return;
    toldMs = performance.now();
    output.note(`${seeds} of ${total} seeds, ${failures.length} failures`);
  };
  const running = { progress, signal: AbortSignal.any([signal, over]) };
  const tally = await runSeeds({ level, profile, days, span }, workers, running);
  const wallMs = since(startMs);
  const [first] = tally.failures;
  const shortest =
    first === undefined
      ? null
      : await LEVELS[level].shorten(
          await LEVELS[level].run({ seed: first.seed, profile, days, untilMs: null }),
        );
  const run = { kind: 'seeds', level, profile, days, ...span, workers, wallMs, ...tally, shortest };
  output.result(SimSeeds.parse(run), (style) => seedsLines(SimSeeds.parse(run), style));
  if (signal.aborted) return EXIT.interrupted;
  return tally.failures.length === 0 ? EXIT.ok : EXIT.failed;
};

const COMPARED = '1..200';

const comparison = async (
  { seed, seeds = COMPARED, save }: SimOptions,
  output: Output,
): Promise<number> => {
  if (seed !== undefined) throw wrong('--compare takes --seeds, not --seed');
  const { simCompare } = await import('./simCompare.ts');
  await simCompare(spanOf(seeds), save, output);
  return EXIT.ok;
};

export const sim = async (
  options: SimOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const { seed, seeds, compare, save } = options;
  if (save !== undefined && !compare) throw wrong('--save goes with --compare');
  if (compare) return comparison(options, output);
  if (options.replay !== undefined) {
    const { simReplay } = await import('./simReplay.ts');
    return simReplay(options.replay, options.set ?? [], output);
  }
  if (options.set !== undefined) throw wrong('--set goes with --replay');
  if (seed !== undefined && seeds !== undefined) throw wrong('give --seed or --seeds, not both');
  for (const name of ['shard', 'hours'] as const) {
    if (options[name] !== undefined && seeds === undefined) {
      throw wrong(`--${name} goes with --seeds`);
    }
  }
  return seeds === undefined
    ? oneSeed(options, seed ?? '1', output)
    : manySeeds(options, seeds, output, signal);
};
