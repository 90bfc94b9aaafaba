// Goal: `failover sim` does what it is asked for at both levels, and refuses what it cannot do.
// Method: the command in this process; a slice of virtual time is enough at system level.
import { describe, expect, it } from 'vitest';
import { type SimOptions, sim } from '../../cli/commands/sim.ts';
import { SimRun, SimSeeds } from '../../events/simOutput.ts';
import { keptOutput } from '../support/keptOutput.ts';

const run = async (options: Partial<SimOptions>, signal = new AbortController().signal) => {
  const { output, kept } = keptOutput();
  const exit = await sim({ level: 'system', profile: 'outage', ...options }, output, signal);
  return { exit, ...kept };
};

describe('at system level', () => {
  it('a seed stops at a moment as reports print it, the same each time', async () => {
    const first = await run({ seed: '7', until: '00:04:00' });
    const told = SimRun.parse(first.result);
    expect(first.exit).toBe(0);
    expect(told).toMatchObject({ kind: 'seed', level: 'system', virtualMs: 240_000, broken: null });
    expect(told.probes).toBeGreaterThan(200);
    expect(first.text).toContain('every invariant holds');
    const again = SimRun.parse((await run({ seed: '7', until: '4m' })).result);
    expect({ ...again, wallMs: 0 }).toEqual({ ...told, wallMs: 0 });
  });

  it('days are days of service, with incidents in them', async () => {
    const { result } = await run({ days: '0.5', seed: '1', until: '90s', profile: 'flapping' });
    const { days, virtualMs, faults } = SimRun.parse(result);
    expect({ days, virtualMs }).toEqual({ days: 0.5, virtualMs: 90_000 });
    // A hiccup an hour, for half a day.
    expect(faults.length).toBeGreaterThan(5);
    expect(Math.max(...faults.map(({ fromMs }) => fromMs))).toBeGreaterThan(3_600_000);
  });

  it('many seeds end when the hours are over, wherever they are', async () => {
    const hours = `${2 / 3_600}`;
    const { exit, result, text } = await run({ seeds: '1..500', shard: '3/5', hours });
    const told = SimSeeds.parse(result);
    expect(exit).toBe(0);
    expect(told).toMatchObject({ first: 201, last: 300, failures: [] });
    expect(told.seeds).toBeLessThan(100);
    expect(text).toContain(`${told.seeds} of 100 seeds (201..300)`);
  });
});

it('many seeds are the same on one processor and on two', async () => {
  const level = 'decision';
  const [one, two] = [
    SimSeeds.parse((await run({ level, seeds: '1..110' })).result),
    SimSeeds.parse((await run({ level, seeds: '1..110', parallel: '2' })).result),
  ];
  expect(one).toMatchObject({ seeds: 110, failures: [], workers: 1, shortest: null });
  expect({ ...two, wallMs: 0, workers: 1 }).toEqual({ ...one, wallMs: 0 });
});

it.each([
  [{ profile: 'outages' }, 'did you mean "outage"?'],
  [{ level: 'sistem' }, '--level is "sistem"'],
  [{ seeds: '9..1' }, '--seeds is "9..1"'],
  [{ seed: '1', seeds: '1..2' }, 'give --seed or --seeds'],
  [{ seed: '1', shard: '1/2' }, '--shard goes with --seeds'],
  [{ seed: '1', hours: '1' }, '--hours goes with --seeds'],
  [{ seeds: '1..2', hours: '0' }, '--hours is "0"'],
  [{ seeds: '1..2', until: '1m' }, '--until goes with --seed'],
  [{ days: '-1' }, '--days is "-1"'],
  [{ until: 'noon' }, '--until is "noon"'],
  [{ seeds: '1..2', parallel: 'many' }, '--parallel is "many"'],
] as const)('%j is refused with what to do', async (options, words) => {
  await expect(run(options)).rejects.toThrow(words);
});
